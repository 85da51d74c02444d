// SPDX-License-Identifier: Apache-2.0
//
// Assertions that stay on in every build.
//
// SIM_CHECK stops the process: it is for errors of the programmer, never for a
// user's input (absl::Status) or an errno of the model (a plain value).
// SIM_DCHECK is for checks that walk a whole structure; it is on unless NDEBUG.
#ifndef TXGSIM_SIM_CHECK_H_
#define TXGSIM_SIM_CHECK_H_

#include <string_view>

namespace sim {

// Prints `file:line: check failed: expression: message` with the simulated time
// of the running simulation, if there is one, and aborts.
[[noreturn, gnu::cold]] void CheckFailed(const char* file, int line, const char* expression,
                                         std::string_view message);

}  // namespace sim

#define SIM_CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? (void)0 : ::sim::CheckFailed(__FILE__, __LINE__, #condition, {}))
#define SIM_CHECK_MSG(condition, message)     \
  (__builtin_expect(!!(condition), 1) ? (void)0 \
                                      : ::sim::CheckFailed(__FILE__, __LINE__, #condition, (message)))
#ifdef NDEBUG
#define SIM_DCHECK(condition) ((void)0)
#else
#define SIM_DCHECK(condition) SIM_CHECK(condition)
#endif

#endif  // TXGSIM_SIM_CHECK_H_
