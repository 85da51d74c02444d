// SPDX-License-Identifier: Apache-2.0
//
// A block device: so many requests in service at once, a service time, a bandwidth.
//
//   Submit        class's limit         slot free          bytes moved          service time over
//   ------> queued -----------> issued -----------> transfer ---------> service ----------------> done
//      |      ^
//      | held |release
//      v      |
//     held ---+--- fail --> done with an errno
//
// `depth` I/Os are in transfer or service at a time; their service times overlap, the
// channel that moves their bytes is shared. The channel serves one I/O at a time, a chunk
// each in turn; an I/O that is alone there moves all its bytes with one event, and is
// cut at the next chunk when another comes. So a lone large write costs two events, and
// a small read behind it waits for one chunk, not for all of it.
//
// Faults: stalled (nothing completes), slow, failing, losing one completion, offline (what
// is under way and what comes fails with ENXIO). A device can also be held, as a queueing
// map without a path is; `by()` says who may release it. A pool can take a device out
// (`zpool offline`); it then answers as one that is gone does.
//
// Errors are counted as `zpool status` shows them (OpenZFS module/zfs/vdev.c:vdev_stat_update): of
// reads and writes, not of flushes, and of a device that is gone only what was under way and
// the first I/O that finds it gone.
//
// The I/Os of a pool have a class (vdev_queue.h), and their device is issued what the limits of
// the classes allow; what is issued, and I/Os without a class, get a slot in the order in which
// they came. A large asynchronous write stands for a stream of I/Os of `stream_unit` bytes (what
// the vdev queue aggregates to), n of them active: its bytes move no faster than n units in a
// service time. Where I/Os wait for a slot, a stream gives its own up after a turn of n units and
// queues behind them; that it goes on costs it a service time.
//
// Units: bytes, bytes a second. Completions run in interrupt context: nobody pays.
// Differs from the real system: no geometry, no read-ahead; a flush is an I/O without
// bytes and orders nothing.
#ifndef TXGSIM_MODEL_STORAGE_DEVICE_H_
#define TXGSIM_MODEL_STORAGE_DEVICE_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/storage/vdev_queue.h"
#include "model/sync/event.h"
#include "model/sync/lock.h"
#include "sim/distribution.h"

namespace model {

class Device;
class GroupIo;

enum class IoKind : uint8_t { kRead, kWrite, kFlush };
enum class IoState : uint8_t { kHeld, kQueued, kTransfer, kService, kStuck, kLost, kDone };

// What an I/O of a pool is to its device.
struct IoRole {
  IoClass io_class = IoClass::kNone;
  // It stands for a stream of I/Os of stream_unit bytes, so many active at a time; 0: for itself.
  int64_t stream_active = 0;
  // Of a read: the member that is resilvered with it. Only those that have what it missed are asked.
  const class Device* resilvers = nullptr;
};

inline constexpr WaitSpec kIoWait = {.kind = SleepKind::kUninterruptible, .io = true};

class DeviceIo final : public Actor, public Waitable, public std::enable_shared_from_this<DeviceIo> {
 public:
  DeviceIo(Device* device, IoKind io_kind, int64_t bytes, IoRole role = {});
  using Actor::name;

  IoKind io_kind() const { return io_kind_; }
  IoClass io_class() const { return role_.io_class; }
  sim::SimTime submitted() const { return submitted_; }
  sim::SimTime ended() const { return ended_; }  // Once it is done.
  int64_t bytes() const { return bytes_; }
  IoState state() const { return state_; }
  bool done() const { return state_ == IoState::kDone; }
  int error() const { return error_; }  // Once it is done.
  Device& device() const { return *device_; }

  // Returns the error of the I/O once it is done, or the errno that ended the wait.
  sim::Task<int> Wait(Thread* thread, WaitSpec spec = kIoWait);

  Condition Examine(EnderSet* enders) const override;
  void Enders(const Waiter& waiter, EnderSet* enders) const override;
  void OnHoldGiven(Lock* lock) override { given_.Add(lock); }
  // The device itself, where a report says who has not answered; a root is the pool that it is part of.
  const std::string& reported_name() const override;
  const std::string& root_name() const override;

 private:
  friend class Device;
  friend class DeviceGroup;
  friend class GroupIo;
  struct Timer : sim::EventHandler {
    explicit Timer(DeviceIo* owner);
    DeviceIo* io;
    sim::EventId id;
  };

  Device* device_;
  IoKind io_kind_;
  IoRole role_;
  IoState state_ = IoState::kQueued;
  sim::SimTime submitted_;
  sim::SimTime ended_;
  int64_t bytes_;
  int64_t left_bytes_;
  int64_t turn_left_ = 0;  // Of a stream: bytes that it may move before it gives up its slot.
  bool resumes_ = false;   // Of a stream: it has been out of its slot.
  int error_ = 0;
  Timer timer_;  // Of the service time.
  GivenHolds given_;
  GroupIo* group_ = nullptr;
  size_t share_ = 0;  // Of the group's: which one it is a part of.
};

struct DeviceFigures {
  int64_t ios = 0;
  int64_t bytes = 0;
  int64_t errors = 0;
  int64_t reads = 0;
  int64_t writes = 0;
  int64_t read_bytes = 0;
  int64_t written_bytes = 0;
  int64_t read_wait_ns = 0;   // From submission to completion, summed.
  int64_t write_wait_ns = 0;  // Flushes count neither way.
  size_t queued_max = 0;
};

// Since the device was made, or since `zpool clear`.
struct DeviceErrors {
  int64_t reads = 0;
  int64_t writes = 0;
  int64_t slow = 0;  // No errors: I/Os that took longer than their pool finds right.
};

// Told of each completion, and of a device that goes or is back: a pool that counts slow I/Os and lists
// events.
class DeviceObserver {
 public:
  virtual ~DeviceObserver() = default;
  virtual void OnIoDone(const DeviceIo& io) = 0;
  virtual void OnStateChanged(const Device& device) = 0;
};

// Which I/Os that will never complete by themselves a watchdog of the owner ends nevertheless.
enum class Rescue : uint8_t { kNone, kLost, kAny };

class Device {
 public:
  struct Options {
    sim::Distribution read = sim::Distribution::Constant(100'000);
    sim::Distribution write = sim::Distribution::Constant(100'000);
    sim::Distribution flush = sim::Distribution::Constant(1'000'000);
    int64_t bandwidth = 0;  // 0: moving bytes takes no time.
    int depth = 32;
    int64_t chunk_bytes = 128 * 1024;
    int64_t stream_unit = 128 * 1024;         // Of a stream's I/Os.
    std::string shown_as;                     // In roots: the pool that it is part of; empty: its name.
    const VdevQueueLimits* limits = nullptr;  // Of classes; null: none. Must outlive the device.
  };
  Device(Machine* machine, std::string name, const Options& options);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const std::string& name() const { return name_; }
  const std::string& shown_as() const { return options_.shown_as.empty() ? name_ : options_.shown_as; }
  Machine& machine() const { return *machine_; }
  const Options& options() const { return options_; }
  const DeviceFigures& figures() const { return figures_; }
  const DeviceErrors& errors() const { return errors_; }
  void ClearErrors() { errors_ = {}; }
  void CountSlow() { ++errors_.slow; }
  // Begun and not done; and those that wait, for the limit of their class or for a slot.
  const std::vector<std::shared_ptr<DeviceIo>>& in_service() const { return in_service_; }
  size_t waiting() const { return queue_.size() + issued_.size(); }
  const std::deque<std::shared_ptr<DeviceIo>>& held() const { return held_; }

  // The device keeps an I/O alive until it is done.
  std::shared_ptr<DeviceIo> Submit(IoKind kind, int64_t bytes, const Thread* submitter = nullptr,
                                   IoRole role = {});
  sim::Task<int> Io(Thread* thread, IoKind kind, int64_t bytes, WaitSpec spec = kIoWait);
  void set_observer(DeviceObserver* observer) { observer_ = observer; }

  // A queueing map: new I/Os are kept, until Release() sends them on or Fail() ends
  // them; after Fail() new ones fail at once, until Release() or Hold().
  void Hold() { gate_ = Gate::kHeld; }
  void Release();
  void Fail(int error);
  bool holding() const { return gate_ == Gate::kHeld; }
  // Who may release or fail what is held.
  Producers& by() { return by_; }

  // Faults. A stalled device completes nothing and starts nothing.
  void Stall(std::optional<sim::SimDuration> lasting);  // Nothing: for ever.
  void EndStall();
  bool stalled() const { return stalled_; }
  // Service and transfer take `factor` times as long, for what starts from now on.
  void SetSlow(double factor);
  // What completes from now on fails with this; 0: no more.
  void SetError(int error) { fault_error_ = error; }
  void LoseNextCompletion() { ++to_lose_; }
  // One that has not been lost yet is not to be lost any more.
  void TakeBackLoss() { to_lose_ = std::max(to_lose_ - 1, 0); }
  // Gone: what is under way fails with ENXIO, lost completions too, and so does what comes.
  void SetOffline(bool offline);
  // Taken out by its pool, until it is put back.
  void TakeOut(bool out);
  bool taken_out() const { return taken_out_; }
  // It takes no I/O, for either reason.
  bool offline() const { return offline_ || taken_out_; }
  // As `zpool status` has it.
  std::string_view state_name() const { return taken_out_ ? "OFFLINE" : offline_ ? "UNAVAIL" : "ONLINE"; }
  // What was submitted that long ago and is lost is begun anew (zio_deadman's continue). Returns
  // how many I/Os were overdue, lost or not.
  int ReissueOverdue(sim::SimDuration age, bool reissue);
  void set_rescue(Rescue rescue) { rescue_ = rescue; }
  // As somebody outside would who repairs it: ends every fault and the hold, and
  // completes what was lost.
  void Repair();

 private:
  friend class DeviceIo;
  enum class Gate : uint8_t { kOpen, kHeld, kFailing };
  struct Timer : sim::EventHandler {
    Timer(Device* owner, void (*function)(EventHandler*)) : EventHandler(function), device(owner) {}
    Device* device;
    sim::EventId id;
  };

  void Pump();
  void Issue();
  void Begin();
  int64_t TurnBytes(const DeviceIo& io) const { return io.role_.stream_active * options_.stream_unit; }
  void StartChannel();
  void CutTransfer(int64_t grain_bytes);
  void GiveUpSlot(DeviceIo* io);
  void OnChannelEnd();
  void StartService(DeviceIo* io);
  void OnServiceEnd(DeviceIo* io);
  void Complete(std::shared_ptr<DeviceIo> io, int error);
  void FailAll();
  void AddEnders(const DeviceIo& io, const Waiter* waiter, EnderSet* enders) const;

  Machine* machine_;
  std::string name_;
  Options options_;
  uint64_t key_;
  sim::Site service_site_;
  sim::Site flush_site_;
  DeviceFigures figures_;
  DeviceErrors errors_;

  Gate gate_ = Gate::kOpen;
  int gate_error_ = 0;
  Producers by_;
  bool stalled_ = false;
  Timer stall_end_;
  double slow_factor_ = 1;
  int fault_error_ = 0;
  int to_lose_ = 0;
  bool offline_ = false;
  bool taken_out_ = false;
  bool found_gone_ = false;  // An I/O has come back with ENXIO since it went.
  Rescue rescue_ = Rescue::kNone;
  DeviceObserver* observer_ = nullptr;
  VdevQueueCounts active_ = {};  // Issued and not done, by class.

  std::deque<std::shared_ptr<DeviceIo>> held_;
  std::deque<std::shared_ptr<DeviceIo>> queue_;
  std::deque<std::shared_ptr<DeviceIo>> issued_;  // Those without a slot.
  std::vector<std::shared_ptr<DeviceIo>> in_service_;
  std::deque<DeviceIo*> channel_;  // In transfer; the first one's bytes move.
  // Of the first, with the event at hand.
  int64_t moving_bytes_ = 0;
  int64_t moving_ns_ = 0;
  sim::SimTime moving_since_;
  Timer channel_end_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_STORAGE_DEVICE_H_
