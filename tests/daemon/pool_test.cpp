// The pool alone: who gets which gopls, and when one ends.
#include "proxy/daemon/pool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bridge::daemon {
namespace {

using Kind = PoolAction::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

Recipe recipe(const std::string& key) {
  Recipe one;
  one.key = key;
  one.program = "/opt/gopls";
  return one;
}

class PoolTest : public ::testing::Test {
 protected:
  static constexpr auto kIdle = minutes(10);

  // "start 1; grant 7 of 1; refuse 7; tell 7 of 1; end 1"
  std::string actions() {
    std::string text;
    for (PoolAction const& action : pool.take_actions()) {
      std::string const front = std::to_string(action.front);
      std::string const server = std::to_string(action.server);
      if (!text.empty()) text += "; ";
      switch (action.kind) {
        case Kind::start:
          text += "start " + server;
          break;
        case Kind::grant:
          text += "grant " + front + " of " + server;
          break;
        case Kind::refuse:
          text += "refuse " + front + " (" + action.text + ")";
          break;
        case Kind::tell:
          text += "tell " + front + " of " + server + (action.killed ? " killed" : "");
          break;
        case Kind::end:
          text += "end " + server;
          break;
      }
    }
    return text;
  }
  // A front with a lease of the first server, for key "k".
  void serve(FrontId front) {
    pool.lease(front, recipe("k"), now);
    pool.on_serving(1, now);
    pool.take_actions();
  }

  Pool pool{{.idle_timeout = kIdle}};
  TimePoint now = TimePoint{} + minutes(1);
};

TEST_F(PoolTest, ManyWhoAskAtOnceStartOneServerForAKey) {
  for (FrontId front = 1; front <= 200; ++front) pool.lease(front, recipe("k"), now);
  EXPECT_EQ(actions(), "start 1");
  pool.on_serving(1, now);
  auto const granted = pool.take_actions();
  ASSERT_EQ(granted.size(), 200U);
  for (PoolAction const& action : granted) EXPECT_EQ(action.server, 1U);
}

TEST_F(PoolTest, AnotherKeyIsAnotherServer) {
  serve(1);
  pool.lease(2, recipe("other"), now);
  EXPECT_EQ(actions(), "start 2");
}

TEST_F(PoolTest, AServerThatServesIsGrantedAtOnce) {
  serve(1);
  pool.lease(2, recipe("k"), now);
  EXPECT_EQ(actions(), "grant 2 of 1");
}

TEST_F(PoolTest, AFrontThatLeavesWhileItsServerStartsIsNotGranted) {
  pool.lease(1, recipe("k"), now);
  pool.lease(2, recipe("k"), now);
  pool.release(1, now);
  actions();
  pool.on_serving(1, now);
  EXPECT_EQ(actions(), "grant 2 of 1");
}

TEST_F(PoolTest, AServerEndsWhenItHadNoSessionForTheIdleTimeAndNotBefore) {
  serve(1);
  EXPECT_EQ(pool.next_tick(), std::nullopt);
  pool.release(1, now);
  EXPECT_EQ(pool.next_tick(), now + kIdle);
  pool.tick(now + kIdle - seconds(1));
  EXPECT_EQ(actions(), "");
  pool.tick(now + kIdle);
  EXPECT_EQ(actions(), "end 1");
  pool.tick(now + 2 * kIdle);
  EXPECT_EQ(actions(), "") << "it was told already";
}

TEST_F(PoolTest, AServerThatIsTakenAgainInTimeIsNotEnded) {
  serve(1);
  pool.release(1, now);
  pool.lease(2, recipe("k"), now + minutes(9));
  EXPECT_EQ(actions(), "grant 2 of 1");
  EXPECT_EQ(pool.next_tick(), std::nullopt);
  pool.tick(now + minutes(60));
  EXPECT_EQ(actions(), "");
}

TEST_F(PoolTest, AServerThatWasToldToEndIsNobodysAnyMore) {
  serve(1);
  pool.release(1, now);
  pool.tick(now + kIdle);
  actions();
  pool.lease(2, recipe("k"), now + kIdle);
  EXPECT_EQ(actions(), "start 2");
  pool.on_ended(1, "", false);
  EXPECT_EQ(actions(), "");
}

TEST_F(PoolTest, NeverIsNever) {
  Pool patient({.idle_timeout = seconds(0)});
  patient.lease(1, recipe("k"), now);
  patient.on_serving(1, now);
  patient.release(1, now);
  patient.take_actions();
  EXPECT_EQ(patient.next_tick(), std::nullopt);
  patient.tick(now + minutes(100'000));
  EXPECT_TRUE(patient.take_actions().empty());
}

TEST_F(PoolTest, AServerThatStartsIsNotIdle) {
  pool.lease(1, recipe("k"), now);
  pool.release(1, now);
  EXPECT_EQ(pool.next_tick(), std::nullopt);
  pool.on_serving(1, now + seconds(1));
  EXPECT_EQ(pool.next_tick(), now + seconds(1) + kIdle);
}

TEST_F(PoolTest, WhoHasAServerIsToldOfItsEndAndTheNextOneStartsOnce) {
  serve(1);
  pool.lease(2, recipe("k"), now);
  actions();
  pool.on_ended(1, "killed by signal 9", true);
  EXPECT_EQ(actions(), "tell 1 of 1 killed; tell 2 of 1 killed");
  EXPECT_EQ(pool.restarts("k"), 1U);
  pool.lease(1, recipe("k"), now);
  pool.lease(2, recipe("k"), now);
  EXPECT_EQ(actions(), "start 2");
}

TEST_F(PoolTest, AServerThatDoesNotComeUpIsARefusalForAllWhoWait) {
  pool.lease(1, recipe("k"), now);
  pool.lease(2, recipe("k"), now);
  actions();
  pool.on_ended(1, "exit status 2", false);
  EXPECT_EQ(actions(),
            "refuse 1 (/opt/gopls did not start to serve: exit status 2); "
            "refuse 2 (/opt/gopls did not start to serve: exit status 2)");
  EXPECT_EQ(pool.restarts("k"), 0U);
  pool.lease(3, recipe("k"), now);
  EXPECT_EQ(actions(), "start 2");
}

TEST_F(PoolTest, AGrantThatFailsIsARefusalAndNoLease) {
  serve(1);
  pool.on_grant_failed(1, "no connection", now);
  EXPECT_EQ(actions(), "refuse 1 (no connection)");
  EXPECT_EQ(pool.lease_of(1), std::nullopt);
  EXPECT_EQ(pool.next_tick(), now + kIdle);
}

TEST_F(PoolTest, WhoAsksAgainGivesBackWhatItHad) {
  serve(1);
  pool.lease(1, recipe("other"), now);
  EXPECT_EQ(actions(), "start 2");
  EXPECT_EQ(pool.next_tick(), now + kIdle) << "the first has no session left";
}

TEST_F(PoolTest, AnAdoptedServerServesItsKeyAndWhoeverClaimsIt) {
  ServerId const adopted = pool.adopt(recipe("k"), now);
  EXPECT_EQ(pool.next_tick(), now + kIdle);
  pool.claim(7, adopted);
  EXPECT_EQ(pool.lease_of(7), adopted);
  EXPECT_EQ(pool.next_tick(), std::nullopt);
  pool.claim(7, adopted);
  pool.claim(8, adopted + 1);
  EXPECT_EQ(pool.servers().at(adopted).leases.size(), 1U);
  pool.lease(9, recipe("k"), now);
  EXPECT_EQ(actions(), "grant 9 of 1");
}

TEST_F(PoolTest, OfTwoThatWereAdoptedForAKeyTheNewerServes) {
  pool.adopt(recipe("k"), now);
  pool.adopt(recipe("k"), now);
  pool.lease(7, recipe("k"), now);
  EXPECT_EQ(actions(), "grant 7 of 2");
}

TEST_F(PoolTest, WhereMemoryIsShortAServerEndsWithItsLastLease) {
  serve(1);
  pool.lease(2, recipe("k"), now);
  actions();
  pool.end_when_free(1, now);
  EXPECT_EQ(actions(), "");
  pool.release(1, now);
  EXPECT_EQ(actions(), "");
  pool.release(2, now);
  EXPECT_EQ(actions(), "end 1");
}

TEST_F(PoolTest, WhoComesBeforeTheLastOneIsGoneKeepsTheServer) {
  serve(1);
  pool.end_when_free(1, now);
  pool.lease(2, recipe("k"), now);
  EXPECT_EQ(actions(), "grant 2 of 1");
  pool.release(1, now);
  pool.release(2, now);
  EXPECT_EQ(actions(), "");
}

TEST_F(PoolTest, AServerWithoutLeasesEndsAtOnceWhereMemoryIsShort) {
  serve(1);
  pool.release(1, now);
  pool.end_when_free(1, now);
  EXPECT_EQ(actions(), "end 1");
}

TEST_F(PoolTest, ARetiredServerKeepsItsSessionsAndGetsNoMore) {
  serve(1);
  pool.retire(1, now);
  EXPECT_EQ(actions(), "");
  pool.lease(2, recipe("k"), now);
  EXPECT_EQ(actions(), "start 2");
  pool.on_serving(2, now);
  EXPECT_EQ(actions(), "grant 2 of 2");
  pool.lease(1, recipe("k"), now);
  EXPECT_EQ(actions(), "end 1; grant 1 of 2");
}

TEST_F(PoolTest, WhatIsSaidOfAServerThatIsGoneIsPassedOver) {
  serve(1);
  pool.on_ended(1, "", false);
  actions();
  pool.on_ended(1, "", false);
  pool.on_serving(1, now);
  pool.retire(1, now);
  pool.end_when_free(1, now);
  pool.release(1, now);
  EXPECT_EQ(actions(), "");
}

TEST_F(PoolTest, ALeaseThatIsPassedKeepsItsServerAndIsToldOfItsEnd) {
  serve(7);
  pool.pass_lease(7, 8, now);
  EXPECT_EQ(pool.lease_of(7), std::nullopt);
  EXPECT_EQ(pool.lease_of(8), 1U);
  pool.release(7, now);
  EXPECT_EQ(pool.next_tick(), std::nullopt) << "it is no one's to give back";
  // To one that has another's: that is given back.
  pool.lease(9, recipe("other"), now);
  pool.on_serving(2, now);
  pool.take_actions();
  pool.pass_lease(8, 9, now);
  EXPECT_EQ(pool.lease_of(9), 1U);
  EXPECT_TRUE(pool.servers().at(2).leases.empty());
  pool.pass_lease(8, 7, now);
  EXPECT_EQ(pool.lease_of(7), std::nullopt) << "there is nothing to pass";
  pool.on_ended(1, "killed", /*killed=*/true);
  EXPECT_EQ(actions(), "tell 9 of 1 killed");
}

}  // namespace
}  // namespace bridge::daemon
