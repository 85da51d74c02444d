// SPDX-License-Identifier: Apache-2.0
//
// Pools of threads that answer to one name.
//
// "z_rd_int" stands for z_rd_int/1, z_rd_int/2 and so on: workers, servers with
// several threads, loads. Only registered names are taken for a pool's, since a
// lone thread may well have a slash in its name ("tank/txg_sync").
#ifndef TXGSIM_MODEL_WATCH_NAME_GROUPS_H_
#define TXGSIM_MODEL_WATCH_NAME_GROUPS_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace model {

class NameGroups {
 public:
  void Register(std::string name) { names_.insert(std::move(name)); }
  // "db" for "db/3" if "db" is a registered pool, else the name itself.
  std::string_view GroupOf(std::string_view thread_name) const {
    const size_t slash = thread_name.rfind('/');
    if (slash == std::string_view::npos) return thread_name;
    const std::string_view group = thread_name.substr(0, slash);
    return names_.contains(group) ? group : thread_name;
  }

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_NAME_GROUPS_H_
