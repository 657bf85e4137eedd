// The sharing benchmark, one short round with a pinned gopls, the real bridge and its daemon.
#include <gtest/gtest.h>

#include <cmath>

#include "bench/gopls/module_generator.h"
#include "bench/gopls/sharing_bench.h"
#include "bench/report.h"
#include "tests/e2e/real_servers.h"
#include "tests/rigs/process.h"

namespace bridge::bench {
namespace {

class SharingRun : public testing::Test {
 protected:
  GoplsOptions options() const {
    return {.gopls = e2e::server_path(e2e::kGopls23),
            .module = directory_ / "m",
            .rounds = 1,
            .windows = {2},
            .seed = 1,
            .bridge = BRIDGE_BINARY};
  }
  rigs::TempDir directory_;
};

TEST_F(SharingRun, GivesEachFigureAndLeavesNothingBehind) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
  write_module(directory_ / "m", generate_module(2));
  Report report;
  ASSERT_EQ(run_sharing_bench(options(), 3, report), "");
  for (const std::string& note : report.notes) ADD_FAILURE() << note;
  auto const expect_figure = [&](const char* section, const char* row, const char* column,
                                 const char* metric) {
    const Series* const series = report.find(section, row, column, metric);
    ASSERT_NE(series, nullptr) << section << ", " << row << ", " << column << ", " << metric;
    ASSERT_EQ(series->rounds.size(), 1U);
    EXPECT_TRUE(std::isfinite(series->rounds[0]) && series->rounds[0] > 0) << series->rounds[0];
  };
  for (const char* const row : {"direct", "bridge, lease"}) {
    for (const char* const column : {"2, same", "2, different"})
      expect_figure(kSectionSharedMemory, row, column, "PSS");
    for (const char* const column : {"pure RPC", "hover", "completion"})
      expect_figure("gopls: round trip", row, column, "p50");
  }
  for (const char* const row : {"direct", "bridge, lease, first of all", "bridge, lease, second"})
    expect_figure(kSectionSharedStart, row, "first hover", "time");
  for (const char* const base :
       {"direct", "direct, Unix socket", "gopls -remote", "gopls -remote=auto"})
    expect_figure("gopls: ratios of p50", ("bridge, lease / " + std::string(base)).c_str(), "hover",
                  "ratio");
  expect_figure(kSectionLease, "asked for, to granted", "warm", "p50");
  for (const char* const row : {"one of 20", "one of 20, without the journal", "one of 3"})
    expect_figure(kSectionIdle, row, "PSS", "each");
  const Series* const wakes = report.find(kSectionIdle, "one of 3", "wake-ups", "of all, in 10 s");
  ASSERT_NE(wakes, nullptr);
  EXPECT_EQ(wakes->rounds.front(), 0) << "an idle session wakes";
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

TEST_F(SharingRun, SaysSoWhereABridgeDoesNotShare) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
  write_module(directory_ / "m", generate_module(1));
  Report report;
  GoplsOptions broken = options();
  broken.bridge = "/bin/false";
  std::string said = run_sharing_bench(broken, 1, report);
  if (said.empty() && !report.notes.empty()) said = report.notes.back();
  EXPECT_NE(said.find("bridge, lease"), std::string::npos) << said;
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

}  // namespace
}  // namespace bridge::bench
