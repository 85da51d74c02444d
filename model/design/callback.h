// SPDX-License-Identifier: Apache-2.0
//
// Design `callback`: one system call; the kernel calls the job's body back.
//
// Upcall k carries the answer to call k - 1 and returns call k. The body runs in
// user mode on the place that is chosen (the calling thread, a helper of the
// process, the machine's dispatcher); the kernel waits meanwhile:
//
//   mode, lock         who waits       held across user code          a mutation
//   open, gates        the caller      both gates, as channel_tx      recorded
//   open, config       the caller      dp_config_rwlock as reader     recorded, queued after its release
//   syncing            txg_sync        dp_config_rwlock as writer     applied at once
//
// `config` is the naive form: the next txg blocks behind the reader, and others get
// in before the intents.
#ifndef TXGSIM_MODEL_DESIGN_CALLBACK_H_
#define TXGSIM_MODEL_DESIGN_CALLBACK_H_

#include <memory>

#include "model/design/design.h"
#include "model/design/transaction.h"

namespace model {

class CallbackDesign final : public Design {
 public:
  sim::Task<int> RunJob(Session* session) override;

 private:
  using SessionPtr = std::shared_ptr<Session>;
  sim::Task<int> RunOpen(SessionPtr session);
  sim::Task<int> RunUnderConfigLock(SessionPtr session);
  sim::Task<int> RunSyncing(SessionPtr session);
  sim::Task<int> ServeInSync(SessionPtr session, Thread* sync_thread, uint64_t txg);
  // One upcall from `thread`: the next step that needs the kernel. The errno says
  // why there is none.
  sim::Task<int> Upcall(SessionPtr session, Thread* thread, JobAnswer answer, JobStep* step);
  // The threads that answer txg_sync: the dispatcher's, or one of the process.
  UpcallCrew* CrewFor(const Session& session);

  std::unique_ptr<Callback> callback_;
  std::unique_ptr<UpcallCrew> helper_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_CALLBACK_H_
