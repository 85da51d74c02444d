// SPDX-License-Identifier: Apache-2.0
//
// Sizes as the zfs command writes and reads them: "3.09T", "238K", "0B", "1073741824".
//
// K, M, G, T, P and E are powers of 1024; "KB" and "KiB" mean the same (libzfs
// lib/libzfs/libzfs_util.c:zfs_nicestrtonum). A decimal is turned into bytes
// with integers alone, rounded to the nearest byte and halves up, so that the
// same text is the same size on every machine.
#ifndef TXGSIM_MODEL_DATASET_SIZE_TEXT_H_
#define TXGSIM_MODEL_DATASET_SIZE_TEXT_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace model {

// What ParseSize accepts, for messages.
inline constexpr std::string_view kSizeForms = "a number of bytes, or a decimal with K, M, G, T, P or E";

// Returns the size in bytes, or nothing if the text is none or exceeds 64 bits.
std::optional<uint64_t> ParseSize(std::string_view text);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_SIZE_TEXT_H_
