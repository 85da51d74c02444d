// SPDX-License-Identifier: Apache-2.0
//
// Results as the bodies of expectations see them (expect.h has the rules).
//
// A result is a userdata that points into the tree and knows its path; a sweep is a
// read-only list of runs with the methods where and curve; a curve has at and crossing (curve.h).
// The tree must outlive the judging body.
#ifndef TXGSIM_MODEL_SCRIPT_RESULT_LUA_H_
#define TXGSIM_MODEL_SCRIPT_RESULT_LUA_H_

#include <string>
#include <string_view>
#include <vector>

#include "lua.hpp"
#include "model/script/result/value.h"

namespace model {

// Pushes nil, a plain value, or for lists and objects a result at `path`.
void PushResult(lua_State* L, const ResultValue& value, std::string_view path);
// Returns null if the value at `index` is no result.
const ResultValue* ToResult(lua_State* L, int index);

// What was read since ForgetReads().
void ForgetReads(lua_State* L);
// Durations: integers that were read from a path ending in `_ns`.
bool WasReadAsDuration(lua_State* L, int64_t value);
// What was read and is not there in this run, the last of it.
struct AbsentRead {
  std::string path;
  std::string error;  // What was raised for it; empty: it is nil.
};
AbsentRead LastAbsentRead(lua_State* L);

// Raises an error that makes an expectation fail, since a run lacks what is read.
[[noreturn]] void RaiseAbsent(lua_State* L, std::string_view path, const std::string& error);

// Pushes a sweep. `wanted` gets the parameters of runs that would narrow down where curves cross, and must
// outlive the judging body. REQUIRES: `runs` is an array.
void PushSweep(lua_State* L, const ResultValue& runs, std::vector<ResultValue>* wanted);

// The value of `path` below `root` ("jobs.prune.latency_ns"); raises the error of a path
// that does not exist, naming it `name.path`.
const ResultValue& ResultAt(lua_State* L, const ResultValue& root, std::string_view name,
                            std::string_view path);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RESULT_LUA_H_
