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
  *answer = ServeRead(tree, call, context);
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
    JobAnswer further = ServeRead(tree, next, context);
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
    return ServeRead(*tree, call, context);
  }
  const auto item = taken_.find(listed_);
  if (item == taken_.end()) return std::nullopt;
  if (const auto it = item->second.find(call.property); it != item->second.end()) return it->second;
  if (IsUserProperty(call.property)) return JobAnswer{};  // It was not set.
  return std::nullopt;
}

void ListBuffer::BeforeChange(const DatasetTree& tree) {
  const auto take = [&](const std::string& name) {
    ObjectId id = 0;
    if (name.empty() || FindObject(tree, name, &id) != 0) return;
    Properties& properties = taken_[name];
    for (const PropertyInfo& info : AllProperties()) {
      properties[std::string(info.name)].property = GetProperty(tree, id, info.name);
    }
    ListCursor cursor;
    std::optional<ListItem> item;
    while (NextItem(tree, ListKind::kUserProperties, id, &cursor, &item) == 0 && item) {
      properties[item->name].property = GetProperty(tree, id, item->name);
    }
  };
  take(listed_);
  for (const JobAnswer& further : further_) take(ListedName(further));
}

}  // namespace model
