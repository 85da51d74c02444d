// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/rng.h"

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/words.h"

namespace model {
namespace {

// Two threads on one stream would draw in the order of the schedule.
RngTable::Entry& EntryOf(lua_State* L) {
  const ThingRef thing = CheckThing(L, 1, ThingKind::kRng, "rng");
  BodyRun& body = BodyOf(L);
  RngTable::Entry& entry = body.world().rngs().Of(thing);
  const Thread* thread = body.here().thread;
  if (entry.user >= 0 && entry.user != thread->tid()) {
    RaiseText(L,
              fmt::format("rng \"{}\" is used by two threads, \"{}\" is the second: give each its own name",
                          body.world().scenario().NameOf(thing), thread->name()));
  }
  entry.user = thread->tid();
  return entry;
}

int Integer(lua_State* L) {
  const lua_Integer low = luaL_checkinteger(L, 2);
  const lua_Integer high = luaL_checkinteger(L, 3);
  if (low > high) RaiseText(L, fmt::format("rng:integer({}, {}): the first is the least", low, high));
  lua_pushinteger(L, EntryOf(L).stream.NextBetween(low, high));
  return 1;
}

int Pick(lua_State* L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  const lua_Integer count = luaL_len(L, 2);
  if (count <= 0) RaiseText(L, "rng:pick: the list is empty");
  const uint64_t index = EntryOf(L).stream.NextBelow(static_cast<uint64_t>(count));
  lua_geti(L, 2, static_cast<lua_Integer>(index) + 1);
  return 1;
}

int Draw(lua_State* L) {
  RngTable::Entry& entry = EntryOf(L);
  const absl::StatusOr<DistributionDecl> decl = DelayFromLua(L, 2);
  if (!decl.ok()) RaiseText(L, fmt::format("rng:draw: {}", std::string(decl.status().message())));
  lua_pushinteger(L, decl->constant() ? decl->a_ns : MakeDistribution(*decl).Draw(entry.stream));
  return 1;
}

}  // namespace

// Those that the file itself drew were the first.
RngTable::RngTable(World* world) {
  for (const RngDecl& decl : world->scenario().rngs) {
    streams_.push_back({sim::Stream(world->options().seed, "rng/" + decl.name)});
    for (int64_t i = 0; i < decl.draws; ++i) streams_.back().stream.NextU64();
  }
}

void BindRngWords(RuntimeTable* table) {
  table->BindImmediate("rng:integer", &Integer);
  table->BindImmediate("rng:pick", &Pick);
  table->BindImmediate("rng:draw", &Draw);
}

}  // namespace model
