#include "bench/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace bridge::bench {
namespace {

Series name(std::string row, std::string metric = "p50") {
  return {"round trip", std::move(row), "1 KiB", std::move(metric), "us"};
}

TEST(Report, ARoundWithoutAValueIsNotANumber) {
  Report report;
  report.record(name("direct"), 2, 5.0);
  auto const* const found = report.find("round trip", "direct", "1 KiB", "p50");
  ASSERT_NE(found, nullptr);
  ASSERT_EQ(found->rounds.size(), 3u);
  EXPECT_TRUE(std::isnan(found->rounds[0]));
  EXPECT_EQ(values_of(*found), std::vector<double>{5.0});
}

TEST(Report, FiguresWithAnotherNameAreOthers) {
  Report report;
  report.record(name("direct"), 0, 1);
  report.record(name("socat"), 0, 2);
  report.record(name("direct", "p99"), 0, 3);
  EXPECT_EQ(report.series.size(), 3u);
  EXPECT_EQ(report.find("round trip", "direct", "2 KiB", "p50"), nullptr);
}

TEST(Report, RatiosPairRoundsAndLeaveOutWhereOneIsMissing) {
  Report report;
  report.record(name("direct"), 0, 2);
  report.record(name("direct"), 2, 4);
  report.record(name("socat"), 0, 3);
  report.record(name("socat"), 1, 100);
  report.record(name("socat"), 2, 10);
  auto const* const direct = report.find("round trip", "direct", "1 KiB", "p50");
  auto const* const socat = report.find("round trip", "socat", "1 KiB", "p50");
  EXPECT_EQ(ratios(socat, direct), (std::vector<double>{1.5, 2.5}));
  EXPECT_TRUE(ratios(socat, nullptr).empty());
}

TEST(Report, ANoteIsSaidOnce) {
  Report report;
  report.note("socat is absent");
  report.note("socat is absent");
  EXPECT_EQ(report.notes.size(), 1u);
}

TEST(Report, JsonKeepsEverything) {
  Report report;
  report.facts = {{"version", "0.1.0"}, {"command", "bench \"\xff\""}, {"a", "b"}};
  report.note("noisy");
  report.record(name("direct"), 1, 7.125);
  std::string complaint;
  auto const text = to_json(report);
  EXPECT_TRUE(nlohmann::json::accept(text));
  Report const again = from_json(text, complaint);
  EXPECT_EQ(complaint, "");
  ASSERT_EQ(again.facts.size(), 3u);
  EXPECT_EQ(again.facts[0], report.facts[0]);
  EXPECT_EQ(again.facts[2].first, "a");  // in their order, not sorted
  EXPECT_EQ(again.notes, report.notes);
  ASSERT_EQ(again.series.size(), 1u);
  auto const& series = again.series[0];
  EXPECT_EQ(series.section + series.row + series.column + series.metric + series.unit,
            "round tripdirect1 KiBp50us");
  ASSERT_EQ(series.rounds.size(), 2u);
  EXPECT_TRUE(std::isnan(series.rounds[0]));
  EXPECT_EQ(series.rounds[1], 7.125);
}

TEST(Report, WhatIsNoReportIsComplainedAbout) {
  for (auto const* text : {"", "{", "[]", "{}", R"({"format":1})", "null",
                           R"({"format":1,"facts":[["a"]],"notes":[],"series":[]})",
                           R"({"format":1,"facts":[],"notes":[],"series":[{"row":1}]})"}) {
    std::string complaint;
    from_json(text, complaint);
    EXPECT_NE(complaint, "") << text;
  }
  std::string complaint;
  from_json(R"({"format":2,"facts":[],"notes":[],"series":[]})", complaint);
  EXPECT_NE(complaint.find("another version"), std::string::npos);
}

}  // namespace
}  // namespace bridge::bench
