// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/mutation.h"

#include <string_view>

#include "fmt/core.h"
#include "model/dataset/names.h"
#include "sim/check.h"

namespace model {
namespace {

Mutation Make(MutationKind kind, std::string name, std::string second = {}, std::string value = {}) {
  return {.kind = kind,
          .name = std::move(name),
          .second = std::move(second),
          .value = std::move(value),
          .more = {},
          .properties = {},
          .defer = false,
          .recursive = false};
}

// Every name of an object in the mutation.
std::vector<std::string_view> ObjectNames(const Mutation& mutation) {
  std::vector<std::string_view> names = {mutation.name};
  names.insert(names.end(), mutation.more.begin(), mutation.more.end());
  const bool second_is_property =
      mutation.kind == MutationKind::kSetProperty || mutation.kind == MutationKind::kInherit;
  if (!mutation.second.empty() && !second_is_property) names.push_back(mutation.second);
  return names;
}

std::string PropertyOptions(const Mutation& mutation, std::string_view left_out = {}) {
  std::string text;
  for (const auto& [name, value] : mutation.properties) {
    if (name != left_out) text += fmt::format(" -o {}={}", name, value);
  }
  return text;
}

std::string_view PropertyNamed(const Mutation& mutation, std::string_view wanted) {
  for (const auto& [name, value] : mutation.properties) {
    if (name == wanted) return value;
  }
  return {};
}

std::string NamesOf(const Mutation& mutation) {
  std::string text = mutation.name;
  for (const std::string& name : mutation.more) text += " " + name;
  return text;
}

}  // namespace

Mutation CreateFilesystem(std::string name, PropertyList properties) {
  Mutation mutation = Make(MutationKind::kCreateFilesystem, std::move(name));
  mutation.properties = std::move(properties);
  return mutation;
}

Mutation CreateVolume(std::string name, std::string volsize, PropertyList properties) {
  Mutation mutation = Make(MutationKind::kCreateVolume, std::move(name));
  mutation.properties = std::move(properties);
  mutation.properties.emplace_back("volsize", std::move(volsize));
  return mutation;
}

Mutation TakeSnapshots(std::vector<std::string> names, PropertyList properties) {
  SIM_CHECK(!names.empty());
  Mutation mutation = Make(MutationKind::kSnapshot, std::move(names.front()));
  mutation.more.assign(std::make_move_iterator(names.begin() + 1), std::make_move_iterator(names.end()));
  mutation.properties = std::move(properties);
  return mutation;
}

Mutation TakeSnapshot(std::string name) { return Make(MutationKind::kSnapshot, std::move(name)); }

Mutation Destroy(std::string name, bool defer) {
  const char separator = Split(name).separator;
  const MutationKind kind = separator == '@'   ? MutationKind::kDestroySnapshot
                            : separator == '#' ? MutationKind::kDestroyBookmark
                                               : MutationKind::kDestroyDataset;
  Mutation mutation = Make(kind, std::move(name));
  mutation.defer = defer;
  return mutation;
}

Mutation Clone(std::string origin, std::string name) {
  return Make(MutationKind::kClone, std::move(origin), std::move(name));
}

Mutation Promote(std::string name) { return Make(MutationKind::kPromote, std::move(name)); }

Mutation Rollback(std::string name, std::string to_snapshot) {
  return Make(MutationKind::kRollback, std::move(name), std::move(to_snapshot));
}

Mutation Rename(std::string name, std::string new_name) {
  const bool is_snapshot = Split(name).separator == '@';
  return Make(is_snapshot ? MutationKind::kRenameSnapshot : MutationKind::kRename, std::move(name),
              std::move(new_name));
}

Mutation RenameSnapshots(std::string name, std::string new_name) {
  Mutation mutation = Make(MutationKind::kRenameSnapshot, std::move(name), std::move(new_name));
  mutation.recursive = true;
  return mutation;
}

Mutation MakeBookmark(std::string source, std::string name) {
  return Make(MutationKind::kBookmark, std::move(source), std::move(name));
}

Mutation Hold(std::string tag, std::string snapshot) {
  return Make(MutationKind::kHold, std::move(snapshot), {}, std::move(tag));
}

Mutation Release(std::string tag, std::string snapshot) {
  return Make(MutationKind::kRelease, std::move(snapshot), {}, std::move(tag));
}

Mutation SetProperty(std::string name, std::string property, std::string value) {
  return Make(MutationKind::kSetProperty, std::move(name), std::move(property), std::move(value));
}

Mutation Inherit(std::string name, std::string property) {
  return Make(MutationKind::kInherit, std::move(name), std::move(property));
}

std::string ToCommand(const Mutation& m) {
  switch (m.kind) {
    case MutationKind::kCreateFilesystem:
      return fmt::format("zfs create{} {}", PropertyOptions(m), m.name);
    case MutationKind::kCreateVolume:
      return fmt::format("zfs create{} -V {} {}", PropertyOptions(m, "volsize"), PropertyNamed(m, "volsize"),
                         m.name);
    case MutationKind::kSnapshot:
      return fmt::format("zfs snapshot{} {}", PropertyOptions(m), NamesOf(m));
    case MutationKind::kDestroySnapshot:
    case MutationKind::kDestroyDataset:
    case MutationKind::kDestroyBookmark:
      return fmt::format("zfs destroy {}{}", m.defer ? "-d " : "", m.name);
    case MutationKind::kClone:
      return fmt::format("zfs clone {} {}", m.name, m.second);
    case MutationKind::kPromote:
      return fmt::format("zfs promote {}", m.name);
    case MutationKind::kRollback:
      return fmt::format("zfs rollback {}", m.second.empty() ? m.name : m.second);
    case MutationKind::kRename:
    case MutationKind::kRenameSnapshot:
      return fmt::format("zfs rename {}{} {}", m.recursive ? "-r " : "", m.name, m.second);
    case MutationKind::kBookmark:
      return fmt::format("zfs bookmark {} {}", m.name, m.second);
    case MutationKind::kHold:
      return fmt::format("zfs hold {} {}", m.value, NamesOf(m));
    case MutationKind::kRelease:
      return fmt::format("zfs release {} {}", m.value, NamesOf(m));
    case MutationKind::kSetProperty:
      return fmt::format("zfs set {}={} {}", m.second, m.value, m.name);
    case MutationKind::kInherit:
      return fmt::format("zfs inherit {} {}", m.second, m.name);
  }
  SIM_CHECK(false);
}

bool NamesOverlap(const Mutation& a, const Mutation& b) {
  for (const std::string_view x : ObjectNames(a)) {
    for (const std::string_view y : ObjectNames(b)) {
      if (IsSameOrBelow(x, y) || IsSameOrBelow(y, x)) return true;
    }
  }
  return false;
}

}  // namespace model
