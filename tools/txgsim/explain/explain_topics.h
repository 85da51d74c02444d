// SPDX-License-Identifier: Apache-2.0
//
// What `txgsim explain` knows beside the glossary and the tables of words, tunables, errnos and result
// fields.
#ifndef TXGSIM_TOOLS_TXGSIM_EXPLAIN_EXPLAIN_TOPICS_H_
#define TXGSIM_TOOLS_TXGSIM_EXPLAIN_EXPLAIN_TOPICS_H_

#include <span>
#include <string_view>

namespace tools {

struct Topic {
  std::string_view name;
  std::string_view text;
};

std::span<const Topic> GeneralTopics();
// Column headings and row labels of the reports, as they are printed.
std::span<const Topic> ReportTopics();
// The first words of the actions under `freed by`.
std::span<const Topic> ActionTopics();

// One sentence; empty: there is no such errno.
std::string_view ErrnoMeaning(std::string_view name);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_EXPLAIN_EXPLAIN_TOPICS_H_
