// The argv of every client we know, of every form that gopls v0.23 and v0.24 accept or refuse, and
// what becomes of each.
#include "proxy/cli/invocation.h"

#include <gtest/gtest.h>

#include <ostream>

namespace bridge::cli {
namespace {

using Args = std::vector<std::string>;
using Kind = Invocation::Kind;

Invocation read(const Args& args, std::string_view name = "gopls-bridge") {
  return read_invocation(name, args);
}

struct Row {
  const char* who;
  Args args;
  Args server_args;  // of the private gopls
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.who; }

// ---- Sessions ----------------------------------------------------------------------------------

class SessionForm : public testing::TestWithParam<Row> {};

TEST_P(SessionForm, IsASessionUnderEitherName) {
  for (auto const* name : {"gopls-bridge", "gopls"}) {
    auto const result = read(GetParam().args, name);
    EXPECT_EQ(result.kind, Kind::session) << name;
    EXPECT_EQ(result.server_args, GetParam().server_args) << name;
    EXPECT_EQ(result.as_gopls, GetParam().args) << name;
    EXPECT_TRUE(result.own_flags.empty()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Clients, SessionForm,
    testing::Values(Row{"VS Code, Helix, eglot, Kate: nothing", {}, {}},
                    Row{"Zed", {"-mode=stdio"}, {}}, Row{"lsp-mode, vim-go", {"-remote=auto"}, {}},
                    Row{"a named daemon", {"-remote=auto;mine"}, {}},
                    Row{"no remote", {"-remote="}, {}},
                    Row{"Kate, debugging", {"serve", "-rpc.trace"}, {"serve", "-rpc.trace"}},
                    Row{"serve", {"serve"}, {"serve"}}));

INSTANTIATE_TEST_SUITE_P(
    FlagsThatReachThePrivateGopls, SessionForm,
    testing::Values(
        Row{"trace", {"-rpc.trace"}, {"-rpc.trace"}},
        Row{"trace before serve", {"-rpc.trace", "serve"}, {"-rpc.trace", "serve"}},
        Row{"trace off", {"-rpc.trace=false"}, {"-rpc.trace=false"}},
        Row{"verbose trace", {"-v", "-rpc.trace"}, {"-v", "-rpc.trace"}},
        Row{"very verbose", {"-vv"}, {"-vv"}},
        Row{"long names", {"-verbose", "--veryverbose"}, {"-verbose", "--veryverbose"}},
        Row{"verbose before serve", {"-v", "serve"}, {"-v", "serve"}},
        Row{"logfile", {"-logfile=auto"}, {"-logfile=auto"}},
        Row{"value apart", {"-logfile", "F"}, {"-logfile", "F"}},
        Row{"a value like a flag", {"-logfile", "-v"}, {"-logfile", "-v"}},
        Row{"a value like serve", {"-logfile", "serve"}, {"-logfile", "serve"}},
        Row{"debug", {"-debug=localhost:0"}, {"-debug=localhost:0"}},
        Row{"idle", {"serve", "-listen.timeout", "1m0s"}, {"serve", "-listen.timeout", "1m0s"}}));

INSTANTIATE_TEST_SUITE_P(
    FlagsThatAreAbsorbed, SessionForm,
    testing::Values(
        Row{"mode after serve", {"serve", "-mode=stdio"}, {"serve"}},
        Row{"mode, value apart", {"-mode", "stdio", "-v"}, {"-v"}},
        Row{"remote, value apart", {"-remote", "auto", "-v"}, {"-v"}},
        Row{"remote's own flags",
            {"-remote=auto", "-remote.debug=:0", "-remote.logfile", "F",
             "-remote.listen.timeout=0"},
            {}},
        Row{"remote before serve", {"-remote=auto", "serve"}, {"serve"}},
        // v0.24 refuses the second flag in this place; the session does without it.
        Row{"v0.23 took this", {"-remote=auto", "serve", "-remote.listen.timeout=2s"}, {"serve"}}));

TEST(Invocation, OfSeveralAbsorbedFlagsTheOthersKeepTheirOrderAndForm) {
  auto const result = read({"-vv", "-mode=stdio", "--logfile", "F", "-remote=auto", "serve",
                            "--rpc.trace=true", "-mode", "x"});
  EXPECT_EQ(result.kind, Kind::session);
  EXPECT_EQ(result.server_args, (Args{"-vv", "--logfile", "F", "serve", "--rpc.trace=true"}));
}

TEST(Invocation, StdioIsAbsorbedUnderOurOwnNameAndUnknownToGopls) {
  auto const ours = read({"--stdio", "-v"});
  EXPECT_EQ(ours.kind, Kind::session);
  EXPECT_EQ(ours.server_args, (Args{"-v"}));
  EXPECT_EQ(ours.as_gopls, (Args{"-v"}));
  auto const theirs = read({"--stdio", "-v"}, "gopls");
  EXPECT_EQ(theirs.kind, Kind::become_gopls);
  EXPECT_EQ(theirs.as_gopls, (Args{"--stdio", "-v"}));
}

TEST(Invocation, RemoteAddressMeansConnect) {
  for (auto const* name : {"gopls-bridge", "gopls"}) {
    for (auto const& [remote, address] :
         {std::pair{"unix;/run/g.sock", "unix;/run/g.sock"}, std::pair{"/run/g", "/run/g"},
          std::pair{"127.0.0.1:37374", "127.0.0.1:37374"}, std::pair{"[::1]:8", "[::1]:8"},
          std::pair{"localhost:37374", "localhost:37374"},
          std::pair{"tcp;127.0.0.1:9", "127.0.0.1:9"}}) {
      auto const result = read({"-v", std::string("-remote=") + remote}, name);
      EXPECT_EQ(result.kind, Kind::session) << remote;
      ASSERT_EQ(result.own_flags.size(), 1u) << remote;
      EXPECT_EQ(result.own_flags[0].name, "connect");
      EXPECT_EQ(result.own_flags[0].value, address);
      EXPECT_EQ(result.own_flags[0].spelling, "-remote");
      EXPECT_EQ(result.server_args, (Args{"-v"}));
    }
  }
}

// ---- What is gopls' own ------------------------------------------------------------------------

class GoplsForm : public testing::TestWithParam<Args> {};

TEST_P(GoplsForm, BecomesGoplsWithTheSameArgvUnderEitherName) {
  for (auto const* name : {"gopls-bridge", "gopls"}) {
    auto const result = read(GetParam(), name);
    EXPECT_EQ(result.kind, Kind::become_gopls) << name;
    EXPECT_EQ(result.as_gopls, GetParam()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(VsCode, GoplsForm,
                         testing::Values(Args{"version", "-json"}, Args{"version"},
                                         Args{"vulncheck", "--", "-mode=convert", "-show=color"}));
INSTANTIATE_TEST_SUITE_P(
    Commands, GoplsForm,
    testing::Values(Args{"help"}, Args{"help", "serve"}, Args{"api-json"}, Args{"licenses"},
                    Args{"mcp"}, Args{"mcp", "-listen=localhost:0"}, Args{"-remote=auto", "mcp"},
                    Args{"check", "a.go"}, Args{"-v", "check", "--config", "a.go"},
                    Args{"remote", "sessions"}, Args{"stats", "-anon"}, Args{"bug"},
                    Args{"a-command-of-tomorrow"}, Args{"-"}, Args{""}));
INSTANTIATE_TEST_SUITE_P(
    FlagsThatAreNoStdioSession, GoplsForm,
    testing::Values(Args{"-listen=unix;/tmp/s"}, Args{"-listen", "unix;/tmp/s"},
                    Args{"serve", "-listen=unix;/tmp/s"}, Args{"-listen=:0", "serve"},
                    Args{"serve", "-mcp.listen=localhost:0"}, Args{"-otel=http://localhost:4318"},
                    Args{"-profile.cpu=F"}, Args{"-profile.mem", "F", "serve"},
                    Args{"-profile.alloc=F"}, Args{"-profile.block=F"}, Args{"-profile.trace=F"}));
INSTANTIATE_TEST_SUITE_P(
    WhatGoplsRefuses, GoplsForm,
    testing::Values(Args{"serve", "-remote=auto"}, Args{"serve", "-v"}, Args{"serve", "-vv"},
                    Args{"serve", "-otel=x"}, Args{"serve", "-profile.cpu=F"}, Args{"-port=1"},
                    Args{"-bogus"}, Args{"serve", "-bogus", "-v"}, Args{"serve", "extra"},
                    Args{"serve", "serve"}, Args{"-rpc.trace", "true"}, Args{"-rpc.trace=maybe"},
                    Args{"-logfile"}, Args{"serve", "-debug"}, Args{"-listen.timeout=soon"},
                    Args{"-remote.listen.timeout=1"}, Args{"--"}, Args{"serve", "--"},
                    Args{"-v", "--", "serve"}, Args{"---v"}, Args{"-=v"}, Args{"serve", "-h"}));
INSTANTIATE_TEST_SUITE_P(RemotesThatOnlyGoplsCanReach, GoplsForm,
                         testing::Values(Args{"-remote=build-host:37374"}, Args{"-remote=:37374"},
                                         Args{"-remote=udp;127.0.0.1:1"}, Args{"-remote=unix;"}));

TEST(Invocation, OwnFlagsAreTakenOutOfWhatGoplsGets) {
  auto const result =
      read({"--gopls", "/g", "-v", "--log-level=debug", "check", "--gopls", "x.go"});
  EXPECT_EQ(result.kind, Kind::become_gopls);
  EXPECT_EQ(result.as_gopls, (Args{"-v", "check", "--gopls", "x.go"}));
  ASSERT_EQ(result.own_flags.size(), 2u);
  EXPECT_EQ(result.own_flags[0].value, "/g");
  EXPECT_EQ(result.own_flags[1].spelling, "--log-level");
}

TEST(Invocation, OwnFlagsAreTakenAlsoBehindOneThatOnlyGoplsServes) {
  auto const result = read({"-listen=unix;/s", "--gopls=/g", "serve"});
  EXPECT_EQ(result.kind, Kind::become_gopls);
  EXPECT_EQ(result.as_gopls, (Args{"-listen=unix;/s", "serve"}));
  ASSERT_EQ(result.own_flags.size(), 1u);
}

// ---- What is ours ------------------------------------------------------------------------------

TEST(Invocation, OwnFlagsOfASession) {
  auto const result = read({"serve", "--gopls=/g", "-connect", "/s", "--config", "/c", "-rpc.trace",
                            "--log-level", "info", "--log-file=/l", "--frame-limit=70000"});
  EXPECT_EQ(result.kind, Kind::session);
  EXPECT_EQ(result.server_args, (Args{"serve", "-rpc.trace"}));
  EXPECT_EQ(result.as_gopls, (Args{"serve", "-rpc.trace"}));
  EXPECT_EQ(result.own_flags.size(), 6u);
}

TEST(Invocation, HelpAndVersionAreOursUnderOurName) {
  for (auto const* text : {"--help", "-help", "-h"}) EXPECT_EQ(read({text}).kind, Kind::help);
  EXPECT_EQ(read({"config", "--help"}).kind, Kind::help);
  EXPECT_EQ(read({"--version"}).kind, Kind::version);
}

TEST(Invocation, OwnSubcommandsTakeOwnFlagsAndWords) {
  auto const stamp = read({"--config=/c", "stamp", "--gopls", "/g", "FILE"});
  EXPECT_EQ(stamp.kind, Kind::stamp);
  EXPECT_EQ(stamp.own_flags.size(), 2u);
  EXPECT_EQ(stamp.command_args, (Args{"FILE"}));
  EXPECT_EQ(read({"config"}).kind, Kind::config);
}

// Its flags are its own, also those that have a name of ours or of gopls'.
TEST(Invocation, BenchTakesAllThatFollows) {
  auto const bench =
      read({"--gopls", "/g", "bench", "--gopls", "--rounds", "3", "-v", "--", "serve"});
  EXPECT_EQ(bench.kind, Kind::bench);
  EXPECT_EQ(bench.own_flags.size(), 1u);
  EXPECT_EQ(bench.command_args, (Args{"--gopls", "--rounds", "3", "-v", "--", "serve"}));
  auto const process = read({"bench-echo-server", "/script", "--two-writes"});
  EXPECT_EQ(process.kind, Kind::bench_process);
  EXPECT_EQ(process.command_args, (Args{"bench-echo-server", "/script", "--two-writes"}));
  EXPECT_EQ(read({"bench-mark"}).kind, Kind::become_gopls);
  EXPECT_EQ(read({"serve", "bench"}).kind, Kind::become_gopls);
  EXPECT_EQ(read({"-v", "bench"}).kind, Kind::become_gopls);
}

TEST(Invocation, OwnSubcommandsHaveFlagsOfTheirOwnAnywhereBehindTheirName) {
  auto const status =
      read({"--instance=a", "status", "--json", "-watch=false", "--log-level", "off"});
  EXPECT_EQ(status.kind, Kind::status);
  EXPECT_EQ(status.own_flags.size(), 2u);
  ASSERT_NE(status.command_flag("json"), nullptr);
  EXPECT_EQ(*status.command_flag("json"), "true");
  EXPECT_EQ(status.command_flag("watch"), nullptr);
  auto const logs = read({"logs", "--server", "s3", "--follow"});
  EXPECT_EQ(logs.kind, Kind::logs);
  ASSERT_NE(logs.command_flag("server"), nullptr);
  EXPECT_EQ(*logs.command_flag("server"), "s3");
  EXPECT_NE(logs.command_flag("follow"), nullptr);
  auto const restart = read({"restart-server", "s2"});
  EXPECT_EQ(restart.kind, Kind::restart_server);
  EXPECT_EQ(restart.command_args, (Args{"s2"}));
  auto const drop = read({"drop", "p2"});
  EXPECT_EQ(drop.kind, Kind::drop);
  EXPECT_EQ(drop.command_args, (Args{"p2"}));
  auto const daemon = read({"daemon", "--instance", "a", "--on-demand", "--ready-fd", "3"});
  EXPECT_EQ(daemon.kind, Kind::daemon);
  EXPECT_EQ(daemon.own_flags.size(), 1u);
  EXPECT_NE(daemon.command_flag("on-demand"), nullptr);
  EXPECT_EQ(*daemon.command_flag("ready-fd"), "3");
  auto const install = read({"install", "--vscode", "--dry-run", "--prefix=/p"});
  EXPECT_EQ(install.kind, Kind::install);
  EXPECT_EQ(*install.command_flag("vscode"), "true");
  EXPECT_EQ(*install.command_flag("prefix"), "/p");
  auto const uninstall = read({"uninstall", "--vscode=/s.json"});
  EXPECT_EQ(uninstall.kind, Kind::uninstall);
  EXPECT_EQ(*uninstall.command_flag("vscode"), "/s.json");
}

// Before the word, and to other words, they are unknown: gopls' to refuse, or ours.
TEST(Invocation, FlagsOfASubcommandAreNobodyElses) {
  EXPECT_EQ(read({"--json", "status"}).kind, Kind::become_gopls);
  EXPECT_EQ(read({"--on-demand"}).kind, Kind::become_gopls);
  for (auto const& args :
       {Args{"config", "--json"}, Args{"status", "--follow"}, Args{"status", "--json=maybe"},
        Args{"logs", "--server"}, Args{"install", "--on-demand"}, Args{"status", "-v"}})
    EXPECT_EQ(read(args).kind, Kind::usage_error) << args.back();
}

TEST(Invocation, PrivateIsShareTurnedRound) {
  auto const value = [](const Args& args) {
    auto const result = read(args);
    EXPECT_EQ(result.kind, Kind::session);
    EXPECT_EQ(result.own_flags.size(), 1u);
    return result.own_flags.empty()
               ? std::string()
               : result.own_flags.front().name + "=" + result.own_flags.front().value;
  };
  EXPECT_EQ(value({"--private"}), "share=false");
  EXPECT_EQ(value({"-private=true", "serve"}), "share=false");
  EXPECT_EQ(value({"serve", "--private=false"}), "share=true");
  auto const wrong = read({"--private=maybe"});
  EXPECT_EQ(wrong.kind, Kind::usage_error);
  EXPECT_EQ(wrong.complaint, "--private=maybe is not true or false");
}

TEST(Invocation, OwnSubcommandsRefuseWhatTheyDoNotKnow) {
  for (auto const& args : {Args{"config", "-v"}, Args{"config", "--bogus"}, Args{"stamp", "--"},
                           Args{"stamp", "---x"}, Args{"config", "--stdio"}})
    EXPECT_EQ(read(args).kind, Kind::usage_error) << args.back();
}

TEST(Invocation, AnOwnFlagWithoutItsValueIsAUsageError) {
  auto const result = read({"serve", "--gopls"});
  EXPECT_EQ(result.kind, Kind::usage_error);
  EXPECT_EQ(result.complaint, "flag needs an argument: --gopls");
}

// As Go's flag package has it: `--replay false` would be the flag and a word.
TEST(Invocation, AFlagThatIsTrueOrFalseNeverTakesTheNextWord) {
  auto const on = read({"--replay", "serve"});
  EXPECT_EQ(on.kind, Kind::session);
  ASSERT_EQ(on.own_flags.size(), 1u);
  EXPECT_EQ(on.own_flags[0].value, "true");
  auto const off = read({"--replay=false"});
  ASSERT_EQ(off.own_flags.size(), 1u);
  EXPECT_EQ(off.own_flags[0].value, "false");
  auto const word = read({"-replay", "false"});
  EXPECT_EQ(word.kind, Kind::become_gopls);
  EXPECT_EQ(word.as_gopls, (Args{"false"}));
}

TEST(Invocation, OwnSubcommandsComeFirst) {
  // Behind a flag or command of gopls it is an unknown command of gopls'.
  EXPECT_EQ(read({"-v", "config"}).kind, Kind::become_gopls);
  EXPECT_EQ(read({"serve", "stamp"}).kind, Kind::become_gopls);
}

TEST(Invocation, UnderTheNameGoplsNothingIsOurs) {
  for (auto const& args : {Args{"--help"},
                           Args{"-h"},
                           Args{"--version"},
                           Args{"config"},
                           Args{"stamp"},
                           Args{"bench"},
                           Args{"daemon"},
                           Args{"status"},
                           Args{"logs"},
                           Args{"restart-server"},
                           Args{"drop"},
                           Args{"install"},
                           Args{"uninstall"},
                           Args{"--private"},
                           Args{"--instance=a"},
                           Args{"bench-idle"},
                           Args{"--gopls", "/g"},
                           Args{"--connect=/s"},
                           Args{"--config=/c"},
                           Args{"--log-level=info"},
                           Args{"--frame-limit=70000"},
                           Args{"--stdio"}}) {
    auto const result = read(args, "gopls");
    EXPECT_EQ(result.kind, Kind::become_gopls) << args.front();
    EXPECT_EQ(result.as_gopls, args) << args.front();
    EXPECT_TRUE(result.own_flags.empty()) << args.front();
  }
}

}  // namespace
}  // namespace bridge::cli
