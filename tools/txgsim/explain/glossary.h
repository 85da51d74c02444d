// SPDX-License-Identifier: Apache-2.0
//
// The words of docs/glossary.md, which is part of the program.
//
//   | word | meaning |      a row of a table; of "Tx, transaction (of the DMU)" either name will do
#ifndef TXGSIM_TOOLS_TXGSIM_EXPLAIN_GLOSSARY_H_
#define TXGSIM_TOOLS_TXGSIM_EXPLAIN_GLOSSARY_H_

#include <string>
#include <string_view>
#include <vector>

namespace tools {

struct GlossaryEntry {
  std::vector<std::string> names;  // "Tx", "transaction".
  std::string meaning;             // Without the marks of emphasis.
};

std::vector<GlossaryEntry> Glossary();

// The whole text; the build makes this function from the file.
std::string GlossaryMarkdown();

// "Frozen-Pool" and "frozen_pool" are the same word to a reader: in lower case, with spaces.
std::string Folded(std::string_view word);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_EXPLAIN_GLOSSARY_H_
