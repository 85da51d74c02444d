// SPDX-License-Identifier: Apache-2.0
#include "sim/digest.h"

#include <xxhash.h>

#include "fmt/format.h"
#include "sim/check.h"

namespace sim {

void Digest::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

Digest::Digest() : state_(XXH3_createState()) {
  SIM_CHECK(state_ != nullptr);
  SIM_CHECK(XXH3_64bits_reset(state_.get()) == XXH_OK);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::Update(const void* bytes, size_t size) {
  SIM_CHECK(XXH3_64bits_update(state_.get(), bytes, size) == XXH_OK);
}

uint64_t Digest::value() const { return XXH3_64bits_digest(state_.get()); }

std::string DigestText(uint64_t digest) { return fmt::format("{:016x}", digest); }

}  // namespace sim
