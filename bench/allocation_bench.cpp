// Memory allocations of the relay for each frame, in steady state: the pump over ends in memory,
// with its CPU time a frame, and a whole session (event loop, lifecycle, journal, four sockets)
// over round trips and keys. Every call of the malloc family in the process counts, so operator new
// does too.
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "bench/messages.h"
#include "bench/process.h"
#include "bench/typing.h"
#include "proxy/relay/frame_pump.h"
#include "proxy/relay/zero_copy.h"
#include "proxy/session/session.h"

// glibc's own names for what we stand in front of.
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* memory, std::size_t size);      // NOLINT(bugprone-reserved-identifier)
}

namespace {

// In a page that a forked driver shares, so that it can read the counter of the process it drives.
struct Shared {
  std::atomic<std::size_t> allocations{0};
};
Shared before_main;
Shared* shared = &before_main;

void count() noexcept { shared->allocations.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

extern "C" void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
extern "C" void* calloc(std::size_t members, std::size_t size) {
  count();
  return __libc_calloc(members, size);
}
extern "C" void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}

namespace bridge::bench {
namespace {

using relay::Direction;
using relay::Transfer;

std::size_t allocations() { return shared->allocations.load(std::memory_order_relaxed); }

// Gives the same frame again and again, `cut` bytes at first (a header that was written alone).
class RepeatingSource final : public relay::Source {
 public:
  RepeatingSource(std::string frame, std::size_t cut) : frame_(std::move(frame)), cut_(cut) {}
  Transfer read_some(std::span<char> room) noexcept override {
    std::size_t const until = at_ < cut_ ? cut_ : frame_.size();
    std::size_t const size = std::min(room.size(), until - at_);
    std::memcpy(room.data(), frame_.data() + at_, size);
    at_ = (at_ + size) % frame_.size();
    return Transfer::moved(size);
  }
  int poll_fd() const noexcept override { return -1; }
  bool at_frame_start() const noexcept { return at_ == 0; }

 private:
  std::string frame_;
  std::size_t cut_;
  std::size_t at_ = 0;
};

struct CountingSink final : relay::Sink {
  Transfer write_some(std::string_view bytes) noexcept override {
    ++writes;
    return Transfer::moved(bytes.size());
  }
  int poll_fd() const noexcept override { return -1; }
  std::size_t writes = 0;
};

struct PassingGate final : relay::FrameGate {
  relay::Decision decide(Direction, const relay::FrameView&) override { return {}; }
  void on_bare_text(Direction, std::string_view) override {}
};

void measure_pump(Direction direction, std::size_t size, bool two_writes) {
  Message const message =
      direction == Direction::to_server ? make_request(size) : make_answer(size);
  RepeatingSource source(message.frame, two_writes ? message.header_size : 0);
  CountingSink sink;
  PassingGate gate;
  relay::FramePump pump(direction, source, sink, gate, {});
  auto const pass = [&](std::size_t frames) {
    for (std::size_t i = 0; i < frames; ++i) {
      do pump.on_source_ready();
      while (!source.at_frame_start());
    }
  };
  std::size_t const frames = std::max<std::size_t>(200, (64 << 20) / size);
  pass(frames / 10);
  std::size_t const writes_before = sink.writes;
  std::size_t const before = allocations();
  auto const began = cpu_time(::getpid());
  pass(frames);
  auto const took = cpu_time(::getpid()) - began;
  auto const per_frame = [&](std::size_t total) {
    return static_cast<double>(total) / static_cast<double>(frames);
  };
  std::printf("pump     %-10s %8zu B  %-10s %12.3f %10.3f %12.0f\n",
              std::string(to_string(direction)).c_str(), size,
              two_writes ? "two reads" : "one read", per_frame(allocations() - before),
              per_frame(sink.writes - writes_before),
              per_frame(static_cast<std::size_t>(took.count())));
}

// --- a session ------------------------------------------------------------------------------

struct NoOtherServer final : lease::ServerSource {
  boost::system::result<lease::ServerConnection, lease::AcquireError> acquire(
      lease::AcquireReason) override {
    return lease::AcquireError{"there is one server only"};
  }
};

void transfer_all(int fd, std::string_view bytes, int reader, std::vector<char>& buffer) {
  if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    fail("writing to the session");
  }
  for (std::size_t have = 0; have < bytes.size();) {
    ssize_t const got = ::read(reader, buffer.data(), buffer.size());
    if (got <= 0) fail("reading from the session");
    have += static_cast<std::size_t>(got);
  }
}

// Both peers of the session, in a process of their own.
void drive_session(int editor_in, int editor_out, int server_in, int server_out) {
  std::vector<char> buffer(64 * 1024);
  auto const to_server = [&](const Message& message) {
    transfer_all(editor_out, message.frame, server_in, buffer);
  };
  // From here on the session is one that could be replayed, and is noted.
  to_server(make_greeting());
  transfer_all(server_out, framed(R"({"jsonrpc":"2.0","result":{"capabilities":{}},"id":1})"),
               editor_in, buffer);
  to_server(make_initialized());
  Typing typing;
  to_server(typing.did_open());
  for (std::size_t const size : {128U, 1024U, 16 * 1024U, 64 * 1024U, 1024 * 1024U}) {
    Message const request = make_request(size);
    Message const answer = make_answer(size);
    std::size_t const trips = std::max<std::size_t>(50, (8 << 20) / size / 4);
    auto const pass = [&](std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        to_server(request);
        transfer_all(server_out, answer.frame, editor_in, buffer);
      }
    };
    pass(trips / 10 + 5);
    std::size_t const before = allocations();
    pass(trips);
    std::printf("session  %-10s %8zu B  %-10s %12.3f\n", "both ways", size, "",
                static_cast<double>(allocations() - before) / static_cast<double>(2 * trips));
  }
  constexpr std::size_t kKeys = 20'000;
  auto const type = [&](std::size_t keys) {
    for (std::size_t i = 0; i < keys; ++i) to_server(typing.key());
  };
  type(kKeys / 10);
  std::size_t const before = allocations();
  type(kKeys);
  std::printf("session  %-10s %8s    %-10s %12.3f\n", "keys", "", "",
              static_cast<double>(allocations() - before) / static_cast<double>(kKeys));
  std::fflush(stdout);
}

template <class Channel>
Channel own(kernel::UniqueFd fd) {
  return std::move(*Channel::own(std::move(fd)));
}

void measure_session(relay::ZeroCopy zero_copy) {
  SocketPair editor_in = make_socketpair();   // to the editor
  SocketPair editor_out = make_socketpair();  // from the editor
  SocketPair server_in = make_socketpair();
  SocketPair server_out = make_socketpair();
  std::fflush(stdout);
  pid_t const driver = ::fork();
  if (driver < 0) fail("fork");
  if (driver == 0) {
    for (SocketPair* pair : {&editor_in, &editor_out, &server_in, &server_out}) {
      pair->theirs.reset();
    }
    drive_session(editor_in.ours.get(), editor_out.ours.get(), server_in.ours.get(),
                  server_out.ours.get());
    ::_exit(0);
  }
  for (SocketPair* pair : {&editor_in, &editor_out, &server_in, &server_out}) pair->ours.reset();
  NoOtherServer none;
  lease::ServerConnection connection;
  connection.read = std::move(server_out.theirs);
  connection.write = std::move(server_in.theirs);
  connection.name = "the benchmark's server";
  session::Session::Settings settings;
  settings.zero_copy = zero_copy;
  session::Session session({own<relay::DescriptorSource>(std::move(editor_out.theirs)),
                            own<relay::DescriptorSink>(std::move(editor_in.theirs)),
                            std::move(*relay::DescriptorSink::inherit(STDERR_FILENO))},
                           none, std::move(connection), settings);
  session.run();
  ::waitpid(driver, nullptr, 0);
}

int run() {
  void* const page =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) fail("mmap");
  shared = new (page) Shared;

  std::printf("allocation_bench\n%-8s %-10s %10s  %-10s %12s %10s %12s\n", "what", "direction",
              "body", "peer", "allocs/frame", "writes", "CPU ns/frame");
  for (Direction const direction : {Direction::to_server, Direction::to_editor}) {
    for (std::size_t const size :
         {128U, 1024U, 16 * 1024U, 64 * 1024U, 256 * 1024U, 1024 * 1024U}) {
      measure_pump(direction, size, /*two_writes=*/false);
    }
    measure_pump(direction, 128, /*two_writes=*/true);
  }
  for (auto const zero_copy : {relay::ZeroCopy::off, relay::ZeroCopy::on}) {
    std::printf("zero_copy %s\n", zero_copy == relay::ZeroCopy::on ? "on" : "off");
    measure_session(zero_copy);
  }
  return 0;
}

}  // namespace
}  // namespace bridge::bench

int main() { return bridge::bench::run(); }
