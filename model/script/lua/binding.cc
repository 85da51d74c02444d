// SPDX-License-Identifier: Apache-2.0
#include "model/script/lua/binding.h"

#include <cstdlib>

#include "fmt/format.h"
#include "model/script/language/words.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"
#include "sim/check.h"

namespace model {
namespace {

// "kernel code", "the top of the file"
std::string_view ContextName(uint32_t context) {
  switch (context) {
    case kContextUser:
      return "user code";
    case kContextKernel:
      return "kernel code";
    case kContextJob:
      return "a job";
    case kContextJudge:
      return "an expectation";
    default:
      return "the top of the file";
  }
}

std::string AllowedText(uint32_t contexts) {
  std::string text;
  for (uint32_t context : {kContextTop, kContextUser, kContextKernel, kContextJob, kContextJudge}) {
    if ((contexts & context) == 0) continue;
    if (!text.empty()) text += " or ";
    text += ContextName(context);
  }
  return text;
}

// What to do instead, from where the word is allowed and where it was used.
std::string_view Advice(const Word& word, Context here) {
  const uint32_t allowed = word.contexts;
  if (here == kContextJudge) return "an expectation only looks at the result";
  if (here == kContextTop) {
    if (word.word_class == WordClass::kJobCall) return "call it from a job";
    if ((allowed & kContextUser) != 0) return "call it from the body of a process";
    return "call it from the body of a syscall or kthread";
  }
  if (here == kContextJob) return "a job calls zfs.*, compute, check and mark; use a process for the rest";
  if (allowed == kContextTop) return "declare it at the top of the file";
  if ((allowed & kContextJob) != 0 && (allowed & (kContextUser | kContextKernel)) == 0) {
    return "call it from a job";
  }
  if (here == kContextUser) {
    return word.kind == ThingKind::kCallback ? "call it as a plain function" : "call it from a syscall";
  }
  if (word.kind == ThingKind::kSyscall) return "use a kfunc";
  return "call it from user code, such as a callback";
}

int FinishWord(lua_State* L, int /*status*/, lua_KContext /*context*/) {
  BodyContext* body = BodyContextOf(L);
  body->pending_word = nullptr;
  body->pending_op = nullptr;
  body->pending_state = nullptr;
  const int error = std::exchange(body->raise_errno, 0);
  const bool raise_text = std::exchange(body->raise_text, false);
  const int results = std::exchange(body->result_count, 0);
  if (error != 0) RaiseErrno(L, error);
  if (raise_text) RaiseText(L, lua_tostring(L, -1));
  return results;
}

}  // namespace

void RuntimeTable::BindImmediate(std::string_view word, lua_CFunction function) {
  SIM_CHECK_MSG(FindWord(word) != nullptr, word);
  const bool added = bindings_.emplace(std::string(word), RuntimeBinding{.immediate = function}).second;
  SIM_CHECK_MSG(added, word);
}

void RuntimeTable::BindBlocking(std::string_view word, const void* op) {
  SIM_CHECK_MSG(FindWord(word) != nullptr, word);
  const bool added = bindings_.emplace(std::string(word), RuntimeBinding{.op = op}).second;
  SIM_CHECK_MSG(added, word);
}

const RuntimeBinding* RuntimeTable::Find(std::string_view word) const {
  const auto it = bindings_.find(word);
  return it == bindings_.end() ? nullptr : &it->second;
}

std::string WrongContextText(const Word& word, const BodyContext& here) {
  const std::string where = here.name.empty() || here.context == kContextTop
                                ? std::string(ContextName(here.context))
                                : fmt::format("{} (\"{}\")", ContextName(here.context), here.name);
  return fmt::format("{} is for {}; here is {}: {}", word.name, AllowedText(word.contexts), where,
                     Advice(word, here.context));
}

int CallWord(lua_State* L, const Word& word, const RuntimeBinding* binding) {
  BodyContext* body = BodyContextOf(L);
  const BodyContext top;
  const BodyContext& here = body != nullptr ? *body : top;
  if ((word.contexts & here.context) == 0) {
    std::string text = WrongContextText(word, here);
    // `syscall "write" is for ...` says more than `syscall:call is for ...`.
    if (word.word_class == WordClass::kCall) {
      const auto* host = static_cast<const ScriptHost*>(Sandbox::Of(L).owner);
      text.replace(0, word.name.size(), host->ThingText(ToThing(L, 1)));
    }
    RaiseText(L, text);
  }
  if (binding == nullptr) RaiseText(L, fmt::format("{}: not available here", word.name));
  if (binding->immediate != nullptr) return binding->immediate(L);
  CheckCanWait(L, word.name);
  body->pending_word = &word;
  body->pending_op = binding->op;
  body->pending_state = L;
  return lua_yieldk(L, 0, 0, &FinishWord);
}

void RaiseErrno(lua_State* L, int error) {
  lua_pushinteger(L, error);
  lua_error(L);
  std::abort();  // lua_error does not return.
}

}  // namespace model
