// SPDX-License-Identifier: Apache-2.0
//
// The words of files: open, close. What `release` does runs at the last close, on the
// thread that closes, in kernel mode: also in the exit of a process.
#include "model/script/run/file.h"

#include <algorithm>
#include <utility>

#include "model/script/run/pool.h"
#include "model/script/run/words.h"

namespace model {

class FileTable::Handle final : public OpenFile {
 public:
  Handle(FileTable* table, int32_t index) : table_(table), index_(index) {}
  int32_t index() const { return index_; }
  sim::Task<> Close(Thread* thread) override { return Released(table_, index_, thread); }

  static sim::Task<> Released(FileTable* table, int32_t index, Thread* thread) {
    if (--table->files_[static_cast<size_t>(index)].open > 0) co_return;
    World& world = *table->world_;
    const FileDecl& decl = world.scenario().files[static_cast<size_t>(index)];
    if (decl.release == kNoBody) co_return;
    auto body = BodyRun::OfBody(&world.ThreadOf(thread),
                                {.context = kContextKernel, .frame = world.Intern(decl.name + "_release")},
                                decl.release);
    if (world.failed()) co_await Halt{};
    co_await RunBody(body.get(), 0);
  }

 private:
  FileTable* table_;
  int32_t index_;
};

FileTable::FileTable(World* world) : world_(world), files_(world->scenario().files.size()) {}

void FileTable::Open(int32_t index, Thread* thread) {
  auto handle = std::make_shared<Handle>(this, index);
  files_[static_cast<size_t>(index)].handles.push_back({thread->process(), handle});
  ++files_[static_cast<size_t>(index)].open;
  if (thread->process() != nullptr) thread->process()->AddFile(std::move(handle));
}

void FileTable::Share(Process* parent, Process* child) {
  for (File& file : files_) {
    std::vector<File::Entry> shared;
    for (const File::Entry& entry : file.handles) {
      if (entry.process == parent) shared.push_back({child, entry.handle});
    }
    for (File::Entry& entry : shared) {
      child->AddFile(entry.handle);
      file.handles.push_back(std::move(entry));
      ++file.open;
    }
  }
  for (const auto& job : world_->pools().jobs()) {
    if (job != nullptr) job->design().ShareFiles(parent, child);
  }
}

void FileTable::CloseOnExec(Thread* thread) {
  for (const auto& job : world_->pools().jobs()) {
    if (job != nullptr) job->design().CloseOnExec(thread);
  }
}

sim::Task<bool> FileTable::Close(int32_t index, Thread* thread) {
  std::vector<File::Entry>& handles = files_[static_cast<size_t>(index)].handles;
  auto it = std::find_if(handles.begin(), handles.end(), [&](const File::Entry& entry) {
    return entry.process == thread->process() &&
           (entry.process == nullptr || entry.process->RemoveFile(entry.handle.get()));
  });
  if (it == handles.end()) co_return false;
  handles.erase(it);
  co_await Handle::Released(this, index, thread);
  co_return true;
}

namespace {

sim::Task<> Open(OpCall* call) {
  const bool user = call->user_mode();
  if (user) call->thread()->EnterKernel();
  call->world().files().Open(call->Thing(1).index, call->thread());
  if (user) co_await call->thread()->ReturnToUser();
}

sim::Task<> Close(OpCall* call) {
  const bool user = call->user_mode();
  if (user) call->thread()->EnterKernel();
  const bool was_open = co_await call->world().files().Close(call->Thing(1).index, call->thread());
  if (user) co_await call->thread()->ReturnToUser();
  if (was_open) {
    call->ReturnBool(true);
  } else {
    call->Refuse(kEBADF);
  }
}

constexpr BlockingOp kOpen = {&Open};
constexpr BlockingOp kClose = {&Close};

}  // namespace

void BindFileWords(RuntimeTable* table) {
  table->BindBlocking("file:open", &kOpen);
  table->BindBlocking("file:close", &kClose);
}

}  // namespace model
