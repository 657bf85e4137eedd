#include "bench/tables.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/figures.h"
#include "bench/text_table.h"
#include "bench/ways.h"
#include "bench/ways_run.h"

namespace bridge::bench {
namespace {

constexpr std::string_view kBase = "direct";

void add_once(std::vector<std::string>& list, const std::string& one) {
  if (std::find(list.begin(), list.end(), one) == list.end()) list.push_back(one);
}

double median_of(const Series* series) {
  return series == nullptr ? std::nan("") : median(values_of(*series));
}

double median_ratio(const Report& report, const Series* figure, std::string_view base_row) {
  if (figure == nullptr) return std::nan("");
  return median(
      ratios(figure, report.find(figure->section, base_row, figure->column, figure->metric)));
}

// "2.71 2.65-2.80": the median, the least and the greatest of the rounds.
std::string spread(std::vector<double> values) {
  if (values.empty()) return "-";
  auto const [least, most] = std::minmax_element(values.begin(), values.end());
  std::string const range = with_decimals(*least, 2) + "-" + with_decimals(*most, 2);
  return with_decimals(median(values), 2) + " " + range;
}

using Cell = std::function<std::string(const std::string& row, const std::string& column)>;

// One table of a section: its columns are the section's.
std::string section_table(const Report& report, std::string_view section, const std::string& title,
                          const Cell& cell) {
  auto const columns = columns_of(report, section);
  std::vector<std::string> header{""};
  header.insert(header.end(), columns.begin(), columns.end());
  TextTable table(header);
  for (auto const& row : rows_of(report, section)) {
    std::vector<std::string> cells{row};
    for (auto const& column : columns) cells.push_back(cell(row, column));
    table.add(std::move(cells));
  }
  return table.empty() ? std::string() : "\n" + wrapped(title, 2) + table.str();
}

// "7.12 2.71": the median, and the median of its ratio to direct.
std::string with_ratio(const Report& report, const Series* figure) {
  if (figure == nullptr) return "-";
  double const ratio = median_ratio(report, figure, kBase);
  return with_three_digits(median_of(figure)) + " " +
         padded_on_left(std::isnan(ratio) ? "" : with_three_digits(ratio), 5);
}

std::string trips_tables(const Report& report, const std::string& section, bool details,
                         bool is_first) {
  auto const figure = [&](const std::string& row, const std::string& column, const char* metric) {
    return report.find(section, row, column, metric);
  };
  auto const ratio_to = [&](std::string_view base) {
    return section_table(
        report, section,
        section + ": p50 / " + std::string(base) + ", median and least-most of the rounds",
        [&, base](const std::string& row, const std::string& column) {
          auto const* const p50 = figure(row, column, "p50");
          return row == base ? std::string("-")
                             : spread(ratios(p50, report.find(section, base, column, "p50")));
        });
  };
  std::string text =
      section_table(report, section, section + ": p50 in µs, and its ratio to direct",
                    [&](const std::string& row, const std::string& column) {
                      return with_ratio(report, figure(row, column, "p50"));
                    });
  if (details) text += ratio_to(kBase) + ratio_to("socat");
  if (details || is_first) {
    if (!details)
      text += section_table(report, section, section + ": p50 / socat",
                            [&](const std::string& row, const std::string& column) {
                              return row.starts_with(kBase) || row == "socat"
                                         ? std::string()
                                         : with_three_digits(median_ratio(
                                               report, figure(row, column, "p50"), "socat"));
                            });
    text +=
        section_table(report, section, section + ": p90, p99 and p99.9 in µs",
                      [&](const std::string& row, const std::string& column) {
                        std::string cell;
                        for (auto const* metric : {"p90", "p99", "p99.9"})
                          cell.append(cell.empty() ? "" : " ")
                              .append(with_three_digits(median_of(figure(row, column, metric))));
                        return cell;
                      });
    text += section_table(
        report, section,
        section + ": CPU of the relay for a round trip in µs, its wake-ups, its system calls",
        [&](const std::string& row, const std::string& column) {
          std::string cell = with_three_digits(median_of(figure(row, column, "relay CPU")));
          for (auto const* metric : {"wake-ups", "system calls"})
            cell += " " + with_decimals(median_of(figure(row, column, metric)), 1);
          return cell;
        });
  }
  return text;
}

std::string stream_table(const Report& report) {
  return section_table(
      report, kSectionStream,
      "frames of 1 MiB one way: MB/s, ratio to direct, CPU of the relay in s for a GB",
      [&](const std::string& row, const std::string& column) {
        auto const cpu = median_of(report.find(kSectionStream, row, column, "relay CPU"));
        return with_ratio(report, report.find(kSectionStream, row, column, "throughput")) +
               padded_on_left(with_decimals(cpu, 3), 8);
      });
}

std::string start_table(const Report& report) {
  TextTable table({"", "µs", "/ direct", "/ socat", "relay CPU, µs"});
  for (auto const& row : rows_of(report, kSectionStart)) {
    auto const* const first = report.find(kSectionStart, row, "", "first byte");
    auto const to = [&](std::string_view base) {
      return spread(ratios(first, report.find(kSectionStart, base, "", "first byte")));
    };
    table.add({row, with_decimals(median_of(first), 0), row == kBase ? "-" : to(kBase),
               row == "socat" ? "-" : to("socat"),
               with_decimals(median_of(report.find(kSectionStart, row, "", "relay CPU")), 0)});
  }
  return table.empty() ? std::string()
                       : "\nstart: from before the process is started to the first byte of an "
                         "answer, least-most\n" +
                             table.str();
}

std::string memory_table(const Report& report) {
  TextTable table({"", "alone", "own", "one of 20", "own", "Rss after 1 MiB", "and 128 B more"});
  for (auto const& row : rows_of(report, kSectionMemory)) {
    auto const kib = [&](const char* column, const char* metric) {
      return with_decimals(median_of(report.find(kSectionMemory, row, column, metric)), 0);
    };
    table.add({row, kib("alone", "Pss"), kib("alone", "own"), kib("one of 20", "Pss"),
               kib("one of 20", "own"), kib("after 1 MiB", "Rss"), kib("and 128 B more", "Rss")});
  }
  return table.empty() ? std::string()
                       : "\n" +
                             wrapped(
                                 "memory of a relay in KiB: Pss, and what no file backs "
                                 "(own); the server's is not in it",
                                 2) +
                             table.str();
}

// What one asks first: what does each relay add, to a small request and to a large answer?
std::string summary(const Report& report) {
  auto columns = columns_of(report, kSectionTwice);
  if (columns.empty()) return {};
  // 1 KiB and 256 KiB where they were measured, else the ends.
  auto const pick = [&](const std::string& wanted, const std::string& otherwise) {
    return std::find(columns.begin(), columns.end(), wanted) != columns.end() ? wanted : otherwise;
  };
  std::string const small = pick("1 KiB", columns.front());
  std::string const large = pick("256 KiB", columns.back());
  TextTable table({"", small + " adds", "/ direct", large + " adds", "/ direct", "start", "Pss"});
  for (auto const& row : rows_of(report, kSectionTwice)) {
    if (row.starts_with(kBase)) continue;
    std::vector<std::string> cells{row};
    for (auto const& column : {small, large}) {
      auto const* const p50 = report.find(kSectionTwice, row, column, "p50");
      double const added =
          median_of(p50) - median_of(report.find(kSectionTwice, kBase, column, "p50"));
      cells.push_back(with_three_digits(added) + " µs");
      cells.push_back(with_decimals(median_ratio(report, p50, kBase), 2));
    }
    auto const start = median_of(report.find(kSectionStart, row, "", "first byte")) / 1000;
    cells.push_back(std::isnan(start) ? "-" : with_decimals(start, 2) + " ms");
    auto const pss = median_of(report.find(kSectionMemory, row, "alone", "Pss"));
    cells.push_back(std::isnan(pss) ? "-" : with_decimals(pss, 0) + " KiB");
    table.add(std::move(cells));
  }
  return table.empty() ? std::string()
                       : "\n" +
                             wrapped(
                                 "In short: what a relay adds to a round trip whose "
                                 "request and answer have that size, peers writing header "
                                 "and body apart as VS Code and gopls do",
                                 2) +
                             table.str();
}

// Sections of the other parts (gopls, workload): whatever is in them, a column each.
std::string any_section(const Report& report, const std::string& section) {
  std::vector<const Series*> columns;
  std::vector<std::string> header{""};
  for (auto const& one : report.series) {
    bool const is_known = std::any_of(columns.begin(), columns.end(), [&](const Series* known) {
      return known->column == one.column && known->metric == one.metric;
    });
    if (one.section != section || is_known) continue;
    columns.push_back(&one);
    header.push_back(one.column + (one.column.empty() ? "" : " ") + one.metric +
                     (one.unit.empty() ? "" : ", " + one.unit));
  }
  TextTable table(header);
  for (auto const& row : rows_of(report, section)) {
    std::vector<std::string> cells{row};
    for (auto const* const column : columns)
      cells.push_back(
          with_ratio(report, report.find(section, row, column->column, column->metric)));
    table.add(std::move(cells));
  }
  bool const has_base =
      report.find(section, kBase, columns[0]->column, columns[0]->metric) != nullptr;
  std::string const title =
      section + (has_base ? ": medians, and their ratios to direct" : ": medians");
  return "\n" + wrapped(title, 2) + table.str();
}

}  // namespace

std::vector<std::string> rows_of(const Report& report, std::string_view section) {
  // Ways are measured in random order.
  std::vector<std::string> rows;
  for (auto const& name : all_ways()) {
    for (auto const& one : report.series) {
      if (one.section == section && one.row == name.row) add_once(rows, one.row);
    }
  }
  for (auto const& one : report.series) {
    if (one.section == section) add_once(rows, one.row);
  }
  return rows;
}

std::vector<std::string> columns_of(const Report& report, std::string_view section) {
  std::vector<std::string> columns;
  for (auto const& one : report.series) {
    if (one.section == section) add_once(columns, one.column);
  }
  return columns;
}

std::string tables_of(const Report& report, bool details) {
  std::string text;
  for (auto const& [name, value] : report.facts) text += wrapped(padded(name, 12) + value, 12);
  text += summary(report);
  text += trips_tables(report, kSectionTwice, details, true);
  text += trips_tables(report, kSectionOnce, details, columns_of(report, kSectionTwice).empty());
  text += stream_table(report) + start_table(report) + memory_table(report);
  std::vector<std::string> others;
  for (auto const& one : report.series) add_once(others, one.section);
  for (auto const* known :
       {kSectionTwice, kSectionOnce, kSectionStream, kSectionStart, kSectionMemory})
    std::erase(others, known);
  for (auto const& section : others) text += any_section(report, section);
  if (!report.notes.empty()) text += "\n";
  for (auto const& note : report.notes) text += wrapped("* " + note, 2);
  return text;
}

}  // namespace bridge::bench
