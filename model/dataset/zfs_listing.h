// SPDX-License-Identifier: Apache-2.0
//
// The text of `zfs list` as rows and columns.
//
// Read are the aligned form, with its heading, and the tab separated one of
// `-H` and `-p`. Without a heading the columns are the default ones: NAME USED
// AVAIL REFER MOUNTPOINT. A cell may hold single spaces, and so does a date under
// CREATION ("Thu Jan 1 9:05 2020", whatever pads it). Errors name file, line and value.
//
// Differs from the real system: a date has no zone and is taken as UTC.
#ifndef TXGSIM_MODEL_DATASET_ZFS_LISTING_H_
#define TXGSIM_MODEL_DATASET_ZFS_LISTING_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace model {

struct ListingRow {
  int line = 0;                    // From 1.
  std::vector<std::string> cells;  // One a column.
};

struct Listing {
  std::vector<std::string> columns;  // Headings in capitals; "NAME" is among them.
  std::vector<ListingRow> rows;

  // Returns the index of a heading, or -1.
  int ColumnOf(std::string_view heading) const;
};

// REQUIRES for success: text in UTF-8, a NAME column, as many fields in each row as there are columns.
absl::StatusOr<Listing> ParseListing(std::string_view file_name, std::string_view text);

// Returns what a cell under CREATION says, a date or seconds since 1970, in seconds; 0 if it is neither.
uint64_t CreationOf(std::string_view cell);

// Returns "FILE:LINE: text" as an error.
absl::Status ListingError(std::string_view file_name, int line, std::string_view text);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_ZFS_LISTING_H_
