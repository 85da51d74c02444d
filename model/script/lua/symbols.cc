// SPDX-License-Identifier: Apache-2.0
#include "model/script/lua/symbols.h"

#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "sim/portable_math.h"

namespace model {
namespace {

thread_local int64_t pow_calls = 0;

// Drops the sign of every NaN in what was printed; the buffer may be truncated.
int DropNanSigns(char* text, int length) {
  int dropped = 0;
  for (char* at = text; (at = std::strstr(at, "-nan")) != nullptr;) {
    std::memmove(at, at + 1, std::strlen(at));
    ++dropped;
  }
  return length - dropped;
}

}  // namespace

int64_t PortablePowCalls() { return pow_calls; }

}  // namespace model

extern "C" {

double pow(double x, double y) noexcept;
double pow(double x, double y) noexcept {
  ++model::pow_calls;
  return sim::Pow(x, y);
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): the name that fortified callers use.
int __snprintf_chk(char* buffer, size_t size, int flag, size_t buffer_size, const char* format, ...);
// NOLINTNEXTLINE(bugprone-reserved-identifier)
int __snprintf_chk(char* buffer, size_t size, int /*flag*/, size_t /*buffer_size*/, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(buffer, size, format, arguments);
  va_end(arguments);
  return size > 0 && length > 0 ? model::DropNanSigns(buffer, length) : length;
}

}  // extern "C"
