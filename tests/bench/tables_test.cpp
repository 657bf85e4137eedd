#include "bench/tables.h"

#include <gtest/gtest.h>

#include <sstream>

#include "bench/figures.h"
#include "bench/text_table.h"
#include "bench/ways.h"
#include "bench/ways_run.h"

namespace bridge::bench {
namespace {

// Every way, every size there may be, and figures as long as they get.
Report widest() {
  Report report;
  report.facts = {{"command", "gopls-bridge bench " + std::string(300, 'x')},
                  {"machine", "AMD EPYC 9B45 128-Core Processor, 2 CPUs, virtual machine"}};
  report.note(
      "a note that is so long that it has to be broken at some space or other, as it says "
      "what is absent and how to install it");
  for (std::size_t round = 0; round < 3; ++round) {
    double const value = 123456.7 + static_cast<double>(round);
    for (auto const& way : all_ways()) {
      std::string const row(way.row);
      for (auto const* section : {kSectionTwice, kSectionOnce}) {
        for (std::size_t const size : {128U, 1024U, 16384U, 65536U, 262144U, 1U << 20, 4U << 20}) {
          for (auto const* metric :
               {"p50", "p90", "p99", "p99.9", "relay CPU", "wake-ups", "system calls"})
            report.record({section, row, size_name(size), metric, "us"}, round, value);
        }
      }
      for (auto const* direction : {"to server", "to editor"}) {
        report.record({kSectionStream, row, direction, "throughput", "MB/s"}, round, value);
        report.record({kSectionStream, row, direction, "relay CPU", "s/GB"}, round, value);
      }
      for (auto const* metric : {"p50", "p99", "relay CPU"})
        report.record({kSectionTyping, row, "", metric, "us"}, round, value);
      report.record({kSectionStart, row, "", "first byte", "us"}, round, value);
      report.record({kSectionStart, row, "", "relay CPU", "us"}, round, value);
      for (auto const* column : {"alone", "one of 20"}) {
        report.record({kSectionMemory, row, column, "Pss", "KiB"}, round, value);
        report.record({kSectionMemory, row, column, "own", "KiB"}, round, value);
      }
      report.record({"gopls: hover", row, "a long name of a column", "p50", "us"}, round, value);
      report.record({"gopls: hover", row, "a long name of a column", "p99", "us"}, round, value);
      for (auto const* metric : {"one", "two", "three", "four"})
        report.record({"gopls: hover", row, "another long name", metric, "MiB"}, round, value);
    }
  }
  return report;
}

TEST(Tables, FitAHundredColumns) {
  for (bool const details : {false, true}) {
    std::istringstream lines(tables_of(widest(), details));
    for (std::string line; std::getline(lines, line);) {
      if (line.find(std::string(300, 'x')) != std::string::npos) continue;  // one word
      EXPECT_LE(width_of(line), kTextWidth) << line;
    }
  }
}

TEST(Tables, HaveEveryWayOfEveryPart) {
  auto const text = tables_of(widest(), false);
  for (auto const& way : all_ways()) {
    std::size_t count = 0;
    for (auto at = text.find("\n" + std::string(way.row) + "  "); at != std::string::npos;
         at = text.find("\n" + std::string(way.row) + "  ", at + 1))
      ++count;
    EXPECT_GE(count, 6u) << way.row;  // two kinds of round trips, stream, start, memory, hover
  }
}

TEST(Tables, RatiosAreTakenInsideARound) {
  Report report;
  // Ratios 3, 2 and 1; the medians, 20 and 30, would make 1.5.
  double const direct[] = {10, 20, 30};
  double const socat[] = {30, 40, 30};
  for (std::size_t round = 0; round < 3; ++round) {
    report.record({kSectionOnce, "direct", "128 B", "p50", "us"}, round, direct[round]);
    report.record({kSectionOnce, "socat", "128 B", "p50", "us"}, round, socat[round]);
  }
  EXPECT_NE(tables_of(report, false).find("socat   30.0  2.00"), std::string::npos)
      << tables_of(report, false);
}

TEST(Tables, WaysComeInTheirOrderHoweverTheyWereMeasured) {
  Report report;
  for (auto const* row : {"lspmux", "socat", "something else", "direct"})
    report.record({kSectionOnce, row, "128 B", "p50", "us"}, 0, 1);
  EXPECT_EQ(rows_of(report, kSectionOnce),
            (std::vector<std::string>{"direct", "socat", "lspmux", "something else"}));
}

TEST(Tables, AnEmptyReportIsNoTables) { EXPECT_EQ(tables_of({}, true), ""); }

TEST(Tables, WithoutADirectRowThereIsNoRatio) {
  Report report;
  report.record({kSectionOnce, "socat", "128 B", "p50", "us"}, 0, 12.5);
  auto const text = tables_of(report, false);
  EXPECT_NE(text.find("socat  12.5"), std::string::npos) << text;
  EXPECT_EQ(text.find("nan"), std::string::npos) << text;
}

TEST(TextTable, ColumnsThatDoNotFitGoBelow) {
  TextTable table({"", std::string(60, 'a'), std::string(60, 'b')});
  table.add({"row", "1", "2"});
  auto const text = table.str();
  EXPECT_NE(text.find("\n\n"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
}

TEST(TextTable, RowsWithNothingInThemAreLeftOut) {
  TextTable table({"", "a", "b"});
  table.add({"nothing", "-", ""});
  EXPECT_TRUE(table.empty());
  table.add({"something", "-", "1"});
  EXPECT_FALSE(table.empty());
}

TEST(TextTable, AColumnIsAsWideAsItLooks) {
  EXPECT_EQ(width_of("µs…"), 3u);
  EXPECT_EQ(padded("µs", 4), "µs  ");
  EXPECT_EQ(padded_on_left("µs", 4), "  µs");
}

TEST(TextTable, TextIsBrokenAtSpaces) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "word ";
  std::istringstream lines(wrapped(text, 2));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_LE(line.size(), kTextWidth);
    EXPECT_EQ(line.starts_with("  "), count > 0);
  }
  EXPECT_EQ(count, 4);
}

}  // namespace
}  // namespace bridge::bench
