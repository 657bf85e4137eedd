#include "bench/gopls/gopls_requests.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>

#include "bench/figures.h"
#include "bench/interrupt.h"

namespace bridge::bench {
namespace {

using std::chrono::milliseconds;
using Clock = LspPeer::Clock;

constexpr const char* kSection = "gopls: round trip";
// Turns within a round, so that a minute's mood of the machine meets all ways.
constexpr int kTurns = 3;

struct Request {
  const char* column;
  std::string_view method;
  std::string Target::*params;
  milliseconds time;  // for each way and turn
  void (*check)(std::string_view answer, const Target& target);
};

void check_hover(std::string_view answer, const Target& target) {
  if (!hover_is_right(answer, target))
    throw Broken("not a hover: " + std::string(answer.substr(0, 300)));
}

const std::array<Request, 3> kRequests{{
    {"pure RPC", kCheapRequest, &Target::cheap_params, milliseconds(60), check_cheap},
    {"hover", "textDocument/hover", &Target::hover_params, milliseconds(100), check_hover},
    // Some milliseconds each: fewer samples, and a p99 that is nearly the slowest.
    {"completion", "textDocument/completion", &Target::completion_params, milliseconds(200),
     check_completion},
}};

// What only this comparison shows: like with like.
void record_ratios(Report& report, std::size_t round) {
  struct Pair {
    GoplsWay way;
    GoplsWay base;
  };
  for (auto const& [way, base] : {Pair{GoplsWay::bridge_lease, GoplsWay::direct},
                                  Pair{GoplsWay::bridge_lease, GoplsWay::direct_socket},
                                  Pair{GoplsWay::bridge_lease, GoplsWay::remote},
                                  Pair{GoplsWay::bridge_lease, GoplsWay::remote_auto},
                                  Pair{GoplsWay::bridge_private, GoplsWay::direct},
                                  Pair{GoplsWay::bridge_connect, GoplsWay::direct_socket},
                                  Pair{GoplsWay::bridge_private, GoplsWay::remote},
                                  Pair{GoplsWay::bridge_connect, GoplsWay::remote}}) {
    for (const Request& request : kRequests) {
      auto const p50 = [&](GoplsWay one) {
        const Series* const series =
            report.find(kSection, std::string(to_string(one)), request.column, "p50");
        return series == nullptr ? std::nan("") : series->rounds.at(round);
      };
      if (std::isnan(p50(way) / p50(base))) continue;  // one of them is no part of this run
      report.record({.section = "gopls: ratios of p50",
                     .row = std::string(to_string(way)) + " / " + std::string(to_string(base)),
                     .column = request.column,
                     .metric = "ratio",
                     .unit = ""},
                    round, p50(way) / p50(base));
    }
  }
}

}  // namespace

void ask_in_turns(std::vector<GoplsWindow>& windows, const std::vector<GoplsWay>& ways,
                  const Target& target, std::mt19937& random, Report& report, std::size_t round) {
  std::vector<std::array<std::vector<double>, kRequests.size()>> samples(windows.size());
  std::vector<std::size_t> order(windows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int turn = 0; turn < kTurns; ++turn) {
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t const i : order) {
      for (std::size_t kind = 0; kind < kRequests.size(); ++kind) {
        if (interrupted()) throw Interrupted();
        const Request& request = kRequests[kind];
        std::string const& params = target.*request.params;
        LspPeer& peer = windows[i].peer();
        // The first one warms this way up, and its answer is looked at.
        request.check(peer.request(request.method, params), target);
        auto const until = Clock::now() + request.time;
        for (auto before = Clock::now(); before < until;) {
          (void)peer.request(request.method, params);
          auto const after = Clock::now();
          samples[i][kind].push_back(
              std::chrono::duration<double, std::micro>(after - before).count());
          before = after;
        }
      }
    }
  }
  for (std::size_t i = 0; i < windows.size(); ++i) {
    for (std::size_t kind = 0; kind < kRequests.size(); ++kind) {
      Series series{.section = kSection,
                    .row = std::string(to_string(ways[i])),
                    .column = kRequests[kind].column,
                    .metric = "p50",
                    .unit = "us"};
      report.record(series, round, percentile(samples[i][kind], 0.5));
      series.metric = "p99";
      report.record(series, round, percentile(samples[i][kind], 0.99));
    }
  }
  record_ratios(report, round);
}

}  // namespace bridge::bench
