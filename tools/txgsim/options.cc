// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <utility>

#include "fmt/ranges.h"
#include "model/script/compare/fault_matrix.h"
#include "model/script/language/quantity.h"
#include "model/script/language/suggest.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/report/text.h"

#ifndef TXGSIM_VERSION
#define TXGSIM_VERSION "0.1.0"
#endif

namespace tools {
namespace {

constexpr std::string_view kCommands[] = {"run", "compare", "sweep", "merge", "list", "explain", "help"};
// Sub-commands that the design names and that are not there yet.
constexpr std::string_view kLater[] = {"explore", "replay", "program", "console", "trace", "report"};

constexpr const char* kExamples =
    "Examples:\n"
    "  txgsim run scenarios/03_abba.lua            a deadlock, explained\n"
    "  txgsim run scenarios/03_abba.lua --arms     every arm of the file, a row each\n"
    "  txgsim compare scenarios/prune_pve.lua      one job under every interface\n"
    "  txgsim sweep scenarios/12_break_even.lua    where two interfaces break even\n";

struct Raw {
  std::vector<std::string> words;  // To explain: "dirty data" is two of them.
  std::vector<std::string> sets;
  std::string until;
  std::string designs;
  std::string faults;
  std::string figures;
  std::string shard;
  std::string seed = "1";
  bool no_colour = false;
  std::string colour = "auto";
};

// What resolves a scenario.
void AddScenario(CLI::App* app, Raw* raw) {
  app->add_option("--seed", raw->seed, "Seed of every random draw")->type_name("N");
  app->add_option("--set", raw->sets, "Sets a parameter of the scenario")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void AddJson(CLI::App* app, Options* options) {
  app->add_flag("--json", options->json, "Prints one JSON object and nothing else");
}

// What every command with a result has.
void AddOutput(CLI::App* app, Options* options, Raw* raw) {
  app->add_option("--out", options->out_dir, "Writes result.json into this folder, too")->type_name("DIR");
  AddJson(app, options);
  app->add_flag("--quiet,-q", options->quiet, "Prints the verdict, and what failed or was not checked");
  app->add_flag("--no-color", raw->no_colour, "Prints no colours (NO_COLOR does the same)");
  app->add_option("--color", raw->colour, "auto, always or never")->type_name("WHEN");
}

void AddCommon(CLI::App* app, Options* options, Raw* raw) {
  AddScenario(app, raw);
  app->add_option("--until", raw->until, "Ends the run at this simulated time, such as 30s")->type_name("T");
  app->add_flag("--host", options->host, "Adds wall-clock figures to the JSON");
  AddOutput(app, options, raw);
}

ParsedOptions Error(std::string text) {
  ParsedOptions parsed;
  parsed.exit_code = kExitUsage;
  parsed.text = "txgsim: " + std::move(text) + "\n";
  return parsed;
}

ParsedOptions Print(std::string text) {
  ParsedOptions parsed;
  parsed.exit_code = kExitOk;
  parsed.text = std::move(text);
  return parsed;
}

std::string UnknownCommand(const std::string& word) {
  for (std::string_view later : kLater) {
    if (word == later) return fmt::format("{}: not built yet", word);
  }
  std::vector<std::string_view> known(std::begin(kCommands), std::end(kCommands));
  std::string text = fmt::format("unknown command \"{}\"; known are {}", word, fmt::join(kCommands, ", "));
  if (const std::string near = model::Suggest(word, known); !near.empty())
    text += fmt::format("; did you mean \"{}\"?", near);
  return text;
}

// An option that nobody knows must not take the word behind it for a file.
std::string UnknownOption(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  std::vector<std::string_view> known(names.begin(), names.end());
  std::string text = fmt::format("unknown option {}", word);
  if (const std::string near = model::Suggest(word, known); !near.empty())
    text += fmt::format("; did you mean {}?", near);
  else
    text += fmt::format("; `txgsim {} --help` lists them", app.get_name());
  return text;
}

// What CLI11 found wrong, in our words where its own say little.
std::string ProblemText(const CLI::ParseError& error) {
  std::string text = error.what();
  const auto replace = [&text](std::string_view before, std::string_view after) {
    const bool found = text.rfind(before, 0) == 0;
    if (found) text = fmt::format("{}{}", after, text.substr(before.size()));
    return found;
  };
  if (const size_t missing = text.find(": 1 required "); missing != std::string::npos)
    return text.substr(0, missing) + ": a value must follow";
  constexpr std::string_view kTwice = ": At Most 1 required but received ";
  if (const size_t twice = text.find(kTwice); twice != std::string::npos)
    return fmt::format("{}: may be given once, not {} times", text.substr(0, twice),
                       text.substr(twice + kTwice.size()));
  if (replace("Could not convert: ", "")) return text + ": must be a whole number";
  if (!replace("The following argument was not expected: ", "there is no place for "))
    replace("The following arguments were not expected: ", "there is no place for ");
  return text;
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (char c : text + ",") {
    if (c != ',') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

std::optional<std::string> CheckFaults(const std::vector<std::string>& given, Options* options) {
  std::vector<std::string> known;
  for (const model::FaultKind& kind : model::FaultKinds()) known.emplace_back(kind.name);
  if (given == std::vector<std::string>{"all"} && options->command == Options::Command::kCompare) {
    options->faults = known;
    return std::nullopt;
  }
  for (const std::string& fault : given) {
    if (std::find(known.begin(), known.end(), fault) != known.end()) continue;
    std::string text = fmt::format("unknown fault \"{}\"", fault);
    if (const std::string near = model::Suggest(fault, known); !near.empty()) {
      text += fmt::format("; did you mean \"{}\"?", near);
    } else {
      text += fmt::format("; known are {}", fmt::join(known, ", "));
    }
    return text;
  }
  options->faults = given;
  if (options->command != Options::Command::kRun) return std::nullopt;
  if (given.size() > 1) return "--fault: one at a time; `compare --faults` takes several";
  if (options->designs.size() > 1) return "--design: one at a time; `compare` takes several";
  if (!given.empty() && options->designs.empty())
    return fmt::format("--fault {}: needs --design, since it strikes in the middle of that design's run",
                       given[0]);
  if (!given.empty() && (options->all_arms || options->arm != "base")) return "--fault: of the arm base only";
  return std::nullopt;
}

std::optional<std::string> Finish(const Raw& raw, Options* options) {
  for (const std::string& word : raw.words) options->operand += (options->operand.empty() ? "" : " ") + word;
  for (const std::string& set : raw.sets) {
    const size_t equals = set.find('=');
    if (equals == std::string::npos || equals == 0) return fmt::format("--set {}: must be NAME=VALUE", set);
    options->params.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  constexpr uint64_t kSeedMax = std::numeric_limits<int64_t>::max();
  const bool digits = !raw.seed.empty() && raw.seed.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || raw.seed.size() > 19 || std::stoull(raw.seed) > kSeedMax)
    return fmt::format("--seed {}: must be a whole number from 0 to {}", raw.seed, kSeedMax);
  options->seed = std::stoull(raw.seed);
  if (!raw.until.empty()) {
    const auto until = model::ParseDuration(raw.until);
    if (!until.ok()) return fmt::format("--until {}: {}", raw.until, std::string(until.status().message()));
    options->until_ns = *until;
  }
  options->designs = SplitAtCommas(raw.designs);
  if (const auto problem = CheckFaults(SplitAtCommas(raw.faults), options)) return problem;
  options->figures = SplitAtCommas(raw.figures);
  if (options->command == Options::Command::kSweep && !raw.designs.empty())
    options->params.emplace_back("design", raw.designs);
  if (options->seeds < 1 || options->seeds > 100'000)
    return fmt::format("--seeds {}: must be 1 to 100000", options->seeds);
  if (!raw.shard.empty()) {
    const absl::StatusOr<Shard> shard = ParseShard(raw.shard, HostEnvironment);
    if (!shard.ok()) return std::string(shard.status().message());
    options->shard = *shard;
  }
  if (options->resume && options->out_dir.empty()) return "--resume needs --out, the results to go on with";
  if (options->json && options->csv == "-") return "--json and --csv - exclude each other";
  if (raw.colour != "auto" && raw.colour != "always" && raw.colour != "never") {
    return fmt::format("--color {}: must be auto, always or never", raw.colour);
  }
  options->colour =
      !raw.no_colour && (raw.colour == "always" || (raw.colour == "auto" && StdoutTakesColour()));
  options->width = StdoutWidth();
  if (options->phases < 1 || options->phases > 64)
    return fmt::format("--phases {}: must be 1 to 64", options->phases);
  if (options->jobs < 0 || options->jobs > 1024)
    return fmt::format("--jobs {}: must be 1 to 1024, or 0 for as many as there are cores", options->jobs);
  return std::nullopt;
}

}  // namespace

std::string VersionNumber() { return TXGSIM_VERSION; }

std::string VersionText() {
  return fmt::format("txgsim {}\ncompiler {}\nresult format txgsim.result/1\n", VersionNumber(), __VERSION__);
}

std::string Options::RepeatCommand() const {
  std::string text = "txgsim ";
  text += command == Command::kCompare ? "compare " : command == Command::kSweep ? "sweep " : "run ";
  text += ShellWord(operand);
  if (zip) text += " --zip";
  if (seeds != 1) text += fmt::format(" --seeds {}", seeds);
  if (!refine) text += " --no-refine";
  if (shard) text += fmt::format(" --shard {}/{}", shard->index, shard->count);
  if (command == Command::kRun && all_arms) text += " --arms";
  if (command == Command::kRun && !all_arms && arm != "base") text += " --arm " + arm;
  const bool one = command == Command::kRun;
  if (!designs.empty() && command != Command::kSweep)
    text += fmt::format(" {} {}", one ? "--design" : "--designs", fmt::join(designs, ","));
  const bool all = faults.size() == model::FaultKinds().size();
  if (!faults.empty()) {
    text += one ? fmt::format(" --fault {}", faults.front())
                : fmt::format(" --faults {}", all ? "all" : fmt::format("{}", fmt::join(faults, ",")));
  }
  if (diagnose) text += " --diagnose";
  if (strict) text += " --strict";
  if (command == Command::kCompare && phases != 8) text += fmt::format(" --phases {}", phases);
  text += fmt::format(" --seed {}", seed);
  for (const auto& [name, value] : params) text += " --set " + ShellWord(name + "=" + value);
  if (until_ns) text += " --until " + model::FormatDuration(*until_ns);
  return text;
}

std::string Options::CellCommand() const {
  Options cell = *this;
  cell.command = Command::kRun;
  cell.designs = {"DESIGN"};
  cell.faults = {"FAULT"};
  cell.diagnose = false;
  return cell.RepeatCommand();
}

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  ParsedOptions parsed;
  Options& options = parsed.options;
  Raw raw;
  CLI::App app("Simulates blocking system calls, ZFS transaction groups and kernel interface designs.",
               "txgsim");
  app.footer(kExamples);
  app.set_help_flag("--help,-h", "Prints this");
  bool version = false;
  app.add_flag("--version", version, "Prints the version");

  CLI::App* run = app.add_subcommand("run", "Runs a scenario and judges its expectations");
  run->add_option("FILE", options.operand, "The scenario; - for standard input")->required();
  run->add_option("--arm", options.arm, "Runs this arm of the file")->type_name("NAME");
  run->add_flag("--arms", options.all_arms, "Runs every arm, a row each");
  run->add_flag("--all", options.everything,
                "Shows all commands, their whole output, and all txgs and events");
  run->add_flag("--strict", options.strict,
                "Ends with 1 also after a warning, such as of a mistyped command");
  CLI::App* compare = app.add_subcommand("compare", "Runs the job of a scenario under every design");
  compare->add_option("FILE", options.operand, "The scenario; - for standard input")->required();
  compare->add_option("--designs", raw.designs, "Only these, separated by commas")->type_name("A,B");
  compare->add_option("--faults", raw.faults, "The safety matrix: all, or these, separated by commas")
      ->type_name("all|A,B");
  compare->add_flag("--diagnose", options.diagnose, "Tries what would free each hang of the matrix");
  run->add_option("--design", raw.designs, "Runs the jobs under this design")->type_name("NAME");
  run->add_option("--fault", raw.faults, "A row of the safety matrix, in the middle of the first job")
      ->type_name("NAME");
  compare->add_option("--phases", options.phases, "Phases of the txg period to start the job in")
      ->type_name("N");
  CLI::App* sweep = app.add_subcommand("sweep", "Runs a scenario for many values of its parameters");
  sweep->add_option("FILE", options.operand, "The scenario; - for standard input")->required();
  sweep->add_option("--designs,--design", raw.designs, "The same as --set design=A,B")->type_name("A,B");
  sweep->add_flag("--zip", options.zip, "First values together, then second ones; not every combination");
  sweep->add_option("--seeds", options.seeds, "Runs each point with so many seeds, from --seed on")
      ->type_name("N");
  sweep->add_option("--shard", raw.shard, "Does part I of N, counted from 0; auto asks the batch system")
      ->type_name("I/N");
  sweep->add_flag("--resume", options.resume, "Goes on with the results that --out has already");
  sweep->add_flag("!--no-refine", options.refine, "Leaves out runs between swept values, where curves cross");
  sweep->add_flag("--list", options.list_runs, "Prints the command of each run, and runs none");
  CLI::App* merge = app.add_subcommand("merge", "Joins the results of the shards of a sweep");
  merge->add_option("RESULTS", options.operands, "Files of results, or folders that have them")->required();
  for (CLI::App* command : {sweep, merge}) {
    command->add_option("--csv", options.csv, "Writes a table for other programs; - in place of the text")
        ->type_name("FILE");
    command->add_option("--figures", raw.figures, "Shows these, such as jobs.prune.latency_ns")
        ->type_name("A,B");
  }
  for (CLI::App* command : {run, compare, sweep}) {
    command->add_option("--jobs,-j", options.jobs, "Runs at a time, as many as there are cores if left out")
        ->type_name("N");
  }
  CLI::App* list = app.add_subcommand("list", "Lists the catalogue of scenarios");
  list->add_option("DIR", options.operand, "The folder to list");
  CLI::App* explain = app.add_subcommand("explain", "Explains a verdict, a word, an errno or a tunable");
  explain->add_option("WORD", raw.words, "What to explain; a name may be of several words")
      ->required()
      ->type_name("...");
  CLI::App* help =
      app.add_subcommand("help", "Prints the parameters and arms of a scenario, or about another topic");
  help->add_option(
      "FILE", options.operand,
      "The scenario, a command, exit-codes, language, result-fields or tunables (docs), or lua-meta (for "
      "editors)");
  for (CLI::App* command : {run, compare, sweep}) AddCommon(command, &options, &raw);
  AddScenario(help, &raw);
  AddJson(list, &options);
  AddOutput(merge, &options, &raw);
  sweep->get_option("--set")
      ->description("Values of a parameter: V, V1,V2, 1..8, 1..9+2 or 16..256*2")
      ->type_name("NAME=VALUES");
  sweep->get_option("--out")->description("Stores each run in this file, or in results.jsonl in this folder");
  merge->get_option("--out")->description(
      "Writes the joined runs here; if left out, into the one folder given");
  for (CLI::App* command : {sweep, merge}) command->get_option("--out")->type_name("FILE.jsonl|DIR");
  const std::vector<CLI::App*> commands = {run, compare, sweep, merge, list, explain, help};
  for (CLI::App* command : commands) command->set_help_flag("--help,-h", "Prints this");

  // The sub-command is the first word; options of our own that nobody knows are found
  // before CLI11 takes the next word for a file.
  if (argc < 2) return Error("no command\n" + app.help());
  const std::string first = argv[1];
  CLI::App* chosen = nullptr;
  for (CLI::App* command : commands) {
    if (command->get_name() == first) chosen = command;
  }
  if (chosen == nullptr && !first.empty() && first[0] != '-') return Error(UnknownCommand(first));
  for (int i = 2; chosen != nullptr && i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") break;
    if (word.size() < 3 || word.substr(0, 2) != "--") continue;
    const std::string name = word.substr(0, word.find('='));
    if (chosen->get_option_no_throw(name) == nullptr) return Error(UnknownOption(*chosen, name));
  }
  // `help run` is `run --help`: CLI11 would take the second word for a command of its own.
  if (argc == 3 && std::string_view(argv[1]) == "help") {
    for (const CLI::App* command : commands) {
      if (command->get_name() == argv[2]) return Print(command->help("txgsim"));
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Print(chosen != nullptr ? chosen->help("txgsim") : app.help());
  } catch (const CLI::ParseError& error) {
    return Error(ProblemText(error));
  }
  if (version) return Print(VersionText());
  if (chosen == nullptr) return Error("no command\n" + app.help());
  options.command = chosen == run       ? Options::Command::kRun
                    : chosen == compare ? Options::Command::kCompare
                    : chosen == sweep   ? Options::Command::kSweep
                    : chosen == merge   ? Options::Command::kMerge
                    : chosen == list    ? Options::Command::kList
                    : chosen == explain ? Options::Command::kExplain
                                        : Options::Command::kHelp;
  if (const auto problem = Finish(raw, &options)) return Error(*problem);
  if (options.all_arms && run->count("--arm") > 0) return Error("--arm and --arms exclude each other");
  return parsed;
}

}  // namespace tools
