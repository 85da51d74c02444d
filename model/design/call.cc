// SPDX-License-Identifier: Apache-2.0
#include "model/design/call.h"

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "model/dataset/check_reads.h"
#include "model/dataset/errno.h"

namespace model {
namespace {

std::string_view ListName(ListKind kind) {
  switch (kind) {
    case ListKind::kChildren:
      return "children";
    case ListKind::kSnapshots:
      return "snapshots";
    case ListKind::kClones:
      return "clones";
    case ListKind::kBookmarks:
      return "bookmarks";
    case ListKind::kHolds:
      return "holds";
    case ListKind::kUserProperties:
      return "user_properties";
  }
  return "";
}

std::string ValueText(const PropertyValue& value) {
  if (const auto* number = std::get_if<uint64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return absl::StrJoin(std::get<std::vector<std::string>>(value), ",");
}

std::string ReadAnswerText(const JobCall& call, const JobAnswer& answer) {
  switch (call.kind) {
    case CallKind::kList:
      if (!answer.item) return "end";
      return fmt::format("{}|{}|{}", answer.item->name, answer.item->value, answer.item->source);
    case CallKind::kSystemProperties:
      return absl::StrJoin(answer.names, ",");
    case CallKind::kGetProperty:
      if (answer.property.outcome != PropertyResult::Outcome::kValue) return "none";
      return fmt::format("{}|{}", ValueText(answer.property.value), answer.property.source.value_or("-"));
    case CallKind::kExists:
      return answer.exists ? "true" : "false";
    case CallKind::kCheck:
    case CallKind::kSync:
      return "0";
  }
  return "";
}

// Whether the list ends where what is listed has gone: its next entry is missing, and no more. Children
// and snapshots are looked for in the dataset itself, which is an error then.
bool EndsQuietly(const JobCall& call) {
  const bool begun = call.kind == CallKind::kList && call.by_object && call.cursor.listed != 0;
  return begun && (call.list == ListKind::kClones || call.list == ListKind::kBookmarks ||
                   call.list == ListKind::kHolds);
}

}  // namespace

std::string CallText(const JobCall& call) {
  switch (call.kind) {
    case CallKind::kList:
      return fmt::format("zfs.list.{}({})", ListName(call.list), call.dataset);
    case CallKind::kSystemProperties:
      return fmt::format("zfs.list.system_properties({})", call.dataset);
    case CallKind::kGetProperty:
      return fmt::format("zfs.get_prop({}, {})", call.dataset, call.property);
    case CallKind::kExists:
      return fmt::format("zfs.exists({})", call.dataset);
    case CallKind::kCheck:
      return fmt::format("zfs.check: {}", ToCommand(call.mutation));
    case CallKind::kSync:
      return fmt::format("zfs.sync: {}", ToCommand(call.mutation));
  }
  return "";
}

std::string AnswerText(const JobCall& call, const JobAnswer& answer) {
  if (!answer.fatal.empty()) return answer.fatal;
  if (answer.error != 0) return std::string(ErrnoName(answer.error));
  return ReadAnswerText(call, answer);
}

int FindAsked(const DatasetTree& tree, const JobCall& call, ObjectId* id, ReadSet* reads) {
  if (!call.by_object || call.cursor.listed == 0) return FindObject(tree, call.dataset, id, reads);
  *id = call.cursor.listed;
  return tree.OwnerOf(*id) != 0 ? 0 : kENOENT;
}

JobAnswer ServeRead(const DatasetTree& tree, const JobCall& call, const CheckContext& context,
                    ReadSet* reads) {
  JobAnswer answer;
  if (call.kind == CallKind::kCheck) {
    if (reads != nullptr) NoteCheck(tree, call.mutation, reads);
    answer.error = Check(tree, call.mutation, context, &answer.details);
    return answer;
  }
  ObjectId id = 0;
  const int error = FindAsked(tree, call, &id, reads);
  if (call.kind == CallKind::kExists) {
    answer.exists = error == 0;
    if (error != 0 && error != kENOENT) answer.error = error;
    return answer;
  }
  if (error != 0) {
    if (!EndsQuietly(call)) answer.error = error;
    return answer;
  }
  switch (call.kind) {
    case CallKind::kList:
      answer.next = call.cursor;
      if (call.by_object) answer.next.listed = id;
      answer.error = NextItem(tree, call.list, id, &answer.next, &answer.item, reads);
      break;
    case CallKind::kSystemProperties:
      if (reads != nullptr) reads->Note(tree, id, Aspect::kProperties);
      answer.names = SystemProperties(tree, id);
      break;
    default:
      answer.property = GetProperty(tree, id, call.property, reads);
      if (answer.property.outcome == PropertyResult::Outcome::kInvalid) answer.fatal = answer.property.error;
      break;
  }
  return answer;
}

}  // namespace model
