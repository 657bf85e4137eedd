// What a direction costs whose reader has stalled: the event loop runs for 100 ms of real time and
// its CPU time is taken. `cpu_percent` is that share, `turns` how often the loop woke up. Both must
// be 0 or next to it, however the frames came and whether or not the writer has died meanwhile.
#include <benchmark/benchmark.h>
#include <time.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>

#include "bench/messages.h"
#include "bench/micro/pumped.h"
#include "proxy/relay/readiness_set.h"

namespace bridge::bench {
namespace {

constexpr std::chrono::milliseconds kWindow{100};

nanoseconds thread_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// A pump in an event loop, watched as a session watches it.
class Watched final : private relay::ReadinessSet::TurnListener {
 public:
  explicit Watched(relay::PipePool* pipes)
      : way(pipes, Stdio::inherited),
        source_(set_, way.source_fd(), source_ready_),
        sink_(set_, way.sink_fd(), sink_ready_) {
    source_ready_.readable = [this] { way.pump.on_source_ready(); };
    sink_ready_.writable = [this] { way.pump.on_sink_ready(); };
    sink_ready_.hangup = [this] { way.pump.on_sink_hangup(); };
    sink_.want_hangup();
    set_.on_turn_over(*this);
    set_.start();
    on_turn_over();
  }
  ~Watched() override {
    set_.stop();
    io_.poll();
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  std::size_t run_for(std::chrono::milliseconds time) { return io_.run_for(time); }
  std::size_t turns() const { return turns_; }
  // Writes pieces of `bytes`, over and over, until nothing moves any more.
  void fill(std::string_view bytes, std::size_t piece) {
    std::string_view left = bytes;
    for (int quiet = 0; quiet < 3;) {
      std::size_t const sent = way.far.write(left.substr(0, piece));
      left.remove_prefix(sent);
      if (left.empty()) left = bytes;
      std::size_t const turned = io_.poll();
      quiet = sent == 0 && turned == 0 ? quiet + 1 : 0;
    }
  }

  Pumped way;

 private:
  void on_turn_over() override {
    ++turns_;
    source_.want({.readable = way.pump.wants_source()});
    sink_.want({.writable = way.pump.wants_sink()});
  }

  boost::asio::io_context io_{1};
  relay::ReadinessSet set_{io_};
  relay::ReadinessCallbacks source_ready_, sink_ready_;
  relay::ReadinessSet::Watch source_, sink_;
  std::size_t turns_ = 0;
};

enum class Writer { lives, dies };

void stalled(benchmark::State& state, bool with_pipes, Writer writer) {
  relay::PipePool pipes;
  Watched watched(with_pipes ? &pipes : nullptr);
  Message const message = make_answer(static_cast<std::size_t>(state.range(0)));
  watched.fill(message.frame, static_cast<std::size_t>(state.range(1)));
  if (writer == Writer::dies) watched.way.far.source.ours.reset();
  watched.run_for(std::chrono::milliseconds(1));  // what follows from that at once

  std::size_t const turns = watched.turns();
  auto const cpu = thread_time();
  while (state.KeepRunning()) watched.run_for(kWindow);
  auto const windows = static_cast<double>(state.iterations());
  std::chrono::duration<double, std::milli> const used = thread_time() - cpu;
  state.counters["cpu_percent"] =
      100 * used.count() / (windows * static_cast<double>(kWindow.count()));
  state.counters["turns"] = static_cast<double>(watched.turns() - turns) / windows;
}

void cases(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"body", "piece"})
      ->Args({100, 1 << 20})        // many small ones
      ->Args({64 << 10, 1 << 20})   // whole
      ->Args({256 << 10, 200})      // so small that a pipe's slots run out
      ->Args({1 << 20, 2048})       // the same, later
      ->Args({4 << 20, 256 << 10})  // beyond a pipe
      ->Iterations(5)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(stalled, buffer, false, Writer::lives)->Apply(cases);
BENCHMARK_CAPTURE(stalled, pipe, true, Writer::lives)->Apply(cases);
BENCHMARK_CAPTURE(stalled, pipe_writer_dies, true, Writer::dies)->Apply(cases);

}  // namespace
}  // namespace bridge::bench

BENCHMARK_MAIN();
