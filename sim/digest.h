// SPDX-License-Identifier: Apache-2.0
//
// A 64-bit fingerprint of a sequence of bytes: XXH3-64 with seed 0, as the xxHash specification defines it.
//
// Two runs agree when their digests do. The algorithm is fixed and published, so a digest means the same on
// every platform and in every version; tests pin known answers. Not for adversaries.
#ifndef TXGSIM_SIM_DIGEST_H_
#define TXGSIM_SIM_DIGEST_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

struct XXH3_state_s;

namespace sim {

// Writes the low `kSize` bytes of `value`, least significant first; returns the place after them.
template <size_t kSize>
inline std::byte* StoreLittleEndian(std::byte* at, uint64_t value) {
  static_assert(kSize <= 8);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  std::memcpy(at, &value, kSize);
  return at + kSize;
}

template <size_t kSize>
inline uint64_t LoadLittleEndian(const std::byte* at) {
  static_assert(kSize <= 8);
  uint64_t value = 0;
  std::memcpy(&value, at, kSize);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  // The value depends on the bytes only, not on how they were cut into calls.
  void Update(const void* bytes, size_t size);
  // Of all bytes so far; more may follow.
  uint64_t value() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

// 16 lower-case hexadecimal digits.
std::string DigestText(uint64_t digest);

}  // namespace sim

#endif  // TXGSIM_SIM_DIGEST_H_
