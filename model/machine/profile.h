// SPDX-License-Identifier: Apache-2.0
//
// What a machine charges for crossing, switching and waking: data, by name.
//
// Every figure is for one operation, in simulated nanoseconds unless said. The
// table in profile.cc names the source of each. Profiles differ in what a
// crossing costs, which is the point of comparing interfaces on several of them.
#ifndef TXGSIM_MODEL_MACHINE_PROFILE_H_
#define TXGSIM_MODEL_MACHINE_PROFILE_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace model {

struct MachineProfile {
  std::string_view name;
  std::string_view about;
  bool ideal = false;             // One core a thread and all costs zero.
  int64_t syscall_entry_ns = 0;   // User mode to kernel mode.
  int64_t syscall_exit_ns = 0;    // And back.
  int64_t ioctl_ns = 0;           // Dispatch of an ioctl, on top of entry and exit.
  int64_t context_switch_ns = 0;  // Direct cost of putting another thread on a core.
  int64_t wake_local_ns = 0;      // Cost to the waker, wakee on the same core.
  int64_t wake_remote_ns = 0;     // Cost to the waker, wakee on another core (includes the IPI).
  int64_t idle_exit_ns = 0;       // From the wake-up to the first instruction on an idle core.
  int64_t tick_ns = 0;            // Period of the scheduler's tick (1/HZ).
  int64_t page_fault_ns = 0;      // Minor anonymous fault.
  int64_t copy_ns_per_kib = 0;    // Between user and kernel memory.
  int64_t lock_ns = 0;            // Uncontended acquisition and release together.
  int64_t signal_ns = 0;          // Delivery to a handler and return from it.
  int64_t ring_enter_ns = 0;      // io_uring_enter, on top of entry and exit.
  int64_t ring_entry_ns = 0;      // One submission and its completion, without the work itself.
  int64_t thread_create_ns = 0;
  int64_t process_create_ns = 0;  // fork and exec of a small program.
  int64_t process_exit_ns = 0;    // Tearing down a small process.
};

std::span<const MachineProfile> MachineProfiles();
// Returns nullptr if there is no profile of that name.
const MachineProfile* FindMachineProfile(std::string_view name);

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_PROFILE_H_
