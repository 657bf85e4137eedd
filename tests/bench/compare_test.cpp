// Synthetic series only: what a comparison says must not depend on a machine.
#include "bench/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace bridge::bench {
namespace {

const std::vector<std::string> kRows = {"direct", "bridge, socket", "socat", "bridge, held stdio"};
const std::vector<std::string> kColumns = {"128 B", "1 KiB", "16 KiB", "256 KiB"};

struct Shift {
  std::string row;
  std::string column;
  double factor = 1;
  double added_us = 0;
};

// Rounds as they come: the machine's speed wanders by tens of percent from round to round, the ways
// of one round wander together, each by some `noise` of its own.
Report measured(std::uint32_t seed, std::size_t rounds, double noise, const Shift& shift = {}) {
  std::mt19937 random(seed);
  std::normal_distribution<double> own(0, noise);
  std::uniform_real_distribution<double> machine(0.8, 1.5);
  Report report;
  for (std::size_t round = 0; round < rounds; ++round) {
    double const speed = machine(random);
    for (std::size_t row = 0; row < kRows.size(); ++row) {
      for (std::size_t column = 0; column < kColumns.size(); ++column) {
        double value = 5.0 * static_cast<double>((row + 1) * (column + 1));
        if (kRows[row] == shift.row && kColumns[column] == shift.column)
          value = value * shift.factor + shift.added_us;
        value *= speed * (1 + own(random));
        report.record({"round trip, one write", kRows[row], kColumns[column], "p50", "us"}, round,
                      value);
      }
    }
  }
  return report;
}

std::size_t found_in(const std::vector<Change>& changes) {
  return static_cast<std::size_t>(
      std::count_if(changes.begin(), changes.end(), [](auto& one) { return one.more_than_noise; }));
}

TEST(MannWhitney, AgreesWithTheTables) {
  // Complete separation: 2 of all splits.
  EXPECT_NEAR(mann_whitney({1, 2, 3}, {4, 5, 6}), 2.0 / 20, 1e-12);
  EXPECT_NEAR(mann_whitney({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}), 2.0 / 252, 1e-12);
  // U = 2 of 16: (1 + 1 + 2) splits of 70 are as uneven.
  EXPECT_NEAR(mann_whitney({1, 2, 3, 6}, {4, 5, 7, 8}), 2 * 4.0 / 70, 1e-12);
  // Of two sizes, and the same from both sides.
  EXPECT_NEAR(mann_whitney({1, 2}, {3, 4, 5}), 2.0 / 10, 1e-12);
  EXPECT_NEAR(mann_whitney({3, 4, 5}, {1, 2}), 2.0 / 10, 1e-12);
}

TEST(MannWhitney, EqualSamplesAreOfOneKind) {
  EXPECT_EQ(mann_whitney({3, 3, 3}, {3, 3, 3}), 1);
  EXPECT_GT(mann_whitney({1, 2, 3, 4}, {1, 2, 3, 4}), 0.8);
  EXPECT_EQ(mann_whitney({}, {1}), 1);
}

// 21 and more are approximated, 20 are exact: both say nearly the same of the same picture.
TEST(MannWhitney, TheApproximationAgreesWithTheExactDistribution) {
  for (double const shift : {0.0, 3.2, 6.3, 9.1}) {
    std::vector<double> a;
    std::vector<double> b;
    for (int i = 0; i < 20; ++i) {
      a.push_back(i);
      b.push_back(i + shift + 0.5);
    }
    double const exact = mann_whitney(a, b);
    a.push_back(9.9);  // in the middle of both
    b.push_back(9.95 + shift);
    EXPECT_NEAR(mann_whitney(a, b), exact, 0.02 + exact * 0.1) << shift;
  }
}

TEST(MannWhitney, ManySamplesAndTiesAreApproximated) {
  std::vector<double> low;
  std::vector<double> high;
  for (int i = 0; i < 30; ++i) {
    low.push_back(i % 10);
    high.push_back(i % 10 + 100);
  }
  EXPECT_LT(mann_whitney(low, high), 1e-6);
  EXPECT_GT(mann_whitney(low, low), 0.9);
}

// 40 comparisons of equal things; Holm at 5 % may call one figure in two of them.
TEST(Compare, SaysNothingOfEqualThings) {
  std::size_t false_alarms = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed)
    false_alarms +=
        found_in(compare(measured(2 * seed, 9, 0.03), measured(2 * seed + 1, 9, 0.03), false)) > 0;
  EXPECT_LE(false_alarms, 3u);
}

TEST(Compare, SeesFivePercentOfOneWayAtOneSize) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    auto const before = measured(2 * seed, 9, 0.01);
    auto const after = measured(2 * seed + 1, 9, 0.01, {"socat", "1 KiB", 1.05, 0});
    auto const changes = compare(before, after, false);
    ASSERT_EQ(found_in(changes), 1u) << seed;
    for (auto const& change : changes) {
      if (!change.more_than_noise) continue;
      EXPECT_EQ(change.before->row, "socat");
      EXPECT_EQ(change.before->column, "1 KiB");
      EXPECT_NEAR(change.change, 0.05, 0.02);
      EXPECT_TRUE(change.as_ratio);
    }
  }
}

TEST(Compare, SeesTwentyMicroseconds) {
  auto const changes = compare(measured(1, 9, 0.02),
                               measured(2, 9, 0.02, {"bridge, socket", "16 KiB", 1, 20}), false);
  EXPECT_EQ(found_in(changes), 1u);
}

TEST(Compare, ASmallChangeIsNotCalledOneHoweverSureItIs) {
  auto const changes = compare(measured(1, 15, 0.0005),
                               measured(2, 15, 0.0005, {"socat", "128 B", 1.015, 0}), false);
  EXPECT_EQ(found_in(changes), 0u);
}

TEST(Compare, TheSpeedOfTheMachineIsNotAChange) {
  auto const before = measured(1, 9, 0.01);
  auto after = measured(2, 9, 0.01);
  for (auto& series : after.series) {
    for (double& value : series.rounds) value *= 3;
  }
  EXPECT_EQ(found_in(compare(before, after, false)), 0u);
}

// Two of nine rounds had others on the CPU, who made one way look three times slower there.
TEST(Compare, RoundsInWhichOthersTookTheCpuAreLeftOut) {
  auto const before = measured(1, 9, 0.01);
  auto after = measured(2, 9, 0.01);
  for (std::size_t round = 0; round < 9; ++round) {
    bool const noisy = round % 4 == 1;
    for (auto const& column : kColumns)
      after.record({"round trip, one write", "socat", column, "foreign CPU", "%"}, round,
                   noisy ? 60 : 1);
  }
  for (auto& series : after.series) {
    if (series.row != "socat" || series.metric != "p50") continue;
    for (std::size_t round = 1; round < 9; round += 4) series.rounds[round] *= 3;
  }
  auto const changes = compare(before, after, false);
  for (auto const& change : changes) {
    EXPECT_EQ(change.rounds_after, change.before->row == "socat" ? 7u : 9u);
    EXPECT_NEAR(change.to, change.from, change.from * 0.03) << change.before->row;
  }
}

TEST(Compare, TooFewRoundsAreSaidToBeTooFew) {
  auto const changes =
      compare(measured(1, 3, 0.01), measured(2, 3, 0.01, {"socat", "1 KiB", 2, 0}), false);
  EXPECT_EQ(found_in(changes), 0u);
  for (auto const& change : changes) EXPECT_FALSE(change.decidable);
  EXPECT_NE(
      comparison_text(measured(1, 3, 0.01), measured(2, 3, 0.01), false).find("too few rounds"),
      std::string::npos);
  EXPECT_EQ(
      comparison_text(measured(1, 9, 0.01), measured(2, 9, 0.01), false).find("too few rounds"),
      std::string::npos);
}

TEST(Compare, OnlyWhatBothHaveIsCompared) {
  auto const before = measured(1, 9, 0.01);
  Report after = measured(2, 9, 0.01);
  std::erase_if(after.series, [](auto& series) { return series.row == "socat"; });
  for (auto const& change : compare(before, after, false)) EXPECT_NE(change.before->row, "socat");
}

TEST(Compare, TailsAreForThoseWhoAsk) {
  Report report = measured(1, 9, 0.01);
  report.record({"round trip, one write", "socat", "128 B", "p99", "us"}, 0, 1);
  EXPECT_EQ(compare(report, report, true).size(), compare(report, report, false).size() + 1);
}

// Figures without a direct row (memory of N windows) are compared as they are.
TEST(Compare, WithoutADirectRowValuesThemselvesAreCompared) {
  Report before;
  Report after;
  for (std::size_t round = 0; round < 9; ++round) {
    Series const name{"gopls: memory", "gopls -remote", "8", "Pss", "MiB"};
    before.record(name, round, 100 + static_cast<double>(round) / 10);
    after.record(name, round, 110 + static_cast<double>(round) / 10);
  }
  auto const changes = compare(before, after, false);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_FALSE(changes[0].as_ratio);
  EXPECT_TRUE(changes[0].more_than_noise);
  EXPECT_NEAR(changes[0].change, 0.1, 0.001);
}

TEST(ComparisonText, SaysWhichWayAChangeGoesAndStatesTheRule) {
  auto const slow = measured(2, 9, 0.01, {"socat", "1 KiB", 1.1, 0});
  auto const text = comparison_text(measured(1, 9, 0.01), slow, false);
  EXPECT_NE(text.find("worse: round trip, one write: socat, 1 KiB, p50"), std::string::npos)
      << text;
  EXPECT_NE(text.find("12 figures compared, 1 changed by more than noise"), std::string::npos)
      << text;
  EXPECT_NE(text.find("Mann-Whitney"), std::string::npos);
  auto const back = comparison_text(slow, measured(1, 9, 0.01), false);
  EXPECT_NE(back.find("better: round trip, one write: socat, 1 KiB, p50"), std::string::npos);
}

// More throughput is better.
TEST(ComparisonText, KnowsWhatIsACost) {
  Report before;
  Report after;
  for (std::size_t round = 0; round < 9; ++round) {
    before.record({"stream", "direct", "to server", "throughput", "MB/s"}, round, 1000);
    after.record({"stream", "direct", "to server", "throughput", "MB/s"}, round, 1000);
    before.record({"stream", "socat", "to server", "throughput", "MB/s"}, round,
                  500 + static_cast<double>(round));
    after.record({"stream", "socat", "to server", "throughput", "MB/s"}, round,
                 600 + static_cast<double>(round));
  }
  EXPECT_NE(comparison_text(before, after, false).find("better: stream: socat"), std::string::npos);
}

}  // namespace
}  // namespace bridge::bench
