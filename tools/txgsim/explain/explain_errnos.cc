// SPDX-License-Identifier: Apache-2.0
//
// What each errno means, here and in the systems that are modelled.
#include <array>

#include "tools/txgsim/explain/explain_topics.h"

namespace tools {
namespace {

constexpr auto kMeanings = std::to_array<Topic>({
    {"EPERM", "not permitted to whoever asks"},
    {"ENOENT", "there is no such dataset, snapshot, property or file"},
    {"ESRCH",
     "there is no such process; in ZFS: a snapshot or bookmark that an operation goes by is not there, or "
     "not of that dataset"},
    {"EINTR", "a signal ended the wait; also what stands for the result of a process that was killed"},
    {"EIO", "a disk read or write failed; also the answer of a suspended pool with failmode=continue"},
    {"ENXIO", "the device is not there (any more)"},
    {"E2BIG", "the argument list, or the list of operations, is too long"},
    {"ENOEXEC", "it cannot be executed: no program of a known form"},
    {"EBADF", "no open file of that number, or not open for that"},
    {"ECHILD", "there is no child process"},
    {"EAGAIN",
     "not now, try again: it would block, the pool is suspended, or two changes cannot share a txg"},
    {"ENOMEM", "no memory is left"},
    {"EACCES", "the permissions do not allow it"},
    {"EFAULT", "an address of user memory that cannot be read or written"},
    {"ENOTBLK", "a block device is wanted"},
    {"EBUSY", "in use: the dataset is held, mounted, cloned or under another operation"},
    {"EEXIST", "there is one of that name already"},
    {"EXDEV", "across file systems or pools; in ZFS also two snapshots of one dataset in one call"},
    {"ENODEV", "there is no such device, or it lacks the operation"},
    {"ENOTDIR", "a part of the path is no directory"},
    {"EISDIR", "a directory, where a file is wanted"},
    {"EINVAL", "an argument makes no sense: a bad name, value or combination"},
    {"ENFILE", "the machine has too many open files"},
    {"EMFILE", "the process has too many open files"},
    {"ENOTTY", "the device does not know this ioctl"},
    {"ETXTBSY", "the program file is being executed"},
    {"EFBIG", "the file would be too large"},
    {"ENOSPC",
     "no space: in the pool beyond what is kept back (slop), or beyond the memory limit of a channel "
     "program"},
    {"ESPIPE", "one cannot seek in a pipe"},
    {"EROFS", "read-only: the pool, the dataset, or the snapshot"},
    {"EMLINK", "too many links"},
    {"EPIPE", "nobody reads the other end any more"},
    {"EDOM", "an argument is outside of the domain of a function"},
    {"ERANGE", "the result does not fit"},
    {"EDEADLK", "it would deadlock"},
    {"ENAMETOOLONG", "the name is too long"},
    {"ENOLCK", "no lock is to be had"},
    {"ENOTSUP", "not supported: by this pool version, this kind of dataset, or this kernel"},
    {"EDQUOT", "a quota or reservation of a dataset leaves no room"},
    {"ECANCELED",
     "cancelled before it was done: an operation of a ring, a link behind one that failed, a batch of which "
     "another part was refused"},
    {"ENOSYS", "there is no such system call"},
    {"ENOTEMPTY", "the directory is not empty"},
    {"ELOOP", "too many symbolic links, or a chain that leads back to itself"},
    {"ECHRNG",
     "a channel program failed: its Lua code raised an error, used what is not there, or, in a dry run, "
     "changed something; real ZFS says so, too"},
    {"ENODATA", "there are no data of that kind"},
    {"ETIME",
     "a timer ran out: that of a ring operation or wait; of a channel program: it reached its instruction "
     "limit"},
    {"EPROTO", "the other side broke the protocol"},
    {"EOVERFLOW", "the value does not fit into what has to hold it"},
    {"EILSEQ", "a bad sequence of bytes"},
    {"ERESTART", "begin the system call anew; never leaves the kernel"},
    {"EADDRINUSE", "the address is in use"},
    {"ENETDOWN", "the network is down"},
    {"ECONNABORTED", "the connection was aborted, as a server's that is given up"},
    {"ECONNRESET", "the other side has dropped the connection"},
    {"ENOBUFS", "there is no room in a buffer, as in a completion ring that overflows"},
    {"ENOTCONN", "nobody is connected: the server has died or is not there"},
    {"ESHUTDOWN",
     "the other end has been shut down; in ZFS: the pool was suspended while a txg was waited for"},
    {"ETIMEDOUT", "no answer within the time that was given; of a channel transaction: its lease has ended"},
    {"ECONNREFUSED", "nobody listens there"},
    {"EHOSTDOWN", "the other host is down"},
    {"EALREADY", "it is under way, and too late to cancel"},
    {"EINPROGRESS", "it has begun and is not done yet"},
    {"ESTALE", "what the handle named is no longer that"},
    {"EREMOTEIO", "the other side failed; in ZFS: another host has the pool (multihost)"},
    {"EOWNERDEAD", "the owner of the lock died with it held"},
    {"ENOTRECOVERABLE", "the state that the lock guards cannot be repaired"},
    {"ZFS_ERR_CHECKPOINT_EXISTS", "the pool has a checkpoint, which forbids it"},
    {"ZFS_ERR_DISCARDING_CHECKPOINT", "the pool is discarding its checkpoint, which forbids it"},
    {"ZFS_ERR_NO_CHECKPOINT", "the pool has no checkpoint"},
    {"ZFS_ERR_DEVRM_IN_PROGRESS", "a device is being removed from the pool, which forbids it"},
    {"ZFS_ERR_VDEV_TOO_BIG", "the device is too big"},
    {"ZFS_ERR_IOC_CMD_UNAVAIL", "this kernel does not know the ioctl"},
    {"ZFS_ERR_IOC_ARG_UNAVAIL", "this kernel does not know an argument of the ioctl"},
    {"ZFS_ERR_IOC_ARG_REQUIRED", "an argument of the ioctl is missing"},
    {"ZFS_ERR_IOC_ARG_BADTYPE", "an argument of the ioctl is of the wrong type"},
    {"ZFS_ERR_WRONG_PARENT", "the parent is not of a kind that may have such a child"},
    {"ZFS_ERR_EXPORT_IN_PROGRESS", "the pool is being exported, which forbids it"},
    {"ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR", "the bookmark to be copied is of no ancestor of the target"},
    {"ZFS_ERR_RESILVER_IN_PROGRESS", "a resilver runs, which forbids it"},
    {"ZFS_ERR_REBUILD_IN_PROGRESS", "a rebuild runs, which forbids it"},
    {"ZFS_ERR_BADPROP", "a property has a value that it may not have"},
    {"ERETRY",
     "of the design optimistic_tx, no errno of a real system: what the job had read has changed before its "
     "commit, so nothing was applied and the job begins anew"},
});

}  // namespace

std::string_view ErrnoMeaning(std::string_view name) {
  for (const Topic& one : kMeanings) {
    if (one.name == name) return one.text;
  }
  return {};
}

}  // namespace tools
