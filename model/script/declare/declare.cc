// SPDX-License-Identifier: Apache-2.0
#include "model/script/declare/declare.h"

#include <algorithm>

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"
#include "sim/check.h"

namespace model {
namespace {

constexpr char kHandleKey = 'h';
constexpr char kVoidKey = 'v';
constexpr size_t kErrorsMax = 100;

std::string_view StringAt(lua_State* L, int index) {
  size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

Declarations& DeclarationsOf(lua_State* L) {
  return *static_cast<ScriptHost*>(Sandbox::Of(L).owner)->declarations;
}

// What a declaration without a thing gives: it takes options and body.
int CallHandle(lua_State* L) {
  DeclarationsOf(L).ContinueEntry(L, *static_cast<size_t*>(lua_touserdata(L, 1)), 2);
  lua_settop(L, 1);
  return 1;
}

void PushHandle(lua_State* L, size_t entry) {
  *static_cast<size_t*>(lua_newuserdatauv(L, sizeof(size_t), 0)) = entry;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kHandleKey) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, &CallHandle);
    lua_setfield(L, -2, "__call");
    lua_pushliteral(L, "declaration");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kHandleKey);
  }
  lua_setmetatable(L, -2);
}

// What a wrong declaration gives: everything may be done with it, so that the one error
// that was reported stays alone.
void PushVoid(lua_State* L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kVoidKey) != LUA_TNIL) return;
  lua_pop(L, 1);
  lua_newuserdatauv(L, 1, 0);
  lua_newtable(L);
  const lua_CFunction itself = [](lua_State* state) {
    lua_rawgetp(state, LUA_REGISTRYINDEX, &kVoidKey);
    return 1;
  };
  for (const char* event : {"__call", "__index"}) {
    lua_pushcfunction(L, itself);
    lua_setfield(L, -2, event);
  }
  lua_pushliteral(L, "declaration");
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kVoidKey);
}

// Threads of all sorts share their names; so do loads.
std::string NamespaceOf(const Word& word) {
  switch (word.kind) {
    case ThingKind::kProcess:
    case ThingKind::kThread:
    case ThingKind::kOperator:
    case ThingKind::kKthread:
      return "thread";
    case ThingKind::kLoad:
      return "load";
    default:
      break;
  }
  if (word.name == "variant" || word.name == "control" || word.name == "fix") return "arm";
  return std::string(word.name);
}

}  // namespace

int CurrentLine(lua_State* L) {
  lua_Debug record;
  for (int level = 0; lua_getstack(L, level, &record) != 0; ++level) {
    if (lua_getinfo(L, "l", &record) != 0 && record.currentline > 0) return record.currentline;
  }
  return 0;
}

// Reports what is wrong with options at the place where the declaration has them.
class Declarations::EntrySink final : public OptionSink {
 public:
  EntrySink(Declarations& declarations, Entry& entry) : declarations_(declarations), entry_(entry) {}

  void Report(std::string_view key, std::string_view inner, bool at_value, std::string text,
              std::string suggestion) override {
    declarations_.ErrorAtKey(entry_, key, inner, at_value, std::move(text), std::move(suggestion));
  }
  bool IsLiteralNumber(std::string_view key, std::string_view inner) override {
    return declarations_.host_.source().ValueIsLiteralNumber(declarations_.TokenOf(entry_), key, inner);
  }
  BodyRef KeepFunction(lua_State* L, int index, std::string_view key) override {
    return declarations_.KeepBody(L, index, entry_, key == "release" ? kContextKernel : kContextUser);
  }
  bool TakeUnknownKey(lua_State* L, std::string_view key, int value) override {
    return entry_.word->kind == ThingKind::kPool && declarations_.TakeTunable(L, entry_, key, value);
  }
  std::vector<std::string_view> MoreKeys() override;
  std::string NameOf(ThingRef thing) override { return declarations_.scenario_.NameOf(thing); }

 private:
  Declarations& declarations_;
  Entry& entry_;
};

std::vector<std::string_view> Declarations::EntrySink::MoreKeys() {
  std::vector<std::string_view> names;
  if (entry_.word->kind != ThingKind::kPool) return names;
  for (const TunableInfo& tunable : Tunables()) names.push_back(tunable.name);
  return names;
}

Declarations::Declarations(ScriptHost& host, Scenario& scenario, const ResolveOptions& options,
                           std::vector<std::pair<std::string, ParamValue>> arm_params)
    : host_(host), scenario_(scenario), options_(options), arm_params_(std::move(arm_params)) {
  scenario_.arms.emplace_back().name = "base";
  host_.declarations = this;
}

// --- Places and errors -------------------------------------------------------------

std::string Declarations::Owner(const Entry& entry) const {
  const std::string word(ShortName(entry.word->name));
  return entry.name.empty() ? word : fmt::format("{} \"{}\"", word, entry.name);
}

int Declarations::TokenOf(const Entry& entry) const {
  return host_.source().FindDeclaration(entry.line, ShortName(entry.word->name), entry.name);
}

SourcePos Declarations::PosOf(const Entry& entry) const {
  const SourceSpan span = host_.source().SpanOf(TokenOf(entry));
  return span.pos.line > 0 ? span.pos : SourcePos{entry.line, 0};
}

void Declarations::Error(int line, SourceSpan span, std::string topic, std::string text,
                         std::string suggestion) {
  if (span.pos.line == 0) span = host_.source().FindWord(line, topic);
  // A declaration in a loop is wrong once, not once for each turn.
  if (!reported_.insert({span.pos.line, span.pos.column, std::move(topic)}).second) return;
  if (errors_.size() >= kErrorsMax) return;
  ScenarioError error;
  error.file = options_.file;
  error.pos = span.pos;
  error.length = span.length;
  error.text = std::move(text);
  error.suggestion = std::move(suggestion);
  error.source_line = std::string(host_.source().line(span.pos.line));
  errors_.push_back(std::move(error));
}

void Declarations::ErrorAtName(const Entry& entry, std::string text, std::string suggestion) {
  std::string topic = text;
  // In a loop the names differ, and the error is one.
  if (const size_t at = topic.find(entry.name); at != std::string::npos) topic.erase(at, entry.name.size());
  Error(entry.line, host_.source().FindName(TokenOf(entry)), std::move(topic), std::move(text),
        std::move(suggestion));
}

void Declarations::ErrorAtKey(const Entry& entry, std::string_view key, std::string_view inner, bool at_value,
                              std::string text, std::string suggestion) {
  const SourceMap& source = host_.source();
  const int token = TokenOf(entry);
  SourceSpan span = at_value ? source.FindValue(token, key, inner) : source.FindKey(token, key, inner);
  if (span.pos.line == 0) span = source.FindName(token);
  Error(entry.line, span, std::string(key), std::move(text), std::move(suggestion));
}

void Declarations::ErrorInValue(const Entry& entry, std::string_view key, std::string_view inside,
                                std::string text, std::string suggestion) {
  SourceSpan span = host_.source().FindInValue(TokenOf(entry), key, inside);
  if (span.pos.line == 0) span = host_.source().FindName(TokenOf(entry));
  Error(entry.line, span, text, text, std::move(suggestion));
}

std::vector<ScenarioError> Declarations::TakeErrors() {
  std::stable_sort(errors_.begin(), errors_.end(), [](const ScenarioError& a, const ScenarioError& b) {
    return std::pair(a.pos.line, a.pos.column) < std::pair(b.pos.line, b.pos.column);
  });
  return std::move(errors_);
}

// --- Declaring ---------------------------------------------------------------------

int Declarations::Declare(lua_State* L, const Word& word, ThingRef receiver, int argument) {
  const int line = CurrentLine(L);
  if (!word.built) {
    Error(line, {}, std::string(word.name), fmt::format("{}: not built yet", word.name));
    if (lua_type(L, argument) == LUA_TSTRING) unbuilt_names_.emplace_back(StringAt(L, argument));
    PushVoid(L);
    return 1;
  }
  if (word.name == "server:serve") {
    Serve(L, receiver, argument);
    lua_settop(L, 1);
    return 1;
  }
  const bool nameless = word.name == "fault" || word.name == "machine";
  if (nameless && lua_type(L, argument) == LUA_TTABLE) {
    NewEntry(L, word, "", receiver);
    PushHandle(L, entries_.size() - 1);
    ContinueEntry(L, entries_.size() - 1, argument);
    return 1;
  }
  if (word.name == "fault" || lua_type(L, argument) != LUA_TSTRING) {
    RaiseText(L, fmt::format("{}: {} is wanted, as in {}", word.name,
                             word.name == "fault" ? "a table of options" : "a name", word.form));
  }
  Entry& entry = NewEntry(L, word, std::string(StringAt(L, argument)), receiver);
  if (!CheckName(L, entry)) {
    entries_.pop_back();
    PushVoid(L);
    return 1;
  }
  CheckDuplicate(entry);
  MakeThing(entry);
  if (entry.thing.kind == ThingKind::kNone) {
    PushHandle(L, entries_.size() - 1);
    return 1;
  }
  entry_of_thing_[entry.thing] = entries_.size() - 1;
  PushThing(L, entry.thing);
  return 1;
}

Entry& Declarations::NewEntry(lua_State* L, const Word& word, std::string name, ThingRef receiver) {
  Entry& entry = entries_.emplace_back();
  entry.word = &word;
  entry.name = std::move(name);
  entry.receiver = receiver;
  entry.line = CurrentLine(L);
  if (word.name == "machine") {
    if (machine_line_ != 0) {
      ErrorAtName(entry, fmt::format("machine: given before, at line {}", machine_line_));
    }
    machine_line_ = entry.line;
  }
  if (entry.name.empty()) MakeThing(entry);
  return entry;
}

bool Declarations::CheckName(lua_State* /*L*/, const Entry& entry) {
  const Word& word = *entry.word;
  const std::string& name = entry.name;
  if (word.name == "expect" || NamespaceOf(word) == "arm") {
    if (!name.empty() && name.find('\n') == std::string::npos) return true;
    ErrorAtName(entry, fmt::format("{}: a {} on one line is wanted", word.name,
                                   word.name == "expect" ? "sentence" : "name"));
    return false;
  }
  if (word.name == "machine") {
    if (name == "ideal") return true;
    ErrorAtName(entry, fmt::format("machine \"{}\": no such machine; accepted: \"ideal\"", name));
    return false;
  }
  const bool of_dataset = word.kind == ThingKind::kSnapshot || word.kind == ThingKind::kBookmark;
  const std::string_view marks = of_dataset || word.kind == ThingKind::kPool ? "_.:-" : "_.:/-";
  const bool fine = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
  if (fine) return true;
  ErrorAtName(entry, fmt::format("{}: a name has letters, digits and {}, no space or \"=\"", Owner(entry),
                                 of_dataset || word.kind == ThingKind::kPool ? "_ . : -" : "_ . : / -"));
  return false;
}

void Declarations::CheckDuplicate(const Entry& entry) {
  if (entry.word->name == "expect" || entry.word->name == "machine") return;
  // Parts are told apart by what they belong to, but threads are threads.
  std::string full = entry.name;
  if (entry.receiver.kind != ThingKind::kNone && entry.word->kind != ThingKind::kThread) {
    full = scenario_.NameOf(entry.receiver) + "\n" + full;
  }
  if (entry.word->kind == ThingKind::kPoolLock) return;
  if (!names_.insert({NamespaceOf(*entry.word), full}).second) {
    ErrorAtName(entry, fmt::format("{}: declared before", Owner(entry)));
  } else if (NamespaceOf(*entry.word) == "arm") {
    CheckArmName(entry);
  }
}

void Declarations::CheckArmName(const Entry& entry) {
  if (entry.name == "base") {
    ErrorAtName(entry, fmt::format("{}: the file as it stands is the arm \"base\"", Owner(entry)));
  } else if (entry.name == "all" || entry.name == "compare" || entry.name == "sweep" ||
             entry.name == "explore") {
    ErrorAtName(entry, fmt::format("{}: this name means something else in expect {{ on = }}", Owner(entry)));
  }
}

// --- Options and bodies --------------------------------------------------------------

bool Declarations::Continue(lua_State* L, ThingRef thing) {
  const auto it = entry_of_thing_.find(thing);
  if (it == entry_of_thing_.end()) return false;
  const Entry& entry = entries_[it->second];
  const bool callable = thing.kind == ThingKind::kSyscall || thing.kind == ThingKind::kKfunc ||
                        thing.kind == ThingKind::kCallback;
  if (callable && entry.body_given && !(lua_gettop(L) == 2 && lua_type(L, 2) == LUA_TFUNCTION)) return false;
  if (callable && lua_type(L, 2) != LUA_TFUNCTION && lua_type(L, 2) != LUA_TTABLE) {
    RaiseText(L, fmt::format("{} has no body yet", Owner(entry)));
  }
  ContinueEntry(L, it->second, 2);
  PushThing(L, thing);
  return true;
}

void Declarations::ContinueEntry(lua_State* L, size_t index, int argument) {
  Entry& entry = entries_[index];
  switch (lua_type(L, argument)) {
    case LUA_TTABLE:
      TakeOptions(L, entry, argument);
      break;
    case LUA_TFUNCTION:
      TakeBody(L, entry, argument);
      break;
    default:
      RaiseText(L,
                fmt::format("{}: options {{ ... }} or a body (function() ... end) are wanted", Owner(entry)));
  }
}

void Declarations::TakeOptions(lua_State* L, Entry& entry, int table) {
  if (entry.options_given) {
    ErrorAtName(entry, fmt::format("{}: options given twice", Owner(entry)));
    return;
  }
  if (entry.body_given) {
    ErrorAtName(entry, fmt::format("{}: options stand before the body", Owner(entry)));
    return;
  }
  entry.options_given = true;
  if (entry.word->name == "variant" || entry.word->name == "control" || entry.word->name == "fix") {
    TakeArmParams(L, entry, table);
    return;
  }
  const Options options = ReadFor(L, table, entry);
  CheckRequired(entry, options);
  Fill(entry, options);
}

Options Declarations::ReadFor(lua_State* L, int table, Entry& entry) {
  EntrySink sink(*this, entry);
  return ReadOptions(L, table, entry.word->options, Owner(entry), sink);
}

void Declarations::CheckRequired(const Entry& entry, const Options& options) {
  for (const OptionValue& value : options.values()) {
    if (value.spec->required && !value.given) {
      ErrorAtName(
          entry, fmt::format("{} needs {} = {}", Owner(entry), value.spec->name, TypeAsWritten(*value.spec)));
    }
  }
}

void Declarations::TakeBody(lua_State* L, Entry& entry, int function) {
  if (entry.word->body == Context{0}) {
    ErrorAtName(entry, fmt::format("{} takes no body", Owner(entry)));
    return;
  }
  if (entry.body_given) {
    ErrorAtName(entry, fmt::format("{}: body given twice", Owner(entry)));
    return;
  }
  entry.body_given = true;
  entry.body = KeepBody(L, function, entry, entry.word->body);
  const auto i = static_cast<size_t>(entry.index);
  switch (entry.word->kind) {
    case ThingKind::kProcess:
    case ThingKind::kThread:
    case ThingKind::kOperator:
    case ThingKind::kKthread:
      scenario_.threads[i].body = entry.body;
      break;
    case ThingKind::kSyscall:
      scenario_.syscalls[i].body = entry.body;
      break;
    case ThingKind::kKfunc:
      scenario_.kfuncs[i].body = entry.body;
      break;
    case ThingKind::kCallback:
      scenario_.callbacks[i].body = entry.body;
      break;
    case ThingKind::kServer:
      scenario_.servers[i].handler = entry.body;
      break;
    case ThingKind::kJob:
      scenario_.jobs[i].body = entry.body;
      break;
    default:
      scenario_.expects[i].body = entry.body;
      break;
  }
}

void Declarations::Serve(lua_State* L, ThingRef server, int function) {
  if (lua_type(L, function) != LUA_TFUNCTION) {
    RaiseText(L, "server:serve: a function is wanted, as in sshfs:serve(function(request) ... end)");
  }
  TakeBody(L, entries_[entry_of_thing_.at(server)], function);
}

BodyRef Declarations::KeepBody(lua_State* L, int function, const Entry& entry, Context context) {
  BodyInfo info;
  info.owner = entry.thing;
  info.owner_name = entry.name;
  info.owner_text = Owner(entry);
  info.context = context;
  info.line = entry.line;
  return host_.AddBody(L, function, std::move(info));
}

// --- Random numbers for the file itself ------------------------------------------------

int Declarations::DrawAtTop(lua_State* L, const Word& word) {
  const ThingRef thing = ToThing(L, 1);
  const auto i = static_cast<size_t>(thing.index);
  while (streams_.size() < scenario_.rngs.size()) {
    streams_.emplace_back(options_.seed, "rng/" + scenario_.rngs[streams_.size()].name);
  }
  sim::Stream& stream = streams_[i];
  if (word.name == "rng:integer") {
    const lua_Integer low = luaL_checkinteger(L, 2);
    const lua_Integer high = luaL_checkinteger(L, 3);
    if (low > high) RaiseText(L, fmt::format("rng:integer: {} is above {}", low, high));
    lua_pushinteger(L, stream.NextBetween(low, high));
  } else if (word.name == "rng:pick") {
    luaL_checktype(L, 2, LUA_TTABLE);
    const lua_Integer count = luaL_len(L, 2);
    if (count < 1) RaiseText(L, "rng:pick: the list is empty");
    lua_geti(L, 2, static_cast<lua_Integer>(stream.NextBelow(static_cast<uint64_t>(count))) + 1);
  } else {
    lua_pushinteger(L, MakeDistribution(CheckDelay(L, 2, word)).Draw(stream));
  }
  scenario_.rngs[i].draws = static_cast<int64_t>(stream.count());
  return 1;
}

}  // namespace model
