// SPDX-License-Identifier: Apache-2.0
//
// A client that goes wrong in the middle of its job: the body as written, with one
// step of another kind before its n-th call. So a fault strikes every design at the
// same point of the same work, whatever is held there.
#ifndef TXGSIM_MODEL_DESIGN_CLIENT_FAULT_H_
#define TXGSIM_MODEL_DESIGN_CLIENT_FAULT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "model/design/job.h"

namespace model {

struct ClientFault {
  enum class Kind : uint8_t {
    kLoops,       // User code runs for ever; where the kernel counts its instructions, to the limit.
    kWrites,      // Writes `bytes` to the pool, as into a log that is kept there.
    kSwappedOut,  // Faults on a page; to make room, `bytes` of others go to a volume of the pool first.
    kForks,       // Forks a child that shares what it has open and does nothing, and is killed.
  };
  Kind kind = Kind::kLoops;
  int64_t at_call = 0;  // Before this call of the body, from 0; beyond the last: never.
  int64_t bytes = 0;
  std::string pool;  // That kWrites and kSwappedOut write to.
};

// What a run changes of a job as it is declared.
struct JobDisturbance {
  std::optional<ClientFault> client_fault;
  std::optional<int64_t> think_ns;
  std::optional<UpcallPlace> callback_place;
  std::optional<int64_t> program_instructions;  // The limit.
  std::optional<int64_t> ring_workers;
};

// The volume that kSwappedOut swaps to.
std::string SwapVolumeOf(std::string_view pool);

class FaultyBody final : public JobBody {
 public:
  using Fork = std::function<void(Thread* parent)>;
  // `body` and `module` outlive this. `fork` makes the child of kForks.
  FaultyBody(JobBody* body, ClientFault fault, ZfsModule* module, Fork fork)
      : body_(body), fault_(std::move(fault)), module_(module), fork_(std::move(fork)) {}
  std::unique_ptr<JobRun> NewRun() override;

 private:
  JobBody* body_;
  ClientFault fault_;
  ZfsModule* module_;
  Fork fork_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_CLIENT_FAULT_H_
