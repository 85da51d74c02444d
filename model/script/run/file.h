// SPDX-License-Identifier: Apache-2.0
//
// The declared files of a run: who has them open.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_FILE_H_
#define TXGSIM_MODEL_SCRIPT_RUN_FILE_H_

#include <memory>
#include <vector>

#include "model/script/run/world.h"

namespace model {

class FileTable {
 public:
  explicit FileTable(World* world);

  void Open(int32_t index, Thread* thread);
  // What `parent` has open, its child has open from now on too: declared files, and the transactions of a
  // job's design.
  void Share(Process* parent, Process* child);
  // Closes what is close-on-exec, on a thread in kernel mode: the transactions.
  void CloseOnExec(Thread* thread);
  // On a thread in kernel mode. False if its process does not have it open.
  sim::Task<bool> Close(int32_t index, Thread* thread);

 private:
  class Handle;
  struct File {
    struct Entry {
      Process* process;  // Null: opened by a kernel thread.
      std::shared_ptr<Handle> handle;
    };
    std::vector<Entry> handles;
    int open = 0;
  };

  World* world_;
  std::vector<File> files_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_FILE_H_
