// The benchmark of parked sessions, one round with a pinned gopls, the real bridge and its daemon.
#include <gtest/gtest.h>

#include <cmath>

#include "bench/gopls/module_generator.h"
#include "bench/gopls/park_bench.h"
#include "bench/report.h"
#include "tests/e2e/real_servers.h"
#include "tests/rigs/process.h"

namespace bridge::bench {
namespace {

class ParkRun : public testing::Test {
 protected:
  GoplsOptions options() const {
    write_module(directory_ / "m", generate_module(2));
    return {.gopls = e2e::server_path(e2e::kGopls23),
            .module = directory_ / "m",
            .rounds = 1,
            .windows = {},
            .seed = 1,
            .bridge = BRIDGE_BINARY};
  }
  rigs::TempDir directory_;
};

TEST_F(ParkRun, GivesEachFigureAndLeavesNothingBehind) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
  Report report;
  ASSERT_EQ(run_park_bench(options(), {2}, report), "");
  for (const std::string& note : report.notes) ADD_FAILURE() << note;
  auto const expect_figure = [&](const char* section, const char* row, const char* column,
                                 const char* metric) {
    const Series* const series = report.find(section, row, column, metric);
    ASSERT_NE(series, nullptr) << section << ", " << row << ", " << column << ", " << metric;
    ASSERT_EQ(series->rounds.size(), 1U);
    EXPECT_TRUE(std::isfinite(series->rounds[0]) && series->rounds[0] > 0) << series->rounds[0];
  };
  for (const char* const column : {"small", "nested", "module"}) {
    for (const char* const row :
         {"direct", "bridge, first of all", "bridge, second start", "bridge, reload"})
      expect_figure(kSectionPark, row, column, "hover");
    expect_figure(kSectionPark, "bridge, second start", column, "shutdown");
    expect_figure(kSectionParkMemory, "parked", column, "daemon");
    expect_figure(kSectionParkMemory, "parked", column, "gopls");
  }
  expect_figure(kSectionParkFiles, "bridge, second start", "6 files", "hover");
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

TEST_F(ParkRun, SaysSoWhereASessionIsNotTakenUp) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
  Report report;
  GoplsOptions broken = options();
  broken.bridge = "/bin/false";
  std::string said = run_park_bench(broken, {}, report);
  if (said.empty() && !report.notes.empty()) said = report.notes.back();
  EXPECT_NE(said.find("bridge, lease"), std::string::npos) << said;
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

}  // namespace
}  // namespace bridge::bench
