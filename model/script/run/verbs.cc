// SPDX-License-Identifier: Apache-2.0
//
// The verbs: what any code may do by itself.
#include <bit>
#include <utility>

#include "fmt/format.h"
#include "model/design/job.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/job.h"
#include "model/script/run/pool.h"
#include "model/script/run/words.h"
#include "sim/hash.h"

namespace model {
namespace {

// In user mode a handled signal interrupts the computation, which then goes on.
sim::Task<> Compute(OpCall* call) {
  const std::optional<int64_t> span = call->Duration(1);
  if (!span) co_return;
  sim::SimDuration left = sim::SimDuration::Nanos(*span);
  for (;;) {
    left = co_await call->thread()->Compute(left);
    if (left.ns() == 0 || call->thread()->killed() || !call->user_mode()) co_return;
    co_await TakeSignals(&call->here());
  }
}

sim::Task<> Sleep(OpCall* call) {
  const std::optional<int64_t> span = call->Duration(1);
  if (!span) co_return;
  auto wait = call->Wait(2, call->user_mode() ? WaitMode::kS : WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  const IdleScope idle(&call->here(), &*wait);
  const int error =
      co_await call->thread()->SleepFor(sim::SimDuration::Nanos(*span), SleepKindOf(wait->mode));
  if (error != 0) call->Refuse(error);
}

sim::Task<> Yield(OpCall* call) { co_await call->thread()->Yield(); }

// A signal that is handled comes back to where it hung.
sim::Task<> Hang(OpCall* call) {
  bool busy = false;
  if (!call->Absent(1)) {
    const std::optional<Options> options = call->Table(1);
    if (!options) co_return;
    busy = (*options)["busy"].flag;
  }
  while (!call->thread()->killed()) {
    if (busy) {
      co_await call->thread()->RunForever();
    } else {
      co_await call->thread()->Hang();
    }
    if (!call->thread()->killed()) co_await TakeSignals(&call->here());
  }
}

void GiveNow(OpCall* call) { call->ReturnInteger(call->machine().now().ns()); }

sim::Task<> Now(OpCall* call) {
  co_await call->thread()->Settle();
  GiveNow(call);
}

uint64_t HashOf(const PlainValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  if (const int64_t* integer = std::get_if<int64_t>(&value)) return static_cast<uint64_t>(*integer);
  if (const double* number = std::get_if<double>(&value)) return std::bit_cast<uint64_t>(*number);
  if (const std::string* text = std::get_if<std::string>(&value)) return sim::HashName(*text);
  return 0;
}

void NoteMark(OpCall* call) {
  const std::optional<std::string> name = call->Text(1);
  if (!name) return;
  PlainValue value;
  if (!call->Absent(2)) {
    const std::optional<PlainValue> given = call->Plain(2);
    if (!given) return;
    value = *given;
  }
  call->machine().Record(RecordKind::kMark, call->thread(), sim::HashName(*name), HashOf(value));
  const std::string* text = std::get_if<std::string>(&value);
  call->world().Take(static_cast<int64_t>(sizeof(MarkEntry) + (text != nullptr ? text->size() : 0)));
  call->world().marks[*name].push_back({call->machine().now(), std::move(value)});
}

sim::Task<> Mark(OpCall* call) {
  co_await call->thread()->Settle();
  NoteMark(call);
}

int Check(lua_State* L) {
  if (lua_toboolean(L, 1) != 0) return 0;
  World& world = BodyOf(L).world();
  size_t length = 0;
  const char* text = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &length) : nullptr;
  const ScenarioError where = ErrorAtLine(world, L, "", "check");
  world.CheckFailed(fmt::format("{}:{}:{}: {} ({}, at {})", where.file, where.pos.line, where.pos.column,
                                text != nullptr ? std::string(text, length) : "check failed",
                                BodyContextOf(L)->name, FormatDuration(world.now().ns())));
  if (world.TookTooMuch()) FailByLimit(world, L, "check", World::MemoryLimitText());
  return 0;
}

int Retry(lua_State* L) {
  World& world = BodyOf(L).world();
  size_t length = 0;
  const char* text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : "";
  if (world.laps().Retry(BodyOf(L).here().thread, std::string(text, length))) world.LookNow();
  return 0;
}

int Progress(lua_State* L) {
  BodyOf(L).world().laps().Progress(BodyOf(L).here().thread);
  return 0;
}

// choose "outcome" { "ok", EIO }: the list that the label is applied to. Upvalue: the label.
int ChooseFrom(lua_State* L) {
  if (!lua_istable(L, 1)) RaiseText(L, "choose \"label\" { value, value, ... }");
  const auto count = static_cast<uint32_t>(luaL_len(L, 1));
  if (count == 0) RaiseText(L, "choose: the list is empty");
  RunThread& here = BodyOf(L).here();
  sim::Site& site = here.SiteFor("choose", lua_tostring(L, lua_upvalueindex(1)));
  lua_geti(L, 1, static_cast<lua_Integer>(here.world->chooser().Choose(site, count)) + 1);
  return 1;
}

int Choose(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING) RaiseText(L, "choose \"label\" { value, value, ... }");
  const int arguments = lua_gettop(L);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, &ChooseFrom, 1);
  if (arguments < 2) return 1;
  lua_pushvalue(L, 2);
  lua_call(L, 1, 1);
  return 1;
}

// sh "zfs snapshot tank/a@b"
sim::Task<> Shell(OpCall* call) {
  const std::optional<std::string> line = call->Text(1);
  if (!line) co_return;
  const AdminResult result = co_await RunShellLine(&call->world(), call->thread(), *line);
  call->ReturnInteger(result.exit_code);
}

void ComputeInJob(OpCall* call, JobStep* step) {
  const std::optional<int64_t> span = call->Duration(1);
  step->kind = JobStep::Kind::kCompute;
  step->compute = sim::SimDuration::Nanos(span.value_or(0));
}

constexpr BlockingOp kCompute = {.run = &Compute, .job_step = &ComputeInJob};
constexpr BlockingOp kSleep = {&Sleep};
constexpr BlockingOp kYield = {&Yield};
constexpr BlockingOp kHang = {&Hang};
constexpr BlockingOp kNow = {&Now, 0, &GiveNow};
constexpr BlockingOp kMark = {&Mark, 0, &NoteMark};
constexpr BlockingOp kShell = {.run = &Shell, .job_step = &ActInJob};

}  // namespace

void BindVerbs(RuntimeTable* table) {
  table->BindBlocking("compute", &kCompute);
  table->BindBlocking("sleep", &kSleep);
  table->BindBlocking("yield", &kYield);
  table->BindBlocking("hang", &kHang);
  table->BindBlocking("now", &kNow);
  table->BindBlocking("mark", &kMark);
  table->BindBlocking("sh", &kShell);
  table->BindImmediate("check", &Check);
  table->BindImmediate("retry", &Retry);
  table->BindImmediate("progress", &Progress);
  table->BindImmediate("choose", &Choose);
}

const RuntimeTable& RunWords() {
  static const RuntimeTable* const kTable = [] {
    auto* table = new RuntimeTable;
    BindVerbs(table);
    BindThreadWords(table);
    BindLockWords(table);
    BindEventWords(table);
    BindCrossingWords(table);
    BindServerWords(table);
    BindWorkWords(table);
    BindDeviceWords(table);
    BindFileWords(table);
    BindRingWords(table);
    BindPoolWords(table);
    BindJobWords(table);
    BindRngWords(table);
    return table;
  }();
  return *kTable;
}

sim::Task<AdminResult> RunShellLine(World* world, Thread* thread, std::string line) {
  AdminResult result;
  absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
  if (command.ok()) {
    result = co_await RunAdminCommand(thread, &world->pools().module(), *std::move(command),
                                      world->pools().recorder());
  } else {
    result.exit_code = 2;
    result.output = std::string(command.status().message());
    world->Warn(fmt::format("{} typed what is no command: {}", thread->name(), result.output));
  }
  world->NoteOutput(
      {.at = {}, .by = thread->name(), .line = line, .exit_code = result.exit_code, .output = result.output});
  co_return result;
}

sim::Task<> SchedulingPoint(OpCall* call, const char* label) {
  if (call->machine().profile().ideal) co_await call->thread()->Step();
  if (call->world().WantsToGiveWay(&call->here(), label)) co_await call->thread()->Yield();
}

}  // namespace model
