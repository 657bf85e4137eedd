// Parking alone: who gets which parked session, who is waited for, and what is dropped when.
#include "proxy/daemon/parking.h"

#include <gtest/gtest.h>

#include <string>

namespace bridge::daemon {
namespace {

using Kind = ParkingAction::Kind;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class ParkingTest : public ::testing::Test {
 protected:
  static constexpr ServerId kServer = 1;

  static Recipe recipe(const std::string& key = "k") {
    Recipe one;
    one.key = key;
    one.program = "/opt/gopls";
    return one;
  }
  static SessionMark mark(const std::string& parker, const std::string& fingerprint = "f",
                          const std::string& key = "k") {
    return {.key = key, .fingerprint = fingerprint, .parker = parker};
  }
  // "fresh 7; resume 7 p1; drop p1; retire 1"; a resume is done at once, unless it is refused.
  std::string actions() {
    std::string text;
    for (ParkingAction const& action : parking.take_actions()) {
      if (!text.empty()) text += "; ";
      switch (action.kind) {
        case Kind::fresh:
          text += "fresh " + std::to_string(action.front);
          EXPECT_EQ(action.recipe.program, "/opt/gopls") << "what the pool needs";
          break;
        case Kind::resume:
          text += "resume " + std::to_string(action.front) + " p" + std::to_string(action.parked);
          if (refuses) {
            parking.not_resumed(action.parked);
          } else {
            parking.resumed(action.parked);
          }
          break;
        case Kind::drop:
          text += "drop p" + std::to_string(action.parked);
          EXPECT_NE(action.text, "") << "why";
          break;
        case Kind::retire:
          text += "retire " + std::to_string(action.server);
          break;
      }
    }
    return text;
  }
  std::string begin(FrontId front, const SessionMark& its) {
    parking.lease(front, recipe(its.key), its, /*resume=*/true, now);
    return actions();
  }
  // Parks; the session can be had at once.
  ParkedId park(FrontId front, ServerId server = kServer, bool ready = true) {
    ParkedId id = 0;
    EXPECT_EQ(parking.park(front, server, now, id), "");
    parking.on_ready(id, ready, now);
    return id;
  }
  // A session of that parker's that was parked.
  ParkedId leave_parked(const std::string& parker, ServerId server = kServer) {
    FrontId const front = ++last_front;
    EXPECT_NE(begin(front, mark(parker)).find("fresh"), std::string::npos);
    ParkedId const id = park(front, server);
    EXPECT_EQ(actions(), "");
    return id;
  }

  Parking parking{{.timeout = minutes(10), .sessions_max = 3}};
  TimePoint now{};
  FrontId last_front = 100;
  bool refuses = false;
};

// --- who gets it ---------------------------------------------------------------------------------

TEST_F(ParkingTest, OneThatBeginsAlikeGetsWhatAnotherHasParked) {
  leave_parked("a");
  EXPECT_EQ(begin(2, mark("b")), "resume 2 p1");
  EXPECT_EQ(begin(3, mark("c")), "fresh 3") << "it is another's now";
}

TEST_F(ParkingTest, AnotherKeyOrFingerprintGetsAFreshOne) {
  leave_parked("a");
  EXPECT_EQ(begin(2, mark("b", "other")), "fresh 2");
  EXPECT_EQ(begin(3, mark("b", "f", "other")), "fresh 3");
  EXPECT_EQ(parking.parked().size(), 1U);
}

TEST_F(ParkingTest, WhatCannotBeComparedNeitherParksNorResumes) {
  leave_parked("a");
  EXPECT_EQ(begin(2, mark("b", "")), "fresh 2");
  EXPECT_EQ(begin(3, mark("", "f")), "fresh 3");
  ParkedId id = 0;
  EXPECT_NE(parking.park(2, kServer, now, id), "");
  EXPECT_NE(parking.park(3, kServer, now, id), "");
  EXPECT_NE(parking.park(77, kServer, now, id), "") << "it has no lease";
}

TEST_F(ParkingTest, ASessionThatGoesOnGetsAFreshOneAndCanBeParkedLater) {
  leave_parked("a");
  parking.lease(2, recipe(), mark("b"), /*resume=*/false, now);
  EXPECT_EQ(actions(), "fresh 2");
  park(2);
  EXPECT_EQ(parking.parked().size(), 2U);
}

TEST_F(ParkingTest, OfSeveralTheLatestIsHad) {
  FrontId const one = 5;
  FrontId const other = 6;
  parking.lease(one, recipe(), mark("b"), /*resume=*/false, now);
  parking.lease(other, recipe(), mark("c"), /*resume=*/false, now);
  actions();
  ParkedId const first = park(one);
  ParkedId const second = park(other);
  ASSERT_LT(first, second);
  EXPECT_EQ(begin(7, mark("d")), "resume 7 p" + std::to_string(second));
  EXPECT_EQ(begin(8, mark("e")), "resume 8 p" + std::to_string(first));
}

TEST_F(ParkingTest, NobodyWhoParkedItGetsItBackAlsoLater) {
  leave_parked("a");
  EXPECT_EQ(begin(2, mark("b")), "resume 2 p1");
  now += minutes(5);
  ParkedId const id = park(2);
  EXPECT_EQ(begin(3, mark("a")), "fresh 3") << "it had it first; that was no restart";
  EXPECT_EQ(begin(4, mark("c")), "resume 4 p" + std::to_string(id));
}

TEST_F(ParkingTest, OneThatCouldNotBePassedOnIsThereForTheNext) {
  leave_parked("a");
  refuses = true;
  EXPECT_EQ(begin(2, mark("b")), "resume 2 p1");
  refuses = false;
  EXPECT_EQ(begin(3, mark("c")), "resume 3 p1");
}

// --- the same editor again -----------------------------------------------------------------------

TEST_F(ParkingTest, TheSameProcessAgainGetsAServerThatNobodyUsed) {
  leave_parked("a", 7);
  EXPECT_EQ(begin(2, mark("a")), "drop p1; retire 7; fresh 2");
  EXPECT_EQ(begin(3, mark("b")), "fresh 3");
}

TEST_F(ParkingTest, ARestartSoonAfterLeavingUnparkedIsOneToo) {
  begin(1, mark("a"));
  parking.release(1, 7, /*for_good=*/true, now);
  now += seconds(59);
  EXPECT_EQ(begin(2, mark("a")), "retire 7; fresh 2");
  EXPECT_EQ(begin(3, mark("a")), "fresh 3") << "once";
}

TEST_F(ParkingTest, AMinuteAfterLeavingUnparkedItIsNone) {
  begin(1, mark("a"));
  parking.release(1, 7, /*for_good=*/true, now);
  now += seconds(60);
  EXPECT_EQ(begin(2, mark("a")), "fresh 2");
}

TEST_F(ParkingTest, OneThatOnlySleepsHasNotLeft) {
  begin(1, mark("a"));
  parking.release(1, 7, /*for_good=*/false, now);
  EXPECT_EQ(begin(2, mark("a")), "fresh 2");
}

TEST_F(ParkingTest, ARestartWhileTheOldOneIsLeavingIsOne) {
  begin(1, mark("a"));
  parking.leaving(1, 7);
  EXPECT_EQ(begin(2, mark("a")), "retire 7; fresh 2");
}

TEST_F(ParkingTest, ARestartOfAnotherWindowConcernsItAlone) {
  leave_parked("a", 7);
  EXPECT_EQ(begin(2, mark("a", "other")), "fresh 2");
  EXPECT_EQ(parking.parked().size(), 1U);
}

// --- one that is about to leave ------------------------------------------------------------------

TEST_F(ParkingTest, OneThatLeavesIsWaitedForUntilItHasParked) {
  begin(1, mark("a"));
  parking.leaving(1, kServer);
  EXPECT_EQ(begin(2, mark("b")), "");
  EXPECT_EQ(parking.next_tick(), now + milliseconds(150));
  now += milliseconds(50);
  park(1);
  EXPECT_EQ(actions(), "resume 2 p1");
  EXPECT_EQ(parking.next_tick(), std::nullopt);
}

TEST_F(ParkingTest, OneThatLeavesIsWaitedForNoLongerThanAMoment) {
  begin(1, mark("a"));
  parking.leaving(1, kServer);
  EXPECT_EQ(begin(2, mark("b")), "");
  now += milliseconds(149);
  parking.tick(now);
  EXPECT_EQ(actions(), "");
  now += milliseconds(1);
  parking.tick(now);
  EXPECT_EQ(actions(), "fresh 2");
  park(1);
  EXPECT_EQ(actions(), "") << "it comes too late";
}

TEST_F(ParkingTest, OneThatLeavesWithoutParkingIsNotWaitedForAnyLonger) {
  begin(1, mark("a"));
  parking.leaving(1, kServer);
  EXPECT_EQ(begin(2, mark("b")), "");
  parking.release(1, kServer, /*for_good=*/true, now);
  EXPECT_EQ(actions(), "fresh 2");
}

TEST_F(ParkingTest, OnesThatWaitForOneGoOnWhenTheFirstHasIt) {
  begin(1, mark("a"));
  parking.leaving(1, kServer);
  EXPECT_EQ(begin(2, mark("b")), "");
  EXPECT_EQ(begin(3, mark("c")), "");
  park(1);
  EXPECT_EQ(actions(), "resume 2 p1; fresh 3");
}

TEST_F(ParkingTest, OneThatLeavesAndIsNotAlikeIsNotWaitedFor) {
  begin(1, mark("a", "other"));
  parking.leaving(1, kServer);
  EXPECT_EQ(begin(2, mark("b")), "fresh 2");
  EXPECT_EQ(begin(3, mark("c")), "fresh 3") << "nor one that only lives";
}

TEST_F(ParkingTest, OneThatIsNotReadyIsWaitedFor) {
  begin(1, mark("a"));
  ParkedId const id = park(1, kServer, /*ready=*/false);
  EXPECT_EQ(begin(2, mark("b")), "");
  parking.on_ready(id, true, now);
  EXPECT_EQ(actions(), "resume 2 p1");
}

TEST_F(ParkingTest, OneThatDoesNotGetReadyIsNotWaitedForLong) {
  begin(1, mark("a"));
  park(1, kServer, /*ready=*/false);
  EXPECT_EQ(begin(2, mark("b")), "");
  now += milliseconds(150);
  parking.tick(now);
  EXPECT_EQ(actions(), "fresh 2");
  EXPECT_EQ(parking.parked().size(), 1U) << "it stays";
}

TEST_F(ParkingTest, OneThatIsDroppedIsNotWaitedFor) {
  begin(1, mark("a"));
  ParkedId const id = park(1, kServer, /*ready=*/false);
  EXPECT_EQ(begin(2, mark("b")), "");
  parking.drop(id, "why", now);
  EXPECT_EQ(actions(), "drop p1; fresh 2");
}

TEST_F(ParkingTest, OneThatWaitsAndGoesGetsNothing) {
  begin(1, mark("a"));
  parking.leaving(1, kServer);
  EXPECT_EQ(begin(2, mark("b")), "");
  parking.release(2, std::nullopt, /*for_good=*/true, now);
  park(1);
  EXPECT_EQ(actions(), "");
  EXPECT_EQ(parking.parked().size(), 1U);
}

// --- how long ------------------------------------------------------------------------------------

TEST_F(ParkingTest, OneIsKeptForItsTime) {
  leave_parked("a");
  EXPECT_EQ(parking.next_tick(), now + minutes(10));
  now += minutes(10) - milliseconds(1);
  parking.tick(now);
  EXPECT_EQ(actions(), "");
  now += milliseconds(1);
  parking.tick(now);
  EXPECT_EQ(actions(), "drop p1");
  EXPECT_EQ(parking.next_tick(), std::nullopt);
}

TEST_F(ParkingTest, WithoutATimeItIsKept) {
  parking = Parking({.timeout = milliseconds(0), .sessions_max = 3});
  leave_parked("a");
  EXPECT_EQ(parking.next_tick(), std::nullopt);
  now += std::chrono::hours(1000);
  parking.tick(now);
  EXPECT_EQ(actions(), "");
  EXPECT_EQ(begin(2, mark("b")), "resume 2 p1");
}

TEST_F(ParkingTest, BeyondTheMostTheOldestGoes) {
  for (FrontId front = 1; front <= 4; ++front)
    parking.lease(front, recipe(), mark("a" + std::to_string(front)), /*resume=*/false, now);
  actions();
  for (FrontId front = 1; front <= 3; ++front) park(front);
  EXPECT_EQ(actions(), "");
  park(4);
  EXPECT_EQ(actions(), "drop p1");
  EXPECT_EQ(parking.parked().size(), 3U);
}

TEST_F(ParkingTest, OneThatIsWaitedForMayBeWhatMakesTheOldestGo) {
  parking = Parking({.timeout = minutes(10), .sessions_max = 1});
  begin(1, mark("x", "other"));
  park(1);
  begin(2, mark("a"));
  parking.leaving(2, kServer);
  EXPECT_EQ(begin(3, mark("b")), "");
  park(2);
  EXPECT_EQ(actions(), "drop p1; resume 3 p2");
}

TEST_F(ParkingTest, WhereNoneIsToBeKeptNoneIs) {
  parking = Parking({.timeout = minutes(10), .sessions_max = 0});
  begin(1, mark("a"));
  ParkedId id = 0;
  EXPECT_NE(parking.park(1, kServer, now, id), "");
  EXPECT_EQ(actions(), "");
}

TEST_F(ParkingTest, AServerTakesItsOwnWithIt) {
  for (FrontId front = 1; front <= 3; ++front)
    parking.lease(front, recipe(), mark("a" + std::to_string(front)), /*resume=*/false, now);
  actions();
  park(1, 7);
  park(2, 8);
  park(3, 7);
  parking.drop_of(7, "it has ended", now);
  EXPECT_EQ(actions(), "drop p1; drop p3");
  parking.drop_all("memory", now);
  EXPECT_EQ(actions(), "drop p2");
}

}  // namespace
}  // namespace bridge::daemon
