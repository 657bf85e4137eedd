// The replay of the recorded session, one round, with the real bridge.
#include <gtest/gtest.h>

#include <cmath>

#include "bench/process.h"
#include "bench/report.h"
#include "bench/workload/workload_bench.h"
#include "tests/rigs/process.h"

namespace bridge::bench {
namespace {

WorkloadOptions one_round() {
  return {.rounds = 1,
          .seed = 1,
          .bridge = BRIDGE_BINARY,
          .stand_in = BRIDGE_TEST_PROGRAMS "/workload_stand_in"};
}

TEST(WorkloadRun, GivesTheFiguresOfEachWay) {
  Report report;
  EXPECT_EQ(run_workload_bench(one_round(), report), "");
  for (const char* const row : {"bridge, held stdio", "bridge, socket", "socat"}) {
    if (row == std::string_view("socat") && find_program("socat").empty()) continue;
    for (const char* const metric : {"added p50", "added p99", "relay CPU", "relay sleeps"}) {
      const Series* const series = report.find("workload lsp", row, "", metric);
      ASSERT_NE(series, nullptr) << row << ' ' << metric;
      ASSERT_EQ(series->rounds.size(), 1U);
      EXPECT_TRUE(std::isfinite(series->rounds[0]));
    }
    EXPECT_GT(report.find("workload lsp", row, "", "relay CPU")->rounds[0], 0);
    EXPECT_GT(report.find("workload lsp", row, "", "relay sleeps")->rounds[0], 0);
  }
  EXPECT_NE(report.find("workload lsp", "direct, again", "", "added p50"), nullptr);
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

TEST(WorkloadRun, SaysWhenAWayBreaks) {
  WorkloadOptions options = one_round();
  options.bridge = "/bin/false";
  Report report;
  EXPECT_NE(run_workload_bench(options, report), "");
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

}  // namespace
}  // namespace bridge::bench
