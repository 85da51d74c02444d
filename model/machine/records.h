// SPDX-License-Identifier: Apache-2.0
//
// The kinds of record that a run leaves, and what their two arguments mean.
//
// The digest of a run is a hash over these records, so which of them exist
// depends on the model alone: never on a sink, a verbosity or a diagnosis. The
// numbers are part of the digest; new kinds go to the end.
#ifndef TXGSIM_MODEL_MACHINE_RECORDS_H_
#define TXGSIM_MODEL_MACHINE_RECORDS_H_

#include <cstdint>

namespace model {

enum class RecordKind : uint32_t {
  kSpawn = 1,          // a: pid, b: tid
  kRunOn = 2,          // a: core
  kOffCore = 3,        // a: core, b: state
  kBlock = 4,          // a: hash of the object's name, b: sleep kind
  kWake = 5,           // a: hash of the object's name, b: result
  kSignal = 6,         // a: signal
  kExit = 7,           // a: pid
  kSyscallEnter = 8,   // a: hash of the name
  kSyscallExit = 9,    // a: hash of the name, b: errno
  kLock = 10,          // a: hash of the name, b: mode
  kUnlock = 11,        // a: hash of the name
  kUpcall = 12,        // a: hash of the name, b: state
  kIoStart = 13,       // a: hash of the device, b: bytes
  kIoDone = 14,        // a: hash of the device, b: errno
  kTxgState = 15,      // a: txg, b: state
  kTxgDirty = 16,      // a: bytes (of the pool), b: txg
  kSyncTask = 17,      // a: txg, b: errno
  kDesignCall = 18,    // a: call number, b: hash of the call's text
  kDesignAnswer = 19,  // a: call number, b: hash of the answer's text
  kGate = 20,          // a: hash of the name, b: state
  kShared = 21,        // a: hash of the name, b: hash of the value
  kMark = 22,          // a: hash of the name, b: hash of the value
  kFault = 23,         // a: hash of the action
  kRequest = 24,       // a: hash of the server, b: state
  kWork = 25,          // a: hash of the pool, b: state
  kLate = 26,          // a: key of the event that runs late, b: when it was due, in ns
  kHalt = 27,          // a: hash of "panic" or "power_cut", b: hash of the text
  kEnd = 28,           // a: hash of the verdict, b: hash of its subkind; at the end of the run
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_RECORDS_H_
