#include "bench/gopls/gopls_bench.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "bench/figures.h"
#include "bench/gopls/gopls_rounds.h"
#include "bench/gopls/ground.h"
#include "bench/process.h"
#include "bench/report.h"

namespace bridge::bench {
namespace {

// Then neither a further round nor the memory of windows is begun.
constexpr std::chrono::minutes kTimeMax{7};
constexpr double kForeignShareMax = 0.12;  // as for the other parts, METHOD.md
constexpr int kColdRounds = 3;             // each costs several seconds a way

std::string last_line(const std::string& text) {
  auto const end = text.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  auto const before = text.rfind('\n', end);
  return text.substr(before == std::string::npos ? 0 : before + 1, end - before);
}

void say_how_noisy(const std::vector<double>& foreign_shares, Report& report) {
  if (foreign_shares.empty()) return;
  double const share = median(foreign_shares);
  std::string const percent = with_decimals(100 * share, 0) + " %";
  report.facts.emplace_back("foreign CPU", percent + " during gopls' round trips");
  if (share > kForeignShareMax) {
    report.note("gopls: other programs took " + percent +
                " of all CPUs' time: only ratios of p50 mean something");
  }
}

}  // namespace

std::string run_gopls_bench(const GoplsOptions& options, Report& report) {
  ::signal(SIGPIPE, SIG_IGN);
  auto const until = std::chrono::steady_clock::now() + kTimeMax;
  std::string errors;
  try {
    TempDir const directory;
    StrayCatcher const strays;  // ends before the directory: nobody writes to it any more
    errors = directory.path() + "/errors";
    std::string complaint;
    // Inside the directory's life: gopls' own words tell why it went.
    try {
      Ground const ground = make_ground(options, directory.path());
      report.facts.emplace_back("gopls", ground.gopls);
      report.facts.emplace_back("module", options.module.empty() ? "generated" : ground.module);
      report.facts.emplace_back("asked about", "func " + ground.target.function);
      GoplsRounds rounds(ground, strays, report, options.seed, options.step);
      auto const say = [&](const std::string& text) {
        if (options.progress) options.progress("gopls: " + text);
      };
      say("loading the module for the first time");
      rounds.prepare();
      for (int round = 0; round < options.rounds; ++round) {
        if (std::chrono::steady_clock::now() > until) {
          report.note("gopls: stopped after " + std::to_string(round) + " rounds, for time");
          break;
        }
        say("round " + std::to_string(round + 1) + " of " + std::to_string(options.rounds));
        rounds.measure(static_cast<std::size_t>(round));
        rounds.measure_outliving(static_cast<std::size_t>(round));
        if (round < kColdRounds) rounds.measure_cold_starts(static_cast<std::size_t>(round));
      }
      say_how_noisy(rounds.foreign_shares(), report);
      if (std::chrono::steady_clock::now() > until) {
        report.note("gopls: memory was not measured, for time");
      } else if (!options.windows.empty()) {
        say("memory");
        rounds.measure_memory(options.windows);
      }
    } catch (const Interrupted&) {
      report.note("gopls: interrupted");
    } catch (const std::exception& broken) {
      complaint = broken.what();
      if (std::string const said = last_line(read_text(errors)); !said.empty())
        complaint += " (its last words: " + said + ")";
    }
    if (complaint.empty()) return {};
    bool const measured =
        std::any_of(report.series.begin(), report.series.end(),
                    [](const Series& one) { return one.section.starts_with("gopls: "); });
    if (!measured) return complaint;
    report.note("gopls: " + complaint);
    return {};
  } catch (const std::exception& broken) {
    return broken.what();
  }
}

}  // namespace bridge::bench
