// SPDX-License-Identifier: Apache-2.0
//
// Who repeats itself without progress: the declared half of livelock.
//
// A loop says retry() for one more lap that achieved nothing and progress() for
// one that did. That a thread runs does not show whether it gets anywhere, so the
// simulator does not guess: no declaration, no livelock.
#ifndef TXGSIM_MODEL_WATCH_LAP_BOOK_H_
#define TXGSIM_MODEL_WATCH_LAP_BOOK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/machine/thread.h"

namespace model {

class LapBook {
 public:
  // `limit`: laps in a row, without progress, that make a livelock.
  explicit LapBook(int64_t limit) : limit_(limit) {}

  // Returns true if the thread has just become livelocked.
  bool Retry(const Thread* thread, std::string reason) {
    Entry& entry = entries_[thread->tid()];
    entry.thread = thread;
    entry.reason = std::move(reason);
    return ++entry.laps == limit_;
  }
  void Progress(const Thread* thread) { entries_.erase(thread->tid()); }

  // By thread id; those that have ended are no longer there.
  std::vector<const Thread*> Livelocked() const {
    std::vector<const Thread*> result;
    for (const auto& [tid, entry] : entries_) {
      if (entry.laps >= limit_ && !entry.thread->ended()) result.push_back(entry.thread);
    }
    return result;
  }
  // The reason that it gave last, or empty.
  std::string ReasonOf(const Thread* thread) const {
    auto it = entries_.find(thread->tid());
    return it != entries_.end() ? it->second.reason : std::string();
  }

 private:
  struct Entry {
    const Thread* thread = nullptr;
    int64_t laps = 0;
    std::string reason;
  };
  int64_t limit_;
  absl::btree_map<int, Entry> entries_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_LAP_BOOK_H_
