// `gopls-bridge bench` as a user starts it: real processes, short rounds. What it measures is never
// judged here, only that it is there.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <sstream>

#include "bench/report.h"
#include "bench/text_table.h"
#include "tests/cli/bridge_home.h"

namespace bridge::tests {
namespace {

using bench::Report;

class Bench : public testing::Test {
 protected:
  // Whatever a run leaves behind becomes a child of ours. It may be ending still; one that does not
  // end keeps the test waiting until ctest ends it.
  void SetUp() override {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    home_.write("tmp/of the test", "");
    home_.set("TMPDIR", home_ / "tmp");
  }
  void TearDown() override {
    while (::waitpid(-1, nullptr, 0) > 0) continue;
    EXPECT_EQ(errno, ECHILD);
    auto const files = std::filesystem::directory_iterator(home_ / "tmp");
    if (was_killed_) return;
    EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a file is left behind";
  }

  RunResult bench(std::vector<std::string> args) const {
    args.insert(args.begin(), "bench");
    return home_.bridge(std::move(args));
  }
  // With what every run here has, and the report.
  Report report(std::vector<std::string> args) const {
    args.insert(args.end(), {"--rounds", "1", "--cell-ms", "5", "--json", "-"});
    auto const run = bench(std::move(args));
    EXPECT_EQ(run.status.code, 0) << run.errors;
    std::string complaint;
    Report report = bench::from_json(run.output, complaint);
    EXPECT_EQ(complaint, "") << run.output;
    return report;
  }
  static std::set<std::string> rows(const Report& report, std::string_view section) {
    std::set<std::string> rows;
    for (auto const& series : report.series) {
      if (series.section == section) rows.insert(series.row);
    }
    return rows;
  }
  static void expect_own_rows(const Report& report, std::string_view section) {
    auto const found = rows(report, section);
    for (auto const* row :
         {"direct", "direct, pipes", "direct, Unix socket", "direct, TCP loopback",
          "bridge, held stdio", "bridge, socket", "bridge, held, buffer", "bridge, socket, buffer",
          "bridge, held, no replay"})
      EXPECT_TRUE(found.count(row)) << section << ": " << row;
  }
  static bool has_note(const Report& report, std::string_view text) {
    return std::any_of(report.notes.begin(), report.notes.end(), [text](const std::string& note) {
      return note.find(text) != std::string::npos;
    });
  }

  BridgeHome home_;
  bool was_killed_ = false;
};

TEST_F(Bench, ARoundHasEveryWayAndEveryFigure) {
  auto const report = this->report({"--sizes", "128", "--parts", "round-trips,streams,starts"});
  for (auto const* section : {"round trip, two writes", "round trip, one write", "start"})
    expect_own_rows(report, section);
  expect_own_rows(report, "stream");
  expect_own_rows(report, "typing, two writes");
  EXPECT_EQ(rows(report, "with the journal / without"),
            std::set<std::string>{"bridge, held stdio"});
  for (auto const& series : report.series) {
    for (double const value : values_of(series)) EXPECT_GE(value, 0) << series.metric;
  }
  auto const has = [&](std::string_view metric, std::string_view row, std::string_view section) {
    return std::any_of(report.series.begin(), report.series.end(), [&](auto& one) {
      return one.metric == metric && one.row == row && one.section == section;
    });
  };
  for (auto const* metric : {"p50", "p90", "relay CPU", "wake-ups"})
    EXPECT_TRUE(has(metric, "bridge, socket", "round trip, one write")) << metric;
  EXPECT_FALSE(has("relay CPU", "direct", "round trip, one write"));
  EXPECT_TRUE(has("throughput", "direct", "stream"));
  EXPECT_TRUE(has("relay CPU", "bridge, held stdio", "stream"));
  EXPECT_TRUE(has("first byte", "bridge, held stdio", "start"));
  std::set<std::string> facts;
  for (auto const& fact : report.facts) facts.insert(fact.first);
  for (auto const* name : {"command", "version", "date", "machine", "kernel", "load", "seed",
                           "placement", "cell", "clock", "rounds", "noise", "foreign CPU"})
    EXPECT_TRUE(facts.count(name)) << name;
}

TEST_F(Bench, PeersThatAreAbsentAreNamedWithWhatInstallsThem) {
  auto const report = this->report({"--parts", "starts"});  // PATH has nothing in it
  EXPECT_TRUE(has_note(report, "socat is absent: not installed: apt install socat"));
  EXPECT_TRUE(has_note(report, "socat -b65536 is absent"));
  EXPECT_TRUE(has_note(report, "lspmux is absent: not installed: cargo install lspmux"));
  for (auto const& [row, install] : std::vector<std::pair<std::string, std::string>>{
           {"gopls -remote", "go install golang.org/x/tools/gopls@latest"},
           {"systemd-socket-proxyd", "apt install systemd"},
           {"direct, AF_VSOCK", "modprobe vsock_loopback"}})
    EXPECT_TRUE(rows(report, "start").count(row) || has_note(report, row + " is absent: ")) << row;
}

TEST_F(Bench, MemoryHasItsFloorAndItsRelays) {
  auto const report = this->report({"--parts", "memory", "--ways", "socket"});
  EXPECT_EQ(rows(report, "memory"),
            (std::set<std::string>{"this executable, idle", "bridge, socket"}));
  auto const* const pss = report.find("memory", "bridge, socket", "alone", "Pss");
  ASSERT_NE(pss, nullptr);
  EXPECT_GT(values_of(*pss).front(), 0);
  EXPECT_NE(report.find("memory", "bridge, socket", "one of 20", "own"), nullptr);
}

TEST_F(Bench, AnotherBuildStandsBesideThisOne) {
  auto const report =
      this->report({"--other-bridge", BRIDGE_BINARY, "--sizes", "1024", "--writes", "once",
                    "--parts", "round-trips", "--ways", "held,socket,other-held,other-socket"});
  EXPECT_EQ(rows(report, "round trip, one write"),
            (std::set<std::string>{"direct", "bridge, held stdio", "bridge, socket",
                                   "other, held stdio", "other, socket"}));
}

// By whatever name it was installed: under its own the children must be themselves.
TEST_F(Bench, RunsUnderAnyFileName) {
  auto const link = home_.link(BRIDGE_BINARY, "elsewhere/some-bridge");
  auto const run = home_.run({link, "bench", "--rounds", "1", "--cell-ms", "1", "--ways", "held",
                              "--sizes", "128", "--parts", "round-trips"});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_NE(run.output.find("bridge, held stdio"), std::string::npos);
}

// What a user has set for sessions must not reach those that are measured.
TEST_F(Bench, TheUsersSettingsAreNotMeasured) {
  auto const expect_a_whole_run = [&] {
    auto const run = bench({"--rounds", "1", "--cell-ms", "1", "--ways", "socket", "--sizes",
                            "1048576", "--parts", "round-trips"});
    EXPECT_EQ(run.status.code, 0) << run.errors;
    EXPECT_EQ(run.output.find("broke"), std::string::npos) << run.output;
  };
  auto const file =
      home_.write("home/.config/gopls-bridge/config.toml", "frame_limit_bytes = 65536\n");
  expect_a_whole_run();
  home_.set("GOPLS_BRIDGE_CONFIG", file);
  expect_a_whole_run();
  home_.set("GOPLS_BRIDGE_FRAME_LIMIT_BYTES", "65536");
  expect_a_whole_run();
}

TEST_F(Bench, TheTableFitsAndProgressIsALineARound) {
  auto const run = bench(
      {"--rounds", "2", "--cell-ms", "1", "--details", "--parts", "round-trips,streams,starts"});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  std::istringstream lines(run.output);
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(bench::width_of(line), bench::kTextWidth) << line;
  EXPECT_NE(run.output.find("In short"), std::string::npos);
  EXPECT_NE(run.errors.find("round 1 of 2\n"), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find("round 2 of 2\n"), std::string::npos) << run.errors;
  EXPECT_EQ(std::count(run.errors.begin(), run.errors.end(), '\n'), 2) << run.errors;
}

// Ctrl-C prints what there is, and leaves no process behind.
TEST_F(Bench, AnInterruptedRunPrintsWhatItHas) {
  for (int const signal : {SIGINT, SIGTERM}) {
    rigs::StdioChild child(
        {.argv = {BRIDGE_BINARY, "bench", "--rounds", "1000", "--cell-ms", "1", "--ways", "socket",
                  "--sizes", "128", "--parts", "round-trips"},
         .env = home_.environment()});
    child.wait_for_error_text("round 2");
    child.kill(signal);
    EXPECT_EQ(child.wait_exit(), (rigs::ExitStatus{.code = 130}));
    std::string const output = child.read_to_end();
    EXPECT_NE(output.find("round trip, one write: p50"), std::string::npos) << output;
    EXPECT_NE(output.find("bridge, socket"), std::string::npos) << output;
    EXPECT_NE(output.find("* interrupted in round "), std::string::npos) << output;
  }
}

// A read that the signal ends is no fault of the way it was for.
TEST_F(Bench, AnInterruptInTheMiddleOfACellBreaksNoWay) {
  rigs::StdioChild child(
      {.argv = {BRIDGE_BINARY, "bench", "--rounds", "1000", "--cell-ms", "400", "--ways", "socket",
                "--sizes", "128", "--parts", "round-trips", "--writes", "once"},
       .env = home_.environment()});
  child.wait_for_error_text("round 2");
  // direct, socket and its server: all is open, and what follows are cells.
  auto const until = std::chrono::steady_clock::now() + child.wait_max();
  while (rigs::children_of(child.pid()).size() < 3) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
  }
  child.kill(SIGINT);
  EXPECT_EQ(child.wait_exit(), (rigs::ExitStatus{.code = 130}));
  std::string const output = child.read_to_end();
  EXPECT_EQ(output.find("broke"), std::string::npos) << output;
}

// Nobody is there to end them; TearDown waits for them.
TEST_F(Bench, AKilledRunLeavesNoProcessBehind) {
  // One cell that is longer than this test: all ways stay open.
  rigs::StdioChild child(
      {.argv = {BRIDGE_BINARY, "bench", "--rounds", "1", "--cell-ms", "10000", "--ways",
                "held,socket,unix,tcp", "--sizes", "128", "--parts", "round-trips"},
       .env = home_.environment()});
  // direct, held, socket and its server, and the servers of the last two.
  auto const until = std::chrono::steady_clock::now() + child.wait_max();
  while (rigs::children_of(child.pid()).size() < 6) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    ::poll(nullptr, 0, /*ms=*/1);
  }
  was_killed_ = true;
  child.kill(SIGKILL);
  EXPECT_EQ(child.wait_exit(), (rigs::ExitStatus{.code = -1, .signal = SIGKILL}));
}

TEST_F(Bench, ArgumentsThatAreWrongAreNamed) {
  for (auto const& [args, words] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--rounds", "many"}, "bench: --rounds: not a whole number from 1 to 1000: many"},
           {{"--bogus"}, "bench: unknown flag: --bogus (see gopls-bridge bench --help)"},
           {{"--other-bridge", "/nowhere"}, "--other-bridge: not an executable: /nowhere"},
           {{"--compare", "/nowhere/a", "/nowhere/b"}, "--compare: /nowhere/a cannot be read"}}) {
    auto const run = bench(args);
    EXPECT_EQ(run.status.code, 64) << words;
    EXPECT_NE(run.errors.find(words), std::string::npos) << run.errors;
    EXPECT_EQ(run.output, "");
  }
}

TEST_F(Bench, ACpuThatIsNotThereIsAnError) {
  auto const run = bench({"--cpu", "1000"});
  EXPECT_EQ(run.status.code, 70);
  EXPECT_NE(run.errors.find("CPU 1000 is not ours to use"), std::string::npos) << run.errors;
}

TEST_F(Bench, HelpIsPrinted) {
  auto const run = bench({"--help"});
  EXPECT_EQ(run.status.code, 0);
  EXPECT_NE(run.output.find("--compare A.json B.json"), std::string::npos);
}

TEST_F(Bench, TwoReportsAreCompared) {
  std::vector<std::string> paths;
  for (auto const* name : {"a.json", "b.json"}) {
    paths.push_back(home_ / name);
    auto const run = bench({"--rounds", "1", "--cell-ms", "1", "--ways", "socket", "--sizes", "128",
                            "--parts", "round-trips", "--json", paths.back()});
    EXPECT_EQ(run.status.code, 0) << run.errors;
    EXPECT_NE(run.output.find("round trip, one write"), std::string::npos);  // and the tables
  }
  auto const run = bench({"--compare", paths[0], paths[1]});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  EXPECT_NE(run.output.find("3 figures compared, 0 changed by more than noise"), std::string::npos)
      << run.output;
  EXPECT_NE(run.output.find("too few rounds"), std::string::npos) << run.output;
  home_.write("c.json", "{}");
  EXPECT_EQ(bench({"--compare", paths[0], home_ / "c.json"}).status.code, 64);
}

TEST_F(Bench, AJsonFileThatCannotBeWrittenIsAnErrorBehindTheTables) {
  auto const run = bench({"--rounds", "1", "--cell-ms", "1", "--ways", "socket", "--sizes", "128",
                          "--parts", "round-trips", "--json", "/nowhere/a.json"});
  EXPECT_EQ(run.status.code, 70);
  EXPECT_NE(run.output.find("bridge, socket"), std::string::npos);
  EXPECT_NE(run.errors.find("--json: /nowhere/a.json"), std::string::npos) << run.errors;
}

}  // namespace
}  // namespace bridge::tests
