#include "bench/ways_run.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "bench/cell.h"
#include "bench/figures.h"
#include "bench/interrupt.h"
#include "bench/machine.h"
#include "bench/system_calls.h"

namespace bridge::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Without --rounds: what fits in here, and leaves ten seconds of a minute for memory and noise.
constexpr std::chrono::seconds kTimeForRounds{46};
constexpr std::size_t kRoundsMax = 9;
constexpr std::size_t kStreamBytes = 1024 * 1024;
constexpr int kStartsInARound = 3;
// What completion asks for behind a key has some 200 bytes.
constexpr std::size_t kTypingRequestBytes = 256;

// A session whose `initialize` was answered is one that the bridge could build again: what it notes
// for that is part of what it costs. (lspmux was greeted when it was opened.)
void begin_session(OpenWay& open) {
  if (open.way() != Way::lspmux) open.editor().greet();
  Message request = make_request(128);
  open.editor().round_trip(request);
}

}  // namespace

WaysRun::WaysRun(const Options& options, Stage& stage, Report& report, Progress& progress)
    : options_(options), stage_(stage), report_(report), progress_(progress) {
  std::uint32_t const seed = options.seed.value_or(std::random_device()());
  random_.seed(seed);
  Ways const here = ways_here(stage.programs(), options.ways);
  ways_ = here.present;
  for (auto const& absent : here.absent)
    report_.note(std::string(row_of(absent.way)) + " is absent: " + absent.why);
  if (!SystemCalls::why_not().empty())
    report_.note("system calls of a relay are not counted: " + SystemCalls::why_not());
  report_.facts.insert(
      report_.facts.end(),
      {{"seed", std::to_string(seed)},
       {"placement", stage.placement()},
       {"cell", std::to_string(options.cell_ms) + " ms for each way, size and round"},
       {"clock", with_decimals(cost_of_measuring(), 0) + " ns a sample, the harness' own"}});
}

void WaysRun::run() {
  while (another_round() && !interrupted()) {
    auto const began = Clock::now();
    ForeignWatch const watch;
    round();
    foreign_of_rounds_.push_back(watch.share());
    longest_round_ = std::max(longest_round_, Clock::now() - began);
    ++round_;
  }
  if (options_.memory && !interrupted()) memory();
  if (interrupted())
    report_.note("interrupted in round " + std::to_string(round_ + 1) +
                 ": figures of what was measured until then");
  report_.facts.emplace_back("rounds", std::to_string(round_));
  add_closing_facts();
}

bool WaysRun::another_round() const {
  if (!(options_.round_trips || options_.streams || options_.starts)) return false;
  if (options_.rounds > 0) return round_ < static_cast<std::size_t>(options_.rounds);
  if (round_ == 0) return true;
  return round_ < kRoundsMax && Clock::now() - began_ + longest_round_ < kTimeForRounds;
}

std::string WaysRun::round_name() const {
  auto const took = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began_);
  std::string const of =
      options_.rounds > 0 ? " of " + std::to_string(options_.rounds) : std::string();
  return std::to_string(took.count()) + " s: round " + std::to_string(round_ + 1) + of;
}

void WaysRun::round() {
  progress_.round(round_name());
  // On a machine that is never quiet, attempts at finding it so would take the place of rounds.
  auto const cells =
      ways_.size() * options_.sizes.size() * (options_.once && options_.twice ? 2 : 1);
  retries_left_ = static_cast<int>(cells / 3);
  if (options_.twice && (options_.round_trips || (options_.streams && !options_.once)))
    round_of_trips(true);
  if (options_.once && (options_.round_trips || options_.streams)) round_of_trips(false);
  if (options_.starts) round_of_starts();
}

bool WaysRun::guarded(Way way, const std::function<void()>& step) {
  try {
    step();
    return true;
  } catch (const Broken& broken) {
    // A read with a time limit ends at the signal, and Ctrl-C reaches our servers too.
    if (interrupted()) return false;
    report_.note(std::string(row_of(way)) +
                 " broke, and is left out from there on: " + broken.what());
    broken_.insert(way);
    own_way_broke_ |= is_bridge(way) || is_direct(way);
    return false;
  }
}

WaysRun::Opened WaysRun::open(Way way, bool two_writes) const {
  Programs const& programs = stage_.programs();
  Opened opened;
  if (auto const kind = server_kind(way)) {
    opened.server = std::make_unique<ListeningServer>(
        programs, stage_.directory(),
        ListeningServer::Options{.kind = *kind, .workers = 1, .two_writes = two_writes});
  }
  opened.open =
      std::make_unique<OpenWay>(way, programs, stage_.directory(), opened.server.get(), two_writes);
  return opened;
}

std::vector<WaysRun::Opened> WaysRun::open_all(bool two_writes) {
  std::vector<Opened> ways;
  for (Way const way : ways_) {
    if (broken_.count(way) != 0) continue;
    guarded(way, [&] {
      Opened opened = open(way, two_writes);
      begin_session(*opened.open);
      ways.push_back(std::move(opened));
    });
  }
  return ways;
}

void WaysRun::record(const char* section, Way way, const std::string& column, const char* metric,
                     const char* unit, double value) {
  if (std::isnan(value)) return;
  report_.record({section, std::string(row_of(way)), column, metric, unit}, round_, value);
}

void WaysRun::round_of_trips(bool two_writes) {
  const char* const section = two_writes ? kSectionTwice : kSectionOnce;
  auto ways = open_all(two_writes);
  CellOptions const cell{.budget = std::chrono::milliseconds(options_.cell_ms),
                         .on_one_cpu = stage_.on_one_cpu(),
                         .injected = options_.injected};
  for (std::size_t const size : options_.sizes) {
    if (!options_.round_trips) break;
    Message request = make_request(size);
    std::string const column = size_name(size);
    progress_.step(round_name() + ", " + section + ", " + column);
    std::shuffle(ways.begin(), ways.end(), random_);
    for (auto& opened : ways) {
      Way const way = opened.open->way();
      if (interrupted()) return;
      if (broken_.count(way) != 0) continue;
      guarded(way, [&] {
        auto const figures = measure_round_trips(*opened.open, request, cell, retries_left_);
        record(section, way, column, "p50", "us", figures.p50);
        record(section, way, column, "p90", "us", figures.p90);
        record(section, way, column, "p99", "us", figures.p99);
        record(section, way, column, "p99.9", "us", figures.p999);
        record(section, way, column, "relay CPU", "us", figures.relay_cpu);
        record(section, way, column, "wake-ups", "", figures.relay_sleeps);
        record(section, way, column, "harness CPU", "us", figures.harness_cpu);
        record(section, way, column, "foreign CPU", "%", figures.foreign_share * 100);
        ++cells_;
        noisy_cells_ += figures.noisy() ? 1 : 0;
        if (round_ == 0)
          record(section, way, column, "system calls", "",
                 count_system_calls(*opened.open, request, cell.budget / 4));
      });
    }
  }
  if (options_.round_trips && two_writes) {
    round_of_typing(ways);
    record_journal();
  }
  // Once a round, with peers that write once where there is a choice.
  if (options_.streams && (!two_writes || !options_.once)) round_of_streams(ways);
}

// A key and the request that follows it.
void WaysRun::round_of_typing(std::vector<Opened>& ways) {
  progress_.step(round_name() + ", typing");
  std::shuffle(ways.begin(), ways.end(), random_);
  Message request = make_request(kTypingRequestBytes);
  for (auto& opened : ways) {
    Way const way = opened.open->way();
    if (interrupted()) return;
    if (decodes(way) || broken_.count(way) != 0) continue;
    guarded(way, [&] {
      Typing typing;
      opened.open->editor().send_notification(typing.did_open());
      CellOptions const cell{.budget = std::chrono::milliseconds(options_.cell_ms),
                             .on_one_cpu = stage_.on_one_cpu(),
                             .injected = options_.injected,
                             .typing = &typing};
      auto const figures = measure_round_trips(*opened.open, request, cell, retries_left_);
      record(kSectionTyping, way, "", "p50", "us", figures.p50);
      record(kSectionTyping, way, "", "p99", "us", figures.p99);
      record(kSectionTyping, way, "", "relay CPU", "us", figures.relay_cpu);
      ++cells_;
      noisy_cells_ += figures.noisy() ? 1 : 0;
    });
  }
}

// Like with like, in one round: what is noted for a replay.
void WaysRun::record_journal() {
  auto const put = [&](const char* section, const char* from, const std::string& column,
                       const char* metric) {
    auto const of = [&](Way way) {
      auto const* const series = report_.find(section, row_of(way), from, metric);
      return series != nullptr && series->rounds.size() > round_ ? series->rounds[round_]
                                                                 : std::nan("");
    };
    double const ratio = of(Way::bridge_held) / of(Way::bridge_held_no_replay);
    if (std::isnan(ratio)) return;
    report_.record({kSectionJournal, std::string(row_of(Way::bridge_held)), column, metric, ""},
                   round_, ratio);
  };
  for (auto const* metric : {"p50", "relay CPU"}) {
    for (std::size_t const size : options_.sizes) {
      if (size <= 16 * 1024) put(kSectionTwice, size_name(size).c_str(), size_name(size), metric);
    }
    put(kSectionTyping, "", "a key", metric);
  }
}

void WaysRun::round_of_streams(std::vector<Opened>& ways) {
  std::string const column = size_name(kStreamBytes);
  progress_.step(round_name() + ", streams");
  std::shuffle(ways.begin(), ways.end(), random_);
  auto const budget = 2 * std::chrono::milliseconds(options_.cell_ms);
  for (auto& opened : ways) {
    Way const way = opened.open->way();
    if (interrupted()) return;
    if (decodes(way) || broken_.count(way) != 0) continue;
    guarded(way, [&] {
      for (bool const to_server : {true, false}) {
        auto const stream = to_server ? stream_to_server(*opened.open, kStreamBytes, budget)
                                      : stream_to_editor(*opened.open, kStreamBytes, budget);
        std::string const direction = to_server ? "to server" : "to editor";
        record(kSectionStream, way, direction, "throughput", "MB/s", stream.megabytes_per_second);
        record(kSectionStream, way, direction, "relay CPU", "s/GB", stream.relay_cpu_per_gb);
      }
    });
  }
}

void WaysRun::round_of_starts() {
  progress_.step(round_name() + ", starts");
  auto ways = ways_;
  std::shuffle(ways.begin(), ways.end(), random_);
  Message request = make_request(128);
  for (Way const way : ways) {
    if (interrupted()) return;
    if (broken_.count(way) != 0) continue;
    guarded(way, [&] {
      std::vector<double> times;
      std::vector<double> cpu;
      // The first of a run warms the page cache and is not counted.
      for (int i = round_ == 0 ? -1 : 0; i < kStartsInARound; ++i) {
        Opened opened = open(way, false);
        opened.open->editor().send(request);
        opened.open->editor().wait_for_first_byte();
        std::chrono::duration<double, std::micro> const took =
            Clock::now() - opened.open->started();
        double spent = 0;
        for (pid_t const pid : opened.open->relays())
          spent += static_cast<double>(cpu_time(pid).count()) / 1000;
        opened.open->editor().receive(request);
        if (i < 0) continue;
        times.push_back(took.count());
        cpu.push_back(spent);
      }
      record(kSectionStart, way, "", "first byte", "us", median(times));
      if (!is_direct(way)) record(kSectionStart, way, "", "relay CPU", "us", median(cpu));
    });
  }
}

void WaysRun::add_closing_facts() {
  if (stage_.on_one_cpu() && cells_ > 0) {
    int const percent = 100 * noisy_cells_ / cells_;
    report_.facts.emplace_back(
        "noise",
        std::to_string(noisy_cells_) + " of " + std::to_string(cells_) +
            " cells lost over 12 % of their CPU to others, also in the best of up to 3 attempts");
    if (percent >= 10)
      report_.note("this machine was noisy while it was measured (" + std::to_string(percent) +
                   " % of the cells): trust ratios of p50, no tails and no times");
  }
  for (auto const* section : {kSectionTwice, kSectionOnce}) {
    auto const* const cpu =
        report_.find(section, "direct", size_name(options_.sizes.front()), "harness CPU");
    if (cpu == nullptr) continue;
    report_.facts.emplace_back("harness", with_three_digits(median(values_of(*cpu))) +
                                              " µs of CPU in each direct " + section + " of " +
                                              cpu->column);
  }
  if (!foreign_of_rounds_.empty())
    report_.facts.emplace_back("foreign CPU", with_decimals(100 * median(foreign_of_rounds_), 1) +
                                                  " % of all CPUs' time, median of the rounds");
}

}  // namespace bridge::bench
