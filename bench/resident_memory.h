// SPDX-License-Identifier: Apache-2.0
//
// Resident memory of this process, for the counters of bytes a task or thread.
#ifndef TXGSIM_BENCH_RESIDENT_MEMORY_H_
#define TXGSIM_BENCH_RESIDENT_MEMORY_H_

#include <unistd.h>

#include <cstdio>

namespace bench {

// Bytes; 0 where /proc is not to be had.
inline double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long size = 0;
  long resident = 0;
  const int fields = std::fscanf(file, "%ld %ld", &size, &resident);
  std::fclose(file);
  return fields == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace bench

#endif  // TXGSIM_BENCH_RESIDENT_MEMORY_H_
