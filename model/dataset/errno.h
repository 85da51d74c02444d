// SPDX-License-Identifier: Apache-2.0
//
// Errno values of the simulated kernel: the model's own kind of error.
//
// An errno is a plain int, part of the result of a simulated operation; 0 is
// success. It is never turned into an absl::Status (those are for the user of
// the simulator) nor into a failed check (those are for its programmer).
//
// Values are those of Linux on x86-64 (include/uapi/asm-generic/errno*.h), fixed
// here so that results do not depend on the machine the simulator runs on; the
// prefix k keeps them apart from the macros of <errno.h>. Codes from 1024 are
// private to ZFS (OpenZFS include/sys/fs/zfs.h:zfs_errno_t).
//
// Differs from the real system: kERETRY does not exist there; it is what a
// design under study answers when its reads have gone stale.
#ifndef TXGSIM_MODEL_DATASET_ERRNO_H_
#define TXGSIM_MODEL_DATASET_ERRNO_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

// clang-format off
// The globals that a channel program sees (OpenZFS module/zfs/zcp_global.c:errno_globals).
#define TXGSIM_CHANNEL_PROGRAM_ERRNOS(X)                                                             \
  X(EPERM, 1) X(ENOENT, 2) X(ESRCH, 3) X(EINTR, 4) X(EIO, 5) X(ENXIO, 6) X(E2BIG, 7) X(ENOEXEC, 8)   \
  X(EBADF, 9) X(ECHILD, 10) X(EAGAIN, 11) X(ENOMEM, 12) X(EACCES, 13) X(EFAULT, 14) X(ENOTBLK, 15)   \
  X(EBUSY, 16) X(EEXIST, 17) X(EXDEV, 18) X(ENODEV, 19) X(ENOTDIR, 20) X(EISDIR, 21) X(EINVAL, 22)   \
  X(ENFILE, 23) X(EMFILE, 24) X(ENOTTY, 25) X(ETXTBSY, 26) X(EFBIG, 27) X(ENOSPC, 28) X(ESPIPE, 29)  \
  X(EROFS, 30) X(EMLINK, 31) X(EPIPE, 32) X(EDOM, 33) X(ERANGE, 34) X(EDEADLK, 35)                   \
  X(ENAMETOOLONG, 36) X(ENOLCK, 37) X(ENOTSUP, 95) X(EDQUOT, 122) X(ECANCELED, 125)

// Others that the model or a scenario uses. ERESTART never leaves the kernel.
#define TXGSIM_OTHER_ERRNOS(X)                                                                       \
  X(ENOSYS, 38) X(ENOTEMPTY, 39) X(ELOOP, 40) X(ECHRNG, 44) X(ENODATA, 61) X(ETIME, 62)              \
  X(EPROTO, 71) X(EOVERFLOW, 75) X(EILSEQ, 84) X(ERESTART, 85) X(EADDRINUSE, 98) X(ENETDOWN, 100)    \
  X(ECONNABORTED, 103) X(ECONNRESET, 104) X(ENOBUFS, 105) X(ENOTCONN, 107) X(ESHUTDOWN, 108)         \
  X(ETIMEDOUT, 110) X(ECONNREFUSED, 111) X(EHOSTDOWN, 112) X(EALREADY, 114) X(EINPROGRESS, 115)      \
  X(ESTALE, 116) X(EREMOTEIO, 121) X(EOWNERDEAD, 130) X(ENOTRECOVERABLE, 131)                        \
  X(ZFS_ERR_CHECKPOINT_EXISTS, 1024) X(ZFS_ERR_DISCARDING_CHECKPOINT, 1025)                          \
  X(ZFS_ERR_NO_CHECKPOINT, 1026) X(ZFS_ERR_DEVRM_IN_PROGRESS, 1027) X(ZFS_ERR_VDEV_TOO_BIG, 1028)    \
  X(ZFS_ERR_IOC_CMD_UNAVAIL, 1029) X(ZFS_ERR_IOC_ARG_UNAVAIL, 1030)                                  \
  X(ZFS_ERR_IOC_ARG_REQUIRED, 1031) X(ZFS_ERR_IOC_ARG_BADTYPE, 1032) X(ZFS_ERR_WRONG_PARENT, 1033)   \
  X(ZFS_ERR_EXPORT_IN_PROGRESS, 1038) X(ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR, 1039)                  \
  X(ZFS_ERR_RESILVER_IN_PROGRESS, 1042) X(ZFS_ERR_REBUILD_IN_PROGRESS, 1043)                         \
  X(ZFS_ERR_BADPROP, 1044) X(ERETRY, 2048)
// clang-format on

namespace model {

#define TXGSIM_DECLARE_ERRNO(name, value) inline constexpr int k##name = value;
TXGSIM_CHANNEL_PROGRAM_ERRNOS(TXGSIM_DECLARE_ERRNO)
TXGSIM_OTHER_ERRNOS(TXGSIM_DECLARE_ERRNO)
#undef TXGSIM_DECLARE_ERRNO

struct ErrnoEntry {
  std::string_view name;  // "EBUSY"
  int value;
};

// Every errno above; those of channel programs first.
std::span<const ErrnoEntry> AllErrnos();
// The 40 globals of a channel program.
std::span<const ErrnoEntry> ChannelProgramErrnos();

// Returns "EBUSY" for kEBUSY, and an empty text for 0 and for values without a name here.
std::string_view ErrnoName(int value);

// Returns the name, "0" for success, or "errno 77" for a value without a name: for reports.
std::string ErrnoText(int value);

// Returns the value of "EBUSY", or nothing if there is no such name.
std::optional<int> ErrnoByName(std::string_view name);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_ERRNO_H_
