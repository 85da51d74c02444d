// SPDX-License-Identifier: Apache-2.0
//
// The zfs calls of a job: zfs.list.*, zfs.get_prop, zfs.exists, zfs.check.*, zfs.sync.*.
//
// What they take and return is as in channel programs (OpenZFS module/zfs/zcp*.c,
// man/man8/zfs-program.8). Each is a step of the job with one JobCall.
#include <utility>

#include "fmt/format.h"
#include "model/script/run_job.h"
#include "model/script/run_words.h"
#include "model/script/sandbox.h"
#include "model/script/words.h"

namespace model {
namespace {

std::string TextAt(OpCall* call, int index) { return call->Text(index).value_or(std::string()); }

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
int StartList(lua_State* L, const char* word) {
  const std::string dataset = luaL_checkstring(L, 1);
  auto** box = static_cast<Iteration**>(lua_newuserdatauv(L, sizeof(Iteration*), 0));
  *box = new Iteration{kKind, dataset, {}};
  if (luaL_newmetatable(L, kIterationKey) != 0) {
    lua_pushcfunction(L, &CollectIteration);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  lua_pushlightuserdata(L, const_cast<Word*>(FindWord(word)));
  lua_pushcclosure(L, &NextItemOf, 2);
  return 1;
}

int ListChildren(lua_State* L) { return StartList<ListKind::kChildren>(L, "zfs.list.children"); }
int ListSnapshots(lua_State* L) { return StartList<ListKind::kSnapshots>(L, "zfs.list.snapshots"); }
int ListClones(lua_State* L) { return StartList<ListKind::kClones>(L, "zfs.list.clones"); }
int ListBookmarks(lua_State* L) { return StartList<ListKind::kBookmarks>(L, "zfs.list.bookmarks"); }
int ListHolds(lua_State* L) { return StartList<ListKind::kHolds>(L, "zfs.list.holds"); }
int ListProperties(lua_State* L) { return StartList<ListKind::kUserProperties>(L, "zfs.list.properties"); }

// ---- Reads ---------------------------------------------------------------------------

void AskExists(OpCall* call, JobStep* step) {
  step->call.kind = CallKind::kExists;
  step->call.dataset = TextAt(call, 1);
}

void GiveExists(OpCall* call, const JobCall&, const JobAnswer& answer) {
  answer.error != 0 ? call->Raise(answer.error) : call->ReturnBool(answer.exists);
}

void AskProperty(OpCall* call, JobStep* step) {
  step->call.kind = CallKind::kGetProperty;
  step->call.dataset = TextAt(call, 1);
  step->call.property = TextAt(call, 2);
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
  step->call.dataset = TextAt(call, 1);
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

Mutation ReadMutation(OpCall* call) {
  const std::string name = TextAt(call, 1);
  switch (call->detail() & ~kCheck) {
    case kSnapshot:
      return TakeSnapshot(name);
    case kClone:
      return Clone(name, TextAt(call, 2));
    case kPromote:
      return Promote(name);
    case kRollback:
      return Rollback(name);
    case kRenameSnapshot:
      return Rename(name + "@" + TextAt(call, 2), name + "@" + TextAt(call, 3));
    case kInherit:
      return Inherit(name, TextAt(call, 2));
    case kSetProperty:
      return SetProperty(name, TextAt(call, 2), TextAt(call, 3));
    case kBookmark:
      return MakeBookmark(name, TextAt(call, 2));
    default:
      break;
  }
  bool defer = false;
  if (lua_istable(call->lua(), 2)) {
    call->Protect([&] {
      lua_getfield(call->lua(), 2, "defer");
      defer = lua_toboolean(call->lua(), -1) != 0;
      lua_pop(call->lua(), 1);
    });
  }
  return Destroy(name, defer);
}

void AskChange(OpCall* call, JobStep* step) {
  step->call.kind = (call->detail() & kCheck) != 0 ? CallKind::kCheck : CallKind::kSync;
  step->call.mutation = ReadMutation(call);
}

// The errno, and for a promote the names that both sides have.
void GiveErrno(OpCall* call, const JobCall&, const JobAnswer& answer) {
  call->ReturnInteger(answer.error);
  if (answer.details.conflicts.empty()) return;
  call->ReturnWith([&](lua_State* L) {
    PushPropertyValue(L, answer.details.conflicts);
    return 1;
  });
}

void NoteDebugText(OpCall* call) {
  const std::optional<std::string> text = call->Text(1);
  if (text) call->world().NoteOutput({.at = {}, .by = call->thread()->name(), .line = "", .output = *text});
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
