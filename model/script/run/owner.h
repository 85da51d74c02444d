// SPDX-License-Identifier: Apache-2.0
//
// Who a thing of the language is in the wait-for graph: who can be given a hold.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_OWNER_H_
#define TXGSIM_MODEL_SCRIPT_RUN_OWNER_H_

#include "model/script/run/world.h"

namespace model {

struct NewOwner {
  Actor* actor = nullptr;       // Null: the thing is none.
  RunThread* thread = nullptr;  // If it is a thread.
};

// A thread, process (its main thread), work item, I/O or request.
NewOwner FindOwner(World& world, ThingRef thing);

// The thread that a thing is, or null. A process is its main thread.
Thread* FindThread(World& world, ThingRef thing);
// The process that a thing is or belongs to: a process, thread, server, job or load; or null.
Process* FindProcessOf(World& world, ThingRef thing);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_OWNER_H_
