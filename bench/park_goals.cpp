// Of sessions that are taken up again: goals.h.
#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/figures.h"
#include "bench/goals.h"
#include "bench/gopls/park_bench.h"

namespace bridge::bench {
namespace {

GoalResult of(std::string goal, std::string at, double wanted, const std::vector<double>& values) {
  GoalResult result{std::move(goal), std::move(at), wanted, false, median(values), {}};
  if (values.size() > 1) {
    auto const [least, most] = std::minmax_element(values.begin(), values.end());
    result.range = with_decimals(*least, 3) + "-" + with_decimals(*most, 3);
  }
  return result;
}

}  // namespace

std::vector<GoalResult> park_goals_of(const Report& park) {
  std::vector<GoalResult> results;
  auto const hover = [&](const char* row, const char* column) {
    return park.find(kSectionPark, row, column, "hover");
  };
  for (auto const* row : {"bridge, second start", "bridge, reload"}) {
    for (auto const& [column, wanted] :
         {std::pair("small", 0.05), std::pair("src/cmd", 0.02), std::pair("nested", 0.1)}) {
      results.push_back(of(std::string(row) + " / plain start, to the first right hover", column,
                           wanted, ratios(hover(row, column), hover("direct", column))));
    }
    for (auto const* column : {"small", "src/cmd", "nested"}) {
      auto const* const series = hover(row, column);
      results.push_back(of(std::string(row) + ", to the first right hover, ms", column, 25,
                           series == nullptr ? std::vector<double>() : values_of(*series)));
    }
  }
  for (auto const* column : {"small", "src/cmd", "nested"})
    results.push_back(of("first window of all / plain start, to the first right hover", column,
                         1.05,
                         ratios(hover("bridge, first of all", column), hover("direct", column))));
  return results;
}

}  // namespace bridge::bench
