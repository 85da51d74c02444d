// SPDX-License-Identifier: Apache-2.0
//
// Runs the program as its users call it, in a folder of its own.
#ifndef TXGSIM_TESTS_TOOLS_PROGRAM_TESTING_H_
#define TXGSIM_TESTS_TOOLS_PROGRAM_TESTING_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace tools {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct ProgramResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline std::string ReadAll(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class ProgramFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / ("txgsim-test-" + std::string(6, 'X'))).string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Runs the program with these arguments, split by the shell.
  ProgramResult Run(const std::string& arguments) {
    const std::string command = std::string(TXGSIM_BINARY_DIR "/bin/txgsim ") + arguments + " >" +
                                (folder_ / "out").string() + " 2>" + (folder_ / "err").string() +
                                " </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ReadAll(folder_ / "out"),
            ReadAll(folder_ / "err")};
  }
  // Runs the program and sends it SIGINT when it has got going.
  ProgramResult Interrupt(const std::vector<std::string>& arguments) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (const auto& [name, descriptor] :
           {std::pair("out", STDOUT_FILENO), std::pair("err", STDERR_FILENO)}) {
        ::dup2(::open((folder_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), descriptor);
      }
      std::vector<char*> argv = {const_cast<char*>("txgsim")};
      for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
      argv.push_back(nullptr);
      ::execv(TXGSIM_BINARY_DIR "/bin/txgsim", argv.data());
      ::_exit(127);
    }
    ::usleep(700'000);
    ::kill(child, SIGINT);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ReadAll(folder_ / "out"),
            ReadAll(folder_ / "err")};
  }
  std::string Write(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static std::string Scenario(const std::string& name) {
    return std::string(TXGSIM_SOURCE_DIR "/scenarios/") + name;
  }

  fs::path folder_;
};

}  // namespace tools

#endif  // TXGSIM_TESTS_TOOLS_PROGRAM_TESTING_H_
