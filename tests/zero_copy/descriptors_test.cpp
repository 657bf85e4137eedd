// What a session of large frames leaves of the editor's descriptors, and of its own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <tuple>

#include "tests/zero_copy/relayed.h"
#include "tests/zero_copy/traffic.h"

namespace bridge::zero_copy {
namespace {

using rigs::ExitStatus;
using std::chrono::milliseconds;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

bool is_socket(EditorKind kind) {
  return kind == EditorKind::socketpairs || kind == EditorKind::one_socket;
}

struct EditorsDescriptors : testing::TestWithParam<Ends> {
  static Relayed::Settings settings() {
    return {.editor = GetParam().editor,
            .server = GetParam().server,
            .mode = GetParam().mode,
            .keep_editor_ends = true};
  }

  static void expect_untouched(const Relayed& bridge) {
    for (int const number : {0, 1}) {
      int const flags = ::fcntl(bridge.kept_editor_end(number), F_GETFL);
      ASSERT_GE(flags, 0);
      EXPECT_EQ(flags & (O_NONBLOCK | O_ASYNC | O_APPEND | O_DIRECT), 0) << "descriptor " << number;
    }
  }
  static int option(int socket, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket, SOL_SOCKET, name, &value, &size), 0);
    return value;
  }
  static void expect_no_peek_offset(const Relayed& bridge) {
    if (!is_socket(GetParam().editor)) return;
    for (int const number : {0, 1}) {
      EXPECT_EQ(option(bridge.kept_editor_end(number), SO_PEEK_OFF), -1) << "descriptor " << number;
      EXPECT_EQ(option(bridge.kept_editor_end(number), SO_RCVLOWAT), 1) << "descriptor " << number;
    }
  }
  static void expect_no_time_limits(const Relayed& bridge) {
    if (!is_socket(GetParam().editor)) return;
    for (int const number : {0, 1})
      for (int const name : {SO_SNDTIMEO, SO_RCVTIMEO}) {
        timeval limit{1, 1};
        socklen_t size = sizeof limit;
        EXPECT_EQ(::getsockopt(bridge.kept_editor_end(number), SOL_SOCKET, name, &limit, &size), 0);
        EXPECT_TRUE(limit.tv_sec == 0 && limit.tv_usec == 0) << "descriptor " << number;
      }
  }
  static void pass_both_ways(const Relayed& bridge, std::size_t size, std::uint32_t seed = 1) {
    auto const frames = [&] {
      return these_frames({frame_with_body(20), frame_with_body(size, seed)});
    };
    Outgoing editor_writes(frames(), cuts_of(64 * kKiB));
    Incoming server_reads(frames());
    Outgoing server_writes(frames(), cuts_of(64 * kKiB));
    Incoming editor_reads(frames());
    exchange(bridge, {&editor_writes, &server_reads, &server_writes, &editor_reads});
  }
};

TEST_P(EditorsDescriptors, KeepTheirFlagsBeforeDuringAndAfterLargeFramesAndKillNine) {
  Relayed bridge(settings());
  expect_untouched(bridge);
  for (std::size_t const size : {40 * kKiB, 300 * kKiB, kMiB, 3 * kMiB}) {
    pass_both_ways(bridge, size);
    expect_untouched(bridge);
    expect_no_time_limits(bridge);
  }
  // In the middle of a frame each way, and with an editor that does not read one that is whole.
  std::string const frame = frame_with_body(kMiB);
  send_all(bridge.editor.write.get(), frame.substr(0, 600 * kKiB));
  Outgoing server_writes(random_frames(3, 8 * kMiB), random_cuts(2));
  exchange_until_quiet(bridge, {.server_writes = &server_writes}, milliseconds(50));
  expect_untouched(bridge);
  expect_no_time_limits(bridge);
  bridge.process().kill(SIGKILL);
  EXPECT_EQ(bridge.wait_exit(), (ExitStatus{-1, SIGKILL}));
  expect_untouched(bridge);
  expect_no_time_limits(bridge);
}

TEST_P(EditorsDescriptors, HaveNoPeekOffsetWhenTheSessionRestsAtABoundary) {
  Relayed bridge(settings());
  expect_no_peek_offset(bridge);
  for (std::size_t const size : {40 * kKiB, 300 * kKiB, kMiB, 3 * kMiB, 10 * kKiB}) {
    pass_both_ways(bridge, size);
    expect_no_peek_offset(bridge);
  }
  EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
  expect_no_peek_offset(bridge);
}

// Each direction may have one pipe while frames pass, and none when they have passed.
TEST_P(EditorsDescriptors, AreAsManyAfterManyLargeFrames) {
  Relayed bridge(settings());
  pass_both_ways(bridge, 100);
  auto const before = bridge.descriptors();
  for (int i = 0; i < 40; ++i) {
    pass_both_ways(bridge, (40 + 37 * static_cast<std::size_t>(i)) * kKiB,
                   static_cast<std::uint32_t>(i));
    ASSERT_LE(bridge.descriptors().size(), before.size() + (GetParam().mode == Mode::off ? 0 : 4));
  }
  pass_both_ways(bridge, 100 * kKiB);  // a pipe each is kept for the next
  for (int i = 0; i < 1000 && bridge.descriptors() != before; ++i)
    ASSERT_FALSE(bridge.process().wait_ended(milliseconds(10))) << bridge.errors();
  EXPECT_EQ(bridge.descriptors(), before);
  EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
}

INSTANTIATE_TEST_SUITE_P(Ends, EditorsDescriptors,
                         testing::Values(Ends{EditorKind::socketpairs, ServerKind::held},
                                         Ends{EditorKind::socketpairs, ServerKind::unix_socket},
                                         Ends{EditorKind::one_socket, ServerKind::tcp},
                                         Ends{EditorKind::fifos, ServerKind::held},
                                         Ends{EditorKind::terminal, ServerKind::unix_socket},
                                         Ends{EditorKind::socketpairs, ServerKind::held,
                                              Mode::off}),
                         [](auto const& test) { return to_string(test.param); });

}  // namespace
}  // namespace bridge::zero_copy
