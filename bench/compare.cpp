#include "bench/compare.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/cell.h"
#include "bench/figures.h"
#include "bench/text_table.h"

namespace bridge::bench {
namespace {

constexpr std::string_view kBase = "direct";
constexpr std::size_t kExactMax = 20;
// With fewer a difference between two sets can hardly show.
constexpr std::size_t kQuietRoundsMin = 6;

// How many ways there are to reach each value of U, for samples without ties: counts[u], by
// Mann and Whitney's recursion f(m, n, u) = f(m - 1, n, u - n) + f(m, n - 1, u).
std::vector<double> ways_to_u(std::size_t m, std::size_t n) {
  std::vector<std::vector<double>> row(n + 1, std::vector<double>(m * n + 1, 0));
  for (std::size_t j = 0; j <= n; ++j) row[j][0] = 1;  // m = 0
  for (std::size_t i = 1; i <= m; ++i) {
    for (std::size_t j = 0; j <= n; ++j) {
      std::vector<double> counts(m * n + 1, 0);
      for (std::size_t u = 0; u <= i * j; ++u) {
        if (u >= j) counts[u] += row[j][u - j];
        if (j > 0) counts[u] += row[j - 1][u];
      }
      row[j] = std::move(counts);  // row[j - 1] is of this i already, row[j] was of i - 1
    }
  }
  return row[n];
}

bool has_ties(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  return std::adjacent_find(a.begin(), a.end()) != a.end();
}

// Not libm's: its exp and pow are chosen by the CPU when a program starts, so every session would
// touch their pages. Exact to 1e-12 where it is used, y from 0 to some hundreds.
double exp_of_minus(double y) {
  constexpr int kHalvings = 10;
  double const small = y / (1 << kHalvings);
  double term = 1;
  double sum = 1;
  for (int i = 1; i <= 12; ++i) {
    term *= -small / i;
    sum += term;
  }
  for (int i = 0; i < kHalvings; ++i) sum *= sum;
  return sum;
}

// Both tails of the normal distribution beyond z standard deviations: Abramowitz and Stegun 7.1.26,
// good to 1.5e-7.
double tails_beyond(double z) {
  double const x = z / std::sqrt(2.0);
  double const t = 1 / (1 + 0.3275911 * x);
  double const polynomial =
      ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) *
      t;
  return std::min(1.0, polynomial * exp_of_minus(x * x));
}

// The normal approximation, with the correction for ties.
double approximate_p(const std::vector<double>& a, const std::vector<double>& b, double u) {
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::sort(all.begin(), all.end());
  auto const m = static_cast<double>(a.size());
  auto const n = static_cast<double>(b.size());
  double ties = 0;
  for (auto at = all.begin(); at != all.end();) {
    auto const end = std::upper_bound(at, all.end(), *at);
    auto const count = static_cast<double>(end - at);
    ties += count * count * count - count;
    at = end;
  }
  double const total = m + n;
  double const variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  double const distance = std::max(0.0, std::fabs(u - m * n / 2) - 0.5);
  return tails_beyond(distance / std::sqrt(variance));
}

// The smallest p that so many rounds can give.
double smallest_p(std::size_t m, std::size_t n) {
  double splits = 1;
  for (std::size_t i = 1; i <= m; ++i)
    splits = splits * static_cast<double>(n + i) / static_cast<double>(i);
  return std::min(1.0, 2 / splits);
}

bool judged(const Series& series, bool details) {
  constexpr std::array<std::string_view, 3> kFirst = {"p50", "throughput", "first byte"};
  constexpr std::array<std::string_view, 2> kNever = {"foreign CPU", "harness CPU"};
  auto const is_in = [&](auto const& list) {
    return std::find(list.begin(), list.end(), series.metric) != list.end();
  };
  // What the direct way does is the machine's affair: every ratio is to it.
  if (series.row == kBase || is_in(kNever)) return false;
  // The sections of --gopls and --workload have metrics of their own.
  bool const is_ours = series.section.starts_with("round trip") || series.section == "stream" ||
                       series.section == "start" || series.section == "memory" ||
                       series.section.starts_with("typing") ||
                       series.section.starts_with("with the journal");
  return details || !is_ours || is_in(kFirst);
}

// The series without the rounds in which others took the CPU; all of it where that leaves too few.
Series quiet_rounds(const Report& report, const Series& series) {
  auto const* const foreign = report.find(series.section, series.row, series.column, "foreign CPU");
  Series quiet = series;
  if (foreign == nullptr) return quiet;
  std::size_t left = 0;
  for (std::size_t round = 0; round < quiet.rounds.size(); ++round) {
    bool const is_noisy = round < foreign->rounds.size() &&
                          foreign->rounds[round] > 100 * RoundTrips::kForeignShareMax;
    if (is_noisy) quiet.rounds[round] = std::nan("");
    left += std::isnan(quiet.rounds[round]) ? 0 : 1;
  }
  return left >= kQuietRoundsMin ? quiet : series;
}

// The values to be compared, a round each: ratios where there is a direct row in both.
std::vector<double> compared_values(const Report& report, const Series& series, bool as_ratio) {
  Series const quiet = quiet_rounds(report, series);
  if (!as_ratio) return values_of(quiet);
  auto const* const base = report.find(series.section, kBase, series.column, series.metric);
  Series const quiet_base = quiet_rounds(report, *base);
  return ratios(&quiet, &quiet_base);
}

// Holm: the smallest p times the number of tests, the next times one less, and so on.
void correct(std::vector<Change>& changes) {
  std::vector<Change*> order;
  order.reserve(changes.size());
  for (auto& change : changes) order.push_back(&change);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->p < b->p; });
  double worst = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    worst = std::max(worst, std::min(1.0, order[i]->p * static_cast<double>(order.size() - i)));
    order[i]->p = worst;
  }
}

std::string values_text(const Change& change) {
  auto const text = [&](double value) {
    return change.as_ratio ? with_decimals(value, 3) : with_three_digits(value);
  };
  return text(change.from) + " -> " + text(change.to) + " " +
         (change.as_ratio ? "x direct" : change.before->unit);
}

// More of it is worse.
bool is_cost(const Series& series) { return series.unit != "MB/s"; }

}  // namespace

double mann_whitney(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return 1;
  double u = 0;  // pairs in which a is above b
  for (double const one : a) {
    for (double const other : b) u += one > other ? 1 : one == other ? 0.5 : 0;
  }
  if (a.size() > kExactMax || b.size() > kExactMax || has_ties(a, b)) return approximate_p(a, b, u);
  auto const counts = ways_to_u(a.size(), b.size());
  double all = 0;
  double at_most = 0;
  auto const extreme =
      static_cast<std::size_t>(std::min(u, static_cast<double>(a.size() * b.size()) - u));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    if (i <= extreme) at_most += counts[i];
  }
  return std::min(1.0, 2 * at_most / all);
}

std::vector<Change> compare(const Report& before, const Report& after, bool details) {
  std::vector<Change> changes;
  for (auto const& series : before.series) {
    auto const* const other = after.find(series.section, series.row, series.column, series.metric);
    if (other == nullptr || !judged(series, details)) continue;
    auto const has_base = [&](const Report& report) {
      return report.find(series.section, kBase, series.column, series.metric) != nullptr;
    };
    bool const as_ratio = has_base(before) && has_base(after);
    auto const from = compared_values(before, series, as_ratio);
    auto const to = compared_values(after, *other, as_ratio);
    if (from.empty() || to.empty()) continue;
    Change change{};
    change.before = &series;
    change.after = other;
    change.as_ratio = as_ratio;
    change.from = median(from);
    change.to = median(to);
    change.change = change.to / change.from - 1;
    change.p = mann_whitney(from, to);
    change.rounds_before = from.size();
    change.rounds_after = to.size();
    changes.push_back(change);
  }
  auto const count = static_cast<double>(changes.size());
  correct(changes);
  for (auto& change : changes) {
    change.decidable =
        smallest_p(change.rounds_before, change.rounds_after) * count <= kSignificance;
    change.more_than_noise =
        change.p <= kSignificance && std::fabs(change.change) >= kSmallestChange;
  }
  return changes;
}

std::string comparison_text(const Report& before, const Report& after, bool details) {
  auto const changes = compare(before, after, details);
  std::string text;
  auto const fact = [](const Report& report, std::string_view name) {
    for (auto const& [known, value] : report.facts) {
      if (known == name) return value;
    }
    return std::string("?");
  };
  for (auto const* name : {"version", "date", "machine", "kernel", "placement", "rounds"}) {
    auto const a = fact(before, name);
    auto const b = fact(after, name);
    text +=
        wrapped(padded(name, 12) + (a == b ? a : std::string(a).append("  ->  ").append(b)), 12);
  }
  TextTable table({"changed by more than noise", "from and to", "change"});
  std::size_t undecidable = 0;
  for (auto const& change : changes) {
    undecidable += change.decidable ? 0 : 1;
    if (!change.more_than_noise) continue;
    bool const worse = (change.change > 0) == is_cost(*change.before);
    Series const& series = *change.before;
    table.add({std::string(worse ? "worse: " : "better: ") + series.section + ": " + series.row +
                   (series.column.empty() ? "" : ", " + series.column) + ", " + series.metric,
               values_text(change),
               (change.change > 0 ? "+" : "") + with_decimals(100 * change.change, 1) + " %"});
  }
  if (!table.empty()) text += "\n" + table.str();
  auto const found =
      std::count_if(changes.begin(), changes.end(), [](auto& c) { return c.more_than_noise; });
  text += "\n" + wrapped(std::to_string(changes.size()) + " figures compared, " +
                             std::to_string(found) + " changed by more than noise",
                         2);
  if (undecidable > 0)
    text += wrapped(std::to_string(undecidable) +
                        " of them have too few rounds for any change to show: measure with more "
                        "--rounds, or fewer --sizes or --ways",
                    2);
  text += wrapped(
      "The rule: Mann-Whitney over the rounds' ratios to direct, Holm's correction for all "
      "figures, "
      "5 %, and at least 2.5 % of change.",
      2);
  return text;
}

}  // namespace bridge::bench
