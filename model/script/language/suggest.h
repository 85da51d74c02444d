// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean": the one known word that a misspelt one is closest to.
//
// Distance is Damerau-Levenshtein (optimal string alignment: an insertion, a deletion, a
// substitution or a swap of neighbours costs 1). A word is suggested if its distance is
// at most 2 or at most a third of the length, and less than the length of what was
// written; of equally close words, the one that comes first in the list.
#ifndef TXGSIM_MODEL_SCRIPT_LANGUAGE_SUGGEST_H_
#define TXGSIM_MODEL_SCRIPT_LANGUAGE_SUGGEST_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace model {

int EditDistance(std::string_view a, std::string_view b);

// Returns an empty text if nothing is close.
std::string Suggest(std::string_view written, std::span<const std::string_view> known);
std::string Suggest(std::string_view written, const std::vector<std::string>& known);

// What an error says where nothing is close: "; accepted: a, b, c". Nothing if something is close, or if
// nothing is known. Of a long list the beginning.
std::string AcceptedUnlessNear(std::string_view written, std::span<const std::string_view> known);
std::string AcceptedUnlessNear(std::string_view written, const std::vector<std::string>& known);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LANGUAGE_SUGGEST_H_
