// SPDX-License-Identifier: Apache-2.0
#include "model/script/declare/resolve.h"

#include <algorithm>

#include "fmt/format.h"
#include "model/script/declare/body_check.h"
#include "model/script/declare/declare.h"
#include "model/script/language/source_map.h"
#include "model/script/language/suggest.h"
#include "model/script/lua/bytecode.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"

namespace model {
namespace {

using ArmParams = std::vector<std::pair<std::string, ParamValue>>;

// What one run of the file gave.
struct Pass {
  std::unique_ptr<LoadedScenario> loaded;
  std::vector<ScenarioError> errors;
  std::vector<Declarations::Unused> unused;
};

// The line of `local NAME` below `line`, or 0: a body sees only the locals above it.
int LineOfLocalBelow(const SourceMap& source, std::string_view name, int line) {
  const std::vector<Token>& tokens = source.tokens();
  bool in_list = false;  // Among the names behind `local`.
  for (const Token& token : tokens) {
    if (token.kind == TokenKind::kName && token.text == "local") {
      in_list = true;
    } else if (in_list && token.text == name && token.pos.line > line) {
      return token.pos.line;
    } else {
      in_list = in_list && (token.kind == TokenKind::kName || token.text == ",");
    }
  }
  return 0;
}

// Names that no Lua program of this file can find, wherever they stand: seen before it runs,
// so that a misspelt verb in a branch that is not taken is found too.
void CheckGlobals(lua_State* L, const ScriptHost& host, Declarations& declarations) {
  const Sandbox& sandbox = Sandbox::Of(L);
  for (const GlobalUse& use : CodeOf(L, -1).globals) {
    std::string text;
    std::string suggestion;
    if (use.assigned) {
      text = sandbox.IsGlobal(use.name)
                 ? fmt::format("\"{}\" is a word of the language and cannot be assigned", use.name)
                 : fmt::format("assignment to \"{}\", which is not declared: write `local {}`", use.name,
                               use.name);
    } else if (!sandbox.IsGlobal(use.name)) {
      const std::string_view why = Sandbox::WhyAbsent(use.name);
      const int below = LineOfLocalBelow(host.source(), use.name, use.line);
      text = !why.empty() ? fmt::format("\"{}\" is not available: {}", use.name, why)
             : below > 0  ? fmt::format("unknown name \"{}\": it is declared below, in line {}; move that up",
                                        use.name, below)
                          : fmt::format("unknown name \"{}\"", use.name);
      if (why.empty() && below == 0) suggestion = Suggest(use.name, sandbox.global_names());
    } else {
      continue;
    }
    declarations.Error(use.line, host.source().FindWord(use.line, use.name), "global " + use.name, text,
                       suggestion);
  }
}

// Where the Lua program begins: after a byte order mark, and after a first line `#!...`.
size_t StartOfProgram(std::string_view text) {
  size_t start = text.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0;
  if (start < text.size() && text[start] == '#') start = std::min(text.find('\n', start), text.size());
  return start;
}

// Lua names the token at which it gave up reading, but not its column. Of the tokens on the
// line that look like it, it is the first after which the text gives the same message.
SourceSpan FindSyntaxError(ScriptHost& host, const std::string& program, size_t skipped, int line) {
  const SourceMap& source = host.source();
  SourceSpan found;
  const auto message_for = [&](lua_State* L, size_t length) {
    const int status = luaL_loadbufferx(L, program.data() + skipped, length - skipped, "=f", "t");
    std::string message = status == LUA_OK ? "" : lua_tostring(L, -1);
    lua_settop(L, 0);
    return message;
  };
  const int status = host.sandbox().Protect([&](lua_State* L) {
    const std::string whole = message_for(L, program.size());
    for (int i = 0; i < static_cast<int>(source.tokens().size()); ++i) {
      const SourceSpan span = source.SpanOf(i);
      if (span.pos.line != line) continue;
      const auto line_start = static_cast<size_t>(source.line(line).data() - source.line(1).data());
      const size_t end = line_start + static_cast<size_t>(span.pos.column - 1 + span.length);
      if (end <= skipped || end > program.size() || message_for(L, end) != whole) continue;
      found = span;
      return;
    }
  });
  if (status != LUA_OK) lua_pop(host.state(), 1);
  return found;
}

Pass RunFile(const ResolveOptions& options, std::string_view arm, const ArmParams& arm_params) {
  Pass pass;
  pass.loaded = std::make_unique<LoadedScenario>();
  Scenario& scenario = pass.loaded->scenario;
  scenario.file = options.file;
  scenario.arm = std::string(arm);
  pass.loaded->host = std::make_unique<ScriptHost>(
      std::make_unique<Sandbox>(Sandbox::Limits{options.memory_limit_bytes, options.instruction_limit}),
      std::make_unique<SourceMap>(options.text), options.file, &scenario, options.runtime);
  ScriptHost& host = *pass.loaded->host;
  Declarations declarations(host, scenario, options, arm_params);
  bool loaded = false;
  const size_t skipped = StartOfProgram(options.text);
  const int status = host.sandbox().Protect([&](lua_State* L) {
    const std::string chunk = "=" + host.chunk_name();
    const std::string_view program = std::string_view(options.text).substr(skipped);
    if (luaL_loadbufferx(L, program.data(), program.size(), chunk.c_str(), "t") != LUA_OK) lua_error(L);
    loaded = true;
    CheckGlobals(L, host, declarations);
    lua_call(L, 0, 0);
    declarations.Finish(L);
    if (!declarations.has_errors()) FreezeReachableTables(L, host);
  });
  host.declarations = nullptr;
  pass.errors = declarations.TakeErrors();
  if (status != LUA_OK) {
    ScenarioError error = host.ErrorFrom(host.state(), status);
    lua_pop(host.state(), 1);
    // `process "p" {} function() end`: Lua takes the function for a statement of its own.
    if (!loaded && error.text.find("<name> expected near '('") != std::string::npos)
      error.text += "; a body stands in parentheses: (function() ... end)";
    if (!loaded && error.pos.line > 0) {
      const SourceSpan span = FindSyntaxError(host, options.text, skipped, error.pos.line);
      if (span.pos.line > 0) {
        error.pos = span.pos;
        error.length = span.length;
      }
    }
    // The same may have been found before the file ran.
    const bool known = std::any_of(pass.errors.begin(), pass.errors.end(), [&](const ScenarioError& one) {
      return one.pos.line == error.pos.line && one.pos.line > 0 && one.Message() == error.Message();
    });
    if (!known) pass.errors.push_back(std::move(error));
  }
  host.ResetInstructionCount();
  pass.unused = declarations.unused();
  return pass;
}

bool SameError(const ScenarioError& a, const ScenarioError& b) {
  return a.pos == b.pos && a.Message() == b.Message();
}

std::vector<ScenarioError> UnusedErrors(const ResolveOptions& options, const ScriptHost& host,
                                        const std::vector<Declarations::Unused>& unused) {
  std::vector<ScenarioError> errors;
  for (const Declarations::Unused& one : unused) {
    ScenarioError error;
    error.file = options.file;
    error.pos = one.span.pos;
    error.length = one.span.length;
    error.text = fmt::format("{} is never used", one.text);
    error.source_line = std::string(host.source().line(one.span.pos.line));
    errors.push_back(std::move(error));
  }
  return errors;
}

// Runs the file for every other arm; returns the errors of all, and the pass of the wanted
// arm in `pass`, which holds that of base before.
std::vector<ScenarioError> CheckArms(const ResolveOptions& options, Pass* pass) {
  const std::vector<ArmDecl> arms = pass->loaded->scenario.arms;
  std::vector<ScenarioError> errors;
  std::vector<Declarations::Unused> unused = pass->unused;
  for (const ArmDecl& arm : arms) {
    if (arm.name == "base") continue;
    Pass other = RunFile(options, arm.name, arm.params);
    for (ScenarioError& error : other.errors) {
      const bool known = std::any_of(errors.begin(), errors.end(),
                                     [&](const ScenarioError& one) { return SameError(one, error); });
      if (!known) errors.push_back(std::move(error));
    }
    // A lock that some arm uses is no mistake of the file.
    std::erase_if(unused, [&](const Declarations::Unused& one) {
      return std::none_of(other.unused.begin(), other.unused.end(),
                          [&](const Declarations::Unused& same) { return same.text == one.text; });
    });
    if (arm.name == options.arm) {
      other.loaded->scenario.arm_kind = arm.kind;
      *pass = std::move(other);
    }
  }
  if (errors.empty()) errors = UnusedErrors(options, *pass->loaded->host, unused);
  std::stable_sort(errors.begin(), errors.end(), [](const ScenarioError& a, const ScenarioError& b) {
    return std::pair(a.pos.line, a.pos.column) < std::pair(b.pos.line, b.pos.column);
  });
  return errors;
}

}  // namespace

LoadedScenario::LoadedScenario() = default;
LoadedScenario::~LoadedScenario() = default;

bool ResolveResult::limit_hit() const {
  return std::any_of(errors.begin(), errors.end(),
                     [](const ScenarioError& one) { return one.kind == ScenarioErrorKind::kLimit; });
}

ResolveResult Resolve(const ResolveOptions& options) {
  ResolveResult result;
  Pass pass = RunFile(options, "base", {});
  result.params = pass.loaded->scenario.params;
  result.arms = pass.loaded->scenario.arms;
  result.errors = std::move(pass.errors);
  if (!result.errors.empty()) return result;
  const auto arm = std::find_if(result.arms.begin(), result.arms.end(),
                                [&](const ArmDecl& one) { return one.name == options.arm; });
  if (arm == result.arms.end()) {
    std::vector<std::string> known;
    for (const ArmDecl& one : result.arms) known.push_back(one.name);
    ScenarioError error;
    error.file = options.file;
    error.text = fmt::format("no arm \"{}\"{}", options.arm, AcceptedUnlessNear(options.arm, known));
    error.suggestion = Suggest(options.arm, known);
    result.errors.push_back(std::move(error));
    return result;
  }
  // With --set the arms are not those of the file.
  if (options.check_all_arms && options.params.empty()) {
    result.errors = CheckArms(options, &pass);
  } else if (options.arm != "base") {
    pass = RunFile(options, options.arm, arm->params);
    pass.loaded->scenario.arm_kind = arm->kind;
    result.errors = std::move(pass.errors);
  }
  if (!result.errors.empty()) return result;
  result.params = pass.loaded->scenario.params;
  result.loaded = std::move(pass.loaded);
  return result;
}

}  // namespace model
