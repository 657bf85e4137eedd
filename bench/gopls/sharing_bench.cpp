#include "bench/gopls/sharing_bench.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <exception>

#include "bench/gopls/ground.h"
#include "bench/gopls/shared_ground.h"
#include "bench/gopls/sharing_parts.h"
#include "bench/process.h"
#include "bench/report.h"

namespace bridge::bench {
namespace {

// One reading of PSS varies by a quarter: a Go program's depends on when it was last collected.
constexpr int kMemoryRounds = 3;

// Three descriptors a session.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void measure(SharingRun& run, const GoplsOptions& options, int sessions) {
  auto const say = [&](const std::string& text) {
    if (options.progress) options.progress("sharing: " + text);
  };
  say("loading the module for the first time");
  {
    GoplsWindow const first(GoplsWay::direct, run.ground, run.ground.environment, "");
    wait_quiet(all_below_us(), std::chrono::seconds(30));
  }
  for (int round = 0; round < options.rounds; ++round) {
    say("round " + std::to_string(round + 1) + " of " + std::to_string(options.rounds));
    measure_shared_start(run, static_cast<std::size_t>(round));
    measure_shared_round_trips(run, static_cast<std::size_t>(round));
  }
  int const runs = std::min(options.rounds, kMemoryRounds);
  for (int round = 0; round < runs; ++round) {
    say("memory, run " + std::to_string(round + 1) + " of " + std::to_string(runs));
    measure_shared_memory(run, options.windows, static_cast<std::size_t>(round));
  }
  if (sessions == 0) return;
  say(std::to_string(sessions) + " idle sessions");
  measure_idle_sessions(run, sessions);
}

}  // namespace

std::string run_sharing_bench(const GoplsOptions& options, int sessions, Report& report) {
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  try {
    TempDir const directory;
    StrayCatcher const strays;  // ends before the directory: nobody writes to it any more
    std::string complaint;
    try {
      Ground const ground = make_ground(options, directory.path());
      report.facts.emplace_back("gopls", ground.gopls);
      report.facts.emplace_back("module", options.module.empty() ? "generated" : ground.module);
      std::mt19937 random(options.seed);
      SharingRun run{.ground = ground,
                     .strays = strays,
                     .report = report,
                     .random = random,
                     .step = options.step};
      measure(run, options, sessions);
    } catch (const Interrupted&) {
      report.note("sharing: interrupted");
    } catch (const std::exception& broken) {
      complaint = broken.what();
    }
    if (complaint.empty() || report.series.empty()) return complaint;
    report.note("sharing: " + complaint);
    return {};
  } catch (const std::exception& broken) {
    return broken.what();
  }
}

}  // namespace bridge::bench
