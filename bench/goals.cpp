#include "bench/goals.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/figures.h"
#include "bench/gopls/sharing_bench.h"
#include "bench/ways_run.h"

namespace bridge::bench {
namespace {

// The first is judged by the worse of 128 B and 1 KiB.
constexpr std::array<const char*, 5> kColumns = {"<= 1 KiB", "16 KiB", "64 KiB", "256 KiB",
                                                 "1 MiB"};

struct RatioGoal {
  const char* section;
  const char* row;
  const char* base;
  std::array<double, 5> wanted;  // at kColumns
};

// Medians of ratios inside a round, all on one CPU.
constexpr std::array<RatioGoal, 6> kRatioGoals = {{
    {kSectionOnce, "bridge, socket", "direct", {3.0, 2.8, 2.05, 1.9, 1.95}},
    {kSectionTwice, "bridge, socket", "direct", {2.1, 2.2, 1.9, 1.75, 1.9}},
    {kSectionOnce, "bridge, held stdio", "direct", {2.8, 2.6, 2.0, 1.9, 1.95}},
    {kSectionTwice, "bridge, held stdio", "direct", {2.05, 2.1, 2.0, 1.9, 1.95}},
    {kSectionOnce, "bridge, socket", "socat", {0.92, 0.56, 0.23, 0.17, 0.17}},
    {kSectionTwice, "bridge, socket", "systemd-socket-proxyd", {0.80, 0.95, 0.95, 1.1, 1.1}},
}};

GoalResult of_ratios(std::string goal, std::string at, double wanted, bool at_least,
                     const std::vector<double>& ratios) {
  GoalResult result{std::move(goal), std::move(at), wanted, at_least, median(ratios), {}};
  if (ratios.size() > 1) {
    auto const [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    result.range = with_decimals(*least, 2) + "-" + with_decimals(*most, 2);
  }
  return result;
}

std::vector<double> ratios_in(const Report& report, std::string_view section, std::string_view row,
                              std::string_view base, std::string_view column,
                              std::string_view metric) {
  return ratios(report.find(section, row, column, metric),
                report.find(section, base, column, metric));
}

void add_ratio_goals(const Report& same, std::vector<GoalResult>& results) {
  for (auto const& goal : kRatioGoals) {
    std::string const name =
        std::string(goal.row) + " / " + goal.base + ", " +
        (goal.section == std::string_view(kSectionOnce) ? "written once" : "written twice");
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      auto const at = [&](const char* column) {
        return of_ratios(name, kColumns[i], goal.wanted[i], false,
                         ratios_in(same, goal.section, goal.row, goal.base, column, "p50"));
      };
      if (i > 0) {
        results.push_back(at(kColumns[i]));
        continue;
      }
      auto const tiny = at("128 B");
      auto const small = at("1 KiB");
      results.push_back(tiny.measured > small.measured ? tiny : small);
    }
  }
}

double median_of(const Report& report, std::string_view section, std::string_view row,
                 std::string_view column, std::string_view metric) {
  auto const* const series = report.find(section, row, column, metric);
  return series == nullptr ? std::nan("") : median(values_of(*series));
}

void add_other_goals(const Reports& reports, std::vector<GoalResult>& results) {
  // A relay that does not wait for whole frames, with the same splice.
  results.push_back(of_ratios(
      "the editor on a CPU of its own: bridge, socket / systemd-socket-proxyd (cut-through)",
      "256 KiB", 1.05, false,
      ratios_in(reports.split, kSectionOnce, "bridge, socket", "systemd-socket-proxyd", "256 KiB",
                "p50")));
  constexpr const char* kTrips = "gopls: round trip";
  auto const* const killed =
      reports.gopls.find("gopls: killed", "bridge, held stdio", "to first hover", "/ plain start");
  results.push_back(of_ratios("real gopls, kill -9 to first hover / plain start to first hover",
                              "time", 1.10, false,
                              killed == nullptr ? std::vector<double>() : values_of(*killed)));
  results.push_back(
      of_ratios("real gopls, hover: bridge, held stdio / direct", "p50", 1.10, false,
                ratios_in(reports.gopls, kTrips, "bridge, held stdio", "direct", "hover", "p50")));
  results.push_back(of_ratios(
      "real gopls, hover: bridge, socket / direct, Unix socket", "p50", 1.10, false,
      ratios_in(reports.gopls, kTrips, "bridge, socket", "direct, Unix socket", "hover", "p50")));
  results.push_back(of_ratios(
      "real gopls, hover: bridge, socket / gopls -remote", "p50", 0.55, false,
      ratios_in(reports.gopls, kTrips, "bridge, socket", "gopls -remote", "hover", "p50")));
  Report const& same = reports.same;
  for (auto const& [column, name] :
       {std::pair("128 B", "with the journal / without, held stdio, 128 B"),
        std::pair("a key", "with the journal / without, held stdio, a key and a request")}) {
    for (auto const* metric : {"p50", "relay CPU"}) {
      auto const* const series = same.find(kSectionJournal, "bridge, held stdio", column, metric);
      results.push_back(of_ratios(name, metric, 1.05, false,
                                  series == nullptr ? std::vector<double>() : values_of(*series)));
    }
  }
  results.push_back(
      of_ratios("start: bridge, socket / socat", "first byte", 0.35, false,
                ratios_in(same, kSectionStart, "bridge, socket", "socat", "", "first byte")));
  for (auto const* row : {"bridge, held stdio", "bridge, socket"}) {
    double const above = median_of(same, kSectionMemory, row, "alone", "Pss") -
                         median_of(same, kSectionMemory, "this executable, idle", "alone", "Pss");
    results.push_back({std::string(row) + ": Pss above this executable doing nothing",
                       "KiB",
                       256,
                       false,
                       above,
                       {}});
    // The whole of it, where its code is shared with its like, as with several windows.
    results.push_back({std::string(row) + ": Pss of one of twenty",
                       "KiB",
                       256,
                       false,
                       median_of(same, kSectionMemory, row, "one of 20", "Pss"),
                       {}});
  }
  for (auto const* direction : {"to server", "to editor"}) {
    results.push_back(of_ratios(
        "throughput of 1 MiB frames: bridge, socket / socat", direction, 4, true,
        ratios_in(same, kSectionStream, "bridge, socket", "socat", direction, "throughput")));
    auto const* const cpu = same.find(kSectionStream, "bridge, socket", direction, "relay CPU");
    results.push_back(of_ratios("CPU seconds of bridge, socket for a GB", direction, 0.05, false,
                                cpu == nullptr ? std::vector<double>() : values_of(*cpu)));
  }
}

// One figure of each process varies by a quarter: the mean of all runs counts.
double mean_of(const Report& report, const char* row, const std::string& column) {
  auto const* const series = report.find(kSectionSharedMemory, row, column, "PSS");
  if (series == nullptr) return std::nan("");
  auto const values = values_of(*series);
  double sum = 0;
  for (double const value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

std::vector<GoalResult> sharing_goals_of(const Report& sharing) {
  std::vector<GoalResult> results;
  for (auto const& [column, wanted] :
       {std::pair("4, same", 0.5), std::pair("8, same", 0.5), std::pair("4, different", 0.65),
        std::pair("8, different", 0.65)}) {
    auto result = of_ratios(
        "PSS of windows that share / plain, mean of three runs", column, wanted, false,
        ratios_in(sharing, kSectionSharedMemory, "bridge, lease", "direct", column, "PSS"));
    result.measured =
        mean_of(sharing, "bridge, lease", column) / mean_of(sharing, "direct", column);
    results.push_back(std::move(result));
  }
  constexpr const char* kTrips = "gopls: round trip";
  for (auto const& [base, wanted] :
       {std::pair("direct", 1.10), std::pair("direct, Unix socket", 1.10),
        std::pair("gopls -remote=auto", 0.55)}) {
    results.push_back(of_ratios(std::string("hover through the lease / ") + base, "p50", wanted,
                                false,
                                ratios_in(sharing, kTrips, "bridge, lease", base, "hover", "p50")));
  }
  results.push_back(of_ratios("first window of all / plain start", "first hover", 1.05, false,
                              ratios_in(sharing, kSectionSharedStart, "bridge, lease, first of all",
                                        "direct", "first hover", "time")));
  auto const* const lease = sharing.find(kSectionLease, "asked for, to granted", "warm", "p50");
  results.push_back(of_ratios("lease of a gopls that runs, ms", "p50", 2, false,
                              lease == nullptr ? std::vector<double>() : values_of(*lease)));
  for (auto const& [row, at] : {std::pair("one of 20, without the journal", "PSS, KiB"),
                                std::pair("one of 1000", "PSS, KiB")}) {
    results.push_back({std::string("an idle front, ") + row,
                       at,
                       420,
                       false,
                       median_of(sharing, kSectionIdle, row, "PSS", "each"),
                       {}});
  }
  results.push_back({"wake-ups of 1000 idle fronts in 10 s",
                     "",
                     0,
                     false,
                     median_of(sharing, kSectionIdle, "one of 1000", "wake-ups", "of all, in 10 s"),
                     {}});
  return results;
}

std::vector<GoalResult> goals_of(const Reports& reports) {
  std::vector<GoalResult> results;
  add_ratio_goals(reports.same, results);
  add_other_goals(reports, results);
  return results;
}

std::string markdown_of(const std::vector<GoalResult>& goals) {
  std::string text =
      "| goal | at | wanted | measured | least-most | |\n|---|---|---|---|---|---|\n";
  for (auto const& goal : goals) {
    text += "| " + goal.goal + " | " + goal.at + (goal.at_least ? " | >= " : " | <= ") +
            with_three_digits(goal.wanted) + " | " + with_three_digits(goal.measured) + " | " +
            goal.range + " | " +
            (std::isnan(goal.measured) ? "not measured"
             : goal.met()              ? "met"
                                       : "**missed**") +
            " |\n";
  }
  return text;
}

}  // namespace bridge::bench
