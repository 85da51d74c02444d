// SPDX-License-Identifier: Apache-2.0
//
// Kinds of disk that a pool may be made of, by name: data.
//
// The figures are for a typical device of its kind, to be compared with each other, and
// for none in particular; disk_profile.cc says where each stands among real ones.
#ifndef TXGSIM_MODEL_STORAGE_DISK_PROFILE_H_
#define TXGSIM_MODEL_STORAGE_DISK_PROFILE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "model/storage/device.h"

namespace model {

struct DiskProfile {
  std::string_view name;
  std::string_view about;
  Device::Options device;
  int64_t bytes;  // Of one disk.
};

std::span<const DiskProfile> DiskProfiles();
// Null if there is none of that name.
const DiskProfile* FindDiskProfile(std::string_view name);

}  // namespace model

#endif  // TXGSIM_MODEL_STORAGE_DISK_PROFILE_H_
