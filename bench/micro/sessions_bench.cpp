// What idle sessions cost an active one in the same process: one event loop, one readiness set, and
// beside the pump that works N that wait for a server which says nothing. The shape that a process
// serving many sessions would have; today each session is a process of its own.
//
// Each idle one holds two descriptors. RLIMIT_NOFILE is raised to its hard limit and shown; where
// that is too little, the case says so and is left out.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "bench/messages.h"
#include "bench/micro/pumped.h"
#include "proxy/relay/readiness_set.h"

namespace bridge::bench {
namespace {

rlim_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

struct NoSink final : relay::Sink {
  relay::Transfer write_some(std::string_view bytes) noexcept override {
    return relay::Transfer::moved(bytes.size());
  }
  int poll_fd() const noexcept override { return -1; }
};

// Waits to read, as a session does whose server is quiet.
class Idle {
 public:
  Idle(relay::ReadinessSet& set, NoSink& sink)
      : source_(std::move(*relay::DescriptorSource::own(std::move(pair_.theirs)))),
        pump_(relay::Direction::to_editor, source_, sink, gate_, {}),
        watch_(set, source_.poll_fd(), ready_) {
    ready_.readable = [this] { pump_.on_source_ready(); };
    watch_.want({.readable = true});
  }

 private:
  SocketPair pair_ = make_socketpair();
  PassingGate gate_;
  relay::DescriptorSource source_;
  relay::FramePump pump_;
  relay::ReadinessCallbacks ready_;
  relay::ReadinessSet::Watch watch_;
};

void one_active_beside_idle(benchmark::State& state) {
  static rlim_t const descriptors = raise_descriptor_limit();
  auto const count = static_cast<std::size_t>(state.range(0));
  state.counters["nofile"] = static_cast<double>(descriptors);
  if (2 * count + 64 > descriptors) {
    state.SkipWithError("RLIMIT_NOFILE is too low");
    return;
  }
  boost::asio::io_context io{1};
  relay::ReadinessSet set(io);
  NoSink no_sink;
  std::vector<std::unique_ptr<Idle>> idle;
  idle.reserve(count);
  while (idle.size() < count) idle.push_back(std::make_unique<Idle>(set, no_sink));

  Pumped active(nullptr);
  relay::ReadinessCallbacks source_ready;
  source_ready.readable = [&] { active.pump.on_source_ready(); };
  relay::ReadinessSet::Watch watch(set, active.source_fd(), source_ready);
  watch.want({.readable = true});
  set.start();
  Message const message = make_answer(static_cast<std::size_t>(state.range(1)));
  std::vector<char> room(256 * 1024);
  while (state.KeepRunning()) {
    active.far.write(message.frame);
    for (std::size_t received = 0; received < message.frame.size();) {
      io.run_one();
      received += active.far.read(room);
    }
  }
  set.stop();
  io.poll();
}
BENCHMARK(one_active_beside_idle)
    ->ArgNames({"idle", "body"})
    ->ArgsProduct({{0, 100, 1000, 9000}, {128, 16 * 1024}});

}  // namespace
}  // namespace bridge::bench

BENCHMARK_MAIN();
