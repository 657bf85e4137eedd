#include "bench/bench.h"

#include <unistd.h>

#include <cstdio>
#include <random>

#include "bench/compare.h"
#include "bench/echo_server.h"
#include "bench/gopls/gopls_bench.h"
#include "bench/gopls/park_bench.h"
#include "bench/gopls/sharing_bench.h"
#include "bench/interrupt.h"
#include "bench/machine.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/tables.h"
#include "bench/ways_run.h"
#include "bench/workload/workload_bench.h"
#include "proxy/exit_codes.h"

namespace bridge::bench {
namespace {

constexpr std::string_view kEchoServer = "bench-echo-server";
constexpr std::string_view kIdle = "bench-idle";
constexpr std::string_view kWorkloadServer = "bench-workload-server";

void complain(const std::string& what) {
  std::fprintf(stderr, "gopls-bridge: bench: %s\n", what.c_str());
}

int print(const std::string& text) {
  bool const written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return std::fflush(stdout) == 0 && written ? kExitOk : kExitInternal;
}

int run_compare(const Options& options) {
  Report reports[2];
  for (int i = 0; i < 2; ++i) {
    std::string const& path = options.compare[i];
    std::string const text = read_text(path);
    std::string why = text.empty() ? "cannot be read, or is empty" : "";
    if (why.empty()) reports[i] = from_json(text, why);
    if (!why.empty()) {
      complain(std::string("--compare: ").append(path).append(" ").append(why));
      return kExitUsage;
    }
  }
  return print(comparison_text(reports[0], reports[1], options.details));
}

int give_out(const Options& options, const Report& report) {
  if (options.json == "-") return print(to_json(report));
  int result = print(tables_of(report, options.details));
  if (options.json.empty()) return result;
  try {
    write_text(options.json, to_json(report), 0644);
  } catch (const Broken& broken) {
    complain("--json: " + std::string(broken.what()));
    result = kExitInternal;
  }
  return result;
}

// Fills the report. Returns an exit code.
int measure(const Options& options, const Context& context, Report& report) {
  Progress progress;
  auto const seed = options.seed.value_or(std::random_device()());
  auto const say = [&](const std::string& text) { progress.round(text); };
  auto const step = [&](const std::string& text) { progress.step(text); };
  std::string failure;
  bool const sharing = options.action == Options::Action::sharing;
  bool const park = options.action == Options::Action::park;
  if (options.action == Options::Action::gopls || sharing || park) {
    forget_bridge_variables();
    report.facts.insert(report.facts.end(),
                        {{"seed", std::to_string(seed)},
                         {"placement", "free: the scheduler's choice of all CPUs"}});
    GoplsOptions part{.gopls = options.gopls,
                      .module = options.module,
                      .windows = options.windows,
                      .seed = seed,
                      .bridge = this_executable(),
                      .progress = say,
                      .step = step};
    if (options.rounds > 0) part.rounds = options.rounds;
    // One window shares with nobody.
    if (sharing) std::erase(part.windows, 1);
    failure = sharing ? run_sharing_bench(part, options.sessions, report)
              : park  ? run_park_bench(part, kParkPackages, report)
                      : run_gopls_bench(part, report);
  } else {
    Stage stage(options, context);
    if (options.action == Options::Action::workload) {
      report.facts.insert(report.facts.end(),
                          {{"seed", std::to_string(seed)}, {"placement", stage.placement()}});
      WorkloadOptions part{.seed = seed,
                           .bridge = stage.programs().bridge,
                           .stand_in = stage.make_stand_in(std::string(kWorkloadServer)),
                           .progress = say,
                           .step = step};
      if (options.rounds > 0) part.rounds = options.rounds;
      failure = run_workload_bench(part, report);
    } else {
      WaysRun run(options, stage, report, progress);
      run.run();
      if (run.own_way_broke()) failure = "a way of ours broke; see the notes";
    }
  }
  progress.end();
  if (failure.empty()) return kExitOk;
  complain(failure);
  return kExitInternal;
}

}  // namespace

int run_bench(const std::vector<std::string>& args, const Context& context) {
  auto const [options, complaint] = read_options(args);
  if (!complaint.empty()) {
    complain(complaint + " (see gopls-bridge bench --help)");
    return kExitUsage;
  }
  if (options.action == Options::Action::help) return print(std::string(help_text()));
  if (options.action == Options::Action::compare) return run_compare(options);
  if (!options.other_bridge.empty() && ::access(options.other_bridge.c_str(), X_OK) != 0) {
    complain("--other-bridge: not an executable: " + options.other_bridge);
    return kExitUsage;
  }
  catch_interrupts();
  Report report;
  add_machine(report, context.version, context.command);
  int result = kExitOk;
  try {
    result = measure(options, context, report);
  } catch (const Broken& broken) {
    complain(broken.what());
    return kExitInternal;
  }
  int const given = give_out(options, report);
  if (interrupted()) return kExitInterrupted;
  return result != kExitOk ? result : given;
}

bool is_bench_process(std::string_view command) {
  return command == kEchoServer || command == kIdle || command == kWorkloadServer;
}

int run_bench_process(const std::string& command, const std::vector<std::string>& args) {
  if (command == kEchoServer) return run_echo_server(args);
  if (command == kWorkloadServer) return run_workload_server();
  // Says that it runs, and does nothing until its input ends.
  char byte = '.';
  static_cast<void>(!::write(STDOUT_FILENO, &byte, 1));
  static_cast<void>(!::read(STDIN_FILENO, &byte, 1));
  return kExitOk;
}

}  // namespace bridge::bench
