// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/sweep/deliver.h"

#include <cstdio>

#include "tools/txgsim/deliver.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"
#include "tools/txgsim/sweep/store.h"

namespace tools {

int DeliverSweep(const Options& options, const SweepResults& results, const Json& object, std::string text,
                 const std::string& problems, int exit_code) {
  if (options.csv == "-") {
    text = results.Csv();
    std::fputs(problems.c_str(), stderr);
  } else if (!options.csv.empty()) {
    if (const absl::Status status = WriteFileWhole(options.csv, results.Csv()); !status.ok())
      return ReportError(status);
  }
  Options where = options;
  if (NamesResultFile(options.out_dir)) where.out_dir.clear();
  // Shards may share a folder; what `merge` writes there is the result of all.
  return Deliver(where, object, text, exit_code,
                 options.shard ? ShardFile(options.shard->index, "json") : std::string(kResultFile));
}

}  // namespace tools
