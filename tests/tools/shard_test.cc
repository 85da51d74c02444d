// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tools {
namespace {

using ::testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

// "2/5", or the error.
std::string Parsed(const std::string& text, const Variables& variables = {}) {
  const absl::StatusOr<Shard> shard = ParseShard(text, [&](const char* name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    if (it == variables.end()) return std::nullopt;
    return it->second;
  });
  if (!shard.ok()) return std::string(shard.status().message());
  return std::to_string(shard->index) + "/" + std::to_string(shard->count);
}

TEST(ShardTest, CountsFromZero) {
  EXPECT_EQ(Parsed("0/1"), "0/1");
  EXPECT_EQ(Parsed("3/4"), "3/4");
  for (const char* text : {"4/4", "0/0"}) EXPECT_THAT(Parsed(text), HasSubstr("counts from 0")) << text;
  for (const char* text : {"", "1", "a/b", "1/", "/2", "-1/2", "1/2/3"})
    EXPECT_THAT(Parsed(text), HasSubstr("must be I/N")) << text;
}

TEST(ShardTest, AutoAsksTheBatchSystem) {
  EXPECT_THAT(Parsed("auto"), HasSubstr("none of SLURM_ARRAY_TASK_ID"));
  EXPECT_EQ(Parsed("auto", {{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "3"}}), "2/3");
  // --array=10-18:4 has the tasks 10, 14 and 18.
  const Variables slurm = {{"SLURM_ARRAY_TASK_ID", "14"},
                           {"SLURM_ARRAY_TASK_COUNT", "3"},
                           {"SLURM_ARRAY_TASK_MIN", "10"},
                           {"SLURM_ARRAY_TASK_STEP", "4"}};
  EXPECT_EQ(Parsed("auto", slurm), "1/3");
  EXPECT_THAT(Parsed("auto", {{"JOB_COMPLETION_INDEX", "1"}}), HasSubstr("JOB_COMPLETIONS is not set"));
  EXPECT_THAT(Parsed("auto", {{"PBS_ARRAY_INDEX", "x"}, {"PBS_ARRAY_COUNT", "2"}}), HasSubstr("no index"));
}

}  // namespace
}  // namespace tools
