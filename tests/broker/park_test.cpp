// Sessions that are parked at the daemon: who gets one, who gets another gopls, and what ends one.
#include <gtest/gtest.h>

#include <filesystem>

#include "proxy/lease/state_file.h"
#include "tests/broker/parking_fixture.h"

namespace bridge::broker {
namespace {

using std::chrono::milliseconds;

struct Park : ParkedSessions {};

// --- who gets it ---------------------------------------------------------------------------------

TEST_F(Park, ASessionThatWasLeftIsTakenUpByAnother) {
  start_daemon();
  auto one = begun({});
  one->server().send_frame(
      R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":)"
      R"({"uri":"file:///m/a.go","languageId":"go","version":1,"text":"package a"}}})");
  EXPECT_EQ(one->server().request("fake/echo", 1)["result"], 1);
  one->state.journal = std::string(300'000, 'j');
  one->state.documents = {{.raw_uri = R"("file:///m/a.go")", .bytes = 9, .text_checksum = 7}};
  auto const got = one->park();
  EXPECT_EQ(got.verb, "parked") << got.get("reason");
  EXPECT_EQ(got.get("session"), "p1");
  pid_t const server = one->pid();
  auto const left = one->state;
  one.reset();

  auto other = begun({.parker = "2:2"});
  ASSERT_TRUE(other->resumed());
  EXPECT_EQ(other->pid(), server);
  EXPECT_EQ(other->taken_up().journal, left.journal);
  EXPECT_EQ(other->taken_up().documents, left.documents);
  EXPECT_TRUE(has_its_document(*other));
  EXPECT_EQ(parked(), 0U);

  // And again, by the one that took it up.
  EXPECT_EQ(other->park().get("session"), "p2");
  auto third = begun({.parker = "3:3"});
  ASSERT_TRUE(third->resumed());
  EXPECT_TRUE(has_its_document(*third));
  auto const text = log();
  EXPECT_NE(text.find("p1: parked the session of pid "), std::string::npos) << text;
  EXPECT_NE(text.find("p1: the session that was parked by pid "), std::string::npos) << text;
}

TEST_F(Park, WhatIsNotAlikeGetsAConnectionThatNobodyUsed) {
  start_daemon();
  pid_t const server = leave_parked();
  for (Asks const& asks : std::vector<Asks>{{.parker = "2:2", .fingerprint = "g"},
                                            {.parker = "2:2", .fingerprint = ""},
                                            {.parker = ""},
                                            {.parker = "2:2", .resume = false}}) {
    auto const other = begun(asks);
    EXPECT_FALSE(other->resumed()) << asks.parker << asks.fingerprint;
    EXPECT_EQ(other->pid(), server) << "of the same gopls";
    EXPECT_FALSE(has_its_document(*other));
  }
  auto const stranger = begun({.parker = "2:2", .key = "other"});
  EXPECT_FALSE(stranger->resumed());
  EXPECT_NE(stranger->pid(), server);
  EXPECT_EQ(parked(), 1U);
}

TEST_F(Park, WhatItsGoplsSaysMeanwhileIsAnsweredAndKept) {
  start_daemon();
  write_program("--keep");
  auto one = begun({.key = "keeps"});
  one->server().send_frame(
      R"({"jsonrpc":"2.0","method":"fake/send","params":{"jsonrpc":"2.0","id":"r1","method":)"
      R"("client/registerCapability","params":{"registrations":[{"id":"x","method":"m"}]}}})");
  EXPECT_EQ(one->park().verb, "parked");
  // What it sends may come only now: gopls has then been answered.
  auto other = begun({.parker = "2:2", .key = "keeps"});
  ASSERT_TRUE(other->resumed());
  auto const received = other->server().request("fake/received", nullptr)["result"].dump();
  if (other->taken_up().news.empty()) return;  // it was given away before gopls had sent it
  EXPECT_NE(other->taken_up().news.front().find("client/registerCapability"), std::string::npos);
  EXPECT_NE(received.find(R"("id":"r1","result":null)"), std::string::npos) << received;
}

TEST_F(Park, OneThatOwesAnAnswerIsWaitedForAMomentAndIsThereLater) {
  start_daemon();
  write_program("--delay\nfake/echo=400");
  auto one = begun({.key = "slow"});
  one->server().send_frame(R"({"jsonrpc":"2.0","id":7,"method":"fake/echo","params":1})");
  one->state.drain.owed = {"7"};
  EXPECT_EQ(one->park().verb, "parked");
  auto const other = begun({.parker = "2:2", .key = "slow"});
  EXPECT_FALSE(other->resumed());
  EXPECT_EQ(other->pid(), one->pid());
  wait_for_status("it is ready", [](auto const& it) {
    return it.parked.size() == 1 && it.parked.front().get("ready") == "1";
  });
  EXPECT_TRUE(begun({.parker = "3:3", .key = "slow"})->resumed());
}

// --- the same editor again -----------------------------------------------------------------------

TEST_F(Park, ARestartOfTheSameEditorGetsAnotherGoplsAndItsNeighboursKeepTheirs) {
  start_daemon();
  auto neighbour = begun({.parker = "9:9", .fingerprint = "neighbour"});
  pid_t const server = leave_parked();
  ASSERT_EQ(server, neighbour->pid());
  auto again = begun({});
  EXPECT_FALSE(again->resumed());
  EXPECT_NE(again->pid(), server);
  EXPECT_EQ(parked(), 0U);
  EXPECT_EQ(neighbour->server().request("fake/where", nullptr)["result"]["pid"], server);
  EXPECT_EQ(begun({.parker = "4:4"})->pid(), again->pid()) << "who begins now has the new one";
  // The old one ends with the last who has it.
  ProcessWatch const old(server);
  neighbour.reset();
  EXPECT_TRUE(old.wait_ended(kBound));
}

TEST_F(Park, ARestartAfterLeavingUnparkedGetsAnotherGoplsToo) {
  start_daemon();
  auto one = begun({});
  pid_t const server = one->pid();
  one.reset();
  wait_for_status("no session", [](auto const& it) {
    return it.servers.size() == 1 && it.servers.front().get("sessions") == "0";
  });
  EXPECT_NE(begun({})->pid(), server);
}

// --- one that is about to leave ------------------------------------------------------------------

TEST_F(Park, OneThatComesBeforeTheOldOneHasParkedGetsIt) {
  start_daemon();
  auto one = begun({});
  one->say("leaving");
  auto other = front();
  other->ask(program, {.parker = "2:2"});
  // The daemon has both before it has the park: it answers one connection after the other.
  wait_for_status("one that leaves", [](auto const&) { return true; });
  EXPECT_EQ(one->park().verb, "parked");
  EXPECT_EQ(other->answer().verb, "granted");
  // On a machine that is busy for 150 ms it was given up; then it is there for the next one.
  if (!other->resumed()) other = begun({.parker = "3:3"});
  EXPECT_TRUE(other->resumed());
}

TEST_F(Park, OneThatLeavesForGoodIsNotWaitedFor) {
  start_daemon();
  auto one = begun({});
  one->say("leaving");
  auto other = front();
  other->ask(program, {.parker = "2:2"});
  one.reset();
  EXPECT_EQ(other->answer().verb, "granted");
  EXPECT_FALSE(other->resumed());
}

TEST_F(Park, OneThatDiesWhileItWaitsLeavesItToTheNext) {
  start_daemon();
  auto one = begun({});
  one->say("leaving");
  auto other = front();
  other->ask(program, {.parker = "2:2"});
  other.reset();
  EXPECT_EQ(one->park().verb, "parked");
  EXPECT_TRUE(begun({.parker = "3:3"})->resumed());
}

TEST_F(Park, OneThatDiesWithWhatItTookUpTakesItAlong) {
  start_daemon();
  pid_t const server = leave_parked();
  auto other = front();
  other->ask(program, {.parker = "2:2"});
  other.reset();  // whether it was answered or not
  wait_for_status("a gopls without sessions", [](auto const& it) {
    return it.servers.size() == 1 && it.servers.front().get("sessions") == "0";
  });
  auto const third = begun({.parker = "3:3"});
  EXPECT_EQ(third->pid(), server);
  EXPECT_EQ(third->server().request("fake/echo", 1)["result"], 1);
}

// --- what ends one -------------------------------------------------------------------------------

TEST_F(Park, OneIsEndedAfterItsTimeAndThenItsGopls) {
  start_daemon({"GOPLS_BRIDGE_PARK_TIMEOUT=400ms", "GOPLS_BRIDGE_IDLE_TIMEOUT=100ms"});
  ProcessWatch const server(leave_parked());
  EXPECT_TRUE(server.wait_ended(kBound));
  EXPECT_EQ(parked(), 0U);
  EXPECT_NE(log().find("nobody came for it within park_timeout"), std::string::npos) << log();
}

TEST_F(Park, WhileOneIsParkedItsGoplsDoesNotIdleOut) {
  start_daemon({"GOPLS_BRIDGE_IDLE_TIMEOUT=100ms"});
  ProcessWatch const server(leave_parked());
  EXPECT_FALSE(server.wait_ended(milliseconds(700)));
  EXPECT_TRUE(begun({.parker = "2:2"})->resumed());
}

TEST_F(Park, BeyondTheMostTheOldestIsEnded) {
  start_daemon({"GOPLS_BRIDGE_PARKED_MAX=2"});
  for (auto const* fingerprint : {"a", "b", "c"}) leave_parked({.fingerprint = fingerprint});
  auto const now = status();
  ASSERT_EQ(now.parked.size(), 2U) << now.text();
  EXPECT_EQ(now.parked.front().get("session"), "p2");
  EXPECT_FALSE(begun({.parker = "2:2", .fingerprint = "a"})->resumed());
  EXPECT_TRUE(begun({.parker = "2:2", .fingerprint = "c"})->resumed());
}

TEST_F(Park, WhereNoneIsToBeKeptAParkIsRefused) {
  start_daemon({"GOPLS_BRIDGE_PARKED_MAX=0"});
  auto one = begun({});
  auto const got = one->park();
  EXPECT_EQ(got.verb, "refused");
  EXPECT_EQ(got.get("reason"), "parked_max is 0");
}

TEST_F(Park, OneEndsWithItsGopls) {
  start_daemon();
  ProcessWatch const server(leave_parked());
  server.kill(SIGKILL);
  wait_for_parked(0);
  auto const other = begun({.parker = "2:2"});
  EXPECT_FALSE(other->resumed());
  EXPECT_NE(other->pid(), server.pid());
}

TEST_F(Park, OneEndsWhereItsGoplsIsReplacedByTheUser) {
  start_daemon();
  pid_t const server = leave_parked();
  ControlClient const client(control);
  client.send({.verb = "restart-server", .fields = {}});
  EXPECT_EQ(client.read().message.verb, "done");
  EXPECT_EQ(parked(), 0U);
  auto const other = begun({.parker = "2:2"});
  EXPECT_FALSE(other->resumed());
  EXPECT_NE(other->pid(), server);
}

TEST_F(Park, OneEndsWhenItsProgramWasUpgraded) {
  start_daemon();
  leave_parked();
  begun({.parker = "2:2", .key = "other home"});
  EXPECT_EQ(parked(), 1U) << "another key is no upgrade";
  write_program();
  auto const other = begun({.parker = "2:2", .key = "new key"});
  EXPECT_FALSE(other->resumed());
  EXPECT_EQ(parked(), 0U);
}

TEST_F(Park, TheUserEndsOneOrAll) {
  start_daemon();
  for (auto const* fingerprint : {"a", "b", "c"}) leave_parked({.fingerprint = fingerprint});
  auto const drop = [this](std::string_view name) {
    ControlClient const client(control);
    lease::ControlMessage message{.verb = "drop", .fields = {}};
    if (!name.empty()) message.add("session", name);
    client.send(message);
    return client.read().message.number("sessions");
  };
  EXPECT_EQ(drop("p2"), 1U);
  EXPECT_EQ(drop("p2"), 0U);
  EXPECT_EQ(parked(), 2U);
  EXPECT_EQ(drop(""), 2U);
  EXPECT_EQ(parked(), 0U);
}

TEST_F(Park, WhenMemoryIsShortTheyGoFirst) {
  start_daemon({"GOPLS_BRIDGE_MEMORY_BUDGET_MIB=1"});  // less than any process takes
  auto neighbour = begun({.parker = "9:9", .fingerprint = "neighbour"});
  pid_t const server = leave_parked();
  ProcessWatch const unused(leave_parked({.key = "alone"}));
  wait_for_parked(0);  // one look comes after ten seconds
  EXPECT_TRUE(unused.wait_ended(kBound)) << "nobody has it any more";
  EXPECT_EQ(neighbour->server().request("fake/where", nullptr)["result"]["pid"], server);
}

// --- the daemon ends -----------------------------------------------------------------------------

TEST_F(Park, OneEndsWithTheDaemonAndTheNextOneParksWhatWasGrantedBefore) {
  start_daemon();
  auto live = begun({.parker = "9:9", .fingerprint = "live"});
  auto const granted_by_it = status().servers.front();
  pid_t const server = leave_parked();
  daemon_->kill(SIGKILL);
  daemon_->wait_exit();
  start_daemon();
  EXPECT_EQ(parked(), 0U);
  auto const other = begun({.parker = "2:2"});
  EXPECT_FALSE(other->resumed());
  EXPECT_EQ(other->pid(), server) << "the gopls lives on";

  // The session of before tells the next daemon what it has.
  auto moved = front();
  lease::ControlMessage session{.verb = "session", .fields = {}};
  session.add("pid", 1)
      .add("lease", granted_by_it.get("server"))
      .add("lease_pid", static_cast<std::uint64_t>(server))
      .add("fingerprint", "live")
      .add("parker", "9:9");
  moved->say(session);
  auto const file = lease::make_state_file(session::serialise({}));
  EXPECT_EQ(moved->park(live->server().fd(), file.get()).verb, "parked");
  auto const next = begun({.parker = "3:3", .fingerprint = "live"});
  EXPECT_TRUE(next->resumed());
  EXPECT_EQ(status().text().find("fingerprint"), std::string::npos) << "not for others' eyes";
}

}  // namespace
}  // namespace bridge::broker
