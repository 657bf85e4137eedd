#include "proxy/lease/trial_server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "proxy/lease/private_server.h"
#include "tests/e2e/real_servers.h"
#include "tests/rigs/frames.h"
#include "tests/rigs/process.h"

namespace bridge::lease {
namespace {

using namespace std::chrono_literals;

constexpr char kInitialize[] =
    R"({"jsonrpc":"2.0","id":"ours:1","method":"initialize","params":{"processId":null,)"
    R"("rootUri":null,"capabilities":{}}})";

// False: it never says anything.
bool wait_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(std::chrono::milliseconds(rigs::kWaitMax).count())) == 1;
}

TrialServer::Outcome outcome_of(TrialServer& trial) {
  while (wait_readable(trial.fd()))
    if (auto const& outcome = trial.on_readable()) return *outcome;
  return {.answer = std::nullopt, .error = "the test waited in vain"};
}

// The test is the server.
struct Peer {
  Peer() {
    int in[2];
    int out[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in), 0);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), 0);
    connection.write.reset(in[0]);
    input.reset(in[1]);
    connection.read.reset(out[0]);
    output.reset(out[1]);
    connection.name = "peer";
  }
  void write(std::string_view bytes) const {
    ASSERT_EQ(::write(output.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  ServerConnection connection;
  kernel::UniqueFd input;
  kernel::UniqueFd output;
};

TEST(TrialServer, TheFirstAnswerToItsRequestIsTheOutcome) {
  Peer peer;
  TrialServer trial(std::move(peer.connection), rigs::frame(kInitialize), 60s);
  peer.write("some text\n");
  peer.write(rigs::frame(R"({"jsonrpc":"2.0","method":"window/logMessage","params":{}})"));
  peer.write(rigs::frame(R"({"jsonrpc":"2.0","id":"ours:1","method":"client/ask"})"));
  peer.write(rigs::frame(R"({"jsonrpc":"2.0","id":1,"result":"another's"})"));
  EXPECT_FALSE(trial.on_readable());
  constexpr char kAnswer[] = R"({"jsonrpc":"2.0","result":{"a":[1]},"id":"ours:1"})";
  for (char const c : rigs::frame(kAnswer)) {
    EXPECT_FALSE(trial.on_readable());
    peer.write(std::string_view(&c, 1));
  }
  auto const outcome = outcome_of(trial);
  EXPECT_EQ(outcome.answer, kAnswer);
  EXPECT_EQ(outcome.error, "");
  peer.write(rigs::frame(R"({"jsonrpc":"2.0","result":2,"id":"ours:1"})"));
  EXPECT_EQ(trial.on_readable()->answer, kAnswer) << "it stays";
}

TEST(TrialServer, ALongRequestIsSentAsItIsTaken) {
  Peer peer;
  auto const asked = rigs::frame(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":")" +
                                 std::string(4'000'000, 'x') + "\"}");
  TrialServer trial(std::move(peer.connection), asked, 60s);
  std::string got;
  char piece[64 * 1024];
  while (got.size() < asked.size()) {
    ssize_t const size = ::recv(peer.input.get(), piece, sizeof piece, MSG_DONTWAIT);
    if (size > 0) {
      got.append(piece, static_cast<std::size_t>(size));
      continue;
    }
    ASSERT_TRUE(wait_readable(trial.fd())) << "it does not go on behind " << got.size();
    ASSERT_FALSE(trial.on_readable());
  }
  EXPECT_TRUE(got == asked);
  EXPECT_FALSE(trial.on_readable());
  pollfd one{trial.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&one, 1, 0), 0) << "nothing is left to do";
}

TEST(TrialServer, AnEndWithoutAnAnswerIsAnError) {
  Peer peer;
  TrialServer trial(std::move(peer.connection), rigs::frame(kInitialize), 60s);
  peer.write("Content-Length: 100\r\n\r\n{");
  peer.output.reset();
  auto const outcome = outcome_of(trial);
  EXPECT_FALSE(outcome.answer);
  EXPECT_EQ(outcome.error, "peer: it ended without an answer");
}

TEST(TrialServer, BytesThatAreNoMessageAreAnError) {
  Peer peer;
  TrialServer trial(std::move(peer.connection), rigs::frame(kInitialize), 60s);
  peer.write("Content-Length: 999999999\r\n\r\n");
  EXPECT_EQ(outcome_of(trial).error, "peer: it sent bytes that are no message");
}

TEST(TrialServer, SilenceIsAnErrorWhenPatienceEnds) {
  for (auto const patience : {0ms, 30ms}) {
    Peer peer;
    TrialServer trial(std::move(peer.connection), rigs::frame(kInitialize), patience);
    EXPECT_EQ(outcome_of(trial).error, "peer: no answer in time");
  }
}

// ---- Processes ---------------------------------------------------------------------------------

class TrialOfAProcess : public testing::Test {
 protected:
  // One argument a line.
  static ServerConnection fake_server(const std::string& arguments) {
    ::setenv("FAKE_SERVER_ARGS", arguments.c_str(), 1);
    PrivateServer servers(BRIDGE_TEST_PROGRAMS "/fake_server", {}, "", ServerStdio::blocking);
    return servers.acquire(AcquireReason::first).value();
  }
};

TEST_F(TrialOfAProcess, TheServerEndsWithTheTrialAndNothingIsLeft) {
  auto const before = rigs::open_descriptors();
  auto connection = fake_server("--stay-after-eof\n--two-writes\n--print-garbage");
  rigs::ProcessWatch const process(connection.process->pid());
  {
    TrialServer trial(std::move(connection), rigs::frame(kInitialize), 60s);
    auto const outcome = outcome_of(trial);
    ASSERT_TRUE(outcome.answer) << outcome.error;
    EXPECT_NE(outcome.answer->find("\"capabilities\""), std::string::npos);
    EXPECT_FALSE(process.wait_ended(0ms));
  }
  EXPECT_TRUE(process.wait_ended());
  EXPECT_NE(::kill(process.pid(), 0), 0) << "it was reaped";
  EXPECT_EQ(rigs::open_descriptors(), before + 1) << "but for the test's own pidfd";
}

TEST_F(TrialOfAProcess, WhatItSaidBeforeItsEndIsInTheError) {
  auto connection =
      fake_server("--exit-when\ninitialize\n--stderr\nfirst\n--stderr\nno such module");
  TrialServer trial(std::move(connection), rigs::frame(kInitialize), 60s);
  auto const error = outcome_of(trial).error;
  EXPECT_TRUE(
      error.ends_with("it ended without an answer; the last it wrote to its stderr: "
                      "no such module"))
      << error;
}

TEST_F(TrialOfAProcess, OneThatDoesNotAnswerIsEndedToo) {
  auto connection = fake_server("--stay-after-eof\n--delay\ninitialize=3600000");
  rigs::ProcessWatch const process(connection.process->pid());
  {
    TrialServer trial(std::move(connection), rigs::frame(kInitialize), 50ms);
    EXPECT_FALSE(outcome_of(trial).answer);
  }
  EXPECT_TRUE(process.wait_ended());
}

class TrialOfGopls : public testing::TestWithParam<std::string_view> {};

TEST_P(TrialOfGopls, SaysItsVersion) {
  BRIDGE_REQUIRE_SERVER(GetParam());
  PrivateServer servers(e2e::server_path(GetParam()), {}, "", ServerStdio::nonblocking);
  TrialServer trial(servers.acquire(AcquireReason::first).value(), rigs::frame(kInitialize), 60s);
  auto const outcome = outcome_of(trial);
  ASSERT_TRUE(outcome.answer) << outcome.error;
  EXPECT_NE(outcome.answer->find(GetParam()), std::string::npos) << *outcome.answer;
  EXPECT_NE(outcome.answer->find("\"hoverProvider\":true"), std::string::npos) << *outcome.answer;
}

INSTANTIATE_TEST_SUITE_P(Versions, TrialOfGopls, testing::Values(e2e::kGopls23, e2e::kGopls24));

}  // namespace
}  // namespace bridge::lease
