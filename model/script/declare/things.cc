// SPDX-License-Identifier: Apache-2.0
//
// The Lua values of declared things, and the globals of all words.
//
// A thing is a userdata that holds a ThingRef; its kind's metatable finds methods and
// fields in the table of words. Things of declared kinds have one value each, kept in the
// registry; holds, work items, I/Os and the like are too many for that.
#include <string>
#include <vector>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/script/declare/declare.h"
#include "model/script/language/suggest.h"
#include "model/script/language/words.h"
#include "model/script/lua/binding.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"
#include "sim/check.h"

namespace model {
namespace {

constexpr char kMetatablesKey = 'm';
constexpr char kThingsKey = 't';

const Word& WordUpvalue(lua_State* L) {
  return *static_cast<const Word*>(lua_touserdata(L, lua_upvalueindex(1)));
}
const RuntimeBinding* BindingUpvalue(lua_State* L) {
  return static_cast<const RuntimeBinding*>(lua_touserdata(L, lua_upvalueindex(2)));
}

ScriptHost& HostOf(lua_State* L) { return *static_cast<ScriptHost*>(Sandbox::Of(L).owner); }

bool AtTop(lua_State* L) { return BodyContextOf(L) == nullptr; }

void PushWordFunction(lua_State* L, lua_CFunction function, const Word& word, const RuntimeTable* runtime) {
  const RuntimeBinding* binding = runtime != nullptr ? runtime->Find(word.name) : nullptr;
  lua_pushlightuserdata(L, const_cast<Word*>(&word));
  lua_pushlightuserdata(L, const_cast<RuntimeBinding*>(binding));
  lua_pushcclosure(L, function, 2);
}

// A verb, or a call of a job.
int CallVerb(lua_State* L) { return CallWord(L, WordUpvalue(L), BindingUpvalue(L)); }

// A declaration: KIND "name", or KIND { ... } where there is no name.
int CallDeclaration(lua_State* L) {
  const Word& word = WordUpvalue(L);
  if (!AtTop(L)) return CallWord(L, word, BindingUpvalue(L));
  return HostOf(L).declarations->Declare(L, word, ThingRef{}, 1);
}

int CallMethod(lua_State* L) {
  const Word& word = WordUpvalue(L);
  const ThingKind receiver = word.word_class == WordClass::kPart ? word.receiver : word.kind;
  if (ToThing(L, 1).kind != receiver) {
    RaiseText(
        L, fmt::format("{} is called on a {}, with a colon: {}", word.name, KindName(receiver), word.form));
  }
  if (AtTop(L) && (word.contexts & kContextTop) != 0) {
    Declarations& declarations = *HostOf(L).declarations;
    if (word.word_class == WordClass::kPart) return declarations.Declare(L, word, ToThing(L, 1), 2);
    return declarations.DrawAtTop(L, word);
  }
  return CallWord(L, word, BindingUpvalue(L));
}

// A function of the file: param, duration, uniform ...
int CallFunction(lua_State* L) { return CallFileFunction(L, WordUpvalue(L)); }

// __call of a thing. At the top of the file: its options or body. In a body: the thing
// used as a function, which is the word "syscall:call" and the like, or the options of what
// the body declares; upvalue 1 is null where the kind has none.
int CallThing(lua_State* L) {
  const ThingRef thing = ToThing(L, 1);
  if (AtTop(L) && HostOf(L).declarations != nullptr && HostOf(L).declarations->Continue(L, thing)) return 1;
  const auto* word = static_cast<const Word*>(lua_touserdata(L, lua_upvalueindex(1)));
  if (word == nullptr) {
    RaiseText(L,
              fmt::format("{} is not a function; options and body stand where it is declared, at the top of "
                          "the file",
                          HostOf(L).ThingText(thing)));
  }
  return CallWord(L, *word, BindingUpvalue(L));
}

// __index of a thing; upvalues: the table of methods, the one of fields (word and binding).
int IndexThing(lua_State* L) {
  const ThingRef thing = ToThing(L, 1);
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_pop(L, 1);
    lua_pushvalue(L, 2);
  } else {
    lua_pushliteral(L, "[]");
  }
  if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TFUNCTION) {
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
  }
  const std::string text = HostOf(L).ThingText(thing);
  if (lua_type(L, 2) != LUA_TSTRING) RaiseText(L, fmt::format("{} is not a table", text));
  const std::string name = lua_tostring(L, 2);
  const std::vector<std::string_view> members = MemberNames(thing.kind);
  const std::string suggestion = Suggest(name, members);
  RaiseText(L, suggestion.empty()
                   ? fmt::format("{} has no \"{}\"", text, name)
                   : fmt::format("{} has no \"{}\"; did you mean \"{}\"?", text, name, suggestion));
}

int SetThingField(lua_State* L) {
  RaiseText(L, fmt::format("{} cannot be written to", HostOf(L).ThingText(ToThing(L, 1))));
}

int ThingToString(lua_State* L) {
  const std::string text = HostOf(L).ThingText(ToThing(L, 1));
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int ThingsEqual(lua_State* L) {
  const ThingRef a = ToThing(L, 1);
  lua_pushboolean(L, a.kind != ThingKind::kNone && a == ToThing(L, 2) ? 1 : 0);
  return 1;
}

// The metatable of a kind, on top of the stack.
void MakeMetatable(lua_State* L, ThingKind kind, const RuntimeTable* runtime) {
  const int metatable = lua_gettop(L);
  lua_newtable(L);  // Methods.
  lua_newtable(L);  // Fields.
  const Word* call = nullptr;
  for (const Word* word : AllWords()) {
    const std::string member(ShortName(word->name));
    if (word->word_class == WordClass::kPart ? word->receiver == kind
                                             : word->word_class == WordClass::kMethod && word->kind == kind) {
      PushWordFunction(L, &CallMethod, *word, runtime);
      lua_setfield(L, metatable + 1, member.c_str());
    } else if (word->word_class == WordClass::kField && word->kind == kind) {
      PushWordFunction(L, &CallVerb, *word, runtime);
      lua_setfield(L, metatable + 2, member.c_str());
    } else if (word->word_class == WordClass::kCall && word->kind == kind) {
      call = word;
    }
  }
  lua_pushcclosure(L, &IndexThing, 2);
  lua_setfield(L, metatable, "__index");
  // What a body may declare takes its options so.
  const Word* declaration = FindWord(KindName(kind));
  if (call == nullptr && declaration != nullptr && (declaration->contexts & kContextUser) != 0)
    call = declaration;
  const RuntimeBinding* binding = runtime != nullptr && call != nullptr ? runtime->Find(call->name) : nullptr;
  lua_pushlightuserdata(L, const_cast<Word*>(call));
  lua_pushlightuserdata(L, const_cast<RuntimeBinding*>(binding));
  lua_pushcclosure(L, &CallThing, 2);
  lua_setfield(L, metatable, "__call");
  if (kind == ThingKind::kHold) {
    PushWordFunction(L, &CallVerb, *FindWord("hold:close"), runtime);
    lua_setfield(L, metatable, "__close");
  }
  constexpr luaL_Reg kPlain[] = {{"__newindex", &SetThingField},
                                 {"__tostring", &ThingToString},
                                 {"__eq", &ThingsEqual},
                                 {nullptr, nullptr}};
  luaL_setfuncs(L, kPlain, 0);
  lua_pushlstring(L, KindName(kind).data(), KindName(kind).size());
  lua_setfield(L, metatable, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, metatable, "__metatable");
}

lua_CFunction GlobalFunctionOf(const Word& word) {
  switch (word.word_class) {
    case WordClass::kDeclaration:
      return &CallDeclaration;
    case WordClass::kFunction:
      return &CallFunction;
    case WordClass::kVerb:
      return &CallVerb;
    default:
      return nullptr;
  }
}

}  // namespace

void InstallWords(lua_State* L, const RuntimeTable* runtime) {
  Sandbox& sandbox = Sandbox::Of(L);
  lua_newtable(L);
  for (int kind = 1; kind < static_cast<int>(ThingKind::kCount); ++kind) {
    lua_newtable(L);
    MakeMetatable(L, static_cast<ThingKind>(kind), runtime);
    lua_rawseti(L, -2, kind);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kMetatablesKey);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kThingsKey);
  for (const Word* word : AllWords()) {
    const lua_CFunction function = GlobalFunctionOf(*word);
    if (function == nullptr) continue;
    PushWordFunction(L, function, *word, runtime);
    sandbox.SetGlobal(L, std::string(word->name).c_str());
  }
  for (const ErrnoEntry& entry : AllErrnos()) {
    lua_pushinteger(L, entry.value);
    sandbox.SetGlobal(L, std::string(entry.name).c_str());
  }
}

void PushThing(lua_State* L, ThingRef thing) {
  SIM_CHECK(thing.kind != ThingKind::kNone);
  const bool declared = thing.kind < ThingKind::kStripe;
  const lua_Integer key = (static_cast<lua_Integer>(thing.kind) << 32) | thing.index;
  if (declared) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kThingsKey);
    if (lua_rawgeti(L, -1, key) != LUA_TNIL) {
      lua_remove(L, -2);
      return;
    }
    lua_pop(L, 1);
  }
  *static_cast<ThingRef*>(lua_newuserdatauv(L, sizeof(ThingRef), 0)) = thing;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kMetatablesKey);
  lua_rawgeti(L, -1, static_cast<lua_Integer>(thing.kind));
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
  if (declared) {
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, key);
    lua_remove(L, -2);
  }
}

ThingRef ToThing(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(ThingRef) ||
      lua_getmetatable(L, index) == 0) {
    return {};
  }
  const ThingRef thing = *static_cast<const ThingRef*>(lua_touserdata(L, index < 0 ? index - 1 : index));
  // Another userdata of that size has another metatable.
  bool same = false;
  if (thing.kind > ThingKind::kNone && thing.kind < ThingKind::kCount) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kMetatablesKey);
    lua_rawgeti(L, -1, static_cast<lua_Integer>(thing.kind));
    same = lua_rawequal(L, -1, -3) != 0;
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  return same ? thing : ThingRef{};
}

ThingRef CheckThing(lua_State* L, int index, ThingKind kind, std::string_view what) {
  const ThingRef thing = ToThing(L, index);
  if (thing.kind != kind) RaiseText(L, fmt::format("{}: a {} is wanted", what, KindName(kind)));
  return thing;
}

void ScriptHost::PushZfs(lua_State* L) {
  lua_newtable(L);
  const int root = lua_gettop(L);
  for (const Word* word : AllWords()) {
    if (word->word_class != WordClass::kJobCall) continue;
    std::string_view path = word->name.substr(word->name.find('.') + 1);
    lua_pushvalue(L, root);
    for (size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
      luaL_getsubtable(L, -1, std::string(path.substr(0, dot)).c_str());
      lua_remove(L, -2);
      path.remove_prefix(dot + 1);
    }
    PushWordFunction(L, &CallVerb, *word, runtime_);
    lua_setfield(L, -2, std::string(path).c_str());
    lua_pop(L, 1);
  }
  for (const char* table : {"list", "sync", "check"}) {
    lua_getfield(L, root, table);
    MakeLibrary(L, (std::string("zfs.") + table).c_str());
    lua_setfield(L, root, table);
  }
  MakeLibrary(L, "zfs");
}

}  // namespace model
