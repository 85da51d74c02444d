// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/deliver.h"

#include "fmt/format.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {

int Deliver(const Options& options, const Json& object, const std::string& text, int exit_code,
            std::string_view file) {
  const std::string json = object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (!options.out_dir.empty()) {
    absl::Status status = MakeDirectory(options.out_dir);
    if (status.ok()) status = WriteFileWhole(fmt::format("{}/{}", options.out_dir, file), json);
    if (!status.ok()) return ReportError(status);
  }
  if (const absl::Status status = WriteStdout(options.json ? json : WithoutTrailingBlanks(text));
      !status.ok())
    return ReportError(status);
  return exit_code;
}

std::string InterruptedNote(bool interrupted, const Style& style) {
  return interrupted ? style.Yellow("interrupted: this is what was known by then") + "\n" : "";
}

}  // namespace tools
