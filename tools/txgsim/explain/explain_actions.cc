// SPDX-License-Identifier: Apache-2.0
//
// The actions that `freed by` names and `fault` takes by hand.
#include <array>

#include "tools/txgsim/explain/explain_topics.h"

namespace tools {
namespace {

constexpr auto kTopics = std::to_array<Topic>({
    {"kill", "SIGKILL to the process, or to that of the thread."},
    {"cont", "SIGCONT to the process, or to that of the thread: it was stopped."},
    {"thaw", "The gate is opened."},
    {"complete",
     "Somebody repairs the device, or all of the pool: every fault of it ends, and what it was given and had "
     "lost or\nleft lying completes."},
    {"reply", "The server answers all requests that it has."},
    {"abort", "The connection of the server is aborted: its requests end with an errno."},
});

}  // namespace

std::span<const Topic> ActionTopics() { return kTopics; }

}  // namespace tools
