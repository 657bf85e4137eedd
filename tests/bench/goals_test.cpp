#include "bench/goals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "bench/gopls/park_bench.h"
#include "bench/gopls/sharing_bench.h"
#include "bench/ways_run.h"

namespace bridge::bench {
namespace {

const GoalResult* find(const std::vector<GoalResult>& goals, std::string_view text,
                       std::string_view at) {
  auto const found = std::find_if(goals.begin(), goals.end(), [&](const GoalResult& goal) {
    return goal.goal.find(text) != std::string::npos && goal.at == at;
  });
  return found == goals.end() ? nullptr : &*found;
}

void put(Report& report, const char* row, const char* column, double value, std::size_t round) {
  report.record({kSectionOnce, row, column, "p50", "us"}, round, value);
}

TEST(Goals, WhatWasNotMeasuredIsNeitherMetNorMissed) {
  auto const goals = goals_of({});
  EXPECT_EQ(goals.size(), 6 * 5 + 18u);
  for (auto const& goal : goals) EXPECT_TRUE(std::isnan(goal.measured)) << goal.goal;
  auto const text = markdown_of(goals);
  EXPECT_EQ(text.find("missed"), std::string::npos);
  EXPECT_EQ(text.find("| met"), std::string::npos);
}

TEST(Goals, AreJudgedByTheMedianOfRatiosInARound) {
  Reports reports;
  for (std::size_t round = 0; round < 3; ++round) {
    double const speed = round == 1 ? 10 : 1;  // of the machine in that round
    put(reports.same, "direct", "256 KiB", 100 * speed, round);
    put(reports.same, "bridge, socket", "256 KiB", (188 + static_cast<double>(round)) * speed,
        round);
  }
  auto const goals = goals_of(reports);
  auto const* const goal = find(goals, "bridge, socket / direct, written once", "256 KiB");
  ASSERT_NE(goal, nullptr);
  EXPECT_DOUBLE_EQ(goal->measured, 1.89);
  EXPECT_TRUE(goal->met());
  EXPECT_EQ(goal->range, "1.88-1.90");
  EXPECT_NE(markdown_of({*goal}).find("| <= 1.90 | 1.89 | 1.88-1.90 | met |"), std::string::npos)
      << markdown_of({*goal});
}

TEST(Goals, OfTwoSizesTheWorseOneCounts) {
  Reports reports;
  for (auto const* column : {"128 B", "1 KiB"}) put(reports.same, "direct", column, 10, 0);
  put(reports.same, "bridge, socket", "128 B", 31, 0);
  put(reports.same, "bridge, socket", "1 KiB", 29, 0);
  auto const goals = goals_of(reports);
  auto const* const goal = find(goals, "bridge, socket / direct, written once", "<= 1 KiB");
  ASSERT_NE(goal, nullptr);
  EXPECT_DOUBLE_EQ(goal->measured, 3.1);
  EXPECT_FALSE(goal->met());
  EXPECT_NE(markdown_of({*goal}).find("**missed**"), std::string::npos);
}

TEST(Goals, ThroughputIsToBeAtLeastThat) {
  Reports reports;
  reports.same.record({kSectionStream, "socat", "to server", "throughput", "MB/s"}, 0, 100);
  reports.same.record({kSectionStream, "bridge, socket", "to server", "throughput", "MB/s"}, 0,
                      390);
  auto const goals = goals_of(reports);
  auto const* const goal = find(goals, "throughput", "to server");
  ASSERT_NE(goal, nullptr);
  EXPECT_DOUBLE_EQ(goal->measured, 3.9);
  EXPECT_FALSE(goal->met());
}

// One reading of a Go program's memory says little.
TEST(Goals, MemoryOfWindowsThatShareIsJudgedByTheMeanOfTheRuns) {
  Report sharing;
  double const shared[] = {30, 90, 60};
  for (std::size_t run = 0; run < 3; ++run) {
    sharing.record({kSectionSharedMemory, "direct", "8, same", "PSS", "MiB"}, run, 100);
    sharing.record({kSectionSharedMemory, "bridge, lease", "8, same", "PSS", "MiB"}, run,
                   shared[run]);
  }
  auto const goals = sharing_goals_of(sharing);
  auto const* const goal = find(goals, "PSS of windows that share", "8, same");
  ASSERT_NE(goal, nullptr);
  EXPECT_DOUBLE_EQ(goal->measured, 0.6);
  EXPECT_EQ(goal->range, "0.30-0.90");
  EXPECT_FALSE(goal->met());
}

TEST(Goals, OfSharingThatWasNotMeasuredAreNeitherMetNorMissed) {
  for (auto const& goal : sharing_goals_of({})) EXPECT_TRUE(std::isnan(goal.measured)) << goal.goal;
}

TEST(Goals, NoWakeUpAtAllIsWhatIsWanted) {
  Report sharing;
  auto const wakes = [&](double count) {
    sharing.record({kSectionIdle, "one of 1000", "wake-ups", "of all, in 10 s", ""}, 0, count);
    auto const goals = sharing_goals_of(sharing);
    auto const* const goal = find(goals, "wake-ups", "");
    return goal != nullptr && goal->met();
  };
  EXPECT_TRUE(wakes(0));
  EXPECT_FALSE(wakes(1));
}

TEST(Goals, MemoryIsWhatIsAboveTheIdleExecutable) {
  Reports reports;
  reports.same.record({kSectionMemory, "this executable, idle", "alone", "Pss", "KiB"}, 0, 1000);
  reports.same.record({kSectionMemory, "bridge, socket", "alone", "Pss", "KiB"}, 0, 1200);
  auto const goals = goals_of(reports);
  auto const* const goal = find(goals, "bridge, socket: Pss above", "KiB");
  ASSERT_NE(goal, nullptr);
  EXPECT_DOUBLE_EQ(goal->measured, 200);
  EXPECT_TRUE(goal->met());
}

TEST(ParkGoals, AreRatiosToAPlainStartOfTheSameRound) {
  Report park;
  for (std::size_t round = 0; round < 3; ++round) {
    double const plain = 500.0 * static_cast<double>(round + 1);
    park.record({kSectionPark, "direct", "small", "hover", "ms"}, round, plain);
    park.record({kSectionPark, "bridge, second start", "small", "hover", "ms"}, round, plain / 50);
  }
  auto const goals = park_goals_of(park);
  auto const find = [&](const std::string& goal) {
    return *std::find_if(goals.begin(), goals.end(),
                         [&](const auto& one) { return one.goal == goal && one.at == "small"; });
  };
  auto const ratio = find("bridge, second start / plain start, to the first right hover");
  EXPECT_DOUBLE_EQ(ratio.measured, 0.02);
  EXPECT_TRUE(ratio.met());
  EXPECT_DOUBLE_EQ(find("bridge, second start, to the first right hover, ms").measured, 20);
  EXPECT_TRUE(std::isnan(find("bridge, reload / plain start, to the first right hover").measured));
}

TEST(ParkGoals, WhatWasNotMeasuredIsNotMet) {
  for (auto const& goal : park_goals_of({})) EXPECT_FALSE(goal.met()) << goal.goal;
}

}  // namespace
}  // namespace bridge::bench
