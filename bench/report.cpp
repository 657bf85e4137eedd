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

// nlohmann::json sorts members and has been instantiated by the session anyway: its ordered sibling
// would add 70 KB to the executable.
std::string to_json(const Report& report) {
  using nlohmann::json;
  json facts = json::array();
  for (auto const& [name, value] : report.facts) facts.push_back(json::array({name, value}));
  json all = json::array();
  for (auto const& one : report.series) {
    json rounds = json::array();
    for (double const value : one.rounds)
      rounds.push_back(std::isfinite(value) ? json(value) : json(nullptr));
    all.push_back(json{{"section", one.section},
                       {"row", one.row},
                       {"column", one.column},
                       {"metric", one.metric},
                       {"unit", one.unit},
                       {"rounds", std::move(rounds)}});
  }
  json const whole{{"format", kFormat},
                   {"facts", std::move(facts)},
                   {"notes", report.notes},
                   {"series", std::move(all)}};
  // A path need not be UTF-8.
  return whole.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Report from_json(std::string_view text, std::string& complaint) {
  using nlohmann::json;
  Report report;
  try {
    auto const whole = json::parse(text);
    if (whole.at("format") != kFormat) {
      complaint = "is of another version of gopls-bridge";
      return report;
    }
    for (auto const& fact : whole.at("facts"))
      report.facts.emplace_back(fact.at(0).get<std::string>(), fact.at(1).get<std::string>());
    report.notes = whole.at("notes").get<std::vector<std::string>>();
    for (auto const& one : whole.at("series")) {
      Series series{.section = one.at("section").get<std::string>(),
                    .row = one.at("row").get<std::string>(),
                    .column = one.at("column").get<std::string>(),
                    .metric = one.at("metric").get<std::string>(),
                    .unit = one.at("unit").get<std::string>()};
      for (auto const& value : one.at("rounds"))
        series.rounds.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                                : value.get<double>());
      report.series.push_back(std::move(series));
    }
  } catch (const json::exception&) {
    complaint = "is no report of gopls-bridge bench --json";
  }
  return report;
}

}  // namespace bridge::bench
