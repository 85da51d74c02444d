// SPDX-License-Identifier: Apache-2.0
//
// How the reference (reference_pool.h) takes names apart.
#ifndef TXGSIM_TESTS_MODEL_DATASET_REFERENCE_NAMES_H_
#define TXGSIM_TESTS_MODEL_DATASET_REFERENCE_NAMES_H_

#include <string>

namespace model {

inline std::string DatasetPart(const std::string& name) { return name.substr(0, name.find_first_of("@#")); }
inline std::string TailPart(const std::string& name) { return name.substr(name.find_first_of("@#") + 1); }
inline std::string ParentPart(const std::string& name) { return name.substr(0, name.rfind('/')); }
inline std::string PoolPart(const std::string& name) { return name.substr(0, name.find_first_of("/@#")); }
inline bool IsBelow(const std::string& name, const std::string& ancestor) {
  return name.starts_with(ancestor + "/");
}

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DATASET_REFERENCE_NAMES_H_
