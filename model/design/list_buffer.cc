// SPDX-License-Identifier: Apache-2.0
#include "model/design/list_buffer.h"

#include "model/dataset/names.h"
#include "model/dataset/property_table.h"

namespace model {
namespace {

std::string ListedName(const JobAnswer& answer) {
  return answer.item && answer.item->id != 0 ? answer.item->name : "";
}

}  // namespace

std::optional<JobAnswer> ListBuffer::Answer(const JobCall& call, const CheckContext& context) {
  if (call.kind == CallKind::kGetProperty) return GetListedProperty(call, context);
  const bool follows = call.kind == CallKind::kList && !further_.empty() && call.list == list_ &&
                       call.dataset == dataset_ && call.cursor == cursor_;
  if (!follows) return std::nullopt;
  JobAnswer answer = std::move(further_.front());
  further_.pop_front();
  NoteListed(answer);
  return answer;
}

int ListBuffer::Serve(const DatasetTree& tree, const JobCall& call, const CheckContext& context,
                      const Options& options, JobAnswer* answer) {
  *answer = ServeRead(tree, call, context, reads_);
  if (call.kind != CallKind::kList) return 1;
  list_ = call.list;
  dataset_ = call.dataset;
  further_.clear();
  taken_.clear();
  prefetch_ = options.prefetch;
  NoteListed(*answer);
  int items = 1;
  JobCall next = call;
  next.cursor = answer->next;
  while (answer->item && items < options.read_batch) {
    JobAnswer further = ServeRead(tree, next, context, reads_);
    if (!further.item) break;
    next.cursor = further.next;
    further_.push_back(std::move(further));
    ++items;
  }
  if (prefetch_ && !listed_.empty()) Observe(tree);
  return items;
}

void ListBuffer::NoteListed(const JobAnswer& answer) {
  cursor_ = answer.next;
  listed_ = ListedName(answer);
}

std::optional<JobAnswer> ListBuffer::GetListedProperty(const JobCall& call, const CheckContext& context) {
  if (!prefetch_ || listed_.empty() || call.dataset != listed_) return std::nullopt;
  if (const DatasetTree* tree = observed(); tree != nullptr) {
    const bool brought = IsUserProperty(call.property) || FindProperty(call.property) != nullptr;
    if (!brought) return std::nullopt;  // written@...; no property at all.
    return ServeRead(*tree, call, context, reads_);
  }
  const auto item = taken_.find(listed_);
  if (item == taken_.end()) return std::nullopt;
  const auto it = item->second.properties.find(call.property);
  const bool found = it != item->second.properties.end();
  if (!found && !IsUserProperty(call.property)) return std::nullopt;
  if (reads_ != nullptr) {
    reads_->Add(item->second.name);
    reads_->Add(found ? it->second.reads : item->second.unset);
  }
  return found ? it->second.answer : JobAnswer{};
}

ReadSet* ListBuffer::Noting(ReadSet* reads) const {
  if (reads_ == nullptr) return nullptr;
  reads->UseVersionsOf(reads_->base());
  return reads;
}

void ListBuffer::TakeItem(const DatasetTree& tree, const std::string& name) {
  ObjectId id = 0;
  if (name.empty()) return;
  ReadSet there;
  if (FindObject(tree, name, &id, Noting(&there)) != 0) return;
  Item& item = taken_[name];
  item.name = std::move(there);
  FindSetPoint(tree, id, "", true, Noting(&item.unset));
  const auto take = [&](std::string_view property) {
    Property& taken = item.properties[std::string(property)];
    taken.answer.property = GetProperty(tree, id, property, Noting(&taken.reads));
  };
  for (const PropertyInfo& info : AllProperties()) take(info.name);
  ListCursor cursor;
  std::optional<ListItem> set;
  while (NextItem(tree, ListKind::kUserProperties, id, &cursor, &set) == 0 && set) take(set->name);
}

void ListBuffer::BeforeChange(const DatasetTree& tree) {
  TakeItem(tree, listed_);
  for (const JobAnswer& further : further_) TakeItem(tree, ListedName(further));
}

void ListBuffer::Clear() {
  Forget();
  further_.clear();
  taken_.clear();
  listed_.clear();
}

}  // namespace model
