// One way at one size in one round: a closed loop of round trips, or a stream one way.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>

#include "bench/messages.h"
#include "bench/open_way.h"
#include "bench/typing.h"

namespace bridge::bench {

constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();

// NaN where there is none: p99 wants 100 samples, p99.9 wants 1000.
struct RoundTrips {
  double p50 = kNoFigure;  // µs
  double p90 = kNoFigure;
  double p99 = kNoFigure;
  double p999 = kNoFigure;
  double relay_cpu = kNoFigure;      // a round trip, µs
  double relay_sleeps = kNoFigure;   // a round trip: 2 is one for each direction
  double harness_cpu = kNoFigure;    // a round trip, µs
  double foreign_share = kNoFigure;  // of the CPU's time while we measured; on one CPU only
  bool noisy() const noexcept { return foreign_share > kForeignShareMax; }

  // Above this a cell is measured again, at most kAttemptsMax times; the quietest counts.
  static constexpr double kForeignShareMax = 0.12;
  static constexpr int kAttemptsMax = 3;
};

// A slowdown put in on purpose, to see whether it is seen.
struct Injected {
  Way way;
  nanoseconds time{};    // at each answer
  double of_median = 0;  // and so much of the round trip, as measured while warming up
};

struct CellOptions {
  std::chrono::milliseconds budget;
  bool on_one_cpu;
  std::optional<Injected> injected;
  Typing* typing = nullptr;  // a key of it before each request; null: none
};

// Takes further attempts from `retries_left`.
RoundTrips measure_round_trips(OpenWay& open, Message& request, const CellOptions& options,
                               int& retries_left);

// Of the relay, a round trip. Apart from the times: while anybody counts, every system call on the
// machine is slower.
double count_system_calls(OpenWay& open, Message& request, std::chrono::milliseconds budget);

struct Stream {
  double megabytes_per_second = kNoFigure;
  double relay_cpu_per_gb = kNoFigure;  // s
};
// Frames of `size` as fast as they go, and one round trip behind them.
Stream stream_to_server(OpenWay& open, std::size_t size, std::chrono::milliseconds budget);
// The server writes, the editor reads them.
Stream stream_to_editor(OpenWay& open, std::size_t size, std::chrono::milliseconds budget);

// What the harness adds to each sample: two readings of the clock and the record, ns.
double cost_of_measuring();

}  // namespace bridge::bench
