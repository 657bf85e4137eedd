#include "bench/workload/workload_bench.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "bench/addresses.h"
#include "bench/figures.h"
#include "bench/interrupt.h"
#include "bench/process.h"
#include "bench/report.h"
#include "bench/variable.h"
#include "bench/workload/replay.h"
#include "bench/workload/workload_variables.h"

namespace bridge::bench {

using std::chrono::microseconds;

namespace {

// All pauses of a session together: with five ways a round takes some 12 seconds.
constexpr microseconds kPausesTotal{2'000'000};
constexpr timeval kSilenceMax{.tv_sec = 10, .tv_usec = 0};

enum class WorkloadWay { direct, direct_again, bridge_held, bridge_socket, socat };

const char* to_string(WorkloadWay way) {
  switch (way) {
    case WorkloadWay::direct:
      return "direct";
    case WorkloadWay::direct_again:
      return "direct, again";
    case WorkloadWay::bridge_held:
      return "bridge, held stdio";
    case WorkloadWay::bridge_socket:
      return "bridge, socket";
    case WorkloadWay::socat:
      return "socat";
  }
  return "?";
}

// One session over one way.
struct Session {
  std::vector<double> latencies;  // us, of each request of the editor's, in their order
  double relay_cpu_ms = 0;
  double relay_sleeps = 0;
};

class WorkloadRun {
 public:
  WorkloadRun(const WorkloadOptions& options, const std::string& directory,
              const std::string& socat)
      : options_(options),
        socket_(directory + "/server"),
        socat_(socat),
        recording_(without_exit(parse_recording(embedded_recording()))),
        pause_max_(pause_limit(recording_, kPausesTotal)) {}

  const Recording& recording() const noexcept { return recording_; }
  microseconds pause_max() const noexcept { return pause_max_; }

  Session play(WorkloadWay way) const {
    // What is destroyed last is waited for last: the server ends when the relay has.
    std::optional<Process> server;
    std::optional<Process> relay;
    Variable const pause(kPauseVariable, std::to_string(pause_max_.count()).c_str());
    bool const connects = way == WorkloadWay::bridge_socket || way == WorkloadWay::socat;
    if (connects) {
      ::unlink(socket_.c_str());  // of the session before
      Listener const listener =
          listen_at({.kind = Address::Kind::unix_path, .path = socket_, .port = 0});
      server.emplace(std::vector<std::string>{options_.stand_in}, listener.socket.get(),
                     STDERR_FILENO);
    }
    SocketPair to_server = make_socketpair();
    SocketPair from_server = make_socketpair();
    auto& first = way == WorkloadWay::direct || way == WorkloadWay::direct_again ? server : relay;
    first.emplace(command(way), to_server.theirs.get(), from_server.theirs.get());
    to_server.theirs.reset();
    from_server.theirs.reset();
    ::setsockopt(from_server.ours.get(), SOL_SOCKET, SO_RCVTIMEO, &kSilenceMax, sizeof kSilenceMax);

    Replay replay(From::editor, recording_, pause_max_, from_server.ours.get(),
                  to_server.ours.get());
    // The start is no part of the figures.
    Session session;
    replay.run();
    for (std::size_t i = 0; i < recording_.size(); ++i) {
      const ShapeLine& line = recording_[i];
      if (line.from != From::server || !line.asked) continue;
      session.latencies.push_back(std::chrono::duration<double, std::micro>(
                                      replay.moments()[i] - replay.moments()[*line.asked])
                                      .count());
    }
    if (relay) {
      session.relay_cpu_ms = static_cast<double>(cpu_time(relay->pid()).count()) / 1e6;
      session.relay_sleeps = static_cast<double>(sleeps(relay->pid()));
    }
    return session;
  }

 private:
  std::vector<std::string> command(WorkloadWay way) const {
    switch (way) {
      case WorkloadWay::bridge_held:
        return {options_.bridge, "--gopls", options_.stand_in};
      case WorkloadWay::bridge_socket:
        return {options_.bridge, "--connect", socket_};
      case WorkloadWay::socat:
        return {socat_, "-", "UNIX-CONNECT:" + socket_};
      default:
        return {options_.stand_in};
    }
  }

  const WorkloadOptions& options_;
  std::string socket_;
  std::string socat_;
  Recording recording_;
  microseconds pause_max_;
};

void record(Report& report, std::size_t round, WorkloadWay way, const Session& session,
            const Session& direct) {
  auto const put = [&](const char* metric, const char* unit, double value) {
    report.record({.section = "workload lsp",
                   .row = to_string(way),
                   .column = "",
                   .metric = metric,
                   .unit = unit},
                  round, value);
  };
  std::vector<double> added;
  for (std::size_t i = 0; i < session.latencies.size(); ++i)
    added.push_back(session.latencies[i] - direct.latencies[i]);
  put("added p50", "us", percentile(added, 0.5));
  put("added p99", "us", percentile(std::move(added), 0.99));
  if (way == WorkloadWay::direct_again) return;
  put("relay CPU", "ms", session.relay_cpu_ms);
  put("relay sleeps", "", session.relay_sleeps);
}

}  // namespace

std::string run_workload_bench(const WorkloadOptions& options, Report& report) {
  ::signal(SIGPIPE, SIG_IGN);
  try {
    TempDir const directory;
    // Nothing of the user's: no configuration file.
    Variable const home("HOME", directory.path().c_str());
    Variable const config("XDG_CONFIG_HOME", directory.path().c_str());
    std::string const socat = find_program("socat");
    if (socat.empty()) report.note("workload: socat is absent; to have it: apt-get install socat");
    WorkloadRun const run(options, directory.path(), socat);
    report.facts.emplace_back("workload", std::to_string(run.recording().size()) +
                                              " messages, pauses of at most " +
                                              std::to_string(run.pause_max().count()) + " us");

    std::vector<WorkloadWay> ways{WorkloadWay::direct, WorkloadWay::direct_again,
                                  WorkloadWay::bridge_held, WorkloadWay::bridge_socket};
    if (!socat.empty()) ways.push_back(WorkloadWay::socat);
    std::mt19937 random(options.seed);
    for (int round = 0; round < options.rounds; ++round) {
      std::shuffle(ways.begin(), ways.end(), random);
      std::map<WorkloadWay, Session> sessions;
      std::string const name =
          "workload: round " + std::to_string(round + 1) + " of " + std::to_string(options.rounds);
      if (options.progress) options.progress(name);
      for (WorkloadWay const way : ways) {
        if (options.step) options.step(name + ", " + to_string(way));
        if (interrupted()) {
          report.note("workload: interrupted");
          return {};
        }
        sessions.emplace(way, run.play(way));
      }
      for (WorkloadWay const way : {WorkloadWay::direct_again, WorkloadWay::bridge_held,
                                    WorkloadWay::bridge_socket, WorkloadWay::socat}) {
        auto const session = sessions.find(way);
        if (session == sessions.end()) continue;
        record(report, static_cast<std::size_t>(round), way, session->second,
               sessions.at(WorkloadWay::direct));
      }
    }
  } catch (const std::exception& broken) {
    if (interrupted()) {
      report.note("workload: interrupted");
      return {};
    }
    return broken.what();
  }
  return {};
}

}  // namespace bridge::bench
