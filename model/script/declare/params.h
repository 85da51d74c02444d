// SPDX-License-Identifier: Apache-2.0
//
// Values of parameters as texts: for --set and for `sweep`.
//
// The type of a parameter is that of its default: boolean, integer, number or text. A
// quantity is a text; its unit is checked where it is used.
#ifndef TXGSIM_MODEL_SCRIPT_DECLARE_PARAMS_H_
#define TXGSIM_MODEL_SCRIPT_DECLARE_PARAMS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/script/language/scenario.h"

namespace model {

// "boolean", "integer", "number", "text"
std::string_view ParamTypeName(const ParamValue& value);

// `text` as a value of the type of `like`.
absl::StatusOr<ParamValue> ParseParamValue(std::string_view text, const ParamValue& like);

// "16..256*2" -> 16 32 64 128 256; "1..9+2" -> 1 3 5 7 9; "1..8" -> 1 to 8; "a,b,c" -> each.
// A range is of integers. At most 100,000 values.
absl::StatusOr<std::vector<ParamValue>> ParseSweep(std::string_view text, const ParamValue& like);

// `value` with the type of `like`: an integer serves as a number. Nothing if it is of another type.
absl::StatusOr<ParamValue> ConvertParamValue(const ParamValue& value, const ParamValue& like);

// REQUIRES: `value` is not nil.
ParamValue ToParamValue(const PlainValue& value);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_DECLARE_PARAMS_H_
