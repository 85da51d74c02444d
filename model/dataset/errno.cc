// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/errno.h"

#include <array>

#include "fmt/core.h"

namespace model {
namespace {

#define TXGSIM_ERRNO_ENTRY(name, value) ErrnoEntry{#name, value},
constexpr auto kChannelProgramTable = std::to_array({TXGSIM_CHANNEL_PROGRAM_ERRNOS(TXGSIM_ERRNO_ENTRY)});
constexpr auto kAllTable = std::to_array(
    {TXGSIM_CHANNEL_PROGRAM_ERRNOS(TXGSIM_ERRNO_ENTRY) TXGSIM_OTHER_ERRNOS(TXGSIM_ERRNO_ENTRY)});
#undef TXGSIM_ERRNO_ENTRY

static_assert(kChannelProgramTable.size() == 40);

}  // namespace

std::span<const ErrnoEntry> AllErrnos() { return kAllTable; }

std::span<const ErrnoEntry> ChannelProgramErrnos() { return kChannelProgramTable; }

std::string_view ErrnoName(int value) {
  for (const ErrnoEntry& entry : kAllTable) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

std::string ErrnoText(int value) {
  if (value == 0) return "0";
  const std::string_view name = ErrnoName(value);
  return name.empty() ? fmt::format("errno {}", value) : std::string(name);
}

std::optional<int> ErrnoByName(std::string_view name) {
  for (const ErrnoEntry& entry : kAllTable) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

}  // namespace model
