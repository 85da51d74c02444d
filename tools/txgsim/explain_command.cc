// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/script/suggest.h"
#include "model/script/words.h"
#include "model/txg/tunables.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {
namespace {

struct Topic {
  std::string_view name;
  std::string_view text;
};

constexpr std::array kTopics = std::to_array<Topic>({
    {"completed", "verdict: every job, process and operator ended, and nobody is blocked."},
    {"slow",
     "verdict: somebody has been blocked for longer than machine.slow_after (10 s), but who stands at the "
     "end of\n"
     "the chain progresses. It holds at an instant; a run in which all ended is `completed`, however long it "
     "took."},
    {"deadlock",
     "verdict: a cycle in the wait-for graph; its members wait for each other and nothing else can end it. A "
     "cycle\n"
     "of one is a thread that waits for itself. Cores count: a spinner may wait for the core that another "
     "spins on."},
    {"lost_event",
     "verdict: the root waits for something that nothing left in the system can produce: a wake-up that came "
     "too\n"
     "early, an owner that died, a completion that was lost, a queue whose timer is gone."},
    {"external",
     "verdict: the root waits for something outside: a device, a server process, an operator. `freed by` "
     "names what\n"
     "would free it."},
    {"frozen_pool",
     "verdict: the root is a stopped, looping or silent user process that holds up a pool's transaction "
     "groups.\n"
     "pools.NAME.frozen is set whatever the verdict is."},
    {"livelock", "verdict: threads are busy, and none makes progress: machine.laps laps without one."},
    {"unknown", "verdict: a thread that might still end the wait runs for ever, so nothing can be proven."},
    {"D",
     "thread state: uninterruptible sleep. No signal ends it, SIGKILL included, unless the wait is killable, "
     "which\n"
     "ps does not show: the column KILLABLE does. The hung-task detector reports plain D only."},
    {"S",
     "thread state: interruptible sleep. A signal ends it. Service threads sleep so with all signals "
     "blocked."},
    {"R", "thread state: running, or waiting for a core."},
    {"T", "thread state: stopped by SIGSTOP, until SIGCONT."},
    {"Z",
     "thread state: zombie. It has ended; other threads of its process, or its parent, have yet to notice."},
    {"sync-lock",
     "The two gates that an open channel transaction holds: the admin gate (mutating administration waits) "
     "and the\n"
     "sync gate (txg_sync starts no txg). Reads, writers below the dirty limit and fsync go on."},
    {"digest",
     "A 64-bit hash (XXH3) over every record of the run. Two runs agree when their digests do: on any "
     "machine, with\n"
     "any compiler."},
    {"sweep",
     "command: runs a scenario for every combination of parameter values, and with several seeds. A "
     "parameter has\n"
     "the values of --set NAME=V1,V2 or NAME=1..64*2, else those of `sweep =` in the file. Expectations on "
     "\"all\"\n"
     "are judged at every point, those on \"sweep\" at the end. docs/sweep.md has the rest."},
    {"shard",
     "A part of a sweep: --shard 0/4 to 3/4 do a quarter of the runs each, on any machine; `txgsim merge` "
     "joins\n"
     "their results."},
    {"interval",
     "Of a figure over several seeds: mean +- t * s / sqrt(n), with Student's t for 95 %. The true mean lies "
     "within\n"
     "in 95 of 100 cases, if the figure is roughly normal over the seeds."},
    {"exit-codes",
     "0    every expectation held\n"
     "1    an expectation failed, or an unexpected hang\n"
     "2    usage or scenario error\n"
     "3    internal failure, or a limit\n"
     "130  interrupted"},
});

std::string UnitText(model::TunableUnit unit) {
  switch (unit) {
    case model::TunableUnit::kBytes:
      return "bytes";
    case model::TunableUnit::kPercent:
      return "percent";
    case model::TunableUnit::kSeconds:
      return "seconds";
    case model::TunableUnit::kMilliseconds:
      return "milliseconds";
    case model::TunableUnit::kNanoseconds:
      return "nanoseconds";
    case model::TunableUnit::kCount:
      return "count";
    case model::TunableUnit::kChoice:
      return "words";
  }
  return "";
}

std::string TunableText(const model::TunableInfo& tunable) {
  std::string text = fmt::format("{}: module parameter of OpenZFS, in {}: {}; default {}\n{}\n", tunable.name,
                                 UnitText(tunable.unit), model::TunableRangeText(tunable),
                                 tunable.default_text, tunable.about);
  if (!tunable.alias.empty()) text += fmt::format("A scenario may write `{}` with a unit.\n", tunable.alias);
  return text;
}

}  // namespace

int ExplainCommand(const Options& options) {
  const std::string& word = options.operand;
  std::string text;
  std::vector<std::string> known;
  for (const Topic& topic : kTopics) {
    known.emplace_back(topic.name);
    if (topic.name == word) text = fmt::format("{}\n{}\n", topic.name, topic.text);
  }
  for (const model::TunableInfo& tunable : model::Tunables()) {
    known.emplace_back(tunable.name);
    if (tunable.name == word || (!tunable.alias.empty() && tunable.alias == word))
      text += TunableText(tunable);
  }
  for (const model::ErrnoEntry& entry : model::AllErrnos()) {
    known.emplace_back(entry.name);
    if (entry.name == word) text += fmt::format("{}: errno {}\n", entry.name, entry.value);
  }
  if (const absl::StatusOr<std::string> about = model::ExplainWord(word); about.ok()) text += *about;
  if (text.empty()) {
    std::string message = fmt::format("nothing is known of \"{}\"", word);
    if (const std::string near = model::Suggest(word, known); !near.empty()) {
      message += fmt::format("; did you mean \"{}\"?", near);
    }
    return ReportError(absl::NotFoundError(message));
  }
  if (text.back() != '\n') text += '\n';
  const absl::Status status = WriteStdout(text);
  return status.ok() ? kExitOk : ReportError(status);
}

}  // namespace tools
