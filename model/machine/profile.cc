// SPDX-License-Identifier: Apache-2.0
//
// Sources. "VM" marks figures measured by small probes on Linux 6.18 in a nested
// KVM guest (AMD Zen 4 class, HZ=250), which inflates whatever crosses CPUs.
//
//   syscall_entry + exit   80 to 120 ns without page-table isolation (getppid, Haswell to Skylake, table of
//                          OTC/T-Systems 2018); 200 to 400 ns with it (FreeBSD review D13985: 339 -> 478 ns);
//                          VM 147 ns
//   ioctl                  null syscall + 40 to 130 ns; VM: ENOTTY on /dev/null 194 ns against 147 ns
//   context_switch         1.0 to 1.5 us (1.07 us between threads, i7 11th generation, Linux 6.6); VM 1.4 us
//   wake_local             pipe round trip on one core 4.8 us = 2 switches + 4 syscalls + 2 wake-ups
//   wake_remote            futex wake with a waiter on another core 1 to 2 us at the waker; VM 6.3 us
//   idle_exit              wake-to-run on a shallow idle core 2 to 4 us; VM 12 us
//   tick                   HZ=250, kernel/Kconfig.hz default of Debian's kernels
//   page_fault             0.5 to 1 us; VM 1.6 us
//   copy                   about 20 GB/s from cache
//   lock                   two uncontended atomic operations
//   signal                 1 us with handler and sigreturn; VM 2.7 us
//   ring_enter, ring_entry   a NOP in a batch of n costs a/n + b: VM a 393 ns with entry and exit, b 67 ns (n
//   = 1,
//                          8, 64 and 256); bare metal 200 to 400 ns alone, 30 to 60 ns in a batch
//   thread_create          15 to 25 us with join; VM 45 us
//   process_create         400 to 700 us for fork, exec and wait; VM 699 us
//   process_exit           SIGKILL to reaped 100 to 200 us; VM 153 us
#include "model/machine/profile.h"

#include <array>

namespace model {
namespace {

constexpr std::array<MachineProfile, 4> kProfiles = {{
    {.name = "x86-64",
     .about = "bare metal, no page-table isolation",
     .syscall_entry_ns = 50,
     .syscall_exit_ns = 50,
     .ioctl_ns = 80,
     .context_switch_ns = 1'200,
     .wake_local_ns = 600,
     .wake_remote_ns = 1'500,
     .idle_exit_ns = 3'000,
     .tick_ns = 4'000'000,
     .page_fault_ns = 700,
     .copy_ns_per_kib = 50,
     .lock_ns = 20,
     .signal_ns = 1'000,
     .ring_enter_ns = 150,
     .ring_entry_ns = 40,
     .thread_create_ns = 15'000,
     .process_create_ns = 500'000,
     .process_exit_ns = 150'000},
    {.name = "x86-64-mitigated",
     .about = "bare metal, page-table isolation (KPTI) with PCID",
     .syscall_entry_ns = 160,
     .syscall_exit_ns = 160,
     .ioctl_ns = 80,
     .context_switch_ns = 1'500,
     .wake_local_ns = 600,
     .wake_remote_ns = 1'500,
     .idle_exit_ns = 3'000,
     .tick_ns = 4'000'000,
     .page_fault_ns = 1'000,
     .copy_ns_per_kib = 50,
     .lock_ns = 20,
     .signal_ns = 1'400,
     .ring_enter_ns = 150,
     .ring_entry_ns = 45,
     .thread_create_ns = 18'000,
     .process_create_ns = 550'000,
     .process_exit_ns = 170'000},
    {.name = "nested-vm",
     .about = "a KVM guest in a KVM guest: waking another CPU is dear",
     .syscall_entry_ns = 73,
     .syscall_exit_ns = 74,
     .ioctl_ns = 47,
     .context_switch_ns = 1'400,
     .wake_local_ns = 800,
     .wake_remote_ns = 6'300,
     .idle_exit_ns = 11'600,
     .tick_ns = 4'000'000,
     .page_fault_ns = 1'600,
     .copy_ns_per_kib = 60,
     .lock_ns = 25,
     .signal_ns = 2'670,
     .ring_enter_ns = 246,
     .ring_entry_ns = 67,
     .thread_create_ns = 45'000,
     .process_create_ns = 699'000,
     .process_exit_ns = 153'000},
    {.name = "ideal", .about = "one core a thread, all costs zero", .ideal = true, .tick_ns = 4'000'000},
}};

}  // namespace

std::span<const MachineProfile> MachineProfiles() { return kProfiles; }

const MachineProfile* FindMachineProfile(std::string_view name) {
  for (const MachineProfile& profile : kProfiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace model
