// SPDX-License-Identifier: Apache-2.0
//
// Threads on cores as a queue of known mean wait: Poisson arrivals, exponential bursts,
// first come first served, so M/M/c with the cores as servers. The formula is that of
// tests/sim/queueing_test.cc: Wq / service = 4 for c = 1, rho = 0.8, and 0.7455 for
// c = 4, rho = 0.8.
#include <string>

#include "gtest/gtest.h"
#include "sim/distribution.h"
#include "sim/random.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

constexpr int64_t kServiceNs = 1'000'000;

struct Burst {
  static sim::Task<> Run(Thread* t, int64_t arrived_ns, int64_t service_ns, double* sum) {
    *sum += static_cast<double>(t->machine().now().ns() - arrived_ns) / kServiceNs;
    co_await t->Compute(Nanos(service_ns));
  }
  static sim::Task<> Arrivals(World* world, uint64_t seed, int64_t gap_ns, int count, double* sum) {
    sim::Stream gaps(seed, "gaps"), services(seed, "services");
    const sim::Distribution gap = sim::Distribution::Exponential(gap_ns);
    const sim::Distribution service = sim::Distribution::Exponential(kServiceNs);
    for (int i = 0; i < count; ++i) {
      co_await world->simulation.Sleep(Nanos(gap.Draw(gaps)));
      const int64_t now_ns = world->now_ns();
      const int64_t service_ns = service.Draw(services);
      world->Kernel("c", [=](Thread* t) { return Run(t, now_ns, service_ns, sum); });
    }
  }
};

double MeanWait(int cores, double rho) {
  constexpr int kSeeds = 4;
  constexpr int kArrivals = 20'000;
  double sum = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    MachineOptions options = Cores(cores);
    options.scheduler = SchedulerPolicy::kFifo;
    World world(options);
    world.simulation.Spawn(
        Burst::Arrivals(&world, seed, static_cast<int64_t>(kServiceNs / (rho * cores)), kArrivals, &sum));
    world.Run();
  }
  return sum / (kSeeds * kArrivals);
}

// The standard error over 80,000 customers is sqrt(1976 / 80,000) = 0.16 for one core
// (variance constant of M/M/1 at 0.8, see tests/sim/queueing_test.cc).
TEST(QueueingTest, OneFifoCoreIsAnMM1Queue) { EXPECT_NEAR(MeanWait(1, 0.8), 4, 3 * 0.16); }

// A customer of four servers waits about a fifth as long, and as much less variably.
TEST(QueueingTest, FourFifoCoresWithIdlePullAreAnMM4Queue) {
  EXPECT_NEAR(MeanWait(4, 0.8), 0.7455, 3 * 0.04);
}

}  // namespace
}  // namespace model
