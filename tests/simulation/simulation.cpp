// Runs histories by their seeds. Prints the first few that fail, each with the command that shows
// it whole, and what all of them had in them.
//
//   simulation [--first N] [--count N] [--operations N] [--verbose] [--without-bridge]
//              [--show N] [--expect-fault]
//
// --expect-fault: a bug was planted: succeed where one history fails.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/simulation/history.h"

namespace {

using bridge::simulation::History;
using bridge::simulation::Verdict;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t count = 1;
  int operations = -1;
  bool verbose = false;
  bool without_bridge = false;
  bool expect_fault = false;
  int shown = 5;  // histories that fail, before it gives up
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string const name = argv[i];
    auto const number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (name == "--first" || name == "--seed") {
      options.first = number();
    } else if (name == "--count") {
      options.count = number();
    } else if (name == "--operations") {
      options.operations = static_cast<int>(number());
    } else if (name == "--show") {
      options.shown = static_cast<int>(number());
    } else if (name == "--verbose") {
      options.verbose = true;
    } else if (name == "--without-bridge") {
      options.without_bridge = true;
    } else if (name == "--expect-fault") {
      options.expect_fault = true;
    } else {
      std::fprintf(stderr, "simulation: no option %s\n", name.c_str());
      std::exit(64);
    }
  }
  return options;
}

Verdict run(const Options& options, std::uint64_t seed, int operations) {
  History::Options const one{.seed = seed, .operations = operations, .verbose = options.verbose};
  if (options.without_bridge) return run_without_bridge(one);
  return History(one).run();
}

// The fewest operations with which it still fails, by a few tries.
void show(const Options& options, std::uint64_t seed, Verdict verdict) {
  int operations = options.operations;
  for (int fewer = 1; fewer <= 40 && !options.verbose; fewer += 1 + fewer / 4) {
    Verdict const again = run(options, seed, fewer);
    if (again.fault.empty()) continue;
    operations = fewer;
    verdict = again;
    break;
  }
  std::string const shortened = operations < 0 ? "" : " --operations " + std::to_string(operations);
  std::printf("seed %llu: %s\n  simulation --seed %llu%s%s --verbose\n",
              static_cast<unsigned long long>(seed), verdict.fault.c_str(),
              static_cast<unsigned long long>(seed), shortened.c_str(),
              options.without_bridge ? " --without-bridge" : "");
}

}  // namespace

int main(int argc, char** argv) {
  Options const options = read_options(argc, argv);
  int failed = 0;
  Verdict all;
  for (std::uint64_t i = 0; i < options.count && failed < options.shown; ++i) {
    Verdict const one = run(options, options.first + i, options.operations);
    all.servers += one.servers;
    all.losses += one.losses;
    all.results += one.results;
    all.errors += one.errors;
    all.seconds += one.seconds;
    if (one.journal_bytes > all.journal_bytes) all.journal_bytes = one.journal_bytes;
    if (one.fault.empty()) continue;
    ++failed;
    show(options, options.first + i, one);
    std::fflush(stdout);
    if (options.expect_fault) return 0;
  }
  std::printf("%s: %d servers, %zu of them lost, %d results, %d errors, %.1f h, journal <= %zu B\n",
              failed > 0 ? "FAILED" : "good", all.servers, all.losses, all.results, all.errors,
              all.seconds / 3600, all.journal_bytes);
  if (options.expect_fault) std::printf("the planted bug was not found\n");
  return failed > 0 || options.expect_fault ? 1 : 0;
}
