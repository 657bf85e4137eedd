// A machine in small for the command line's tests: a home directory and a PATH of the test's own,
// and none of the variables that could lead a search out of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/rigs/stdio_child.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::tests {

struct RunResult {
  std::string output;
  std::string errors;
  rigs::ExitStatus status;
};

class BridgeHome {
 public:
  BridgeHome();

  // Below the directory, which holds home/ and bin/; bin/ is the whole PATH.
  std::string operator/(std::string_view name) const { return directory_ / name; }
  std::string write(std::string_view name, std::string_view text) const {
    return directory_.write(name, text);
  }
  // As `write`, with the x bits.
  std::string write_program(std::string_view name, std::string_view text) const;
  // A copy of a file, or a link to it, with the folders on the way. Returns its path.
  std::string copy(const std::string& file, std::string_view name) const;
  std::string link(const std::string& file, std::string_view name) const;

  void set(std::string_view variable, std::string_view value);
  const std::vector<std::string>& environment() const { return environment_; }

  // Runs to the end with the input on stdin.
  RunResult run(std::vector<std::string> argv, std::string_view input = {}) const;
  // The built bridge with these arguments.
  RunResult bridge(std::vector<std::string> args, std::string_view input = {}) const;

 private:
  rigs::TempDir directory_;
  std::vector<std::string> environment_;  // as rigs::ChildSettings::env
};

// As rigs::read_file, in one read: an executable with sanitizers has 40 MB.
std::string read_large_file(const std::string& path);

// The lines of fake_gopls' record that begin with the word ("arg", "env", "fd"), without it.
std::vector<std::string> recorded(const std::string& file, std::string_view word);

}  // namespace bridge::tests
