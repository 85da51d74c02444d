// SPDX-License-Identifier: Apache-2.0
#include "model/watch/kernel_report.h"

#include <cstddef>

#include "model/sync/lock.h"
#include "model/watch/kernel_stack.h"

namespace model {
namespace {

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string_view HolderWord(int mode) { return mode == Lock::kRead ? "reader" : "writer"; }

}  // namespace

std::string TaskName(const Thread& thread) { return thread.name() + ":" + std::to_string(thread.tid()); }

std::string ShowTask(const Thread& thread) {
  constexpr size_t kCommWidth = 15;
  const int tgid = thread.process() != nullptr ? thread.process()->pid() : thread.tid();
  const int parent = thread.process() != nullptr ? 1 : 2;  // init, kthreadd
  std::string text = "task:" + Padded(thread.name().substr(0, kCommWidth), kCommWidth);
  text += " state:";
  text += thread.StateLetter();
  if (thread.StateLetter() == 'R') text += "  running task    ";
  text += " stack:0     pid:" + Padded(std::to_string(thread.tid()), 5);
  text += " tgid:" + Padded(std::to_string(tgid), 5);
  text += " ppid:" + Padded(std::to_string(parent), 6) + " flags:0x00000000\n";
  text += "Call Trace:\n <TASK>\n";
  for (const char* frame : KernelStack(thread)) text += " " + std::string(frame) + "\n";
  text += " </TASK>\n";
  return text;
}

std::string ShowBlocker(const Thread& thread, const std::function<bool(const Thread&)>& is_hung) {
  const Waitable* object = thread.waiter().on;
  if (object == nullptr) return "";
  const WaitableKind kind = object->kind();
  if (kind != WaitableKind::kMutex && kind != WaitableKind::kSemaphore && kind != WaitableKind::kRwsem) {
    return "";
  }
  // The last to take it: the only owner that the kernel's lock word remembers.
  const auto* lock = dynamic_cast<const Lock*>(object);
  const Lock::Hold* hold = lock != nullptr && !lock->holds().empty() ? &lock->holds().back() : nullptr;
  const auto* owner = hold != nullptr && hold->owner->kind() == ActorKind::kThread
                          ? static_cast<const Thread*>(hold->owner)
                          : nullptr;
  if (owner != nullptr && owner->ended()) owner = nullptr;
  std::string text = "INFO: task " + TaskName(thread);
  if (kind == WaitableKind::kMutex) {
    text += " is blocked on a mutex";
    text += owner != nullptr ? " likely owned by task " + TaskName(*owner) + "."
                             : ", but the owner is not found.";
  } else if (kind == WaitableKind::kSemaphore) {
    text += owner != nullptr ? " blocked on a semaphore likely last held by task " + TaskName(*owner)
                             : " is blocked on a semaphore, but the last holder is not found.";
  } else if (owner != nullptr) {
    text += " <" + std::string(HolderWord(thread.waiter().mode)) +
            "> blocked on an rw-semaphore likely owned by task ";
    text += TaskName(*owner) + " <" + std::string(HolderWord(hold->mode)) + ">";
  } else {
    text += " is blocked on an rw-semaphore, but the owner is not found.";
  }
  text += "\n";
  if (owner != nullptr && !is_hung(*owner)) text += ShowTask(*owner);
  return text;
}

std::string HungTaskText(const Thread& thread, int64_t seconds,
                         const std::function<bool(const Thread&)>& is_hung) {
  return "INFO: task " + TaskName(thread) + " blocked for more than " + std::to_string(seconds) +
         " seconds.\n"
         "      Not tainted txgsim\n"
         "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n" +
         ShowTask(thread) + ShowBlocker(thread, is_hung);
}

std::string SoftLockupText(const Thread& thread, int core, int64_t seconds) {
  return "watchdog: BUG: soft lockup - CPU#" + std::to_string(core) + " stuck for " +
         std::to_string(seconds) + "s! [" + TaskName(thread) + "]\n" + ShowTask(thread);
}

std::string RcuStallText(const Thread& thread, int core, sim::SimDuration age) {
  const Machine& machine = thread.machine();
  const bool preemptible = machine.options().preempt == PreemptModel::kFull;
  const std::string jiffies = std::to_string(age / sim::SimDuration::Millis(4));
  return std::string("rcu: INFO: ") + (preemptible ? "rcu_preempt" : "rcu_sched") +
         " self-detected stall on CPU\n" +  //
         "rcu: \t" + std::to_string(core) + "-....: (" + jiffies + " ticks this GP) " +
         "idle=0000/1/0x0 softirq=0/0 fqs=0\n" +  //
         "rcu: \t(t=" + jiffies + " jiffies g=0 q=0 ncpus=" + std::to_string(machine.cores().size()) + ")\n" +
         ShowTask(thread);
}

}  // namespace model
