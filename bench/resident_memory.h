// SPDX-License-Identifier: Apache-2.0
//
// Resident memory of this process, for the counters of bytes a task or thread.
//
//   const PeakMemory memory;
//   ... make a million of them, let them run, destroy them ...
//   memory.GrowthBytes()  // the most that was resident at any time, above what was at first
//
// Linux only; elsewhere 0.
#ifndef TXGSIM_BENCH_RESIDENT_MEMORY_H_
#define TXGSIM_BENCH_RESIDENT_MEMORY_H_

#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace bench {

class PeakMemory {
 public:
  PeakMemory() {
#ifdef __GLIBC__
    malloc_trim(0);  // What earlier benchmarks freed is not to be had for nothing.
#endif
    // 5: the peak starts anew from what is resident now.
    if (std::FILE* file = std::fopen("/proc/self/clear_refs", "w")) {
      std::fputs("5", file);
      std::fclose(file);
    }
    before_ = StatusBytes("VmRSS:");
  }

  double GrowthBytes() const { return StatusBytes("VmHWM:") - before_; }

 private:
  static double StatusBytes(const char* field) {
    double bytes = 0;
    if (std::FILE* file = std::fopen("/proc/self/status", "r")) {
      char line[256];
      while (std::fgets(line, sizeof line, file) != nullptr) {
        if (std::strncmp(line, field, std::strlen(field)) != 0) continue;
        bytes = 1024 * std::strtod(line + std::strlen(field), nullptr);
      }
      std::fclose(file);
    }
    return bytes;
  }

  double before_ = 0;
};

}  // namespace bench

#endif  // TXGSIM_BENCH_RESIDENT_MEMORY_H_
