// SPDX-License-Identifier: Apache-2.0
//
// All words that do something while a run is on, bound to what they do.
//
// One function a file of words; RunWords() is the table that Resolve() wants. Operations
// are coroutines of the simulation (BlockingOp); only what can neither wait nor be a step
// of its own is a plain function of Lua.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_WORDS_H_
#define TXGSIM_MODEL_SCRIPT_RUN_WORDS_H_

#include <string>

#include "model/admin/admin_command.h"
#include "model/script/lua/binding.h"
#include "model/script/run/call.h"

namespace model {

// The same table for every scenario and run.
const RuntimeTable& RunWords();

void BindVerbs(RuntimeTable* table);       // verbs.cc
void BindLockWords(RuntimeTable* table);   // locks.cc
void BindEventWords(RuntimeTable* table);  // events.cc
void BindCrossingWords(RuntimeTable* table);
void BindThreadWords(RuntimeTable* table);
void BindWorkWords(RuntimeTable* table);
void BindServerWords(RuntimeTable* table);
void BindDeviceWords(RuntimeTable* table);
void BindFileWords(RuntimeTable* table);
void BindRingWords(RuntimeTable* table);
void BindPoolWords(RuntimeTable* table);
void BindJobWords(RuntimeTable* table);
void BindRngWords(RuntimeTable* table);

// A command line as `sh` runs it, on `thread`, which is in user mode; its output stands in the report.
sim::Task<AdminResult> RunShellLine(World* world, Thread* thread, std::string line);

// A step of its own: other threads may go first here, where the schedule says so.
sim::Task<> SchedulingPoint(OpCall* call, const char* label);
// Words that are steps begin with this; free where nothing explores.
#define TXGSIM_SCHEDULING_POINT(call, label) \
  if ((call)->world().has_scheduling_points()) co_await SchedulingPoint(call, label)

// While it is there an idle kthread waits for work: S with signals blocked unless said otherwise.
class IdleScope {
 public:
  IdleScope(RunThread* here, WaitOptions* wait);
  ~IdleScope();

 private:
  Thread* thread_ = nullptr;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_WORDS_H_
