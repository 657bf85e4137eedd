#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace bridge::bench {
namespace {

constexpr int kFormat = 1;  // of the JSON; raised when a reader of before would misread it

bool same_figure(const Series& a, const Series& b) {
  return a.section == b.section && a.row == b.row && a.column == b.column && a.metric == b.metric;
}

}  // namespace

void Report::record(const Series& name, std::size_t round, double value) {
  auto found = std::find_if(series.begin(), series.end(),
                            [&](const Series& known) { return same_figure(known, name); });
  if (found == series.end()) found = series.insert(series.end(), name);
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (found->rounds.size() <= round) found->rounds.resize(round + 1, kNone);
  found->rounds[round] = value;
}

const Series* Report::find(std::string_view section, std::string_view row, std::string_view column,
                           std::string_view metric) const {
  auto const found = std::find_if(series.begin(), series.end(), [&](const Series& one) {
    return one.section == section && one.row == row && one.column == column && one.metric == metric;
  });
  return found == series.end() ? nullptr : &*found;
}

void Report::note(std::string sentence) {
  if (std::find(notes.begin(), notes.end(), sentence) == notes.end())
    notes.push_back(std::move(sentence));
}

std::vector<double> values_of(const Series& series) {
  std::vector<double> values;
  std::copy_if(series.rounds.begin(), series.rounds.end(), std::back_inserter(values),
               [](double value) { return !std::isnan(value); });
  return values;
}

std::vector<double> ratios(const Series* figure, const Series* base) {
  std::vector<double> result;
  if (figure == nullptr || base == nullptr) return result;
  std::size_t const rounds = std::min(figure->rounds.size(), base->rounds.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    double const ratio = figure->rounds[round] / base->rounds[round];
    if (std::isfinite(ratio)) result.push_back(ratio);
  }
  return result;
}

std::string to_json(const Report& report) {
  using nlohmann::ordered_json;
  ordered_json json;
  json["format"] = kFormat;
  auto& facts = json["facts"] = ordered_json::object();
  for (auto const& [name, value] : report.facts) facts[name] = value;
  json["notes"] = report.notes;
  auto& all = json["series"] = ordered_json::array();
  for (auto const& one : report.series) {
    ordered_json rounds = ordered_json::array();
    for (double const value : one.rounds)
      rounds.push_back(std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr));
    all.push_back(ordered_json{{"section", one.section},
                               {"row", one.row},
                               {"column", one.column},
                               {"metric", one.metric},
                               {"unit", one.unit},
                               {"rounds", std::move(rounds)}});
  }
  constexpr auto kReplace = ordered_json::error_handler_t::replace;  // a path need not be UTF-8
  return json.dump(1, ' ', false, kReplace) + "\n";
}

Report from_json(std::string_view text, std::string& complaint) {
  using nlohmann::ordered_json;
  Report report;
  try {
    auto const json = ordered_json::parse(text);
    if (json.at("format") != kFormat) {
      complaint = "is of another version of gopls-bridge";
      return report;
    }
    for (auto const& [name, value] : json.at("facts").items())
      report.facts.emplace_back(name, value.get<std::string>());
    report.notes = json.at("notes").get<std::vector<std::string>>();
    for (auto const& one : json.at("series")) {
      Series series{.section = one.at("section"),
                    .row = one.at("row"),
                    .column = one.at("column"),
                    .metric = one.at("metric"),
                    .unit = one.at("unit")};
      for (auto const& value : one.at("rounds"))
        series.rounds.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                                : value.get<double>());
      report.series.push_back(std::move(series));
    }
  } catch (const nlohmann::json::exception&) {
    complaint = "is no report of gopls-bridge bench --json";
  }
  return report;
}

}  // namespace bridge::bench
