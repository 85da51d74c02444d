// SPDX-License-Identifier: Apache-2.0
//
// Functions of the file, verbs of bodies, and the calls of a job.
#include "model/script/language/words.h"

namespace model {
namespace {

using T = OptionType;

constexpr uint32_t kEverywhere = kContextTop | kContextUser | kContextKernel | kContextJob | kContextJudge;
constexpr uint32_t kBodies = kContextUser | kContextKernel;

constexpr OptionSpec kParam[] = {
    {.name = "help", .type = T::kText, .help = "one line for `txgsim help FILE`"},
    {.name = "sweep", .type = T::kSweep, .help = "\"16..256*2\", \"1..8\", \"1..9+2\" or a list"},
    {.name = "choices", .type = T::kPlainList, .help = "what it may be"},
};
constexpr OptionSpec kSleep[] = {
    {.name = "wait",
     .type = T::kChoice,
     .help = "left out: S in user code, D in kernel code",
     .choices = "D killable S idle"},
};
constexpr OptionSpec kHang[] = {
    {.name = "busy", .type = T::kBool, .default_text = "false", .help = "true: it uses its core"},
};

constexpr Word Function(std::string_view name, std::string_view form, std::string_view help,
                        std::span<const OptionSpec> options = {}) {
  return {.name = name,
          .word_class = WordClass::kFunction,
          .contexts = name == "param" ? uint32_t{kContextTop} : kEverywhere,
          .form = form,
          .help = help,
          .options = options};
}

constexpr Word Verb(std::string_view name, uint32_t contexts, std::string_view form, std::string_view help,
                    std::span<const OptionSpec> options = {}) {
  return {.name = name,
          .word_class = WordClass::kVerb,
          .contexts = contexts,
          .form = form,
          .help = help,
          .options = options};
}

constexpr Word JobCall(std::string_view name, std::string_view form, std::string_view help) {
  return {
      .name = name, .word_class = WordClass::kJobCall, .contexts = kContextJob, .form = form, .help = help};
}

constexpr Word kRows[] = {
    Function("param", "param(\"cores\", 4, { help = \"...\" })",
             "The value of a parameter: set by --set, by the arm, or the default. Its type is the default's.",
             kParam),
    Function("duration", "duration \"5s\"", "Integer nanoseconds, accepted wherever a duration is."),
    Function("bytes", "bytes \"1MiB\"", "Integer bytes, accepted wherever a size is."),
    Function("uniform", "uniform(\"1ms\", \"5ms\")", "A distribution, accepted wherever a duration is."),
    Function("exponential", "exponential \"80us\"", "A distribution by its mean."),
    Function("lognormal", "lognormal(\"80us\", 0.4)", "A distribution by median and sigma of the logarithm."),
    Function("pareto", "pareto(\"80us\", 2.1)", "A distribution by minimum and alpha."),
    Function("empirical", "empirical { \"70us\", \"80us\", \"2ms\" }",
             "A distribution: each value equally likely."),
    Function("rate", "rate \"1MB/s\"", "Integer bytes or events a second, accepted wherever a rate is."),

    Verb("compute", kBodies | kContextJob, "compute \"5us\"", "Uses a core for so long."),
    Verb("sleep", kBodies, "sleep \"1ms\"", "Waits for the clock.", kSleep),
    Verb("yield", kBodies, "yield()", "Lets others of equal right run."),
    Verb("now", kBodies | kContextJob, "now()", "Simulated time since the start, in ns."),
    Verb("hang", kContextUser, "hang()",
         "Never comes back; for the watch an outside thing. Uses no core unless busy.", kHang),
    Verb("mark", kBodies | kContextJob, "mark(\"name\", value)", "Notes time and value in the result."),
    Verb("check", kBodies | kContextJob, "check(condition, \"text\")",
         "Fails the run unless the condition holds."),
    Verb("current", kBodies, "current()", "{ name, id, process, killed, flags } of the running thread."),
    Verb("kill", kContextUser, "kill(app, \"KILL\")", "Sends a signal; SIGKILL unless said."),
    Verb("on_signal", kContextUser, "on_signal(\"USR1\", function() ... end)", "Installs a handler."),
    Verb("sh", kContextUser | kContextJob, "sh \"zfs snapshot tank/a@b\"",
         "Runs a zfs or zpool command as this process, with its locks and waits; returns the exit code. In a "
         "job it is no call: a channel program cannot, and the oracle of `compare` leaves it out."),
    Verb("retry", kBodies, "retry(\"reason\")", "One more lap that achieved nothing."),
    Verb("progress", kBodies, "progress()", "Something was achieved: laps start again."),
    Verb("task_work", kContextKernel, "task_work(thread, function() ... end)",
         "Runs when that thread next returns to user mode, or late in its exit."),
    Verb(
        "exec", kContextUser, "exec()",
        "Ends the sibling threads, waits for them killably, and closes what is close-on-exec: transactions."),
    Verb("fork", kContextUser | kContextJob, "fork \"name\" (function() ... end)",
         "A child process of user code that shares what this one has open: files, and a job's transaction. "
         "Returns it."),
    Verb("spawn", kBodies, "spawn \"name\" (function() ... end)",
         "User code: a process; kernel code: a kernel thread. Returns it."),
    Verb("choose", kBodies | kContextJob, "choose \"outcome\" { \"ok\", EIO, EINTR }",
         "The first of the list, unless explored otherwise."),

    JobCall("zfs.exists", "zfs.exists(\"tank/a\")", "True if the dataset or snapshot is there."),
    JobCall("zfs.get_prop", "zfs.get_prop(\"tank/a\", \"used\")", "Value and source of a property."),
    JobCall("zfs.debug", "zfs.debug(\"text\")", "Notes a text."),
    JobCall("zfs.list.children", "for name in zfs.list.children(\"tank\") do", "Names of child datasets."),
    JobCall("zfs.list.snapshots", "for name in zfs.list.snapshots(\"tank/a\") do", "Names of snapshots."),
    JobCall("zfs.list.clones", "for name in zfs.list.clones(\"tank/a@s\") do", "Names of clones."),
    JobCall("zfs.list.bookmarks", "for name in zfs.list.bookmarks(\"tank/a\") do", "Names of bookmarks."),
    JobCall("zfs.list.holds", "for tag, time in zfs.list.holds(\"tank/a@s\") do", "User holds."),
    JobCall("zfs.list.properties", "for name, value, source in zfs.list.properties(\"tank/a\") do",
            "User properties."),
    JobCall("zfs.list.user_properties", "for name, value, source in zfs.list.user_properties(\"tank/a\") do",
            "User properties."),
    JobCall("zfs.list.system_properties", "for _, name in ipairs(zfs.list.system_properties(\"tank/a\")) do",
            "Names of the native properties that it has."),
    JobCall("zfs.sync.destroy", "zfs.sync.destroy{\"tank/a@s\", defer = true}",
            "Destroys a dataset or snapshot; an errno."),
    JobCall("zfs.sync.snapshot", "zfs.sync.snapshot(\"tank/a@s\")", "Takes a snapshot; an errno."),
    JobCall("zfs.sync.clone", "zfs.sync.clone(\"tank/a@s\", \"tank/b\")", "Makes a clone; an errno."),
    JobCall("zfs.sync.promote", "zfs.sync.promote(\"tank/b\")", "Promotes a clone; an errno."),
    JobCall("zfs.sync.rollback", "zfs.sync.rollback(\"tank/a\")", "Back to the newest snapshot; an errno."),
    JobCall("zfs.sync.rename_snapshot", "zfs.sync.rename_snapshot(\"tank/a\", \"old\", \"new\")",
            "Renames a snapshot; an errno."),
    JobCall("zfs.sync.inherit", "zfs.sync.inherit(\"tank/a\", \"compression\")",
            "Clears a property; an errno."),
    JobCall("zfs.sync.set_prop", "zfs.sync.set_prop(\"tank/a\", \"org:x\", \"1\")",
            "Sets a user property; an errno."),
    JobCall("zfs.sync.bookmark", "zfs.sync.bookmark(\"tank/a@s\", \"tank/a#b\")",
            "Makes a bookmark; an errno."),
    JobCall("zfs.check.destroy", "zfs.check.destroy(\"tank/a@s\")", "What zfs.sync.destroy would answer."),
    JobCall("zfs.check.snapshot", "zfs.check.snapshot(\"tank/a@s\")", "What zfs.sync.snapshot would answer."),
    JobCall("zfs.check.clone", "zfs.check.clone(\"tank/a@s\", \"tank/b\")",
            "What zfs.sync.clone would answer."),
    JobCall("zfs.check.promote", "zfs.check.promote(\"tank/b\")", "What zfs.sync.promote would answer."),
    JobCall("zfs.check.rollback", "zfs.check.rollback(\"tank/a\")", "What zfs.sync.rollback would answer."),
    JobCall("zfs.check.rename_snapshot", "zfs.check.rename_snapshot(\"tank/a\", \"old\", \"new\")",
            "What zfs.sync.rename_snapshot would answer."),
    JobCall("zfs.check.inherit", "zfs.check.inherit(\"tank/a\", \"compression\")",
            "What zfs.sync.inherit would answer."),
    JobCall("zfs.check.set_prop", "zfs.check.set_prop(\"tank/a\", \"org:x\", \"1\")",
            "What zfs.sync.set_prop would answer."),
    JobCall("zfs.check.bookmark", "zfs.check.bookmark(\"tank/a@s\", \"tank/a#b\")",
            "What zfs.sync.bookmark would answer."),
};

}  // namespace

std::span<const Word> VerbWords() { return kRows; }

}  // namespace model
