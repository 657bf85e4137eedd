#include "bench/cell.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "bench/histogram.h"
#include "bench/interrupt.h"
#include "bench/system_calls.h"

namespace bridge::bench {
namespace {

using Clock = std::chrono::steady_clock;

// A cell that is too short for its way is made longer, up to so many times its budget; at least one
// round trip is made. (gopls' forwarder takes 0.4 s for 4 MiB there and back.)
constexpr int kBudgetsMax = 4;
constexpr std::uint64_t kTripsMin = 5;
constexpr std::uint64_t kWarmTripsMin = 2;

double microseconds(nanoseconds time) { return static_cast<double>(time.count()) / 1000; }

// Of what a way consists of, so far.
struct Spent {
  nanoseconds relay{};
  nanoseconds harness{};
  nanoseconds all{};
  std::size_t sleeps = 0;
};

Spent spent(const OpenWay& open, const std::vector<pid_t>& processes) {
  Spent sum;
  sum.harness = own_cpu_time();
  sum.all = sum.harness;
  for (pid_t const pid : processes) sum.all += cpu_time(pid);
  for (pid_t const pid : open.relays()) {
    sum.relay += cpu_time(pid);
    sum.sleeps += sleeps(pid);
  }
  return sum;
}

Histogram& cleared_histogram() {
  static Histogram histogram;
  histogram.clear();
  return histogram;
}

void trip(OpenWay& open, Message& request, Typing* typing, Histogram& histogram) {
  auto const sent = Clock::now();
  if (typing != nullptr) open.editor().send_notification(typing->key());
  open.editor().round_trip(request);
  histogram.record(static_cast<std::uint64_t>((Clock::now() - sent).count()));
}

void run_trips(OpenWay& open, Message& request, Typing* typing, std::chrono::nanoseconds budget,
               std::uint64_t trips_min, Histogram& histogram) {
  auto const began = Clock::now();
  for (;;) {
    auto const took = Clock::now() - began;
    bool const is_due = took >= budget || interrupted();
    bool const is_enough =
        histogram.count() >= trips_min || took >= kBudgetsMax * budget || interrupted();
    if (histogram.count() > 0 && is_due && is_enough) break;
    trip(open, request, typing, histogram);
  }
}

void inject(OpenWay& open, const Injected& injected, const Histogram& warm) {
  auto const time =
      injected.time.count() + static_cast<std::int64_t>(injected.of_median * warm.percentile(0.5));
  Message message;
  std::string const body =
      R"({"jsonrpc":"2.0","method":"bench/delay","params":{"ns":)" + std::to_string(time) + "}}";
  message.frame = framed(body);
  message.header_size = message.frame.size() - body.size();
  open.editor().send_notification(message);
}

RoundTrips measure_once(OpenWay& open, Message& request, const CellOptions& options) {
  Histogram& histogram = cleared_histogram();
  run_trips(open, request, options.typing, options.budget / 8, kWarmTripsMin, histogram);
  if (options.injected && options.injected->way == open.way())
    inject(open, *options.injected, histogram);
  histogram.clear();

  auto const processes = open.processes();
  auto const before = spent(open, processes);
  auto const began = Clock::now();
  run_trips(open, request, options.typing, options.budget, kTripsMin, histogram);
  auto const wall = Clock::now() - began;
  auto const after = spent(open, processes);

  auto const trips = static_cast<double>(histogram.count());
  RoundTrips figures;
  figures.p50 = histogram.percentile(0.5) / 1000;
  figures.p90 = histogram.percentile(0.9) / 1000;
  if (histogram.count() >= 100) figures.p99 = histogram.percentile(0.99) / 1000;
  if (histogram.count() >= 1000) figures.p999 = histogram.percentile(0.999) / 1000;
  figures.harness_cpu = microseconds(after.harness - before.harness) / trips;
  if (!open.relays().empty()) {
    figures.relay_cpu = microseconds(after.relay - before.relay) / trips;
    figures.relay_sleeps = static_cast<double>(after.sleeps - before.sleeps) / trips;
  }
  // A closed loop on one CPU never idles: what is not ours is somebody else's.
  if (options.on_one_cpu) {
    auto const ours = (after.all - before.all) / std::chrono::duration<double, std::nano>(wall);
    figures.foreign_share = std::max(0.0, 1 - ours);
  }
  return figures;
}

}  // namespace

double count_system_calls(OpenWay& open, Message& request, std::chrono::milliseconds budget) {
  if (open.relays().empty() || !SystemCalls::why_not().empty()) return kNoFigure;
  Histogram& histogram = cleared_histogram();
  SystemCalls const calls(open.relays());
  run_trips(open, request, nullptr, budget, kTripsMin, histogram);
  auto const called = calls.count();
  return called ? static_cast<double>(*called) / static_cast<double>(histogram.count()) : kNoFigure;
}

namespace {

// What was moved between two moments, as rates.
Stream rates(double bytes, nanoseconds wall, nanoseconds relay, bool has_relay) {
  using Seconds = std::chrono::duration<double>;
  Stream stream;
  stream.megabytes_per_second = bytes / 1e6 / Seconds(wall).count();
  if (has_relay) stream.relay_cpu_per_gb = Seconds(relay).count() / (bytes / 1e9);
  return stream;
}

}  // namespace

RoundTrips measure_round_trips(OpenWay& open, Message& request, const CellOptions& options,
                               int& retries_left) {
  auto const began = Clock::now();
  RoundTrips best = measure_once(open, request, options);
  // Another attempt at a way that is that slow would take the time of all others.
  bool const is_slow = Clock::now() - began > 2 * kBudgetsMax * options.budget;
  auto const tries_again = [&] { return best.noisy() && !is_slow && retries_left > 0; };
  for (int i = 1; i < RoundTrips::kAttemptsMax && tries_again() && !interrupted(); ++i) {
    --retries_left;
    RoundTrips const again = measure_once(open, request, options);
    if (again.foreign_share < best.foreign_share) best = again;
  }
  return best;
}

Stream stream_to_server(OpenWay& open, std::size_t size, std::chrono::milliseconds budget) {
  Message const frame = make_notification(size);
  Message request = make_request(128);
  open.editor().send_notification(frame);
  open.editor().round_trip(request);

  auto const before = spent(open, {});
  auto const began = Clock::now();
  double bytes = 0;
  while (Clock::now() - began < budget) {
    open.editor().send_notification(frame);
    bytes += static_cast<double>(frame.frame.size());
  }
  open.editor().round_trip(request);
  auto const wall = Clock::now() - began;
  return rates(bytes, wall, spent(open, {}).relay - before.relay, !open.relays().empty());
}

Stream stream_to_editor(OpenWay& open, std::size_t size, std::chrono::milliseconds budget) {
  auto const frame_size = static_cast<double>(make_notification(size).frame.size());
  auto const run = [&](std::size_t frames) {
    Message order;
    std::string const body = R"({"jsonrpc":"2.0","method":"bench/stream","params":{"frames":)" +
                             std::to_string(frames) + R"(,"bytes":)" + std::to_string(size) + "}}";
    order.frame = framed(body);
    order.header_size = order.frame.size() - body.size();
    auto const before = spent(open, {});
    auto const began = Clock::now();
    open.editor().send_notification(order);
    open.editor().receive_frames(frames);
    auto const wall = Clock::now() - began;
    return std::pair(wall, spent(open, {}).relay - before.relay);
  };
  constexpr std::size_t kFirst = 4;
  auto const estimate = run(kFirst).first;
  auto const frames = std::clamp<std::size_t>(
      static_cast<std::size_t>(kFirst *
                               (budget / std::chrono::duration<double, std::milli>(estimate))),
      kFirst, 10'000);
  auto const [wall, relay] = run(frames);
  return rates(frame_size * static_cast<double>(frames), wall, relay, !open.relays().empty());
}

double cost_of_measuring() {
  Histogram& histogram = cleared_histogram();
  constexpr int kSamples = 100'000;
  auto const began = Clock::now();
  for (int i = 0; i < kSamples; ++i) {
    auto const sent = Clock::now();
    histogram.record(static_cast<std::uint64_t>((Clock::now() - sent).count()));
  }
  return static_cast<double>((Clock::now() - began).count()) / kSamples;
}

}  // namespace bridge::bench
