// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <new>

#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"

namespace {

// The first Ctrl-C ends the run with what is known so far; the second kills.
void OnInterrupt(int) {
  tools::interrupted.store(true);
  std::signal(SIGINT, SIG_DFL);
}

// A limit that no count of ours has seen coming: no memory is left even to say where.
void OnNoMemory() {
  constexpr char kText[] = "txgsim: out of memory\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText, sizeof(kText) - 1);
  ::_exit(tools::kExitInternal);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, OnInterrupt);
  std::set_new_handler(OnNoMemory);
  return tools::Main(argc, argv);
}
