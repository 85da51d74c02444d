// SPDX-License-Identifier: Apache-2.0
//
// Service times are medians with the spread that such devices show; a write ends in the
// device's cache, a flush waits for the medium.
//
//   nvme   data centre NVMe flash with power-loss protection: reads 70 to 100 us, writes 10 to
//          20 us, several GB/s (data sheets of the classes Samsung PM9A3, Micron 7450)
//   ssd    SATA flash, 6 Gb/s: 550 MB/s is what the link carries; reads about 100 us, a flush
//          without power-loss protection programs flash: milliseconds
//   hdd    7200/min: half a turn is 4.2 ms, an average seek 8 ms; 32 requests of NCQ are one
//          at a time for the head; 200 MB/s on middle tracks; the pool aggregates writes to
//          1 MiB here (zfs_vdev_aggregation_limit), to 128 KiB on what does not rotate
//   cloud  network block storage of general purpose: about 0.5 to 1 ms a request, 250 MB/s
//          (published baselines of AWS gp3 and the like)
#include "model/storage/disk_profile.h"

#include <vector>

namespace model {
namespace {

constexpr int64_t kMicro = 1'000;
constexpr int64_t kMilli = 1'000'000;
constexpr int64_t kTiB = int64_t{1} << 40;

std::vector<DiskProfile> MakeProfiles() {
  using sim::Distribution;
  return {
      {.name = "nvme",
       .about = "data centre NVMe flash",
       .device = {.read = Distribution::Lognormal(80 * kMicro, 0.2),
                  .write = Distribution::Lognormal(15 * kMicro, 0.2),
                  .flush = Distribution::Lognormal(20 * kMicro, 0.2),
                  .bandwidth = 3'000'000'000,
                  .depth = 64},
       .bytes = 4 * kTiB},
      {.name = "ssd",
       .about = "SATA flash",
       .device = {.read = Distribution::Lognormal(100 * kMicro, 0.3),
                  .write = Distribution::Lognormal(60 * kMicro, 0.3),
                  .flush = Distribution::Lognormal(2 * kMilli, 0.3),
                  .bandwidth = 500'000'000,
                  .depth = 32},
       .bytes = 2 * kTiB},
      {.name = "hdd",
       .about = "7200/min hard disk",
       .device = {.read = Distribution::Uniform(4 * kMilli, 12 * kMilli),
                  .write = Distribution::Uniform(4 * kMilli, 12 * kMilli),
                  .flush = Distribution::Uniform(8 * kMilli, 16 * kMilli),
                  .bandwidth = 200'000'000,
                  .depth = 1,
                  .stream_unit = 1 << 20},
       .bytes = 16 * kTiB},
      {.name = "cloud",
       .about = "network block storage",
       .device = {.read = Distribution::Lognormal(700 * kMicro, 0.3),
                  .write = Distribution::Lognormal(700 * kMicro, 0.3),
                  .flush = Distribution::Lognormal(1 * kMilli, 0.3),
                  .bandwidth = 250'000'000,
                  .depth = 32},
       .bytes = 1 * kTiB},
  };
}

}  // namespace

std::span<const DiskProfile> DiskProfiles() {
  static const std::vector<DiskProfile>* const kProfiles = new std::vector<DiskProfile>(MakeProfiles());
  return *kProfiles;
}

const DiskProfile* FindDiskProfile(std::string_view name) {
  for (const DiskProfile& profile : DiskProfiles()) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace model
