#include "bench/gopls/sharing_parts.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "bench/figures.h"
#include "bench/gopls/control_client.h"
#include "bench/gopls/gopls_requests.h"
#include "bench/gopls/module_generator.h"
#include "bench/gopls/shared_ground.h"
#include "bench/gopls/sharing_bench.h"
#include "bench/interrupt.h"

namespace bridge::bench {
namespace {

using std::chrono::milliseconds;
using Clock = LspPeer::Clock;

constexpr milliseconds kQuietMax{10'000};
constexpr int kLeases = 100;

const std::string kPlain(to_string(GoplsWay::direct));
const std::string kLease(to_string(GoplsWay::bridge_lease));

double in_ms(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

void quiet() { wait_quiet(all_below_us(), kQuietMax); }

// Modules of their own for windows beyond the first; the same text, so that only gopls' sharing of
// what is equal inside one process makes a difference, as with real projects' dependencies.
std::vector<Ground> grounds_for(const Ground& ground, int windows, bool same_module) {
  std::vector<Ground> grounds;
  for (int i = 0; i < windows; ++i) {
    grounds.push_back(ground);
    if (same_module || i == 0) continue;
    Ground& own = grounds.back();
    own.module = ground.directory + "/module" + std::to_string(i);
    if (::access(own.module.c_str(), F_OK) != 0) write_module(own.module, generate_module());
    own.target = choose_target(own.module);
  }
  return grounds;
}

void memory_of(SharingRun& run, bool shared, bool same_module, const std::vector<int>& windows,
               std::size_t round) {
  run.strays.end_strays({});
  SharedGround const daemon(run.ground, run.daemons++);
  auto const grounds = grounds_for(run.ground, windows.back(), same_module);
  std::vector<GoplsWindow> open;
  for (int const wanted : windows) {
    std::string const column = std::to_string(wanted) + (same_module ? ", same" : ", different");
    run.say("memory, " + (shared ? kLease : kPlain) + ", " + column + " module");
    while (open.size() < static_cast<std::size_t>(wanted)) {
      if (interrupted()) throw Interrupted();
      Ground const& ground = grounds[open.size()];
      if (shared)
        open.push_back(daemon.open(ground));
      else
        open.emplace_back(GoplsWay::direct, ground, ground.environment, "");
    }
    quiet();
    run.report.record({.section = kSectionSharedMemory,
                       .row = shared ? kLease : kPlain,
                       .column = column,
                       .metric = "PSS",
                       .unit = "MiB"},
                      round, static_cast<double>(pss_kib(all_below_us())) / 1024);
  }
}

void record_start(SharingRun& run, const std::string& row, std::size_t round,
                  const StartTimes& times) {
  auto const put = [&](const char* column, std::chrono::nanoseconds time) {
    run.report.record({.section = kSectionSharedStart,
                       .row = row,
                       .column = column,
                       .metric = "time",
                       .unit = "ms"},
                      round, in_ms(time));
  };
  put("initialize", times.initialize);
  put("first hover", times.hover);
  put("first diagnostics", times.diagnostics);
}

// Times of leases of a gopls that runs and has sessions.
std::vector<double> time_leases(const SharedGround& daemon) {
  ControlClient const client(daemon.control());
  client.send("status", {});
  ControlClient::Fields recipe;
  for (;;) {
    auto const message = client.receive();
    if (message.verb == "end") break;
    if (message.verb != "server") continue;
    recipe = {{"key", message.get("key")},
              {"program", message.get("gopls")},
              {"directory", "/"},
              {"deadline_ms", "10000"}};
  }
  if (recipe.empty()) throw Broken("the daemon has no gopls");
  std::vector<double> times;
  for (int i = 0; i < kLeases; ++i) {
    auto question = recipe;
    question.emplace_back("request", std::to_string(i));
    auto const start = Clock::now();
    client.send("lease", question);
    auto answer = client.receive();
    while (answer.verb != "granted" && answer.verb != "refused") answer = client.receive();
    times.push_back(in_ms(Clock::now() - start));
    if (!answer.descriptor) throw Broken("no lease: " + answer.get("reason"));
  }
  return times;
}

// A front that has said initialize and initialized, without a folder: gopls has nothing to load.
class IdleSession {
 public:
  IdleSession(const Ground& ground, const std::vector<std::string>& environment) {
    SocketPair to_server = make_socketpair();
    SocketPair from_server = make_socketpair();
    Launch const launch{.argv = {ground.bridge, "--gopls", ground.gopls},
                        .environment = environment,
                        .directory = "/",
                        .errors = ground.errors()};
    process_.emplace(launch, to_server.theirs.get(), from_server.theirs.get());
    to_server.theirs.reset();
    from_server.theirs.reset();
    peer_.emplace(std::move(from_server.ours), std::move(to_server.ours), "idle session", "");
    auto const answer = peer_->request(
        "initialize", R"({"processId":)" + std::to_string(::getpid()) +
                          R"(,"rootUri":null,"clientInfo":{"name":"bench"},"capabilities":{}})");
    if (answer.find("\"capabilities\"") == std::string_view::npos)
      throw Broken("initialize was refused: " + std::string(answer.substr(0, 300)));
    peer_->notify("initialized", "{}");
  }
  IdleSession(IdleSession&&) = default;
  pid_t pid() const { return process_->pid(); }

 private:
  std::optional<ServerProcess> process_;
  std::optional<LspPeer> peer_;  // closed first: its end of file ends the process
};

std::vector<IdleSession> open_idle(SharingRun& run, const std::vector<std::string>& environment,
                                   int count) {
  std::vector<IdleSession> sessions;
  for (int i = 0; i < count; ++i) {
    if (interrupted()) throw Interrupted();
    sessions.emplace_back(run.ground, environment);
    if (family_of(sessions.back().pid()).size() > 1)
      throw Broken("an idle session has a gopls of its own");
  }
  quiet();
  return sessions;
}

double mean_kib(const std::vector<IdleSession>& sessions, const char* field) {
  double sum = 0;
  for (auto const& one : sessions) sum += static_cast<double>(memory_kib(one.pid(), field));
  return sum / static_cast<double>(sessions.size());
}

std::size_t sleeps_of(const std::vector<pid_t>& pids) {
  std::size_t sum = 0;
  for (pid_t const pid : pids) sum += sleeps(pid);
  return sum;
}

}  // namespace

void measure_shared_memory(SharingRun& run, const std::vector<int>& windows, std::size_t round) {
  if (windows.empty()) return;
  std::vector<std::pair<bool, bool>> order{
      {false, false}, {false, true}, {true, false}, {true, true}};
  std::shuffle(order.begin(), order.end(), run.random);
  for (auto const& [shared, same] : order) memory_of(run, shared, same, windows, round);
  run.strays.end_strays({});
}

void measure_shared_start(SharingRun& run, std::size_t round) {
  run.strays.end_strays({});
  bool const plain_first = std::bernoulli_distribution()(run.random);
  for (int turn = 0; turn < 2; ++turn) {
    if (interrupted()) throw Interrupted();
    if ((turn == 0) == plain_first) {
      run.say("plain start");
      GoplsWindow const window(GoplsWay::direct, run.ground, run.ground.environment, "");
      record_start(run, kPlain, round, window.times());
      quiet();
      continue;
    }
    run.say("first start");
    SharedGround const daemon(run.ground, run.daemons++);
    GoplsWindow const first = daemon.open(run.ground);
    record_start(run, kLease + ", first of all", round, first.times());
    quiet();
    GoplsWindow const second = daemon.open(run.ground);
    record_start(run, kLease + ", second", round, second.times());
    quiet();
  }
  run.strays.end_strays({});
}

void measure_shared_round_trips(SharingRun& run, std::size_t round) {
  run.strays.end_strays({});
  run.say("round trips");
  SharedGround const daemon(run.ground, run.daemons++);
  GoplsWindow const keeper = daemon.open(run.ground);
  quiet();
  std::vector<GoplsWay> ways{GoplsWay::direct, GoplsWay::direct_socket, GoplsWay::bridge_lease,
                             GoplsWay::remote, GoplsWay::remote_auto};
  std::shuffle(ways.begin(), ways.end(), run.random);
  std::vector<GoplsWindow> windows;
  for (GoplsWay const way : ways) {
    windows.push_back(way == GoplsWay::bridge_lease
                          ? daemon.open(run.ground)
                          : GoplsWindow(way, run.ground, run.ground.environment, daemon.gopls()));
    quiet();
  }
  ask_in_turns(windows, ways, run.ground.target, run.random, run.report, round);
  auto const leases = time_leases(daemon);
  for (auto const& [metric, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
    run.report.record({.section = kSectionLease,
                       .row = "asked for, to granted",
                       .column = "warm",
                       .metric = metric,
                       .unit = "ms"},
                      round, percentile(leases, share));
  }
}

void measure_idle_sessions(SharingRun& run, int sessions) {
  run.strays.end_strays({});
  auto const put = [&](const std::string& row, const char* column, const char* metric,
                       const char* unit, double value) {
    run.report.record(
        {.section = kSectionIdle, .row = row, .column = column, .metric = metric, .unit = unit}, 0,
        value);
  };
  constexpr int kFew = 20;
  SharedGround const daemon(run.ground, run.daemons++);
  for (bool const journal : {false, true}) {
    std::string const row =
        "one of " + std::to_string(kFew) + (journal ? "" : ", without the journal");
    run.say("idle sessions, " + row);
    auto const environment =
        journal ? daemon.environment() : with(daemon.environment(), "GOPLS_BRIDGE_REPLAY", "false");
    auto const few = open_idle(run, environment, kFew);
    put(row, "PSS", "each", "KiB", mean_kib(few, "Pss"));
    put(row, "own", "each", "KiB", mean_kib(few, "Anonymous"));
  }
  std::string const row = "one of " + std::to_string(sessions);
  run.say("idle sessions, " + row);
  auto const many = open_idle(run, daemon.environment(), sessions);
  put(row, "PSS", "each", "KiB", mean_kib(many, "Pss"));
  put(row, "own", "each", "KiB", mean_kib(many, "Anonymous"));
  std::vector<pid_t> fronts;
  fronts.reserve(many.size());
  for (auto const& one : many) fronts.push_back(one.pid());
  std::vector<pid_t> others = all_below_us();
  std::erase_if(others, [&](pid_t pid) {
    return std::find(fronts.begin(), fronts.end(), pid) != fronts.end();
  });
  // A second of rest first: pipes are given back after it.
  ::usleep(2'000'000);
  constexpr int kWatched = 10;
  auto const before = sleeps_of(fronts);
  ::usleep(kWatched * 1'000'000);
  put(row, "wake-ups", "of all, in 10 s", "", static_cast<double>(sleeps_of(fronts) - before));
  put("daemon and gopls of " + std::to_string(sessions), "PSS", "each", "KiB",
      static_cast<double>(pss_kib(others)));
}

}  // namespace bridge::bench
