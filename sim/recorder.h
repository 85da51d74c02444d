// SPDX-License-Identifier: Apache-2.0
//
// What happened in a run: records of fixed size, appended to blocks, and their digest.
//
// A record is 36 bytes, little-endian, without padding, in this order:
//   time_ns int64 | kind uint32 | actor uint64 | a uint64 | b uint64
// Kind and actor are hashes of names. Which records exist depends on the model alone, never on who looks at
// them, so the digest of a run is the same with any sink, or none. A full block is hashed, handed to the
// sink, and kept or used again.
//
// Cost: off, one predictable branch on a cached flag; compiled out with TXGSIM_NO_RECORDER, nothing at all.
// Threads: one run, one thread.
#ifndef TXGSIM_SIM_RECORDER_H_
#define TXGSIM_SIM_RECORDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sim/digest.h"
#include "sim/hash.h"
#include "sim/time.h"

namespace sim {

// What a record is about. Each layer names its own: constexpr RecordKind kTxgOpen = RecordKindOf("txg/open");
enum class RecordKind : uint32_t {};
constexpr RecordKind RecordKindOf(std::string_view name) {
  return static_cast<RecordKind>(HashName(name) & 0xffffffff);
}

struct EventRecord {
  SimTime time;
  RecordKind kind = {};
  uint64_t actor = 0;
  uint64_t a = 0;
  uint64_t b = 0;
  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Some records, in order; all of them over several calls. The span is valid during the call.
  virtual void Write(std::span<const EventRecord> records) = 0;
};

class Recorder {
 public:
  static constexpr size_t kRecordBytes = 8 + 4 + 8 + 8 + 8;

  struct Options {
    bool keep_all = false;       // Every record stays in memory, for records().
    RecordSink* sink = nullptr;  // Not owned; null: the digest only.
  };

  // Off: records nothing.
  Recorder() = default;
  // On.
  explicit Recorder(const Options& options);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

#ifdef TXGSIM_NO_RECORDER
  static constexpr bool enabled() { return false; }
#else
  bool enabled() const { return enabled_; }
#endif

  void Record(SimTime time, RecordKind kind, uint64_t actor, uint64_t a, uint64_t b) {
    if (!enabled()) [[likely]]
      return;
    if (cursor_ == block_end_) CompleteBlock();
    std::byte* at = cursor_;
    at = StoreLittleEndian<8>(at, static_cast<uint64_t>(time.ns()));
    at = StoreLittleEndian<4>(at, static_cast<uint32_t>(kind));
    at = StoreLittleEndian<8>(at, actor);
    at = StoreLittleEndian<8>(at, a);
    cursor_ = StoreLittleEndian<8>(at, b);
  }

  // Hashes and hands to the sink what has gathered since the last full block.
  void Flush();

  // Of all records so far. Off: that of no bytes.
  uint64_t digest();
  uint64_t count() const;
  // All records so far. REQUIRES: keep_all
  std::vector<EventRecord> records() const;

 private:
  static constexpr size_t kBlockRecords = 450;  // Just below 16 KiB.
  static constexpr size_t kBlockBytes = kBlockRecords * kRecordBytes;

  void CompleteBlock();

  bool enabled_ = false;
  std::byte* cursor_ = nullptr;     // Where the next record goes.
  std::byte* block_end_ = nullptr;  // Of the last block.
  std::byte* flushed_ = nullptr;    // In the last block; what is before it was hashed and handed out.
  Options options_;
  uint64_t completed_records_ = 0;  // In blocks before the last one.
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::vector<EventRecord> decoded_;
  Digest digest_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_RECORDER_H_
