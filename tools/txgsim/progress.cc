// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/progress.h"

#include <cstdio>

#include "fmt/format.h"
#include "tools/txgsim/output.h"

namespace tools {
namespace {

std::string SecondsText(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 7200) return fmt::format("{} min", (whole + 30) / 60);
  return fmt::format("{}.{} h", whole / 3600, whole % 3600 / 360);
}

}  // namespace

std::string ProgressLine(size_t done, size_t total, const std::string& what, double elapsed_s,
                         size_t failed) {
  std::string text = fmt::format("{}/{} {}, {} %, {}", done, total, what,
                                 total == 0 ? 100 : done * 100 / total, SecondsText(elapsed_s));
  if (done > 0 && done < total) {
    const double left = elapsed_s / static_cast<double>(done) * static_cast<double>(total - done);
    text += fmt::format(", {} to go", SecondsText(left));
  }
  if (failed > 0) text += fmt::format(", {} failed", failed);
  return text;
}

Progress::Progress(bool quiet, size_t total, std::string what) : total_(total), what_(std::move(what)) {
  if (!quiet && StderrTakesProgress()) watcher_ = std::thread([this] { Watch(); });
}

Progress::~Progress() {
  if (!watcher_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_one();
  watcher_.join();
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::Done(bool failed) {
  const std::lock_guard lock(mutex_);
  ++done_;
  failed_ += failed ? 1 : 0;
}

void Progress::Watch() {
  std::unique_lock lock(mutex_);
  auto pause = std::chrono::milliseconds(1000);
  while (!ended_.wait_for(lock, pause, [this] { return end_; })) {
    Show(Clock::now() - start_);
    pause = std::chrono::milliseconds(250);
  }
}

void Progress::Show(Clock::duration elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  std::fputs(("\r\x1b[K" + ProgressLine(done_, total_, what_, seconds, failed_)).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void WatchedRunner::ForEach(size_t count, const Work& work) const {
  Progress progress(quiet_, count, "runs");
  runner_->ForEach(count, [&](size_t worker, size_t run) {
    work(worker, run);
    progress.Done(false);
  });
}

}  // namespace tools
