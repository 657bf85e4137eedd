#include "bench/gopls/gopls_outlive.h"

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <vector>

#include "bench/figures.h"
#include "bench/interrupt.h"

namespace bridge::bench {
namespace {

using std::chrono::milliseconds;
using Clock = LspPeer::Clock;

// Of one round: a start of gopls with a warm cache takes a second.
constexpr int kPairs = 3;
constexpr milliseconds kQuietMax{10'000};
// Long enough to see what gopls holds once it has loaded, short for a benchmark.
constexpr milliseconds kSilence{5'000};
constexpr milliseconds kLookEvery{100};
constexpr milliseconds kSleepMax{30'000};

const std::string kRow(to_string(GoplsWay::bridge_private));

double in_ms(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

double time_to_hover(GoplsWindow& window, const Ground& ground, Clock::time_point start) {
  while (!hover_is_right(window.peer().request("textDocument/hover", ground.target.hover_params),
                         ground.target)) {
    if (Clock::now() > start + std::chrono::seconds(60)) throw Broken("no hover any more");
  }
  return in_ms(Clock::now() - start);
}

double plain_start(const Ground& ground) {
  if (interrupted()) throw Interrupted();
  GoplsWindow const window(GoplsWay::direct, ground, ground.environment, "");
  auto const time = in_ms(window.times().hover);
  wait_quiet(window.processes(), kQuietMax);
  return time;
}

double killed(GoplsWindow& window, const Ground& ground) {
  if (interrupted()) throw Interrupted();
  wait_quiet(window.processes(), kQuietMax);
  pid_t const gopls = window.server_pid();
  if (gopls < 0) throw Broken(kRow + " has no gopls");
  auto const start = Clock::now();
  if (::kill(gopls, SIGKILL) != 0) fail("kill");
  double const time = time_to_hover(window, ground, start);
  if (window.server_pid() == gopls) throw Broken("gopls was not killed");
  return time;
}

}  // namespace

void measure_killed(const Ground& ground, std::mt19937& random, Report& report, std::size_t round) {
  GoplsWindow window(GoplsWay::bridge_private, ground, ground.environment, "");
  std::vector<double> ratios;
  std::vector<double> plain;
  std::vector<double> after_kill;
  for (int pair = 0; pair < kPairs; ++pair) {
    bool const plain_first = std::bernoulli_distribution()(random);
    if (plain_first) plain.push_back(plain_start(ground));
    after_kill.push_back(killed(window, ground));
    if (!plain_first) plain.push_back(plain_start(ground));
    ratios.push_back(after_kill.back() / plain.back());
  }
  auto const put = [&](const std::string& row, const char* metric, const char* unit, double value) {
    report.record({.section = "gopls: killed",
                   .row = row,
                   .column = "to first hover",
                   .metric = metric,
                   .unit = unit},
                  round, value);
  };
  put(kRow, "time", "ms", median(after_kill));
  put(kRow, "/ plain start", "", median(ratios));
  put("plain start", "time", "ms", median(plain));
}

void measure_hibernation(const Ground& ground, Report& report, std::size_t round) {
  GoplsWindow window(GoplsWay::bridge_private, ground,
                     with(ground.environment, "GOPLS_BRIDGE_HIBERNATE_AFTER",
                          std::to_string(kSilence.count()) + "ms"),
                     "");
  // Until it sleeps; of what it held, the last second before it was told to end counts.
  std::vector<double> awake_kib;
  auto const until = Clock::now() + kSleepMax;
  for (pid_t gopls = window.server_pid(); gopls >= 0; gopls = window.server_pid()) {
    if (interrupted()) throw Interrupted();
    if (Clock::now() > until) throw Broken("gopls is not stopped while the editor is quiet");
    awake_kib.push_back(static_cast<double>(pss_kib(window.processes())));
    ::poll(nullptr, 0, static_cast<int>(kLookEvery.count()));
  }
  constexpr std::size_t kLast = std::chrono::seconds(1) / kLookEvery;
  if (awake_kib.size() > kLast)
    awake_kib.erase(awake_kib.begin(), awake_kib.end() - static_cast<std::ptrdiff_t>(kLast));
  auto const asleep_kib = static_cast<double>(pss_kib(window.processes()));
  double const first_answer = time_to_hover(window, ground, Clock::now());

  auto const put = [&](const char* column, const char* metric, const char* unit, double value) {
    report.record({.section = "gopls: hibernation",
                   .row = kRow,
                   .column = column,
                   .metric = metric,
                   .unit = unit},
                  round, value);
  };
  put("awake", "PSS", "MiB", median(awake_kib) / 1024);
  put("asleep", "PSS", "MiB", asleep_kib / 1024);
  put("given back", "PSS", "MiB", (median(awake_kib) - asleep_kib) / 1024);
  put("first hover", "time", "ms", first_answer);
}

}  // namespace bridge::bench
