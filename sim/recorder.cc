// SPDX-License-Identifier: Apache-2.0
#include "sim/recorder.h"

#include "sim/check.h"

namespace sim {

namespace {

EventRecord Decode(const std::byte* at) {
  return {.time = SimTime::FromNanos(static_cast<int64_t>(LoadLittleEndian<8>(at))),
          .kind = static_cast<RecordKind>(LoadLittleEndian<4>(at + 8)),
          .actor = LoadLittleEndian<8>(at + 12),
          .a = LoadLittleEndian<8>(at + 20),
          .b = LoadLittleEndian<8>(at + 28)};
}

}  // namespace

Recorder::Recorder(const Options& options) : enabled_(true), options_(options) {
  blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(kBlockBytes));
  cursor_ = flushed_ = blocks_.back().get();
  block_end_ = cursor_ + kBlockBytes;
}

void Recorder::CompleteBlock() {
  Flush();
  completed_records_ += kBlockRecords;
  if (options_.keep_all) blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(kBlockBytes));
  cursor_ = flushed_ = blocks_.back().get();
  block_end_ = cursor_ + kBlockBytes;
}

void Recorder::Flush() {
  if (cursor_ == flushed_) return;
  digest_.Update(flushed_, static_cast<size_t>(cursor_ - flushed_));
  if (options_.sink != nullptr) {
    decoded_.clear();
    for (const std::byte* at = flushed_; at != cursor_; at += kRecordBytes) decoded_.push_back(Decode(at));
    options_.sink->Write(decoded_);
  }
  flushed_ = cursor_;
}

uint64_t Recorder::digest() {
  Flush();
  return digest_.value();
}

uint64_t Recorder::count() const {
  if (blocks_.empty()) return 0;
  return completed_records_ + static_cast<uint64_t>(cursor_ - blocks_.back().get()) / kRecordBytes;
}

std::vector<EventRecord> Recorder::records() const {
  SIM_CHECK(options_.keep_all);
  std::vector<EventRecord> records;
  records.reserve(count());
  for (const auto& block : blocks_) {
    const std::byte* end = block == blocks_.back() ? cursor_ : block.get() + kBlockBytes;
    for (const std::byte* at = block.get(); at != end; at += kRecordBytes) records.push_back(Decode(at));
  }
  return records;
}

}  // namespace sim
