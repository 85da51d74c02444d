// SPDX-License-Identifier: Apache-2.0
//
// The name that a process or thread gets where others of its name live: name, name/2, name/3 ...
//
//   FreeName free("worker");
//   for (...) free.Taken(process->name());   // Of each that lives.
//   free.Get()
//
// Cost: O(1) a name, so that many of one name may be made.
#ifndef TXGSIM_MODEL_MACHINE_FREE_NAME_H_
#define TXGSIM_MODEL_MACHINE_FREE_NAME_H_

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace model {

class FreeName {
 public:
  explicit FreeName(std::string name) : name_(std::move(name)) {}

  void Taken(std::string_view other) {
    if (!other.starts_with(name_)) return;
    other.remove_prefix(name_.size());
    size_t number = 1;
    if (!other.empty()) {
      if (other.size() < 2 || other[0] != '/' || other[1] == '0') return;
      const auto [end, error] = std::from_chars(other.data() + 1, other.data() + other.size(), number);
      // A number that is far off is none of ours, and stands in nobody's way.
      if (error != std::errc() || end != other.data() + other.size() || number > kMost) return;
    }
    if (taken_.size() <= number) taken_.resize(number + 1);
    taken_[number] = true;
  }

  std::string Get() const {
    size_t number = 1;
    while (number < taken_.size() && taken_[number]) ++number;
    return number == 1 ? name_ : name_ + "/" + std::to_string(number);
  }

 private:
  static constexpr size_t kMost = 10'000'000;
  std::string name_;
  std::vector<bool> taken_;  // By number; 1: the name itself.
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_FREE_NAME_H_
