// What zero copy needs and the kernel may refuse, at every call: the same bytes arrive by another
// road. Refusals are injected by strace, and by a limit on descriptors.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <tuple>

#include "tests/zero_copy/relayed.h"
#include "tests/zero_copy/traffic.h"

namespace bridge::zero_copy {
namespace {

using rigs::ExitStatus;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
constexpr const char* kStrace = "/usr/bin/strace";
constexpr int kTriesMax = 5;

Frames large_frames(std::uint32_t seed) {
  // A small one first: until the server has answered, the editor's frames are kept by copy.
  std::vector<std::string> frames = {frame_with_body(20, seed)};
  for (std::size_t const size : {40 * kKiB, 64 * kKiB, 300 * kKiB, kMiB, 90 * kKiB, 2 * kMiB,
                                 std::size_t{100}, 33 * kKiB, kMiB - 100, 256 * kKiB})
    frames.push_back(frame_with_body(size, seed++));
  return these_frames(std::move(frames));
}

void exchange_large_frames(const Relayed& bridge) {
  Incoming first_answer(these_frames({frame_with_body(30)}));
  send_all(bridge.server.write.get(), frame_with_body(30));
  exchange(bridge, {.editor_reads = &first_answer});
  Outgoing editor_writes(large_frames(1), random_cuts(1));
  Incoming server_reads(large_frames(1));
  Outgoing server_writes(large_frames(2), random_cuts(2));
  Incoming editor_reads(large_frames(2));
  exchange(bridge, {&editor_writes, &server_reads, &server_writes, &editor_reads});
}

// As strace writes it: "splice:error=EINVAL:when=3".
std::string fault(const std::string& call, const std::string& error, const std::string& when) {
  std::string text = call;
  text.append(":error=").append(error).append(":when=").append(when);
  return text;
}

struct Refused : testing::TestWithParam<Ends> {
  rigs::TempDir directory;
  std::string const trace = directory / "trace";

  void SetUp() override {
    ASSERT_EQ(::access(kStrace, X_OK), 0) << "strace is missing: scripts/setup installs it";
  }

  // Returns the trace of those calls.
  std::string run(const std::vector<std::string>& faults, const std::string& calls) {
    Relayed::Settings settings{.editor = GetParam().editor, .server = GetParam().server};
    // LeakSanitizer cannot work in a traced process.
    settings.env = {"ASAN_OPTIONS=detect_leaks=0", "LSAN_OPTIONS=detect_leaks=0"};
    settings.tracer = {kStrace, "-qq", "-o", trace, "-e", "trace=" + calls};
    for (auto const& fault : faults)
      settings.tracer.insert(settings.tracer.end(), {"-e", "inject=" + fault});
    Relayed bridge(settings);
    exchange_large_frames(bridge);
    EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
    EXPECT_EQ(bridge.errors(), "");
    return rigs::read_file(trace);
  }

  // The first of the calls that are about something, as "3" for the third of all: a run without
  // a fault tells. Which the later ones are depends on how the pieces fall.
  std::vector<std::string> ordinals_of(const std::string& call, const std::string& about,
                                       std::size_t most = 2) {
    std::vector<std::string> found;
    std::size_t number = 0;
    std::istringstream lines(run({}, call));
    for (std::string line; std::getline(lines, line) && found.size() < most;) {
      if (line.find(call + "(") == std::string::npos) continue;
      ++number;
      if (line.find(about) != std::string::npos) found.push_back(std::to_string(number));
    }
    return found;
  }

  // The injection must have happened: a check that cannot fail is none.
  void expect_unfelt(const std::string& call, const std::string& error, const std::string& when) {
    SCOPED_TRACE(fault(call, error, when));
    // How many calls there are depends on how the pieces fall: one run may have one less.
    bool injected = false;
    for (int tries = 0; tries < kTriesMax && !injected; ++tries) {
      std::string const calls = run({fault(call, error, when)}, call);
      injected = calls.find("(INJECTED)") != std::string::npos;
    }
    EXPECT_TRUE(injected);
  }
};

TEST_P(Refused, SpliceAtTheNthCall) {
  for (std::string const error : {"EINVAL", "ENOMEM", "EAGAIN", "EINTR", "EIO"})
    for (int n = 1; n <= 10; n += kSanitized ? 3 : 1)
      expect_unfelt("splice", error, std::to_string(n));
}

TEST_P(Refused, SpliceFromTheNthCallOn) {
  for (std::string const error : {"EINVAL", "ENOMEM", "ENOSYS", "EPERM"})
    for (std::string const from : {"1+", "2+", "3+", "6+"}) {
      if (kSanitized && error != "EINVAL") continue;
      expect_unfelt("splice", error, from);
    }
}

TEST_P(Refused, EveryOtherSplice) {
  for (std::string const error : {"EINVAL", "ENOMEM", "EAGAIN", "EINTR"})
    for (std::string const from : {"1+2", "2+2", "2+3"}) expect_unfelt("splice", error, from);
}

TEST_P(Refused, ALookOrAReadThatIsInterruptedOrComesTooEarly) {
  for (std::string const error : {"EAGAIN", "EINTR"})
    for (std::string const from : {"1+2", "2+2", "2+3"}) {
      if (GetParam().editor != EditorKind::fifos) {
        expect_unfelt("recvfrom", error, from);
      }
      // Reads from sockets at least: sendto is the buffer's way out.
      run({fault("sendto", error, from)}, "sendto");
    }
}

TEST_P(Refused, APipeForTheFrame) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers need pipes themselves";
  // The first pipes are for the server's stderr and its start.
  for (std::string const& n : ordinals_of("pipe2", "O_NONBLOCK"))
    for (std::string const error : {"EMFILE", "ENFILE"}) {
      expect_unfelt("pipe2", error, n);
      expect_unfelt("pipe2", error, n + "+");
    }
}

TEST_P(Refused, ThePipesSize) {
  ASSERT_FALSE(ordinals_of("fcntl", "F_SETPIPE_SZ").empty());
  for (std::string const& n : ordinals_of("fcntl", "F_SETPIPE_SZ"))
    for (std::string const error : {"EPERM", "EBUSY"}) {
      expect_unfelt("fcntl", error, n);
      expect_unfelt("fcntl", error, n + "+");
    }
}

// How much an inherited socket has room for, and what kind of socket it is.
TEST_P(Refused, WhatIsAskedOfSockets) {
  for (std::string const& n : ordinals_of("ioctl", "TIOCOUTQ")) {
    expect_unfelt("ioctl", "EPERM", n);
    expect_unfelt("ioctl", "EPERM", n + "+");
  }
  for (std::string const about : {"SO_SNDBUF", "SO_DOMAIN"})
    for (std::string const& n : ordinals_of("getsockopt", about, 6))
      expect_unfelt("getsockopt", "EPERM", n);
  run({"setsockopt:error=EPERM:when=1+"}, "setsockopt");
}

INSTANTIATE_TEST_SUITE_P(Ends, Refused,
                         testing::Values(Ends{EditorKind::socketpairs, ServerKind::held},
                                         Ends{EditorKind::fifos, ServerKind::unix_socket},
                                         Ends{EditorKind::one_socket, ServerKind::tcp}),
                         [](auto const& test) {
                           return to_string(test.param.editor) + to_string(test.param.server);
                         });

// Descriptors run out in the middle of a session, and come back.
TEST(DescriptorLimit, LargeFramesPassWhereThereIsNoDescriptorLeft) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers need descriptors themselves";
  for (ServerKind const server : {ServerKind::held, ServerKind::unix_socket, ServerKind::tcp}) {
    Relayed bridge({.server = server});
    Incoming first_answer(these_frames({frame_with_body(30)}));
    send_all(bridge.server.write.get(), frame_with_body(30));
    exchange(bridge, {.editor_reads = &first_answer});
    rlimit before{};
    ASSERT_EQ(::prlimit(bridge.pid(), RLIMIT_NOFILE, nullptr, &before), 0);
    // As many as it has, then one more than it has: the second end of a pipe is refused.
    for (rlim_t const spare : {0U, 1U}) {
      rlimit const none{bridge.descriptors().size() + spare, before.rlim_max};
      ASSERT_EQ(::prlimit(bridge.pid(), RLIMIT_NOFILE, &none, nullptr), 0);
      exchange_large_frames(bridge);
    }
    ASSERT_EQ(::prlimit(bridge.pid(), RLIMIT_NOFILE, &before, nullptr), 0);
    exchange_large_frames(bridge);
    EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
    EXPECT_EQ(bridge.errors(), "");
  }
}

}  // namespace
}  // namespace bridge::zero_copy
