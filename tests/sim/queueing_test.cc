// SPDX-License-Identifier: Apache-2.0
//
// Queues whose mean wait is known in closed form, run as tasks.
//
// Arrivals are Poisson, service times exponential with mean 1, c servers, first come
// first served, load rho = lambda / c. The mean wait in the queue is (Erlang C)
//
//   Wq = C(c, a) / (c (1 - rho)),  a = c rho,
//   C(c, a) = a^c / c! / (1 - rho) / (sum of a^k / k! for k < c, plus the numerator)
//
// For c = 1 that is rho / (1 - rho).
//
// Waits of neighbours are correlated, so the standard error comes from means over long
// batches, which are nearly independent. A run starts empty; the first tenth of it is
// not counted.
#include <cmath>
#include <coroutine>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/distribution.h"
#include "sim/random.h"
#include "sim/simulation.h"
#include "sim/task.h"

namespace sim {
namespace {

constexpr int64_t kServiceNs = 1'000'000;

struct QueueCase {
  int servers;
  double rho;
};
void PrintTo(const QueueCase& queue, std::ostream* out) {
  *out << "M/M/" << queue.servers << " at " << queue.rho;
}

double MeanWait(const QueueCase& queue) {
  const double a = queue.servers * queue.rho;
  double term = 1;
  double sum = 0;
  for (int k = 0; k < queue.servers; ++k) {
    sum += term;
    term *= a / (k + 1);
  }
  const double all_busy = term / (1 - queue.rho) / (sum + term / (1 - queue.rho));
  return all_busy / (queue.servers * (1 - queue.rho));
}

// So many servers; who finds none free waits in line.
class Counter {
 public:
  Counter(Simulation* simulation, int servers) : simulation_(simulation), free_(servers) {}

  auto Enter() {
    struct Awaiter {
      Counter* counter;
      bool await_ready() {
        if (counter->free_ == 0) return false;
        --counter->free_;
        return true;
      }
      void await_suspend(std::coroutine_handle<> handle) { counter->line_.push_back(handle); }
      void await_resume() {}
    };
    return Awaiter{this};
  }
  void Leave() {
    if (line_.empty()) {
      ++free_;
      return;
    }
    simulation_->ResumeReady(line_.front());
    line_.pop_front();
  }

 private:
  Simulation* simulation_;
  int free_;
  std::deque<std::coroutine_handle<>> line_;
};

struct Run {
  Simulation simulation;
  Counter counter;
  Stream arrivals;
  Stream services;
  Distribution gap;
  Distribution service = Distribution::Exponential(kServiceNs);
  int64_t customers;
  std::vector<double> waits = {};  // Mean services.
};

Task<> Customer(Run* run) {
  const SimDuration service = SimDuration::Nanos(run->service.Draw(run->services));
  const SimTime arrived = run->simulation.now();
  co_await run->counter.Enter();
  run->waits.push_back(static_cast<double>((run->simulation.now() - arrived).ns()) / kServiceNs);
  co_await run->simulation.Sleep(service);
  run->counter.Leave();
}

Task<> Source(Run* run) {
  for (int64_t i = 0; i < run->customers; ++i) {
    co_await run->simulation.Sleep(SimDuration::Nanos(run->gap.Draw(run->arrivals)));
    run->simulation.Spawn(Customer(run));
  }
}

// Means over `batches` equal parts of the waits of one run.
std::vector<double> BatchMeans(const QueueCase& queue, uint64_t seed, int64_t customers, int batches) {
  const auto gap_ns = static_cast<int64_t>(kServiceNs / (queue.rho * queue.servers));
  Run run = {.simulation = {},
             .counter = {&run.simulation, queue.servers},
             .arrivals = {seed, "arrivals"},
             .services = {seed, "services"},
             .gap = Distribution::Exponential(gap_ns),
             .customers = customers};
  Simulation::Scope scope(&run.simulation);
  run.simulation.Spawn(Source(&run));
  run.simulation.Run();
  const size_t first = run.waits.size() / 10;
  const size_t length = (run.waits.size() - first) / static_cast<size_t>(batches);
  std::vector<double> means;
  for (int b = 0; b < batches; ++b) {
    double sum = 0;
    for (size_t i = 0; i < length; ++i) sum += run.waits[first + static_cast<size_t>(b) * length + i];
    means.push_back(sum / static_cast<double>(length));
  }
  return means;
}

struct Estimate {
  double mean;
  double standard_error;
};

Estimate Over(const std::vector<double>& means) {
  double sum = 0, squares = 0;
  for (double mean : means) sum += mean;
  const double mean = sum / static_cast<double>(means.size());
  for (double value : means) squares += (value - mean) * (value - mean);
  const auto n = static_cast<double>(means.size());
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

class QueueingTest : public ::testing::TestWithParam<QueueCase> {};

INSTANTIATE_TEST_SUITE_P(Cases, QueueingTest,
                         ::testing::Values(QueueCase{1, 0.5}, QueueCase{1, 0.8}, QueueCase{4, 0.5},
                                           QueueCase{4, 0.8}));

TEST(QueueingFormulaTest, ErlangCAgreesWithWhatIsPublished) {
  EXPECT_DOUBLE_EQ(MeanWait({1, 0.5}), 1);
  EXPECT_NEAR(MeanWait({1, 0.8}), 4, 1e-12);
  EXPECT_NEAR(MeanWait({4, 0.5}), 0.0869565, 1e-7);  // C(4, 2) = 4/23.
  EXPECT_NEAR(MeanWait({4, 0.8}), 0.7455, 1e-3);     // C(4, 3.2) = 0.5964.
}

// Three seeds of 200,000 arrivals in 10 batches each: 30 means. Their standard error is
// about 1.5 % of the mean wait at rho = 0.8 (for M/M/1, from the variance constant
// rho (2 + 5 rho - 4 rho^2 + rho^3) / (1 - rho)^4 = 1976: sqrt(1976 / 540,000) = 0.06 of 4).
TEST_P(QueueingTest, MeanWaitAgreesWithTheClosedForm) {
  std::vector<double> means;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    for (double mean : BatchMeans(GetParam(), seed, 200'000, 10)) means.push_back(mean);
  }
  const Estimate estimate = Over(means);
  const double expected = MeanWait(GetParam());
  EXPECT_LT(estimate.standard_error, 0.03 * expected);
  EXPECT_NEAR(estimate.mean, expected, 3 * estimate.standard_error);
}

// 20 seeds of a million arrivals: set TXGSIM_LONG=1. About a minute for the four cases.
TEST_P(QueueingTest, LongMeanWaitIsWithinOnePercent) {
  const char* wanted = std::getenv("TXGSIM_LONG");
  if (wanted == nullptr || std::string(wanted) != "1") GTEST_SKIP() << "TXGSIM_LONG=1 runs it";
  std::vector<double> means;
  for (uint64_t seed = 1; seed <= 20; ++seed) means.push_back(BatchMeans(GetParam(), seed, 1'000'000, 1)[0]);
  const Estimate estimate = Over(means);
  const double expected = MeanWait(GetParam());
  EXPECT_NEAR(estimate.mean, expected, 3 * estimate.standard_error);
  EXPECT_NEAR(estimate.mean, expected, 0.01 * expected);
  RecordProperty("relative_error", std::to_string((estimate.mean - expected) / expected));
}

}  // namespace
}  // namespace sim
