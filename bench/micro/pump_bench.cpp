// One frame through a pump: in at one socketpair, out at another, both far ends in this very
// thread. No event loop, no wake-up: what the relay's code and its system calls cost. `direct` is
// the same frame through one socketpair with nothing between; what a pump adds is the difference.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/messages.h"
#include "bench/micro/pumped.h"

namespace bridge::bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

void count(benchmark::State& state, std::size_t frame_bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame_bytes));
}

void direct(benchmark::State& state) {
  Message const message = make_answer(static_cast<std::size_t>(state.range(0)));
  SocketPair const pair = make_socketpair();
  std::vector<char> room(kReadBytes);
  while (state.KeepRunning()) {
    std::string_view left = message.frame;
    for (std::size_t received = 0; received < message.frame.size();) {
      if (!left.empty()) {
        ssize_t const sent = ::send(pair.ours.get(), left.data(), left.size(), MSG_DONTWAIT);
        if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
      }
      ssize_t const got = ::recv(pair.theirs.get(), room.data(), room.size(), MSG_DONTWAIT);
      if (got > 0) received += static_cast<std::size_t>(got);
    }
  }
  count(state, message.frame.size());
}

// Everything that can move, until the frame is out.
void pass(Pumped& way, const Message& message, bool header_apart, std::vector<char>& room) {
  std::string_view left = message.frame;
  if (header_apart) {
    left.remove_prefix(way.far.write(left.substr(0, message.header_size)));
    way.pump.on_source_ready();
  }
  for (std::size_t received = 0; received < message.frame.size();) {
    if (!left.empty()) left.remove_prefix(way.far.write(left));
    if (way.pump.wants_source()) way.pump.on_source_ready();
    received += way.far.read(room);
    if (way.pump.wants_sink()) way.pump.on_sink_ready();
  }
}

enum class Road { buffer, pipe, pipe_to_inherited };

void pump(benchmark::State& state, Road road, bool header_apart) {
  Message const message = make_answer(static_cast<std::size_t>(state.range(0)));
  relay::PipePool pipes;
  Pumped way(road == Road::buffer ? nullptr : &pipes,
             road == Road::pipe_to_inherited ? Stdio::inherited : Stdio::own);
  std::vector<char> room(kReadBytes);
  for (int i = 0; i < 20; ++i) pass(way, message, header_apart, room);
  while (state.KeepRunning()) pass(way, message, header_apart, room);
  if (way.pump.end()) state.SkipWithError(relay::describe(*way.pump.end()).c_str());
  count(state, message.frame.size());
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (std::int64_t const size :
       {128L, 1L << 10, 16L << 10, 32L << 10, 64L << 10, 256L << 10, 1L << 20, 4L << 20})
    bench->Arg(size);
  bench->ArgName("body");
}

BENCHMARK(direct)->Apply(sizes);
BENCHMARK_CAPTURE(pump, buffer, Road::buffer, false)->Apply(sizes);
BENCHMARK_CAPTURE(pump, pipe, Road::pipe, false)->Apply(sizes);
BENCHMARK_CAPTURE(pump, pipe_to_inherited, Road::pipe_to_inherited, false)->Apply(sizes);
BENCHMARK_CAPTURE(pump, buffer_two_writes, Road::buffer, true)->Apply(sizes);
BENCHMARK_CAPTURE(pump, pipe_two_writes, Road::pipe, true)->Apply(sizes);

}  // namespace
}  // namespace bridge::bench

BENCHMARK_MAIN();
