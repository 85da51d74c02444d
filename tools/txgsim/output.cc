// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/output.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "fmt/format.h"

namespace tools {
namespace {

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::UnavailableError(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

// A device or a pipe, which is there to be written to and not to be replaced.
bool IsSpecial(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

bool NonEmptyVariable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool TerminalIsDumb() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::strcmp(term, "dumb") == 0;
}

}  // namespace

absl::Status WriteStdout(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Failed("write to", "standard output");
  }
  return absl::OkStatus();
}

WholeFile::WholeFile(std::string path)
    : path_(std::move(path)),
      temporary_(IsSpecial(path_) ? path_ : fmt::format("{}.{}.tmp", path_, ::getpid())) {
  file_ = std::fopen(temporary_.c_str(), "wb");
  Note(file_ != nullptr);
}

WholeFile::~WholeFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  if (temporary_ != path_) std::remove(temporary_.c_str());
}

// The first error counts.
void WholeFile::Note(bool ok) {
  if (!ok && error_ == 0) error_ = errno != 0 ? errno : EIO;
}

void WholeFile::Write(std::string_view text) {
  if (error_ == 0) Note(std::fwrite(text.data(), 1, text.size(), file_) == text.size());
}

absl::Status WholeFile::Finish() {
  if (file_ != nullptr) {
    const bool special = temporary_ == path_;
    if (error_ == 0) Note(std::fflush(file_) == 0 && (special || ::fsync(::fileno(file_)) == 0));
    Note(std::fclose(file_) == 0);
    file_ = nullptr;
    if (special) return status();
    if (error_ == 0) Note(std::rename(temporary_.c_str(), path_.c_str()) == 0);
    if (error_ != 0) std::remove(temporary_.c_str());
  }
  return status();
}

absl::Status WholeFile::status() const {
  if (error_ == 0) return absl::OkStatus();
  errno = error_;
  return Failed("write", path_);
}

absl::Status WriteFileWhole(const std::string& path, std::string_view text) {
  WholeFile file(path);
  file.Write(text);
  return file.Finish();
}

absl::Status CheckWritable(const std::string& path) {
  if (path.empty() || path == "-") return absl::OkStatus();
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return absl::InvalidArgumentError(fmt::format("cannot write {}: it is a directory", path));
  // Opening a pipe twice would end it for its reader.
  if (IsSpecial(path)) return ::access(path.c_str(), W_OK) == 0 ? absl::OkStatus() : Failed("write", path);
  return WholeFile(path).status();
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::UnavailableError(fmt::format("cannot make {}: {}", path, error.message()));
  return absl::OkStatus();
}

namespace {

// No more than one byte beyond `most`.
std::string ReadStream(std::istream& stream, size_t most) {
  std::string text;
  char block[1 << 16];
  while (text.size() <= most && stream) {
    stream.read(block, static_cast<std::streamsize>(std::min(sizeof(block), most + 1 - text.size())));
    text.append(block, static_cast<size_t>(stream.gcount()));
  }
  return text;
}

absl::StatusOr<std::string> IfShort(std::string text, const std::string& path, size_t most) {
  if (text.size() <= most) return text;
  return absl::InvalidArgumentError(
      fmt::format("cannot read {}: it has more than the {} MiB that are accepted", path, most >> 20));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t most) {
  if (path == "-") return IfShort(ReadStream(std::cin, most), "standard input", most);
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) {
    const bool absent = errno == ENOENT;
    absl::Status status = Failed("read", path);
    return absent ? absl::NotFoundError(status.message()) : status;
  }
  if (S_ISDIR(info.st_mode))
    return absl::InvalidArgumentError(fmt::format("cannot read {}: it is a directory", path));
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Failed("read", path);
  std::string text = ReadStream(stream, most);
  if (stream.bad()) return Failed("read", path);
  return IfShort(std::move(text), path, most);
}

bool StdoutTakesColour() {
  if (NonEmptyVariable("CLICOLOR_FORCE")) return true;
  if (NonEmptyVariable("NO_COLOR") || TerminalIsDumb()) return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

size_t StdoutWidth() {
  if (::isatty(STDOUT_FILENO) != 1) return 0;
  if (NonEmptyVariable("COLUMNS")) {
    const std::string_view text = std::getenv("COLUMNS");
    size_t columns = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error == std::errc() && stop == text.data() + text.size()) return columns;
  }
  struct winsize size;
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool StderrTakesProgress() {
  return ::isatty(STDERR_FILENO) == 1 && !TerminalIsDumb() && !NonEmptyVariable("CI");
}

absl::StatusOr<std::string> ReadImport(const std::string& scenario, std::string_view name) {
  const std::filesystem::path folder = std::filesystem::path(scenario).parent_path();
  for (const auto& place : {folder / name, folder / "data" / name, folder / ".." / "data" / name}) {
    std::error_code error;
    if (std::filesystem::exists(place, error)) return ReadFile(place.string(), kImportBytesMax);
  }
  return absl::NotFoundError(
      fmt::format("no file {} beside the scenario, nor in data/ there or beside that folder", name));
}

}  // namespace tools
