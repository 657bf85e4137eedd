// Our subcommands and flags against the names that the real gopls has, now and in the next version:
// `gopls help` of each pinned gopls is asked.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "proxy/cli/invocation.h"
#include "proxy/cli/settings.h"
#include "tests/cli/bridge_home.h"

namespace bridge::tests {
namespace {

class NamesOfGopls : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    gopls_ = std::string(BRIDGE_TOOLS_DIR "/gopls-") + GetParam() + "/gopls";
    if (::access(gopls_.c_str(), X_OK) != 0) GTEST_SKIP() << gopls_ << " is not there";
  }

  std::string help(std::vector<std::string> argv) const {
    argv.insert(argv.begin(), gopls_);
    auto const run = home_.run(argv);
    return run.output + run.errors;  // v0.23 prints help on stderr
  }
  // "  serve             run a server …" between "Main" and "flags:"
  static std::vector<std::string> commands_in(const std::string& text) {
    std::vector<std::string> names;
    std::istringstream lines(text);
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("Command:")) inside = true;
      if (line.starts_with("flags:")) break;
      if (inside && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
        names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return names;
  }
  // "  -debug=string", "  -v,-verbose"
  static std::vector<std::string> flags_in(const std::string& text) {
    std::vector<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("  -")) continue;
      std::istringstream aliases(line.substr(2));
      for (std::string alias; std::getline(aliases, alias, ',');)
        names.push_back(alias.substr(1, alias.find('=') - 1));
    }
    return names;
  }

  std::string gopls_;
  BridgeHome home_;
};

TEST_P(NamesOfGopls, NoneOfItsSubcommandsIsShadowed) {
  auto const commands = commands_in(help({"help"}));
  ASSERT_GT(commands.size(), 20u);
  ASSERT_NE(std::find(commands.begin(), commands.end(), "workspace_symbol"), commands.end());
  using Kind = cli::Invocation::Kind;
  for (auto const& command : commands) {
    auto const kind = cli::read_invocation("gopls-bridge", {command}).kind;
    EXPECT_EQ(kind, command == "serve" ? Kind::session : Kind::become_gopls) << command;
  }
}

TEST_P(NamesOfGopls, NoneOfItsFlagsIsTakenForOneOfOurs) {
  auto flags = flags_in(help({"help"}));
  auto const of_serve = flags_in(help({"help", "serve"}));
  flags.insert(flags.end(), of_serve.begin(), of_serve.end());
  ASSERT_GT(flags.size(), 15u);
  ASSERT_NE(std::find(flags.begin(), flags.end(), "rpc.trace"), flags.end());
  ASSERT_NE(std::find(flags.begin(), flags.end(), "veryverbose"), flags.end());
  for (auto const& flag : flags) {
    EXPECT_EQ(cli::find_flag(flag), nullptr) << flag;
    for (auto const* ours : {"config", "version", "stdio", "help", "h", "private"})
      EXPECT_NE(flag, ours);
  }
}

// A flag that gopls has and our table has not would make a session fall through to plain gopls.
TEST_P(NamesOfGopls, EveryFlagOfItsHelpIsKnown) {
  auto flags = flags_in(help({"help"}));
  auto const of_serve = flags_in(help({"help", "serve"}));
  flags.insert(flags.end(), of_serve.begin(), of_serve.end());
  for (auto const& flag : flags) {
    // Known flags are read past, with their value, to the own flag behind them.
    auto const plain = cli::read_invocation("gopls-bridge", {"-" + flag + "=1s", "--gopls=/g"});
    auto const boolean = cli::read_invocation("gopls-bridge", {"-" + flag, "--gopls=/g"});
    EXPECT_TRUE(plain.own_flags.size() == 1 || boolean.own_flags.size() == 1) << flag;
  }
}

INSTANTIATE_TEST_SUITE_P(Pinned, NamesOfGopls, testing::Values("v0.23.0", "v0.24.0"),
                         [](const auto& version) {
                           std::string name = version.param;
                           std::erase(name, '.');
                           return name;
                         });

}  // namespace
}  // namespace bridge::tests
