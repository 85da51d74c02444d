// SPDX-License-Identifier: Apache-2.0
//
// Every word of the scenario language, once.
//
// What validates a file, what `txgsim explain WORD` prints, docs/scenario-language.md and
// the editor file share/txgsim.d.lua all come from this table, so they cannot disagree.
// The rows stand in words_machine.cc, words_threads.cc and words_pools.cc (declarations:
// KIND "name" { options } (body)), words_verbs.cc (functions, verbs, what a job calls) and
// words_methods.cc (methods, fields, calls).
//
// Names: "process" a declaration, "process:thread" a part or method, "tx.txg" a field,
// "syscall:call" a declared thing used as a function, "zfs.sync.destroy" a job's call.
#ifndef TXGSIM_MODEL_SCRIPT_LANGUAGE_WORDS_H_
#define TXGSIM_MODEL_SCRIPT_LANGUAGE_WORDS_H_

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/script/language/scenario.h"

namespace model {

// Where code of the scenario runs; sets of contexts are ors of these.
enum Context : uint32_t {
  kContextTop = 1,
  kContextUser = 2,
  kContextKernel = 4,
  kContextJob = 8,
  kContextJudge = 16,
};

enum class OptionType : uint8_t {
  kBool,
  kInteger,
  kText,
  kTexts,         // A list; one may stand without braces.
  kName,          // Letters, digits and _ . : / -
  kChoice,        // One of `choices`.
  kChoices,       // A list of them.
  kDuration,      // "5ms", one value.
  kDelay,         // A duration or a distribution.
  kSize,          // "64KiB"
  kRate,          // "200MB/s", "300/s"
  kByteRate,      // "200MB/s" only.
  kErrno,         // EIO
  kOnDeath,       // An errno or "nothing".
  kEnders,        // "outside", a thread, or a list of threads.
  kDispatcher,    // A dispatcher or its name.
  kDataset,       // A dataset, a pool, or a name such as "tank/vm".
  kSnapshot,      // A snapshot or its name, "s" or "tank/vm@s".
  kThreads,       // Names of threads or the things themselves; a list.
  kRoot,          // The name of a thread or thing, or the thing.
  kMembers,       // Threads, devices, servers: of a cycle.
  kPools,         // Pools or their names; a list.
  kActions,       // "kill P", "cont P", ..., a zfs or zpool command; a list.
  kArms,          // Arms, or "all", "compare", "sweep", "explore"; a list.
  kTarget,        // Of a fault: a thing or its name.
  kTargetErrno,   // { target, EIO }
  kTargetFactor,  // { target, 10 }
  kSignalTarget,  // { "USR1", target }
  kYes,           // true
  kFunction,      // A body.
  kTable,         // A table of `inner` options.
  kProperties,    // { name = value }
  kPlain,         // nil, boolean, number or text.
  kDisk,          // A choice, or { service =, bandwidth =, depth = }.
  kCountOrAll,    // A number or "all".
  kSweep,         // "16..256*2" or a list.
  kPlainList,     // A list of plain values.
};

struct OptionSpec {
  std::string_view name;
  OptionType type;
  std::string_view default_text = "";  // Without quotes; empty: none.
  std::string_view help = "";
  std::string_view choices = "";  // Separated by spaces.
  int64_t min = 0;                // Of integers, sizes and durations.
  int64_t max = std::numeric_limits<int64_t>::max();
  bool forever = false;  // A duration may be "never" or "forever".
  bool required = false;
  bool built = true;
  std::span<const OptionSpec> inner = {};
};

enum class WordClass : uint8_t { kDeclaration, kPart, kFunction, kVerb, kMethod, kField, kCall, kJobCall };

struct Word {
  std::string_view name;
  WordClass word_class;
  ThingKind kind = ThingKind::kNone;  // Declaration, part: what it makes. Else: whose it is.
  uint32_t contexts = kContextTop;
  std::string_view form;  // As it is written: `compute "5us"`.
  std::string_view help;
  std::span<const OptionSpec> options = {};
  ThingKind receiver = ThingKind::kNone;  // Part: on what it is called.
  Context body = Context{0};              // As what the body runs; 0: there is none.
  bool body_required = false;
  bool built = true;
};

// In the order of the documentation.
std::span<const Word* const> AllWords();
// Returns nullptr if there is no such word.
const Word* FindWord(std::string_view name);
// The method or part `name` of things of `kind`.
const Word* FindMethod(ThingKind kind, std::string_view name);
// All methods, parts and fields of things of `kind`, without the kind's name before them.
std::vector<std::string_view> MemberNames(ThingKind kind);

// "mutex", "process", ...: how messages call a thing of that kind.
std::string_view KindName(ThingKind kind);

// The part of "mutex:lock" after the last colon or point.
std::string_view ShortName(std::string_view word);

// "sleep spin" -> {"sleep", "spin"}
std::vector<std::string_view> SplitChoices(std::string_view choices);

// How a table's default stands in a scenario: `"5ms"`, `4`, `false`, or `none`.
std::string DefaultAsWritten(const OptionSpec& option);
// "duration", "one of sleep, spin", ...
std::string TypeAsWritten(const OptionSpec& option);
// "user, kernel"
std::string ContextsAsWritten(uint32_t contexts);

std::string WordsAsMarkdown();  // docs/scenario-language.md
std::string WordsAsLuaMeta();   // share/txgsim.d.lua
// What `txgsim explain WORD` prints; not found: an error with a suggestion. Takes full
// names, and short ones ("lock") where they are methods: then all of that name.
absl::StatusOr<std::string> ExplainWord(std::string_view name);

// The rows, by file.
std::span<const Word> MachineWords();
std::span<const Word> ThreadWords();
std::span<const Word> PoolWords();
std::span<const Word> VerbWords();
std::span<const Word> MethodWords();

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LANGUAGE_WORDS_H_
