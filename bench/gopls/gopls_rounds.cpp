#include "bench/gopls/gopls_rounds.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "bench/gopls/foreign_share.h"
#include "bench/gopls/gopls_outlive.h"
#include "bench/gopls/gopls_requests.h"
#include "bench/gopls/ground.h"
#include "bench/interrupt.h"

namespace bridge::bench {
namespace {

using std::chrono::milliseconds;

// After the last answer gopls analyses what it has loaded; some seconds for a large module.
constexpr milliseconds kQuietMax{10000};
// Of the memory that is free, what the windows of the next step may take.
constexpr double kMemoryShare = 0.8;
constexpr std::size_t kHibernationRounds = 3;  // each waits for a quiet editor

double in_ms(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

double memory_available_kib() {
  std::string const text = read_text("/proc/meminfo");
  auto const at = text.find("MemAvailable:");
  return at == std::string::npos ? HUGE_VAL : std::strtod(text.c_str() + at + 13, nullptr);
}

}  // namespace

GoplsRounds::GoplsRounds(const Ground& ground, const StrayCatcher& strays, Report& report,
                         std::uint32_t seed, Step step)
    : ground_(ground), strays_(strays), report_(report), random_(seed), step_(std::move(step)) {}

void GoplsRounds::say(const std::string& text) const {
  if (step_) step_(text);
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
  listening_.emplace(ground_, ground_.environment, ground_.directory + "/gopls.sock");
  for (GoplsWay const way : {GoplsWay::direct_socket, GoplsWay::remote_auto}) {
    keepers_.push_back(open(way, ground_.environment));
  }
  wait_quiet(processes_that_stay(), 3 * kQuietMax);
}

std::vector<pid_t> GoplsRounds::processes_that_stay() const {
  auto pids = family_of(listening_->pid());
  for (const GoplsWindow& keeper : keepers_) {
    for (pid_t const pid : keeper.processes()) pids.push_back(pid);
  }
  return pids;
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
    auto pids = processes_that_stay();
    for (pid_t const pid : window.processes()) pids.push_back(pid);
    wait_quiet(pids, kQuietMax);
    // Its round trips are those of `remote`; the daemon it uses is another one.
    if (way == GoplsWay::remote_auto) continue;
    windows.push_back(std::move(window));
    opened.push_back(way);
  }
  say("gopls: round trips");
  std::vector<pid_t> pids = processes_that_stay();
  for (const GoplsWindow& window : windows) {
    for (pid_t const pid : window.processes()) pids.push_back(pid);
  }
  ForeignShare const foreign(pids);
  ask_in_turns(windows, opened, ground_.target, random_, report_, round);
  foreign_shares_.push_back(foreign.share());
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
    strays_.end_strays(processes_that_stay());
  }
}

void GoplsRounds::measure_outliving(std::size_t round) {
  say("gopls: killed");
  measure_killed(ground_, random_, report_, round);
  if (round >= kHibernationRounds) return;
  say("gopls: hibernation");
  measure_hibernation(ground_, report_, round);
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
