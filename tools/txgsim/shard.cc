// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/shard.h"

#include <charconv>
#include <cstdlib>

#include "fmt/format.h"

namespace tools {
namespace {

std::optional<uint64_t> NumberOf(std::string_view text) {
  uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Launcher {
  const char* index;
  const char* count;
  const char* first;  // The least index, or null: 0.
  const char* step;   // Between two indices, or null: 1.
};
constexpr Launcher kLaunchers[] = {
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr, nullptr},
    {"JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", nullptr, nullptr},
    {"PBS_ARRAY_INDEX", "PBS_ARRAY_COUNT", nullptr, nullptr},
};

absl::Status Bad(std::string text) { return absl::InvalidArgumentError("--shard " + std::move(text)); }

absl::StatusOr<Shard> Checked(const std::string& text, std::optional<uint64_t> index,
                              std::optional<uint64_t> count) {
  if (!index || !count)
    return Bad(fmt::format("{}: must be I/N, such as 0/4, the first of four, or auto", text));
  if (*count == 0 || *index >= *count)
    return Bad(fmt::format("{}: I counts from 0 and must be below N, such as 0/4 to 3/4", text));
  return Shard{*index, *count};
}

absl::StatusOr<Shard> FromLauncher(const Launcher& launcher, const std::string& index,
                                   const Environment& environment) {
  const auto value = [&](const char* name, const char* otherwise) {
    const std::string text = name == nullptr ? otherwise : environment(name).value_or(otherwise);
    return NumberOf(text);
  };
  const std::string text = fmt::format("auto ({}={})", launcher.index, index);
  const std::optional<std::string> count = environment(launcher.count);
  if (!count) return Bad(fmt::format("{}: {} is not set; write --shard I/N", text, launcher.count));
  const std::optional<uint64_t> at = NumberOf(index);
  const std::optional<uint64_t> first = value(launcher.first, "0");
  const std::optional<uint64_t> step = value(launcher.step, "1");
  if (!at || !first || !step || *step == 0 || *at < *first) return Bad(text + ": is no index");
  return Checked(text, (*at - *first) / *step, NumberOf(*count));
}

}  // namespace

std::optional<std::string> HostEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

absl::StatusOr<Shard> ParseShard(const std::string& text, const Environment& environment) {
  if (text != "auto") {
    const size_t slash = text.find('/');
    if (slash == std::string::npos) return Checked(text, std::nullopt, std::nullopt);
    return Checked(text, NumberOf(text.substr(0, slash)), NumberOf(text.substr(slash + 1)));
  }
  std::string known;
  for (const Launcher& launcher : kLaunchers) {
    if (const std::optional<std::string> index = environment(launcher.index))
      return FromLauncher(launcher, *index, environment);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", launcher.index);
  }
  return Bad(fmt::format("auto: none of {} is set; write --shard I/N", known));
}

}  // namespace tools
