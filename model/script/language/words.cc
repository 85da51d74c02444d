// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/words.h"

#include <array>

namespace model {
namespace {

struct KindRow {
  ThingKind kind;
  std::string_view name;
};

constexpr std::array kKindNames = std::to_array<KindRow>({
    {ThingKind::kProcess, "process"},
    {ThingKind::kThread, "thread"},
    {ThingKind::kOperator, "operator"},
    {ThingKind::kKthread, "kthread"},
    {ThingKind::kSyscall, "syscall"},
    {ThingKind::kKfunc, "kfunc"},
    {ThingKind::kCallback, "callback"},
    {ThingKind::kDispatcher, "dispatcher"},
    {ThingKind::kMutex, "mutex"},
    {ThingKind::kSpinlock, "spinlock"},
    {ThingKind::kRwsem, "rwsem"},
    {ThingKind::kRrwlock, "rrwlock"},
    {ThingKind::kStriped, "striped"},
    {ThingKind::kSemaphore, "semaphore"},
    {ThingKind::kCompletion, "completion"},
    {ThingKind::kCondvar, "condvar"},
    {ThingKind::kWaitqueue, "waitqueue"},
    {ThingKind::kGate, "gate"},
    {ThingKind::kQueue, "queue"},
    {ThingKind::kShared, "shared"},
    {ThingKind::kServer, "server"},
    {ThingKind::kWorkers, "workers"},
    {ThingKind::kDevice, "device"},
    {ThingKind::kFile, "file"},
    {ThingKind::kRing, "ring"},
    {ThingKind::kPool, "pool"},
    {ThingKind::kPoolLock, "pool_lock"},
    {ThingKind::kDataset, "dataset"},
    {ThingKind::kSnapshot, "snapshot"},
    {ThingKind::kBookmark, "bookmark"},
    {ThingKind::kLoad, "load"},
    {ThingKind::kJob, "job"},
    {ThingKind::kRng, "rng"},
    {ThingKind::kStripe, "stripe"},
    {ThingKind::kHold, "hold"},
    {ThingKind::kWork, "work"},
    {ThingKind::kTx, "tx"},
    {ThingKind::kIo, "io"},
    {ThingKind::kRequest, "request"},
    {ThingKind::kSpawned, "spawned"},
});
// kNone has no name.
static_assert(kKindNames.size() + 1 == static_cast<size_t>(ThingKind::kCount));

std::vector<const Word*> CollectWords() {
  std::vector<const Word*> words;
  for (const std::span<const Word>& rows :
       {MachineWords(), ThreadWords(), PoolWords(), VerbWords(), MethodWords()}) {
    for (const Word& word : rows) words.push_back(&word);
  }
  return words;
}

}  // namespace

std::span<const Word* const> AllWords() {
  static const std::vector<const Word*>* const kWords = new std::vector<const Word*>(CollectWords());
  return *kWords;
}

const Word* FindWord(std::string_view name) {
  for (const Word* word : AllWords()) {
    if (word->name == name) return word;
  }
  return nullptr;
}

const Word* FindMethod(ThingKind kind, std::string_view name) {
  for (const Word* word : AllWords()) {
    const bool method = word->word_class == WordClass::kMethod && word->kind == kind;
    const bool part = word->word_class == WordClass::kPart && word->receiver == kind;
    if ((method || part) && ShortName(word->name) == name) return word;
  }
  return nullptr;
}

std::vector<std::string_view> MemberNames(ThingKind kind) {
  std::vector<std::string_view> names;
  for (const Word* word : AllWords()) {
    const bool own = word->kind == kind &&
                     (word->word_class == WordClass::kMethod || word->word_class == WordClass::kField);
    const bool part = word->word_class == WordClass::kPart && word->receiver == kind;
    if (own || part) names.push_back(ShortName(word->name));
  }
  return names;
}

std::string_view KindName(ThingKind kind) {
  for (const KindRow& row : kKindNames) {
    if (row.kind == kind) return row.name;
  }
  return "thing";
}

std::string_view ShortName(std::string_view word) {
  const size_t separator = word.find_last_of(":.");
  return separator == std::string_view::npos ? word : word.substr(separator + 1);
}

std::vector<std::string_view> SplitChoices(std::string_view choices) {
  std::vector<std::string_view> list;
  while (!choices.empty()) {
    const size_t end = std::min(choices.find(' '), choices.size());
    list.push_back(choices.substr(0, end));
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return list;
}

}  // namespace model
