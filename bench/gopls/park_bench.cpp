#include "bench/gopls/park_bench.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <utility>

#include "bench/gopls/control_client.h"
#include "bench/gopls/ground.h"
#include "bench/gopls/module_generator.h"
#include "bench/gopls/park_window.h"
#include "bench/gopls/shared_ground.h"
#include "bench/interrupt.h"
#include "bench/process.h"
#include "bench/report.h"

namespace bridge::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuietMax{30'000};

struct Workspace {
  std::string name;    // "small"
  std::string folder;  // what the editor opens
  Ground ground;
};

struct Run {
  const GoplsOptions& options;
  const StrayCatcher& strays;
  Report& report;
  int daemons = 0;

  void say(const std::string& text) const {
    if (options.step) options.step("park: " + text);
  }
  void put(const char* section, const std::string& row, const std::string& column,
           const char* metric, const char* unit, std::size_t round, double value) {
    report.record(
        {.section = section, .row = row, .column = column, .metric = metric, .unit = unit}, round,
        value);
  }
};

double in_ms(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

void quiet() {
  if (interrupted()) throw Interrupted();
  wait_quiet(all_below_us(), kQuietMax);
}

// What the daemon says of itself and of what is parked.
struct DaemonState {
  pid_t pid = -1;
  std::vector<pid_t> servers;
  int resumed = 0;
  int ready = 0;  // parked sessions that can be had now
};

int number(const std::string& text) { return text.empty() ? 0 : std::stoi(text); }

DaemonState ask_daemon(const SharedGround& daemon) {
  ControlClient const client(daemon.control());
  client.send("status", {});
  DaemonState state;
  for (;;) {
    auto const message = client.receive();
    if (message.verb == "end") return state;
    if (message.verb == "daemon") {
      state.pid = number(message.get("pid"));
      state.resumed = number(message.get("resumed"));
    }
    if (message.verb == "server") state.servers.push_back(number(message.get("pid")));
    if (message.verb == "parked") state.ready += number(message.get("ready"));
  }
}

void wait_ready(const SharedGround& daemon) {
  auto const until = LspPeer::Clock::now() + kQuietMax;
  while (ask_daemon(daemon).ready == 0) {
    if (interrupted()) throw Interrupted();
    if (LspPeer::Clock::now() > until) throw Broken("a session that was left is not parked");
    ::poll(nullptr, 0, 2);
  }
}

void must_have_resumed(const SharedGround& daemon, int times) {
  int const resumed = ask_daemon(daemon).resumed;
  if (resumed != times)
    throw Broken("resumed " + std::to_string(resumed) + " times, not " + std::to_string(times));
}

void put_times(Run& run, const Workspace& workspace, const std::string& row, std::size_t round,
               const ParkWindow& window) {
  run.put(kSectionPark, row, workspace.name, "initialize", "ms", round,
          in_ms(window.initialize_time()));
  run.put(kSectionPark, row, workspace.name, "hover", "ms", round, in_ms(window.hover_time()));
}

// The sessions of one daemon: first of all, second start, reload.
void measure_shared(Run& run, const Workspace& workspace, std::size_t round) {
  run.say(workspace.name + ", through the bridge");
  SharedGround const daemon(workspace.ground, run.daemons++);
  auto const open = [&] {
    return ParkWindow(GoplsWay::bridge_lease, workspace.ground, daemon.environment(),
                      workspace.folder);
  };
  ParkWindow first = open();
  put_times(run, workspace, "bridge, first of all", round, first);
  quiet();
  first.leave();
  wait_ready(daemon);
  quiet();
  ParkWindow second = open();
  must_have_resumed(daemon, 1);
  put_times(run, workspace, "bridge, second start", round, second);
  quiet();
  run.put(kSectionPark, "bridge, second start", workspace.name, "shutdown", "ms", round,
          in_ms(second.shut_down()));
  // While the old window's process may still be there.
  ParkWindow third = open();
  must_have_resumed(daemon, 2);
  put_times(run, workspace, "bridge, reload", round, third);
  quiet();
}

void measure_starts(Run& run, const Workspace& workspace, std::size_t round) {
  run.strays.end_strays({});
  run.say(workspace.name + ", plain");
  {
    ParkWindow const plain(GoplsWay::direct, workspace.ground, workspace.ground.environment,
                           workspace.folder);
    put_times(run, workspace, "direct", round, plain);
    quiet();
  }
  measure_shared(run, workspace, round);
  run.strays.end_strays({});
}

// The same, resumed only: what it takes grows with what is walked.
void measure_files(Run& run, const Workspace& workspace, std::size_t round) {
  run.strays.end_strays({});
  {
    run.say(workspace.name);
    SharedGround const daemon(workspace.ground, run.daemons++);
    auto const open = [&] {
      return ParkWindow(GoplsWay::bridge_lease, workspace.ground, daemon.environment(),
                        workspace.folder);
    };
    ParkWindow first = open();
    quiet();
    first.leave();
    wait_ready(daemon);
    quiet();
    ParkWindow const second = open();
    must_have_resumed(daemon, 1);
    run.put(kSectionParkFiles, "bridge, second start", workspace.name, "hover", "ms", round,
            in_ms(second.hover_time()));
  }
  run.strays.end_strays({});
}

double mib(const std::vector<pid_t>& pids) { return static_cast<double>(pss_kib(pids)) / 1024; }

void measure_memory(Run& run, const Workspace& workspace, std::size_t round) {
  run.strays.end_strays({});
  run.say("memory, " + workspace.name);
  SharedGround const daemon(workspace.ground, run.daemons++);
  auto const put = [&](const char* row, const char* metric, double value) {
    run.put(kSectionParkMemory, row, workspace.name, metric, "MiB", round, value);
  };
  {
    ParkWindow window(GoplsWay::bridge_lease, workspace.ground, daemon.environment(),
                      workspace.folder);
    quiet();
    auto const state = ask_daemon(daemon);
    put("live", "daemon", mib({state.pid}));
    put("live", "gopls", mib(state.servers));
    put("live", "front", mib(window.processes()));
    window.leave();
  }
  wait_ready(daemon);
  quiet();
  auto const state = ask_daemon(daemon);
  put("parked", "daemon", mib({state.pid}));
  put("parked", "gopls", mib(state.servers));
  run.strays.end_strays({});
}

Workspace generated(const Ground& ground, const std::string& name, int packages) {
  Workspace workspace{name, ground.directory + "/" + name, ground};
  workspace.ground.module = workspace.folder;
  write_module(workspace.folder, generate_module(packages));
  workspace.ground.target = choose_target(workspace.folder);
  return workspace;
}

// A folder without a module of its own, and the module in it: gopls has a view of it for as long
// as a file of it is open.
Workspace nested(const Ground& ground) {
  std::string const folder = ground.directory + "/nested";
  if (::mkdir(folder.c_str(), 0700) != 0) fail("mkdir " + folder);
  Workspace workspace{"nested", folder, ground};
  workspace.ground.module = folder + "/inner";
  write_module(workspace.ground.module, generate_module());
  workspace.ground.target = choose_target(workspace.ground.module);
  return workspace;
}

std::string go_commands(const Ground& ground) {
  for (auto const& one : ground.environment) {
    if (!one.starts_with("PATH=")) continue;
    // The first directory is that of `go` (ground.cpp).
    char resolved[PATH_MAX];
    std::string const go = one.substr(5, one.find(':') - 5) + "/go";
    if (::realpath(go.c_str(), resolved) == nullptr) return {};
    std::string const path(resolved);
    auto const bin = path.rfind("/bin/go");
    if (bin == std::string::npos) return {};
    std::string source = path.substr(0, bin) + "/src/cmd";
    return read_text(source + "/go.mod").empty() ? std::string() : source;
  }
  return {};
}

std::vector<Workspace> workspaces(const GoplsOptions& options, const Ground& ground) {
  std::vector<Workspace> all{generated(ground, "small", kGeneratedPackages), nested(ground)};
  std::string const large = options.module.empty() ? go_commands(ground) : ground.module;
  if (large.empty()) return all;
  Workspace workspace{options.module.empty() ? "src/cmd" : "module", large, ground};
  workspace.ground.module = large;
  workspace.ground.target = choose_target(large);
  all.push_back(std::move(workspace));
  return all;
}

void measure(Run& run, const Ground& ground, const std::vector<int>& packages) {
  auto const say = [&](const std::string& text) {
    if (run.options.progress) run.options.progress("park: " + text);
  };
  auto const all = workspaces(run.options, ground);
  std::vector<Workspace> sizes;
  sizes.reserve(packages.size());
  for (int const count : packages)
    sizes.push_back(generated(ground, std::to_string(3 * count) + " files", count));
  say("loading each for the first time");
  for (auto const& each : all) {
    ParkWindow const first(GoplsWay::direct, each.ground, ground.environment, each.folder);
    quiet();
  }
  for (int round = 0; round < run.options.rounds; ++round) {
    say("round " + std::to_string(round + 1) + " of " + std::to_string(run.options.rounds));
    auto const at = static_cast<std::size_t>(round);
    for (auto const& each : all) measure_starts(run, each, at);
    for (auto const& each : sizes) measure_files(run, each, at);
    for (auto const& each : all) measure_memory(run, each, at);
  }
}

}  // namespace

std::string run_park_bench(const GoplsOptions& options, const std::vector<int>& packages,
                           Report& report) {
  ::signal(SIGPIPE, SIG_IGN);
  try {
    TempDir const directory;
    StrayCatcher const strays;  // ends before the directory: nobody writes to it any more
    std::string complaint;
    try {
      Ground const ground = make_ground(options, directory.path());
      report.facts.emplace_back("gopls", ground.gopls);
      Run run{.options = options, .strays = strays, .report = report};
      measure(run, ground, packages);
    } catch (const Interrupted&) {
      report.note("park: interrupted");
    } catch (const std::exception& broken) {
      complaint = broken.what();
    }
    if (complaint.empty() || report.series.empty()) return complaint;
    report.note("park: " + complaint);
    return {};
  } catch (const std::exception& broken) {
    return broken.what();
  }
}

}  // namespace bridge::bench
