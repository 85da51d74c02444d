// SPDX-License-Identifier: Apache-2.0
//
// Design `program`: the whole job is shipped into the kernel, as `zfs program` does.
//
//   caller    ioctl: ships the source --> waits for the txg, S, after a signal D --> result
//   txg_sync                 one sync task: runs the body, serves each call where it stands
//
// The body runs on txg_sync with the config lock as writer: every mutation is checked
// and applied at once, with its real errno, and no other administration, read or txg
// gets in between. An error, a limit or a signal ends the body; what it did by then
// stays and goes to disk with that txg.
//
// Limits: beyond `instructions` ETIME, beyond `memory` ENOSPC. Both, and whether a
// signal has come, are looked at each 100 instructions. With sync = false (`zfs
// program -n`) the body runs in open context on the caller, which holds the config
// lock as reader all along and waits for no txg; zfs.sync.* end it, and checks leave
// out what only the syncing txg can tell.
//
// Room: each zfs.sync.* and zfs.check.* that passed adds what it states to a sum that the
// next ones are refused by (Session::ServeProgram, MutateInSync), a check as a change does.
//
// Source: OpenZFS module/zfs/zcp.c:zcp_eval, zcp_eval_sync, zcp_eval_open,
// zcp_lua_counthook, zcp_eval_sig, zcp_synctask.c:zcp_synctask_wrapper.
//
// Differs from the real system: the dialect is that of scenarios (docs/model/designs.md
// says where that matters); time is charged by full 100 instructions, and a signal is
// noticed up to 100 us late and cannot be caught by coroutine.resume; `compute` stands for
// time in calls and counts no instructions.
#ifndef TXGSIM_MODEL_DESIGN_PROGRAM_H_
#define TXGSIM_MODEL_DESIGN_PROGRAM_H_

#include "model/design/design.h"

namespace model {

class ProgramDesign final : public Design {
 public:
  sim::Task<int> RunJob(Session* session) override;

 private:
  sim::Task<int> RunSyncing(Session* session);
  sim::Task<int> RunOpen(Session* session);
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_PROGRAM_H_
