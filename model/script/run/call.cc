// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/call.h"

#include <utility>

#include "fmt/format.h"
#include "model/script/language/source_map.h"
#include "model/script/lua/sandbox.h"

namespace model {

OpCall::OpCall(BodyRun* body)
    : body_(body),
      thread_(body->here().thread),
      L_(body->context().pending_state),
      op_(static_cast<const BlockingOp*>(body->context().pending_op)),
      word_(body->context().pending_word),
      count_(lua_gettop(L_)) {
  body->context().pending_op = nullptr;
  body->context().pending_word = nullptr;
}

bool OpCall::Protect(const std::function<void()>& function) {
  Sandbox& sandbox = world().host().sandbox();
  const int status = sandbox.Protect([&](lua_State*) { function(); });
  if (status == LUA_OK) return true;
  failed_ = true;
  world().Fail(world().host().ErrorFrom(sandbox.state(), status));
  lua_pop(sandbox.state(), 1);
  return false;
}

std::optional<std::string> OpCall::Text(int index) {
  if (lua_type(L_, index) == LUA_TSTRING) {
    size_t length = 0;
    const char* text = lua_tolstring(L_, index, &length);
    return std::string(text, length);
  }
  Fail(fmt::format("{}: expects a text: {}", word_->name, word_->form));
  return std::nullopt;
}

std::optional<int64_t> OpCall::Integer(int index) {
  int whole = 0;
  const int64_t value = lua_type(L_, index) == LUA_TNUMBER ? lua_tointegerx(L_, index, &whole) : 0;
  if (whole != 0) return value;
  Fail(fmt::format("{}: expects a whole number: {}", word_->name, word_->form));
  return std::nullopt;
}

std::optional<int64_t> OpCall::Duration(int index) {
  DistributionDecl decl;
  if (!Protect([&] { decl = CheckDelay(L_, index, *word_); })) return std::nullopt;
  if (decl.constant()) return decl.a_ns;
  return world().Draw(here().SiteFor("draw", word_->name), decl);
}

std::optional<int64_t> OpCall::Bytes(int index) {
  int64_t value = 0;
  if (!Protect([&] { value = CheckBytes(L_, index, *word_); })) return std::nullopt;
  return value;
}

std::optional<PlainValue> OpCall::Plain(int index) {
  PlainValue value;
  if (!Protect([&] { value = CheckPlain(L_, index, *word_); })) return std::nullopt;
  return value;
}

std::shared_ptr<LuaValues> OpCall::Function(int index, bool own) {
  if (!lua_isfunction(L_, index)) {
    Fail(fmt::format("{}: expects a function: {}", word_->name, word_->form));
    return nullptr;
  }
  std::shared_ptr<LuaValues> function;
  std::string refused;
  Protect([&] {
    luaL_checkstack(L_, 4, nullptr);
    lua_pushvalue(L_, index);
    if (own) refused = world().host().InstantiateFunction(L_);
    function = LuaValues::Take(&world().host(), L_, 1);
  });
  if (!refused.empty()) Fail(std::move(refused));
  return failed_ ? nullptr : function;
}

std::optional<Options> OpCall::Table(int index) {
  std::optional<Options> options;
  Protect([&] { options = CheckOptions(L_, index, *word_); });
  return options;
}

std::optional<WaitOptions> OpCall::Wait(int index, WaitMode mode) {
  WaitOptions wait{.mode = mode};
  if (Absent(index)) return wait;
  const std::optional<Options> options = Table(index);
  if (!options) return std::nullopt;
  for (const OptionValue& value : options->values()) {
    if (!value.given) continue;
    if (value.spec->name == "wait") {
      wait.mode = WaitModeByName(value.text).value_or(mode);
      wait.mode_given = true;
    } else if (value.spec->name == "timeout") {
      wait.timeout_ns = value.integer;
    } else if (value.spec->name == "io") {
      wait.io = value.flag;
    } else if (value.spec->name == "force") {
      wait.force = value.flag;
    }
  }
  return wait;
}

bool OpCall::MaySleep() {
  if (!thread()->atomic()) return true;
  Fail(fmt::format("{}: scheduling while atomic: \"{}\" holds a spinlock", word_->name, thread()->name()));
  return false;
}

void OpCall::Finish() {
  body_->context().result_count = results_;
  body_->context().raise_errno = error_;
}

void OpCall::ReturnBool(bool value) {
  lua_checkstack(L_, 2);
  lua_pushboolean(L_, value ? 1 : 0);
  ++results_;
}

void OpCall::ReturnInteger(int64_t value) {
  lua_checkstack(L_, 2);
  lua_pushinteger(L_, value);
  ++results_;
}

void OpCall::ReturnNil() {
  lua_checkstack(L_, 2);
  lua_pushnil(L_);
  ++results_;
}

void OpCall::ReturnThing(ThingRef thing) {
  Protect([&] { PushThing(L_, thing); });
  ++results_;
}

void OpCall::ReturnPlain(const PlainValue& value) {
  Protect([&] { PushPlain(L_, value); });
  ++results_;
}

void OpCall::ReturnWith(const std::function<int(lua_State*)>& push) {
  Protect([&] { results_ += push(L_); });
}

void OpCall::ReturnMoved(lua_State* from, int results) {
  MoveValues(from, L_, results);
  results_ += results;
}

void OpCall::ReturnErrno(int error) {
  ReturnNil();
  ReturnInteger(error);
}

void OpCall::Raise(int error) { error_ = error; }

void OpCall::Fail(std::string text) {
  failed_ = true;
  world().set_traceback(world().host().Traceback(L_));
  world().Fail(ErrorAtLine(world(), L_, std::move(text), word_ != nullptr ? word_->name : ""));
}

void PushPlain(lua_State* L, const PlainValue& value) {
  luaL_checkstack(L, 2, nullptr);
  if (const bool* flag = std::get_if<bool>(&value)) {
    lua_pushboolean(L, *flag ? 1 : 0);
  } else if (const int64_t* integer = std::get_if<int64_t>(&value)) {
    lua_pushinteger(L, *integer);
  } else if (const double* number = std::get_if<double>(&value)) {
    lua_pushnumber(L, *number);
  } else if (const std::string* text = std::get_if<std::string>(&value)) {
    lua_pushlstring(L, text->data(), text->size());
  } else {
    lua_pushnil(L);
  }
}

ScenarioError ErrorAtLine(World& world, lua_State* L, std::string text, std::string_view word) {
  ScenarioError error;
  error.file = world.scenario().file;
  error.text = std::move(text);
  const RunningCode code = InnermostCode(L);
  if (code.line == 0) return error;
  const SourceMap& source = world.host().source();
  const SourceSpan span = source.FindWord(code.line, ShortName(word), code.defined);
  error.pos = span.pos;
  error.length = span.length;
  error.source_line = std::string(source.line(code.line));
  return error;
}

void FailByLimit(World& world, lua_State* L, std::string_view word, std::string text) {
  ScenarioError error = ErrorAtLine(world, L, std::move(text), word);
  error.kind = ScenarioErrorKind::kLimit;
  const std::string message = error.text;
  world.Fail(std::move(error));
  RaiseText(L, message);
}

}  // namespace model
