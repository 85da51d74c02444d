// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/work.h"

#include <algorithm>
#include <utility>

#include "model/script/run/sync.h"
#include "model/script/run/words.h"

namespace model {
namespace {

sim::Task<> RunItem(World* world, const char* frame, std::shared_ptr<LuaValues> function, Thread* thread,
                    Work* work) {
  RunThread& here = world->ThreadOf(thread);
  for (Lock* lock : world->work().TakeGivenHolds(work)) {
    lock->GiveTo(work, thread);
    world->sync().AddHold(lock, &here);
  }
  auto body = BodyRun::OfFunction(&here, {.context = kContextKernel, .frame = frame}, *function);
  co_await RunBody(body.get(), 0);
  if (!here.held.empty()) NoteHoldsAtReturn(&here);
}

// workers:queue("name", fn)
sim::Task<> Queue(OpCall* call) {
  const std::optional<std::string> name = call->Text(2);
  if (!name) co_return;
  std::shared_ptr<LuaValues> function = call->Function(3, true);
  if (function == nullptr) co_return;
  std::vector<ThingRef> reach;
  call->Protect([&] { reach = call->world().host().ReachableFrom(call->lua(), 3); });
  TXGSIM_SCHEDULING_POINT(call, "queue");
  call->ReturnThing(call->world().work().Queue(call->Thing(1), *name, std::move(function),
                                               call->world().ReachOf(reach), call->thread()));
}

sim::Task<> WaitPool(OpCall* call) {
  const std::optional<WaitOptions> wait = call->Wait(2, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  const int error =
      co_await call->world().work().PoolOf(call->Thing(1))->WaitIdle(call->thread(), wait->spec());
  if (error != 0) call->Raise(error);
}

sim::Task<> WaitItem(OpCall* call) {
  const std::optional<WaitOptions> wait = call->Wait(2, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  const std::shared_ptr<Work> work = call->world().work().WorkOf(call->Thing(1));
  const int error = co_await work->Wait(call->thread(), wait->spec());
  if (error != 0) call->Raise(error);
}

sim::Task<> CancelItem(OpCall* call) {
  bool wait = false;
  if (!call->Absent(2)) {
    const std::optional<Options> options = call->Table(2);
    if (!options) co_return;
    wait = (*options)["wait"].flag;
  }
  if (wait && !call->MaySleep()) co_return;
  const std::shared_ptr<Work> work = call->world().work().WorkOf(call->Thing(1));
  call->ReturnBool(co_await work->Cancel(call->thread(), wait));
}

constexpr BlockingOp kQueue = {&Queue};
constexpr BlockingOp kWaitPool = {&WaitPool};
constexpr BlockingOp kWaitItem = {&WaitItem};
constexpr BlockingOp kCancelItem = {&CancelItem};

}  // namespace

WorkTable::WorkTable(World* world) : world_(world) { pools_.resize(world->scenario().workers.size()); }

void WorkTable::StartPool(int32_t index) {
  const WorkersDecl& decl = world_->scenario().workers[static_cast<size_t>(index)];
  auto& pool = pools_[static_cast<size_t>(index)];
  pool = std::make_unique<WorkerPool>(
      &world_->machine(), decl.name,
      WorkerPool::Options{.count = static_cast<int>(decl.count),
                          .max = static_cast<int>(std::max(decl.max, decl.count)),
                          .rescuer = decl.rescuer});
  pool->OnPark([world = world_] { world->SomethingEnded(); });
}

WorkerPool* WorkTable::FindPool(std::string_view name) const {
  for (const std::unique_ptr<WorkerPool>& pool : pools_) {
    if (pool != nullptr && pool->name() == name) return pool.get();
  }
  return nullptr;
}

ThingRef WorkTable::Queue(ThingRef pool, std::string name, std::shared_ptr<LuaValues> function,
                          std::vector<ThingRef> reach, Thread* waker) {
  const char* frame = world_->Intern(name);
  std::shared_ptr<Work> work = PoolOf(pool)->Queue(
      std::move(name),
      [world = world_, frame, function = std::move(function)](Thread* thread, Work* item) {
        return RunItem(world, frame, function, thread, item);
      },
      waker);
  world_->Take(static_cast<int64_t>(sizeof(Work) + sizeof(Item) + reach.size() * sizeof(ThingRef)));
  items_.push_back({std::move(work), std::move(reach), {}});
  return {ThingKind::kWork, static_cast<int32_t>(items_.size() - 1)};
}

std::vector<Lock*> WorkTable::TakeGivenHolds(const Work* work) {
  // The newest items are those that start.
  for (auto item = items_.rbegin(); item != items_.rend(); ++item) {
    if (item->work.get() == work) return std::exchange(item->given, {});
  }
  return {};
}

bool WorkTable::Idle() const {
  return std::all_of(pools_.begin(), pools_.end(),
                     [](const std::unique_ptr<WorkerPool>& pool) { return pool != nullptr && pool->idle(); });
}

void WorkTable::AddItemsThatReach(ThingRef thing, Producers* producers) const {
  for (const Item& item : items_) {
    if (!item.work->ended() && std::binary_search(item.reach.begin(), item.reach.end(), thing)) {
      producers->Add(item.work.get());
    }
  }
}

void BindWorkWords(RuntimeTable* table) {
  table->BindBlocking("workers:queue", &kQueue);
  table->BindBlocking("workers:wait", &kWaitPool);
  table->BindBlocking("work:wait", &kWaitItem);
  table->BindBlocking("work:cancel", &kCancelItem);
}

}  // namespace model
