// The gopls benchmark, one short round with each pinned gopls and the real bridge.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "bench/gopls/gopls_bench.h"
#include "bench/gopls/module_generator.h"
#include "bench/report.h"
#include "tests/e2e/real_servers.h"
#include "tests/rigs/process.h"

namespace bridge::bench {
namespace {

constexpr const char* kWays[] = {"direct",         "direct, Unix socket", "bridge, held stdio",
                                 "bridge, socket", "gopls -remote",       "gopls -remote=auto"};

class AnyGopls : public testing::Test {
 protected:
  GoplsOptions options(std::string_view gopls = e2e::kGopls24) const {
    return {.gopls = e2e::server_path(gopls),
            .module = directory_ / "m",
            .rounds = 1,
            .windows = {1, 2},
            .seed = 1,
            .bridge = BRIDGE_BINARY};
  }
  rigs::TempDir directory_;
};
class GoplsRun : public AnyGopls, public testing::WithParamInterface<std::string_view> {};

void expect_figure(const Report& report, const char* section, const char* row, const char* column,
                   const char* metric) {
  const Series* const series = report.find(section, row, column, metric);
  ASSERT_NE(series, nullptr) << section << ", " << row << ", " << column << ", " << metric;
  ASSERT_EQ(series->rounds.size(), 1U);
  EXPECT_TRUE(std::isfinite(series->rounds[0]) && series->rounds[0] > 0) << series->rounds[0];
}

TEST_P(GoplsRun, GivesTheFiguresOfEachWayAndLeavesNothingBehind) {
  BRIDGE_REQUIRE_SERVER(GetParam());
  write_module(directory_ / "m", generate_module(2));
  Report report;
  ASSERT_EQ(run_gopls_bench(options(GetParam()), report), "");
  for (const std::string& note : report.notes)
    EXPECT_NE(note.find("other programs took"), std::string::npos) << note;
  for (const char* const way : kWays) {
    for (const char* const column : {"initialize", "first hover", "first diagnostics"})
      expect_figure(report, "gopls: start, warm", way, column, "time");
    if (way == std::string_view("gopls -remote=auto")) continue;
    for (const char* const column : {"pure RPC", "hover", "completion"})
      for (const char* const metric : {"p50", "p99"})
        expect_figure(report, "gopls: round trip", way, column, metric);
    if (way == std::string_view("direct, Unix socket")) continue;
    expect_figure(report, "gopls: memory", way, "1 window", "PSS");
    expect_figure(report, "gopls: memory", way, "2 windows", "PSS");
  }
  for (const char* const way : {"direct", "bridge, held stdio", "gopls -remote=auto"})
    expect_figure(report, "gopls: start, cold", way, "first hover", "time");
  for (const char* const metric : {"time", "/ plain start"})
    expect_figure(report, "gopls: killed", "bridge, held stdio", "to first hover", metric);
  expect_figure(report, "gopls: killed", "plain start", "to first hover", "time");
  for (const char* const column : {"awake", "asleep", "given back"})
    expect_figure(report, "gopls: hibernation", "bridge, held stdio", column, "PSS");
  expect_figure(report, "gopls: hibernation", "bridge, held stdio", "first hover", "time");
  expect_figure(report, "gopls: ratios of p50", "bridge, held stdio / direct", "hover", "ratio");
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
  // The module is the user's: nothing is added to it, nothing changed.
  for (const GeneratedFile& file : generate_module(2))
    EXPECT_EQ(rigs::read_file(directory_ / ("m/" + file.name)), file.text);
}

TEST_F(AnyGopls, SaysWhatIsMissing) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls24);
  Report report;
  GoplsOptions without_gopls = options();
  without_gopls.gopls = directory_ / "none";
  EXPECT_EQ(run_gopls_bench(without_gopls, report),
            "--gopls names " + (directory_ / "none") + ": No such file or directory");
  GoplsOptions without_module = options();
  without_module.module = directory_.path();
  EXPECT_EQ(run_gopls_bench(without_module, report), "no go.mod in " + directory_.path());
  EXPECT_TRUE(report.series.empty());
}

TEST_F(AnyGopls, KeepsWhatItHasWhenAWayBreaks) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls24);
  Report report;
  write_module(directory_ / "m", generate_module(1));
  GoplsOptions broken = options();
  broken.bridge = "/bin/false";
  std::string said = run_gopls_bench(broken, report);
  // Which of the ways comes first is random: there may be figures of others.
  EXPECT_EQ(said.empty(), !report.series.empty());
  if (said.empty() && !report.notes.empty()) said = report.notes.back();
  EXPECT_NE(said.find("bridge, "), std::string::npos) << said;
  EXPECT_TRUE(rigs::children_of(::getpid()).empty());
}

INSTANTIATE_TEST_SUITE_P(, GoplsRun, testing::Values(e2e::kGopls23, e2e::kGopls24),
                         [](const auto& gopls) {
                           return gopls.param == e2e::kGopls23 ? "v23" : "v24";
                         });

}  // namespace
}  // namespace bridge::bench
