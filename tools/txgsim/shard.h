// SPDX-License-Identifier: Apache-2.0
//
// Which part of a sweep this process does: --shard I/N, or what a batch system has put into the environment.
//
// Shards count from 0. Runs are dealt by the hash of their parameters, so that a sweep that grows moves few
// of them. `auto` knows array jobs of Slurm, ranks of Open MPI, and indexed jobs of Kubernetes and PBS, if
// these say how many there are.
#ifndef TXGSIM_TOOLS_TXGSIM_SHARD_H_
#define TXGSIM_TOOLS_TXGSIM_SHARD_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace tools {

struct Shard {
  uint64_t index = 0;
  uint64_t count = 1;
};

// The value of a variable of the environment; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> HostEnvironment(const char* name);

absl::StatusOr<Shard> ParseShard(const std::string& text, const Environment& environment);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SHARD_H_
