// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "tools/txgsim/commands.h"

namespace {

// The first Ctrl-C ends the run with what is known so far; the second kills.
void OnInterrupt(int) {
  tools::interrupted.store(true);
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, OnInterrupt);
  return tools::Main(argc, argv);
}
