// What a run measured: named figures, one value a round, so that figures of the same round can be
// set against each other, in this run or against another's. `--json` is this, written out; it
// measures nothing and prints nothing (tables.h, compare.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge::bench {

struct Series {                  // one figure over the rounds
  std::string section;           // "round trip, one write", "gopls: hover"
  std::string row;               // the way: "bridge, socket"
  std::string column;            // "128 B"; empty where there is one column only
  std::string metric;            // "p50", "p99", "relay CPU"
  std::string unit;              // "us", "ns", "KiB", "MB/s"
  std::vector<double> rounds{};  // one value a round, NaN where that round has none; index = round
};

struct Report {
  // How and where it was measured, in the order in which it is printed: "command", "machine", …
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<Series> series;
  std::vector<std::string> notes;  // what is absent, failed or noisy: one sentence each

  // The figure of `round`; earlier rounds without a value are NaN. Rows appear in tables in the
  // order in which they were first recorded.
  void record(const Series& name, std::size_t round, double value);
  // Null if there is none.
  const Series* find(std::string_view section, std::string_view row, std::string_view column,
                     std::string_view metric) const;
  void note(std::string sentence);  // once, however often it is said
};

// The values that are there.
std::vector<double> values_of(const Series& series);
// figure / base, round by round, where both have a value; empty if either is null.
std::vector<double> ratios(const Series* figure, const Series* base);

std::string to_json(const Report& report);
// Takes what to_json() gave. `complaint` is not empty where the text is no report.
Report from_json(std::string_view text, std::string& complaint);

}  // namespace bridge::bench
