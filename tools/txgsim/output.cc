// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "fmt/format.h"

namespace tools {
namespace {

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::UnavailableError(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

bool NonEmptyVariable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

absl::Status WriteStdout(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Failed("write to", "standard output");
  }
  return absl::OkStatus();
}

absl::Status WriteFileWhole(const std::string& path, std::string_view text) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return Failed("write", path);
  bool ok = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  ok = ok && std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0;
  const int error = errno;
  ok = std::fclose(file) == 0 && ok;
  if (!ok || std::rename(temporary.c_str(), path.c_str()) != 0) {
    if (error != 0) errno = error;
    absl::Status status = Failed("write", path);
    std::remove(temporary.c_str());
    return status;
  }
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::UnavailableError(fmt::format("cannot make {}: {}", path, error.message()));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return Failed("read", path);
  if (S_ISDIR(info.st_mode))
    return absl::InvalidArgumentError(fmt::format("cannot read {}: it is a directory", path));
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    if (info.st_size == 0) return std::string();
    return Failed("read", path);
  }
  return text.str();
}

bool StdoutTakesColour() {
  if (NonEmptyVariable("CLICOLOR_FORCE")) return true;
  const char* term = std::getenv("TERM");
  if (NonEmptyVariable("NO_COLOR") || (term != nullptr && std::strcmp(term, "dumb") == 0)) return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

bool StderrIsTerminal() { return ::isatty(STDERR_FILENO) == 1; }

absl::StatusOr<std::string> ReadImport(const std::string& scenario, std::string_view name) {
  const std::filesystem::path folder = std::filesystem::path(scenario).parent_path();
  for (const std::filesystem::path& place : {folder / name, folder / "data" / name}) {
    std::error_code error;
    if (std::filesystem::exists(place, error)) return ReadFile(place.string());
  }
  return absl::NotFoundError(fmt::format("no file {} beside the scenario or in its data/", name));
}

}  // namespace tools
