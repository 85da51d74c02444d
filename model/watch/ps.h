// SPDX-License-Identifier: Apache-2.0
//
// What `ps` would show of each thread, and what it would not: whether SIGKILL would
// really end what the thread does, and what it waits for. Data, no text layout.
#ifndef TXGSIM_MODEL_WATCH_PS_H_
#define TXGSIM_MODEL_WATCH_PS_H_

#include <string>
#include <vector>

#include "model/machine/machine.h"
#include "sim/time.h"

namespace model {

struct PsRow {
  int pid = 0;  // The thread's own id, as ps -L shows it.
  std::string comm;
  char state = 'R';  // Thread::StateLetter().
  bool killable = false;
  std::string wchan;  // A function, or "-".
  sim::SimTime since;
  std::vector<std::string> stack;  // ShortStack(), innermost first.
  std::string waits_on;            // The object, "core", or empty.
  // Who is first among those that can end the wait; empty for a wait that the clock
  // ends, and for work. And how many more there are.
  std::string holder;
  int more_holders = 0;
  std::string queued_behind;  // Who waits in front.
  bool on_lock = false;       // A lock, or a core: the holder has it. Else he has something to do.
};

PsRow PsRowOf(const Thread& thread);

// Rows by thread id, without threads that have ended; zombies are shown.
std::vector<PsRow> Ps(const Machine& machine);

// "txg_wait_synced < dsl_sync_task_common < zfs_ioc_snapshot"
std::string StackText(const std::vector<std::string>& stack);

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_PS_H_
