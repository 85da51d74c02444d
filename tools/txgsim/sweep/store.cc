// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/sweep/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "fmt/format.h"
#include "tools/txgsim/output.h"

namespace tools {
namespace {

constexpr const char* kSchema = "txgsim.result/1";

absl::Status Bad(const std::string& where, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", where, what));
}

absl::Status Failed(std::string_view what, const std::string& path, int error) {
  return absl::UnavailableError(fmt::format("cannot {} {}: {}", what, path, std::strerror(error)));
}

// The fields that a results line has and other JSON has not.
absl::StatusOr<StoredRun> TakeApart(Json line, const std::string& where) {
  const auto is = [&line](const char* key, bool (Json::*kind)() const noexcept) {
    const auto it = line.find(key);
    return it != line.end() && ((*it).*kind)();
  };
  if (!line.is_object() || !is("key", &Json::is_string) || !is("run", &Json::is_number_integer) ||
      !is("sweep", &Json::is_object) || !is("digest", &Json::is_string) || !is("params", &Json::is_object) ||
      line.value("schema", "") != kSchema || line["run"].get<int64_t>() < 0) {
    return Bad(where, "no result of `txgsim sweep`; a line is a run, with key, run, sweep and schema " +
                          std::string(kSchema));
  }
  StoredRun run;
  run.key = line["key"].get<std::string>();
  run.run = line["run"].get<size_t>();
  run.sweep = line["sweep"];
  run.where = where;
  for (const char* key : {"key", "run", "sweep"}) line.erase(key);
  run.result = std::move(line);
  return run;
}

}  // namespace

std::string StoredLine(const std::string& key, size_t run, const Json& sweep, const Json& result) {
  Json line = {{"key", key}, {"run", run}, {"sweep", sweep}};
  for (const auto& [name, value] : result.items()) line[name] = value;
  return OneLine(line);
}

bool SameResult(Json a, Json b) {
  for (const char* key : {"key", "run", "sweep", "scenario"}) {
    a.erase(key);
    b.erase(key);
  }
  return a == b;
}

absl::StatusOr<StoredEnd> ReadStored(const std::string& path,
                                     const std::function<absl::Status(StoredRun)>& take) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return Failed("read", path, errno);
  if (!S_ISREG(info.st_mode)) return Bad(path, "cannot read results: not a regular file");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Failed("read", path, errno);
  StoredEnd end;
  std::string text;
  for (size_t number = 1; std::getline(stream, text); ++number) {
    if (stream.eof()) {  // No line feed: nobody has finished writing it.
      end.torn = true;
      break;
    }
    const std::string where = fmt::format("{}:{}", path, number);
    Json line = Json::parse(text, nullptr, false);
    if (line.is_discarded()) return Bad(where, "not JSON; the file is damaged or of another kind");
    absl::StatusOr<StoredRun> run = TakeApart(std::move(line), where);
    if (!run.ok()) return run.status();
    run->place = {end.whole_bytes, text.size()};
    end.whole_bytes += text.size() + 1;
    if (absl::Status status = take(*std::move(run)); !status.ok()) return status;
  }
  if (stream.bad()) return Failed("read", path, EIO);
  return end;
}

absl::StatusOr<std::unique_ptr<ResultLog>> ResultLog::Open(const std::string& path, bool resume) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) return Bad(path, "cannot write results there: not a regular file");
    if (!resume && info.st_size > 0) {
      return Bad(path,
                 "is there already; --resume goes on with it, another --out leaves it alone, and without it "
                 "the sweep begins anew");
    }
  }
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0) return Failed("write", path, errno);
  std::unique_ptr<ResultLog> log(new ResultLog(path, descriptor));
  if (::fstat(descriptor, &info) != 0) return Failed("write", path, errno);
  log->size_ = static_cast<size_t>(info.st_size);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Bad(path, "another txgsim writes to it at this moment");
  log->ours_ = true;
  return log;
}

ResultLog::~ResultLog() {
  if (ours_ && size_ == 0) ::unlink(path_.c_str());
  ::close(descriptor_);
}

absl::Status ResultLog::Truncate(size_t whole_bytes) {
  if (::ftruncate(descriptor_, static_cast<off_t>(whole_bytes)) != 0) return Failed("write", path_, errno);
  size_ = whole_bytes;
  return absl::OkStatus();
}

absl::StatusOr<StoredPlace> ResultLog::Append(const std::string& line) {
  const std::string text = line + "\n";
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(descriptor_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = errno;
      (void)Truncate(size_);  // What the disk has no room for; the error below says it all.
      return Failed("write", path_, error);
    }
    done += static_cast<size_t>(written);
  }
  const StoredPlace place{size_, line.size()};
  size_ += text.size();
  const auto now = std::chrono::steady_clock::now();
  if (now - synced_ >= std::chrono::seconds(1)) {
    ::fdatasync(descriptor_);
    synced_ = now;
  }
  return place;
}

absl::StatusOr<std::string> ReadPlace(const std::string& path, const StoredPlace& place) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(place.length, '\0');
  stream.seekg(static_cast<std::streamoff>(place.offset));
  if (!stream.read(text.data(), static_cast<std::streamsize>(text.size()))) return Failed("read", path, EIO);
  return text;
}

absl::Status WriteLines(const std::string& path, size_t count,
                        const std::function<absl::StatusOr<std::string>(size_t)>& line_of) {
  WholeFile file(path);
  for (size_t i = 0; i < count; ++i) {
    const absl::StatusOr<std::string> line = line_of(i);
    if (!line.ok()) return line.status();
    file.Write(*line);
    file.Write("\n");
  }
  return file.Finish();
}

bool NamesResultFile(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0) return !S_ISDIR(info.st_mode);
  const size_t dot = path.rfind(".jsonl");
  return dot != std::string::npos && dot + 6 == path.size() && dot > 0;
}

std::string ShardFile(uint64_t index, std::string_view extension) {
  return fmt::format("shard-{}.{}", index, extension);
}

}  // namespace tools
