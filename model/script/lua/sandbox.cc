// SPDX-License-Identifier: Apache-2.0
#include "model/script/lua/sandbox.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "model/script/language/quantity.h"
#include "model/script/language/suggest.h"
#include "sim/check.h"

namespace model {
namespace {

// Instructions between two calls of the hook: rare enough not to be seen in a profile.
constexpr int kHookInterval = 1000;
// Where instructions are metered (zfs_lua_check_instrlimit_interval).
constexpr int kMeterInterval = 100;
// What zcp_lua_alloc charges for each block besides its size.
constexpr int64_t kBlockOverhead = 8;

// Filling a large block takes about as long as an instruction for each so many bytes: `..`
// and string.rep are one instruction however long the text.
constexpr int64_t kLargeBlock = 4096;
constexpr int64_t kBytesPerInstruction = 64;

constexpr std::array kAbsent = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"print", "results come from expectations; use mark(\"name\", value) or check(condition, text)"},
    {"io", "a scenario reads and writes no files"},
    {"os", "a scenario sees no clock and no environment; now() is simulated time"},
    {"debug", "not available in scenarios"},
    {"package", "a scenario is one file"},
    {"require", "a scenario is one file"},
    {"dofile", "a scenario is one file"},
    {"loadfile", "a scenario is one file"},
    {"load", "a scenario is one file"},
    {"loadstring", "a scenario is one file"},
    {"collectgarbage", "not available in scenarios"},
    {"rawset", "not available in scenarios"},
    {"warn", "use mark(\"name\", value) or check(condition, text)"},
    {"utf8", "not available in scenarios"},
    {"_G", "globals are read-only and have no table"},
    {"unpack", "it is table.unpack"},
    {"math.random", "use rng \"name\", which draws by --seed"},
    {"math.randomseed", "streams are named: rng \"name\""},
    {"string.dump", "not available in scenarios"},
    {"string.pack", "not available in scenarios"},
    {"string.unpack", "not available in scenarios"},
    {"string.packsize", "not available in scenarios"},
    {"math.sin", "differs between platforms"},
    {"math.cos", "differs between platforms"},
    {"math.tan", "differs between platforms"},
    {"math.asin", "differs between platforms"},
    {"math.acos", "differs between platforms"},
    {"math.atan", "differs between platforms"},
    {"math.deg", "not available in scenarios"},
    {"math.rad", "not available in scenarios"},
});

constexpr char kGlobalsKey = 'g';
constexpr char kEnvironmentKey = 'e';
constexpr char kLibraryKey = 'l';

int UnknownGlobal(lua_State* L) {
  const Sandbox& sandbox = Sandbox::Of(L);
  if (lua_type(L, 2) != LUA_TSTRING) {
    RaiseText(L, "globals are read by name");
  }
  const std::string name = lua_tostring(L, 2);
  const std::string_view why = Sandbox::WhyAbsent(name);
  if (!why.empty()) RaiseText(L, fmt::format("\"{}\" is not available: {}", name, why));
  const std::string suggestion = Suggest(name, sandbox.global_names());
  if (!suggestion.empty()) {
    RaiseText(L, fmt::format("unknown name \"{}\"; did you mean \"{}\"?", name, suggestion));
  }
  RaiseText(L, fmt::format("unknown name \"{}\"", name));
}

int AssignGlobal(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) RaiseText(L, "globals are read-only");
  const std::string name = lua_tostring(L, 2);
  if (Sandbox::Of(L).IsGlobal(name)) {
    RaiseText(L, fmt::format("\"{}\" is a word of the language and cannot be assigned", name));
  }
  RaiseText(L, fmt::format("assignment to \"{}\", which is not declared: write `local {}`", name, name));
}

int UnknownMember(lua_State* L) {
  const std::string library = lua_tostring(L, lua_upvalueindex(1));
  if (lua_type(L, 2) != LUA_TSTRING) {
    lua_pushnil(L);
    return 1;
  }
  const std::string path = library + "." + lua_tostring(L, 2);
  const std::string_view why = Sandbox::WhyAbsent(path);
  if (!why.empty()) RaiseText(L, fmt::format("\"{}\" is not available: {}", path, why));
  std::vector<std::string> members;
  lua_pushvalue(L, lua_upvalueindex(2));
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) members.emplace_back(lua_tostring(L, -2));
  std::sort(members.begin(), members.end());
  const std::string suggestion = Suggest(lua_tostring(L, 2), members);
  RaiseText(L, suggestion.empty()
                   ? fmt::format("unknown name \"{}\"; accepted: {}", path, fmt::join(members, ", "))
                   : fmt::format("unknown name \"{}\"; did you mean \"{}.{}\"?", path, library, suggestion));
}

int RefuseWrite(lua_State* L) { RaiseText(L, lua_tostring(L, lua_upvalueindex(1))); }

// Marks the metatable on top of the stack as that of a library or of the environment.
void ProtectView(lua_State* L) {
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushboolean(L, 1);
  lua_rawsetp(L, -2, &kLibraryKey);
}

int Panic(lua_State* L) {
  const char* text = lua_tostring(L, -1);
  sim::CheckFailed(__FILE__, __LINE__, "Lua error outside of a protected call", text != nullptr ? text : "");
}

// Gives a text without a position the one of the innermost Lua function.
int AddPosition(lua_State* L) {
  const std::string& chunk = Sandbox::Of(L).chunk_name;
  if (lua_type(L, 1) != LUA_TSTRING || chunk.empty()) return 1;
  const std::string_view text = lua_tostring(L, 1);
  if (text.substr(0, chunk.size() + 1) == chunk + ":") return 1;
  lua_Debug record;
  for (int level = 0; lua_getstack(L, level, &record) != 0; ++level) {
    if (lua_getinfo(L, "l", &record) == 0 || record.currentline < 0) continue;
    luaL_where(L, level);
    lua_insert(L, 1);
    lua_concat(L, 2);
    return 1;
  }
  return 1;
}

int CallFunction(lua_State* L) {
  const auto* function = static_cast<const std::function<void(lua_State*)>*>(lua_touserdata(L, 1));
  lua_settop(L, 0);
  (*function)(L);
  return 0;
}

}  // namespace

Sandbox::Sandbox(Limits limits) : limits_(limits) {
  state_ = lua_newstate(&Sandbox::Allocate, this);
  SIM_CHECK_MSG(state_ != nullptr, "the memory limit is too small for an empty Lua state");
  // No body runs yet (binding.h); coroutines inherit this.
  *static_cast<void**>(lua_getextraspace(state_)) = nullptr;
  lua_atpanic(state_, &Panic);
  const int status = Protect([this](lua_State* L) {
    // The real globals: an unknown name ends in UnknownGlobal.
    lua_newtable(L);
    lua_newtable(L);
    lua_pushcfunction(L, &UnknownGlobal);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kGlobalsKey);
    // What chunks see as _ENV.
    lua_newtable(L);
    lua_newtable(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kGlobalsKey);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, &AssignGlobal);
    lua_setfield(L, -2, "__newindex");
    ProtectView(L);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kEnvironmentKey);
    lua_pop(L, 1);
    OpenBaseLibrary(*this);
    OpenStringLibrary(*this);
    OpenTableLibrary(*this);
    OpenMathLibrary(*this);
    OpenCoroutineLibrary(*this);
    // From now on a loaded chunk gets the read-only environment.
    PushEnvironment(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  });
  SIM_CHECK_MSG(status == LUA_OK, "the memory limit is too small for the libraries");
  lua_sethook(state_, &Sandbox::CountHook, LUA_MASKCOUNT, kHookInterval);
}

Sandbox::~Sandbox() { lua_close(state_); }

Sandbox& Sandbox::Of(lua_State* L) {
  void* self = nullptr;
  lua_getallocf(L, &self);
  return *static_cast<Sandbox*>(self);
}

int Sandbox::Protect(const std::function<void(lua_State*)>& function) {
  lua_pushcfunction(state_, &AddPosition);
  const int handler = lua_gettop(state_);
  lua_pushcfunction(state_, &CallFunction);
  lua_pushlightuserdata(state_, const_cast<std::function<void(lua_State*)>*>(&function));
  const int status = lua_pcall(state_, 1, 0, handler);
  lua_remove(state_, handler);
  return status;
}

void* Sandbox::Allocate(void* self, void* block, size_t old_size, size_t new_size) {
  Sandbox& sandbox = *static_cast<Sandbox*>(self);
  // For a new block Lua passes the kind of object in old_size.
  const auto before = static_cast<int64_t>(block == nullptr ? 0 : old_size);
  const auto after = static_cast<int64_t>(new_size);
  if (after == 0) {
    std::free(block);
    sandbox.used_bytes_ -= before;
    sandbox.TakeMetered(before, 0);
    return nullptr;
  }
  // Lua answers a refusal with a full collection and asks again: only an unanswered one counts.
  if (after > before && sandbox.used_bytes_ + (after - before) > sandbox.limits_.memory_bytes) {
    sandbox.refused_bytes_ = after;
    // An error of memory unwinds without a look at the stack. This allocates nothing.
    lua_Debug record;
    sandbox.refused_at_line_ = 0;
    for (int level = 0; sandbox.refused_at_line_ == 0 && lua_getstack(sandbox.state_, level, &record) != 0;
         ++level) {
      if (lua_getinfo(sandbox.state_, "l", &record) != 0)
        sandbox.refused_at_line_ = std::max(0, record.currentline);
    }
    return nullptr;
  }
  if (!sandbox.TakeMetered(before, after)) return nullptr;
  void* result = std::realloc(block, new_size);
  SIM_CHECK_MSG(result != nullptr, "out of memory");
  sandbox.used_bytes_ += after - before;
  if (after >= sandbox.refused_bytes_) sandbox.refused_bytes_ = 0;
  if (after - before >= kLargeBlock) sandbox.instructions_ += (after - before) / kBytesPerInstruction;
  return result;
}

// A block that grows is a new one, and the old one is freed after it was copied.
bool Sandbox::TakeMetered(int64_t before, int64_t after) {
  if (meter_ == nullptr) return true;
  if (after > before && meter_->bytes + after + kBlockOverhead > meter_->max_bytes) {
    meter_->refused_bytes = after;
    return false;
  }
  if (after >= meter_->refused_bytes) meter_->refused_bytes = 0;
  if (before > 0) meter_->bytes -= before + kBlockOverhead;
  if (after > 0) meter_->bytes += after + kBlockOverhead;
  return true;
}

void Sandbox::Prepare(lua_State* coroutine) {
  // What others left behind is not to be given back for the one who is metered.
  lua_gc(state_, LUA_GCCOLLECT);
  lua_sethook(coroutine, &Sandbox::CountHook, LUA_MASKCOUNT, kMeterInterval);
}

void Sandbox::CountHook(lua_State* L, lua_Debug* /*record*/) {
  Sandbox& sandbox = Of(L);
  if (sandbox.meter_ == nullptr) {
    sandbox.Charge(L, lua_gethookcount(L));
    return;
  }
  sandbox.meter_->instructions += lua_gethookcount(L);
  if (!sandbox.meter_->timed_out()) return;
  lua_pushliteral(L, "Channel program timed out.");
  lua_error(L);
}

void Sandbox::Charge(lua_State* L, int64_t steps) {
  instructions_ = steps > limits_.instructions ? limits_.instructions + 1 : instructions_ + steps;
  if (instructions_ <= limits_.instructions) return;
  limit_hit_ = true;
  RaiseText(L, limit_text());
}

std::string Sandbox::limit_text() const {
  if (!limit_hit_) return fmt::format("memory limit of {} reached", FormatBytes(limits_.memory_bytes));
  return WithCommas(limits_.instructions) + " instructions without a verb";
}

std::string WithCommas(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

void Sandbox::SetGlobal(lua_State* L, const char* name) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kGlobalsKey);
  lua_insert(L, -2);
  lua_pushstring(L, name);
  lua_insert(L, -2);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  global_names_.emplace_back(name);
}

void Sandbox::PushEnvironment(lua_State* L) { lua_rawgetp(L, LUA_REGISTRYINDEX, &kEnvironmentKey); }

bool Sandbox::IsGlobal(std::string_view name) const {
  for (const std::string& known : global_names_) {
    if (known == name) return true;
  }
  return false;
}

std::string_view Sandbox::WhyAbsent(std::string_view name) {
  for (const auto& [absent, why] : kAbsent) {
    if (absent == name) return why;
  }
  return {};
}

void RaiseText(lua_State* L, std::string_view text) {
  // The innermost Lua function: between it and here there may be C functions of ours.
  lua_Debug record;
  int level = 0;
  while (lua_getstack(L, level, &record) != 0 && lua_getinfo(L, "l", &record) != 0 &&
         record.currentline < 0) {
    ++level;
  }
  luaL_where(L, level);
  lua_pushlstring(L, text.data(), text.size());
  lua_concat(L, 2);
  lua_error(L);
  std::abort();  // lua_error does not return.
}

void CheckCanWait(lua_State* L, std::string_view word) {
  if (lua_isyieldable(L) != 0) return;
  RaiseText(L, fmt::format("{} cannot wait here, inside a function called by table.sort, string.gsub or a "
                           "metamethod",
                           word));
}

void MakeLibrary(lua_State* L, const char* name) {
  lua_newtable(L);  // Metatable of the real table.
  lua_pushstring(L, name);
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, &UnknownMember, 2);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_newtable(L);  // The view.
  lua_newtable(L);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushfstring(L, "library \"%s\" is read-only", name);
  lua_pushcclosure(L, &RefuseWrite, 1);
  lua_setfield(L, -2, "__newindex");
  ProtectView(L);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

bool IsLibrary(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || lua_getmetatable(L, index) == 0) return false;
  const bool marked = lua_rawgetp(L, -1, &kLibraryKey) != LUA_TNIL;
  lua_pop(L, 2);
  return marked;
}

}  // namespace model
