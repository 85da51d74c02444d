// SPDX-License-Identifier: Apache-2.0
//
// The zfs calls of a job: zfs.list.*, zfs.get_prop, zfs.exists, zfs.check.*, zfs.sync.*.
//
// What they take (zcp/arguments.h) and return is as in channel programs (OpenZFS module/zfs/zcp*.c,
// man/man8/zfs-program.8). Each is a step of the job with one JobCall.
//
// Differs from the real system: a list of something that is not there fails at its first step, not
// where it is made. A design that only records a rollback does not name the snapshot that it goes to.
#include <tuple>
#include <utility>

#include "fmt/format.h"
#include "model/script/language/words.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/job.h"
#include "model/script/run/words.h"
#include "model/script/zcp/arguments.h"

namespace model {
namespace {

// The arguments of a call that waits, as many texts as the signature has; fails it if they do not fit.
CallArguments ArgumentsOf(OpCall* call, const CallSignature& signature) {
  CallArguments arguments;
  const std::string problem = TakeCallArguments(call->lua(), call->count(), signature, &arguments);
  if (!problem.empty()) call->Fail(fmt::format("{}: {}", call->word().name, problem));
  arguments.texts.resize(signature.positional.size());
  return arguments;
}

// ---- Lists: the call gives an iterator, each step of which is a JobCall -------------

// The cursor of one iteration: a full userdata with this in it, collected with its table.
struct Iteration {
  ListKind list;
  std::string dataset;
  ListCursor cursor;
};

constexpr char kIterationKey[] = "txgsim.iteration";

Iteration* ToIteration(lua_State* L, int index) {
  return *static_cast<Iteration**>(lua_touserdata(L, index));
}

int CollectIteration(lua_State* L) {
  delete ToIteration(L, 1);
  return 0;
}

void AskForItem(OpCall* call, JobStep* step) {
  const Iteration& iteration = *ToIteration(call->lua(), 1);
  step->call.kind = CallKind::kList;
  step->call.list = iteration.list;
  step->call.dataset = iteration.dataset;
  step->call.cursor = iteration.cursor;
}

void GiveItem(OpCall* call, const JobCall& asked, const JobAnswer& answer) {
  if (answer.error != 0) {
    call->Raise(answer.error);
    return;
  }
  if (!answer.item) {
    call->ReturnNil();
    return;
  }
  ToIteration(call->lua(), 1)->cursor = answer.next;
  const ListItem& item = *answer.item;
  call->ReturnPlain(item.name);
  if (asked.list == ListKind::kHolds) call->ReturnInteger(static_cast<int64_t>(item.time_s));
  if (asked.list == ListKind::kUserProperties) {
    call->ReturnPlain(item.value);
    call->ReturnPlain(item.source);
  }
}

constexpr BlockingOp kNextItem = {.run = nullptr, .job_step = &AskForItem, .job_answer = &GiveItem};
constexpr RuntimeBinding kNextItemBinding = {.op = &kNextItem};

// Upvalues: the iteration, the word.
int NextItemOf(lua_State* L) {
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  const auto* word = static_cast<const Word*>(lua_touserdata(L, lua_upvalueindex(2)));
  return CallWord(L, *word, &kNextItemBinding);
}

template <ListKind kKind>
int StartList(lua_State* L, const char* word, const CallSignature& signature) {
  CallArguments arguments;
  const std::string problem = TakeCallArguments(L, lua_gettop(L), signature, &arguments);
  if (!problem.empty()) RaiseText(L, fmt::format("{}: {}", word, problem));
  auto** box = static_cast<Iteration**>(lua_newuserdatauv(L, sizeof(Iteration*), 0));
  *box = new Iteration{kKind, arguments.texts[0], {}};
  if (luaL_newmetatable(L, kIterationKey) != 0) {
    lua_pushcfunction(L, &CollectIteration);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  lua_pushlightuserdata(L, const_cast<Word*>(FindWord(word)));
  lua_pushcclosure(L, &NextItemOf, 2);
  return 1;
}

template <ListKind kKind>
int ListBelow(lua_State* L, const char* word, std::string_view function) {
  return StartList<kKind>(L, word, {function, {"filesystem or volume"}});
}
template <ListKind kKind>
int ListOfSnapshot(lua_State* L, const char* word, std::string_view function) {
  return StartList<kKind>(L, word, {function, {"snapshot"}});
}

int ListChildren(lua_State* L) { return ListBelow<ListKind::kChildren>(L, "zfs.list.children", "children"); }
int ListSnapshots(lua_State* L) {
  return ListBelow<ListKind::kSnapshots>(L, "zfs.list.snapshots", "snapshots");
}
int ListBookmarks(lua_State* L) {
  return ListBelow<ListKind::kBookmarks>(L, "zfs.list.bookmarks", "bookmarks");
}
int ListClones(lua_State* L) { return ListOfSnapshot<ListKind::kClones>(L, "zfs.list.clones", "clones"); }
int ListHolds(lua_State* L) { return ListOfSnapshot<ListKind::kHolds>(L, "zfs.list.holds", "holds"); }
int ListProperties(lua_State* L) {
  return StartList<ListKind::kUserProperties>(L, "zfs.list.properties", {"properties", {"dataset"}});
}

// ---- Reads ---------------------------------------------------------------------------

void AskExists(OpCall* call, JobStep* step) {
  step->call.kind = CallKind::kExists;
  step->call.dataset = ArgumentsOf(call, {"exists", {"dataset"}}).texts[0];
}

void GiveExists(OpCall* call, const JobCall&, const JobAnswer& answer) {
  answer.error != 0 ? call->Raise(answer.error) : call->ReturnBool(answer.exists);
}

void AskProperty(OpCall* call, JobStep* step) {
  const CallArguments arguments = ArgumentsOf(call, {"get_prop", {"dataset", "property"}});
  step->call.kind = CallKind::kGetProperty;
  step->call.dataset = arguments.texts[0];
  step->call.property = arguments.texts[1];
}

void PushPropertyValue(lua_State* L, const PropertyValue& value) {
  if (const uint64_t* number = std::get_if<uint64_t>(&value)) {
    lua_pushinteger(L, static_cast<lua_Integer>(*number));
  } else if (const std::string* text = std::get_if<std::string>(&value)) {
    lua_pushlstring(L, text->data(), text->size());
  } else {
    const auto& names = std::get<std::vector<std::string>>(value);
    lua_createtable(L, static_cast<int>(names.size()), 0);
    for (size_t i = 0; i < names.size(); ++i) {
      lua_pushlstring(L, names[i].data(), names[i].size());
      lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
    }
  }
}

void GiveProperty(OpCall* call, const JobCall&, const JobAnswer& answer) {
  if (answer.error != 0) {
    call->Raise(answer.error);
    return;
  }
  if (answer.property.outcome != PropertyResult::Outcome::kValue) {
    call->ReturnNil();
    return;
  }
  call->ReturnWith([&](lua_State* L) {
    PushPropertyValue(L, answer.property.value);
    if (!answer.property.source) return 1;
    lua_pushlstring(L, answer.property.source->data(), answer.property.source->size());
    return 2;
  });
}

void AskSystemProperties(OpCall* call, JobStep* step) {
  step->call.kind = CallKind::kSystemProperties;
  step->call.dataset = ArgumentsOf(call, {"system_properties", {"dataset"}}).texts[0];
}

void GiveSystemProperties(OpCall* call, const JobCall&, const JobAnswer& answer) {
  if (answer.error != 0) {
    call->Raise(answer.error);
    return;
  }
  call->ReturnWith([&](lua_State* L) {
    PushPropertyValue(L, answer.names);
    return 1;
  });
}

// ---- Changes, and whether they would be allowed --------------------------------------

enum ChangeDetail : int {
  kSync = 0,
  kCheck = 1,
  kDestroy = 0,
  kSnapshot = 2,
  kClone = 4,
  kPromote = 6,
  kRollback = 8,
  kRenameSnapshot = 10,
  kInherit = 12,
  kSetProperty = 14,
  kBookmark = 16,
};

// By half of the detail.
constexpr CallSignature kChangeSignatures[] = {
    {"destroy", {"filesystem or snapshot"}, true},
    {"snapshot", {"filesystem@snapshot"}},
    {"clone", {"snapshot", "newdataset"}},
    {"promote", {"clone"}},
    {"rollback", {"filesystem"}},
    {"rename_snapshot", {"filesystem", "oldsnapname", "newsnapname"}},
    {"inherit", {"dataset", "property"}},
    {"set_prop", {"dataset", "property", "value"}},
    {"bookmark", {"snapshot or bookmark", "newbookmark"}},
};

// What is no snapshot is taken for a dataset: a program cannot destroy a bookmark.
Mutation ReadDestroy(OpCall* call, const CallArguments& arguments) {
  const std::string& name = arguments.texts[0];
  const bool snapshot = name.find('@') != std::string::npos;
  if (arguments.defer && !snapshot) {
    call->Fail(fmt::format("{}: 'deferred' kwarg only supported for snapshots: {}", call->word().name, name));
  }
  Mutation mutation;
  mutation.kind = snapshot ? MutationKind::kDestroySnapshot : MutationKind::kDestroyDataset;
  mutation.name = name;
  mutation.defer = arguments.defer;
  return mutation;
}

Mutation ReadMutation(OpCall* call) {
  const int change = call->detail() & ~kCheck;
  const CallArguments arguments = ArgumentsOf(call, kChangeSignatures[change / 2]);
  const auto& [name, second, third] = std::tie(arguments.texts[0], arguments.texts[1], arguments.texts[2]);
  switch (change) {
    case kSnapshot:
      return TakeSnapshot(name);
    case kClone:
      return Clone(name, second);
    case kPromote:
      return Promote(name);
    case kRollback:
      return Rollback(name);
    case kRenameSnapshot:
      return Rename(name + "@" + second, name + "@" + third);
    case kInherit:
      return Inherit(name, second);
    case kSetProperty:
      return SetProperty(name, second, third);
    case kBookmark:
      return MakeBookmark(name, second);
    default:
      return ReadDestroy(call, arguments);
  }
}

void AskChange(OpCall* call, JobStep* step) {
  step->call.kind = (call->detail() & kCheck) != 0 ? CallKind::kCheck : CallKind::kSync;
  step->call.mutation = ReadMutation(call);
}

// The errno; and for a promote the names that both sides have, for a rollback that was made { target }.
void GiveErrno(OpCall* call, const JobCall& asked, const JobAnswer& answer) {
  call->ReturnInteger(answer.error);
  const std::string& target = answer.details.target;
  if (asked.kind == CallKind::kSync && answer.error == 0 && !target.empty()) {
    call->ReturnWith([&](lua_State* L) {
      lua_createtable(L, 0, 1);
      lua_pushlstring(L, target.data(), target.size());
      lua_setfield(L, -2, "target");
      return 1;
    });
  }
  if (answer.details.conflicts.empty()) return;
  call->ReturnWith([&](lua_State* L) {
    PushPropertyValue(L, answer.details.conflicts);
    return 1;
  });
}

void NoteDebugText(OpCall* call) {
  const CallArguments arguments = ArgumentsOf(call, {"debug", {"debug string"}});
  if (call->failed()) return;
  call->world().NoteOutput(
      {.at = {}, .by = call->thread()->name(), .line = "", .output = arguments.texts[0]});
}

constexpr BlockingOp kExistsOp = {.run = nullptr, .job_step = &AskExists, .job_answer = &GiveExists};
constexpr BlockingOp kPropertyOp = {.run = nullptr, .job_step = &AskProperty, .job_answer = &GiveProperty};
constexpr BlockingOp kSystemPropertiesOp = {
    .run = nullptr, .job_step = &AskSystemProperties, .job_answer = &GiveSystemProperties};
constexpr BlockingOp kDebugOp = {.run = nullptr, .at_once = &NoteDebugText};

constexpr BlockingOp ChangeOp(int detail) {
  return {.run = nullptr, .detail = detail, .job_step = &AskChange, .job_answer = &GiveErrno};
}
struct ChangeRow {
  std::string_view name;
  BlockingOp sync;
  BlockingOp check;
};
constexpr ChangeRow Row(std::string_view name, int detail) {
  return {name, ChangeOp(detail | kSync), ChangeOp(detail | kCheck)};
}
constexpr ChangeRow kChanges[] = {
    Row("destroy", kDestroy), Row("snapshot", kSnapshot),    Row("clone", kClone),
    Row("promote", kPromote), Row("rollback", kRollback),    Row("rename_snapshot", kRenameSnapshot),
    Row("inherit", kInherit), Row("set_prop", kSetProperty), Row("bookmark", kBookmark),
};

}  // namespace

void BindJobWords(RuntimeTable* table) {
  table->BindImmediate("zfs.list.children", &ListChildren);
  table->BindImmediate("zfs.list.snapshots", &ListSnapshots);
  table->BindImmediate("zfs.list.clones", &ListClones);
  table->BindImmediate("zfs.list.bookmarks", &ListBookmarks);
  table->BindImmediate("zfs.list.holds", &ListHolds);
  table->BindImmediate("zfs.list.properties", &ListProperties);
  table->BindImmediate("zfs.list.user_properties", &ListProperties);
  table->BindBlocking("zfs.list.system_properties", &kSystemPropertiesOp);
  table->BindBlocking("zfs.exists", &kExistsOp);
  table->BindBlocking("zfs.get_prop", &kPropertyOp);
  table->BindBlocking("zfs.debug", &kDebugOp);
  for (const ChangeRow& row : kChanges) {
    table->BindBlocking(fmt::format("zfs.sync.{}", row.name), &row.sync);
    table->BindBlocking(fmt::format("zfs.check.{}", row.name), &row.check);
  }
}

}  // namespace model
