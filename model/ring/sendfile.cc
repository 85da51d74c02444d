// SPDX-License-Identifier: Apache-2.0
#include "model/ring/sendfile.h"

#include <algorithm>
#include <utility>

#include "model/ring/request.h"

namespace model {
namespace {

bool Stops(const Thread* worker, const RingRequest* request) {
  return worker->killed() || request->cancel() != RingCancel::kNone;
}

// Sends one chunk. Returns 0, an errno of an I/O, or ECANCELED.
sim::Task<int> SendChunk(SendfileOptions options, int64_t bytes, Thread* worker, const RingRequest* request) {
  int error = 0;
  if (options.from_pool != nullptr) {
    error = co_await options.from_pool->Read(worker, bytes);
  } else {
    error = co_await options.from_device->Io(worker, IoKind::kRead, bytes);
  }
  if (error != 0) co_return error;
  if (request->cancel() == RingCancel::kNow) co_return kECANCELED;
  error = co_await options.to->Io(worker, IoKind::kWrite, bytes);
  if (error == 0 && request->cancel() == RingCancel::kNow) error = kECANCELED;
  co_return error;
}

// Between two chunks. Returns the last text that was no order.
sim::Task<std::string> TakeMessages(Thread* worker, RingRequest* request) {
  std::string text;
  bool paused = false;
  while (request->has_message() || paused) {
    if (!request->has_message()) {
      const int error = co_await request->WaitMessage(worker);
      if (error != 0) break;
    }
    std::string message = request->TakeMessage();
    if (message == "pause" || message == "resume") {
      paused = message == "pause";
    } else {
      text = std::move(message);
    }
  }
  co_return text;
}

sim::Task<RingResult> Send(SendfileOptions options, Thread* worker, RingRequest* request) {
  co_await sim::FrameName{"do_sendfile"};
  int64_t sent = 0;
  while (sent < options.bytes && !Stops(worker, request)) {
    const int64_t chunk = std::min(options.chunk_bytes, options.bytes - sent);
    const int error = co_await SendChunk(options, chunk, worker, request);
    if (error == kECANCELED || (error != 0 && sent == 0)) co_return RingResult{.res = -error};
    if (error != 0) break;
    sent += chunk;
    if (sent == options.bytes || Stops(worker, request)) break;
    std::string text = co_await TakeMessages(worker, request);
    if (Stops(worker, request)) break;
    request->Progress({.res = sent, .text = std::move(text)}, worker);
  }
  const bool at_once = request->cancel() == RingCancel::kNow || worker->killed();
  if (at_once && sent < options.bytes) co_return RingResult{.res = -kECANCELED};
  co_return RingResult{.res = sent, .failed = sent < options.bytes};
}

}  // namespace

RingWork Sendfile(const SendfileOptions& options) {
  return {.name = "sendfile",
          .body = [options](Thread* worker, RingRequest* request) { return Send(options, worker, request); },
          .unbounded = options.from_pool == nullptr,
          .stops_gracefully = true,
          .takes_messages = true};
}

}  // namespace model
