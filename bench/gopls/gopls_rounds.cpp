#include "bench/gopls/gopls_rounds.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "bench/figures.h"
#include "bench/gopls/ground.h"
#include "bench/interrupt.h"

namespace bridge::bench {
namespace {

using std::chrono::milliseconds;
using Clock = LspPeer::Clock;

// Turns within a round, so that a minute's mood of the machine meets all ways.
constexpr int kTurns = 3;
// After the last answer gopls analyses what it has loaded; some seconds for a large module.
constexpr milliseconds kQuietMax{10000};
// Of the memory that is free, what the windows of the next step may take.
constexpr double kMemoryShare = 0.8;

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

double in_ms(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

double memory_available_kib() {
  std::string const text = read_text("/proc/meminfo");
  auto const at = text.find("MemAvailable:");
  return at == std::string::npos ? HUGE_VAL : std::strtod(text.c_str() + at + 13, nullptr);
}

}  // namespace

GoplsRounds::GoplsRounds(const Ground& ground, const StrayCatcher& strays, Report& report,
                         std::uint32_t seed, Progress progress)
    : ground_(ground),
      strays_(strays),
      report_(report),
      random_(seed),
      progress_(std::move(progress)) {}

void GoplsRounds::say(const std::string& text) const {
  if (progress_) progress_(text);
}

std::vector<GoplsWay> GoplsRounds::shuffled(std::vector<GoplsWay> ways) {
  std::shuffle(ways.begin(), ways.end(), random_);
  return ways;
}

GoplsWindow GoplsRounds::open(GoplsWay way, const std::vector<std::string>& environment) {
  if (interrupted()) throw Interrupted();
  return {way, ground_, environment, listening_ ? listening_->path() : std::string()};
}

void GoplsRounds::prepare() {
  say("gopls: loading the module for the first time");
  listening_.emplace(ground_, ground_.environment, ground_.directory + "/gopls.sock");
  for (GoplsWay const way : {GoplsWay::direct_socket, GoplsWay::remote_auto}) {
    keepers_.push_back(open(way, ground_.environment));
  }
  auto pids = family_of(listening_->pid());
  for (pid_t const pid : keepers_.back().processes()) pids.push_back(pid);
  wait_quiet(pids, 3 * kQuietMax);
}

void GoplsRounds::record_start(GoplsWay way, const char* how, std::size_t round,
                               const StartTimes& times) {
  auto const record = [&](const char* column, std::chrono::nanoseconds time) {
    report_.record({.section = std::string("gopls: start, ") + how,
                    .row = std::string(to_string(way)),
                    .column = column,
                    .metric = "time",
                    .unit = "ms"},
                   round, in_ms(time));
  };
  record("initialize", times.initialize);
  record("first hover", times.hover);
  record("first diagnostics", times.diagnostics);
}

void GoplsRounds::measure(std::size_t round) {
  std::vector<GoplsWindow> windows;
  std::vector<GoplsWay> opened;
  for (GoplsWay const way :
       shuffled({GoplsWay::direct, GoplsWay::direct_socket, GoplsWay::bridge_private,
                 GoplsWay::bridge_connect, GoplsWay::remote, GoplsWay::remote_auto})) {
    say("gopls: warm start, " + std::string(to_string(way)));
    GoplsWindow window = open(way, ground_.environment);
    record_start(way, "warm", round, window.times());
    // The next start must not be slowed down by what this one set off.
    auto pids = window.processes();
    for (pid_t const pid : family_of(listening_->pid())) pids.push_back(pid);
    for (pid_t const pid : keepers_.back().processes()) pids.push_back(pid);
    wait_quiet(pids, kQuietMax);
    // Its round trips are those of `remote`; the daemon it uses is another one.
    if (way == GoplsWay::remote_auto) continue;
    windows.push_back(std::move(window));
    opened.push_back(way);
  }
  say("gopls: round trips");
  ask_in_turns(windows, opened, round);
}

void GoplsRounds::ask_in_turns(std::vector<GoplsWindow>& windows, const std::vector<GoplsWay>& ways,
                               std::size_t round) {
  std::vector<std::array<std::vector<double>, kRequests.size()>> samples(windows.size());
  std::vector<std::size_t> order(windows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int turn = 0; turn < kTurns; ++turn) {
    std::shuffle(order.begin(), order.end(), random_);
    for (std::size_t const i : order) {
      for (std::size_t kind = 0; kind < kRequests.size(); ++kind) {
        if (interrupted()) throw Interrupted();
        const Request& request = kRequests[kind];
        std::string const& params = ground_.target.*request.params;
        LspPeer& peer = windows[i].peer();
        // The first one warms this way up, and its answer is looked at.
        request.check(peer.request(request.method, params), ground_.target);
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
      Series series{.section = "gopls: round trip",
                    .row = std::string(to_string(ways[i])),
                    .column = kRequests[kind].column,
                    .metric = "p50",
                    .unit = "us"};
      report_.record(series, round, percentile(samples[i][kind], 0.5));
      series.metric = "p99";
      report_.record(series, round, percentile(samples[i][kind], 0.99));
    }
  }
}

void GoplsRounds::measure_cold_starts(std::size_t round) {
  for (GoplsWay const way :
       shuffled({GoplsWay::direct, GoplsWay::bridge_private, GoplsWay::remote_auto})) {
    say("gopls: cold start, " + std::string(to_string(way)));
    {
      GoplsWindow const window = open(way, cold_environment(ground_, cold_starts_++));
      record_start(way, "cold", round, window.times());
      wait_quiet(window.processes(), kQuietMax);
    }
    // The daemon that -remote=auto has started for this one window.
    std::vector<pid_t> known{listening_->pid()};
    for (const GoplsWindow& keeper : keepers_) {
      for (pid_t const pid : keeper.processes()) known.push_back(pid);
    }
    strays_.end_strays(known);
  }
}

void GoplsRounds::measure_memory(const std::vector<int>& windows) {
  keepers_.clear();
  listening_.reset();
  strays_.end_strays({});
  for (GoplsWay const way : shuffled({GoplsWay::direct, GoplsWay::bridge_private,
                                      GoplsWay::bridge_connect, GoplsWay::remote})) {
    measure_memory_of(way, windows);
  }
}

void GoplsRounds::measure_memory_of(GoplsWay way, const std::vector<int>& windows) {
  if (is_connected(way))
    listening_.emplace(ground_, ground_.environment, ground_.directory + "/gopls.sock");
  std::vector<GoplsWindow> open_ones;
  double last_kib = 0;
  for (int const wanted : windows) {
    auto const count = static_cast<double>(open_ones.size());
    if (count > 0 && last_kib / count * (wanted - count) > kMemoryShare * memory_available_kib()) {
      report_.note("memory of " + std::to_string(wanted) + " windows, " +
                   std::string(to_string(way)) + ": not measured, this machine has too little");
      break;
    }
    say("gopls: memory, " + std::string(to_string(way)) + ", " + std::to_string(wanted));
    while (open_ones.size() < static_cast<std::size_t>(wanted)) {
      open_ones.push_back(open(way, ground_.environment));
    }
    std::vector<pid_t> pids;
    if (is_connected(way)) pids = family_of(listening_->pid());
    for (const GoplsWindow& window : open_ones) {
      for (pid_t const pid : window.processes()) pids.push_back(pid);
    }
    wait_quiet(pids, kQuietMax);
    last_kib = static_cast<double>(pss_kib(pids));
    report_.record({.section = "gopls: memory",
                    .row = std::string(to_string(way)),
                    .column = std::to_string(wanted) + (wanted == 1 ? " window" : " windows"),
                    .metric = "PSS",
                    .unit = "MiB"},
                   0, last_kib / 1024);
  }
  open_ones.clear();
  listening_.reset();
}

}  // namespace bridge::bench
