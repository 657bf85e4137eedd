// What the real gopls answers itself: the same words and the same exit code through the bridge as
// from gopls directly. Refused forms matter as much: the usage text must be the true one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <ostream>
#include <tuple>

#include "tests/cli/bridge_home.h"

namespace bridge::tests {
namespace {

struct Form {
  std::vector<std::string> args;
  const char* input = "";
};
void PrintTo(const Form& form, std::ostream* out) { *out << testing::PrintToString(form.args); }

using Version = const char*;

class RealGopls : public testing::TestWithParam<std::tuple<Version, Form>> {
 protected:
  void SetUp() override {
    gopls_ = std::string(BRIDGE_TOOLS_DIR "/gopls-") + std::get<0>(GetParam()) + "/gopls";
    if (::access(gopls_.c_str(), X_OK) != 0) GTEST_SKIP() << gopls_ << " is not there";
    home_.link(gopls_, "bin/gopls");
  }
  RunResult run(const std::string& program) const {
    auto const& form = std::get<1>(GetParam());
    auto argv = form.args;
    argv.insert(argv.begin(), program);
    return home_.run(argv, form.input);
  }

  std::string gopls_;
  BridgeHome home_;
};

TEST_P(RealGopls, AnswersTheSameThroughTheBridge) {
  auto const direct = run(home_ / "bin/gopls");
  for (auto const& program : {std::string(BRIDGE_BINARY), home_.link(BRIDGE_BINARY, "b/gopls")}) {
    auto const bridged = run(program);
    EXPECT_EQ(bridged.status, direct.status) << program;
    EXPECT_EQ(bridged.output, direct.output) << program;
    EXPECT_EQ(bridged.errors, direct.errors) << program;
  }
  EXPECT_FALSE(direct.output.empty() && direct.errors.empty()) << "this form shows nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Forms, RealGopls,
    testing::Combine(
        testing::Values("v0.23.0", "v0.24.0"),
        testing::Values(
            Form{{"version"}}, Form{{"version", "-json"}}, Form{{"help"}}, Form{{"help", "serve"}},
            Form{{"vulncheck", "--", "-mode=convert", "-show=color"},
                 "{\"config\":{\"protocol_version\":\"v1.0.0\",\"scanner_name\":\"x\"}}"},
            Form{{"serve", "-v"}}, Form{{"serve", "-remote=auto"}}, Form{{"serve", "-otel=x"}},
            Form{{"serve", "-profile.cpu=F"}}, Form{{"serve", "extra"}}, Form{{"serve", "-h"}},
            Form{{"-bogus"}}, Form{{"serve", "-bogus"}}, Form{{"-port=1"}}, Form{{"-logfile"}},
            Form{{"-rpc.trace", "true"}}, Form{{"-listen.timeout=soon"}}, Form{{"no-such-command"}},
            Form{{"-remote=udp;127.0.0.1:1", "version"}}, Form{{"-v", "remote"}})));

// These are ours under our own name.
class RealGoplsUnderItsName : public testing::TestWithParam<Version> {};

TEST_P(RealGoplsUnderItsName, AnswersWhatWouldBeOurs) {
  std::string const gopls = std::string(BRIDGE_TOOLS_DIR "/gopls-") + GetParam() + "/gopls";
  if (::access(gopls.c_str(), X_OK) != 0) GTEST_SKIP() << gopls << " is not there";
  BridgeHome home;
  home.link(gopls, "bin/gopls");
  auto const link = home.link(BRIDGE_BINARY, "b/gopls");
  for (auto const* argument :
       {"--help", "-h", "--version", "--stdio", "config", "stamp", "--gopls=/x", "--config=/x"}) {
    auto const direct = home.run({home / "bin/gopls", argument});
    auto const bridged = home.run({link, argument});
    EXPECT_EQ(bridged.status, direct.status) << argument;
    EXPECT_EQ(bridged.output, direct.output) << argument;
    EXPECT_EQ(bridged.errors, direct.errors) << argument;
  }
}

INSTANTIATE_TEST_SUITE_P(Pinned, RealGoplsUnderItsName, testing::Values("v0.23.0", "v0.24.0"));

}  // namespace
}  // namespace bridge::tests
