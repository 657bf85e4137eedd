// Readers that stall, on either side or on both: nothing is lost, the other direction goes on, and
// the bridge sleeps while it waits.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <tuple>

#include "proxy/exit_codes.h"
#include "tests/zero_copy/relayed.h"
#include "tests/zero_copy/traffic.h"

namespace bridge::zero_copy {
namespace {

using rigs::ExitStatus;
using std::chrono::milliseconds;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

// Until the bridge can do nothing more: it has not run during three windows in a row. (A terminal's
// bytes are moved by a worker of the kernel's, which takes its time on a busy machine.)
void move_until_stuck(const Relayed& bridge, const Traffic& traffic) {
  int quiet = 0;
  for (int window = 0; window < 200 && quiet < 3; ++window) {
    auto const before = bridge.context_switches();
    if (exchange_until_quiet(bridge, traffic, milliseconds(40))) {
      ASSERT_FALSE(bridge.process().wait_ended(milliseconds(40))) << bridge.errors();
    }
    quiet = bridge.context_switches() == before ? quiet + 1 : 0;
  }
  ASSERT_EQ(quiet, 3) << "the bridge does not come to rest";
}

// Below 1 % of a CPU, by its own clock, and all but no wake-up: a timer of half a second and one of
// a second at most. A loop that wakes for nothing does so thousands of times.
void expect_asleep(const Relayed& bridge, milliseconds window = milliseconds(300)) {
  auto const cpu = bridge.cpu_time();
  auto const switches = bridge.context_switches();
  ASSERT_FALSE(bridge.process().wait_ended(window)) << bridge.errors();
  EXPECT_LT(bridge.cpu_time() - cpu, window / 100);
  EXPECT_LE(bridge.context_switches() - switches, 10U);
}

struct Stall : testing::TestWithParam<Ends> {
  // More than all buffers on the way hold, but for TCP's: those may grow to 32 MiB (tcp_rmem).
  static constexpr std::size_t kStreamBytes = 3 * kMiB;
  static void expect_stalled(const Outgoing& writes) {
    EXPECT_TRUE(!writes.done() || GetParam().server == ServerKind::tcp) << "nothing stalls";
  }
  static Relayed::Settings settings() {
    return {.editor = GetParam().editor, .server = GetParam().server, .mode = GetParam().mode};
  }
};

TEST_P(Stall, ManySmallFramesIntoAStalledEditorCostNothingAndAllArrive) {
  auto const frames = [] { return frames_between(5, kStreamBytes, 1, 200); };
  Relayed bridge(settings());
  Outgoing server_writes(frames(), random_cuts(4));
  Incoming editor_reads(frames());
  ASSERT_NO_FATAL_FAILURE(move_until_stuck(bridge, {.server_writes = &server_writes}));
  expect_stalled(server_writes);
  expect_asleep(bridge);
  exchange(bridge, {.server_writes = &server_writes, .editor_reads = &editor_reads});
  EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
}

TEST_P(Stall, ManySmallFramesIntoAStalledServerCostNothingAndAllArrive) {
  auto const frames = [] { return frames_between(6, kStreamBytes, 1, 200); };
  Relayed bridge(settings());
  Outgoing editor_writes(frames(), random_cuts(4));
  Incoming server_reads(frames());
  ASSERT_NO_FATAL_FAILURE(move_until_stuck(bridge, {.editor_writes = &editor_writes}));
  expect_stalled(editor_writes);
  expect_asleep(bridge);
  exchange(bridge, {.editor_writes = &editor_writes, .server_reads = &server_reads});
  EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
}

// What two programs do that both write all they have before they read.
TEST_P(Stall, BothFullAtOnceIsNoDeadlock) {
  for (std::size_t const size : {std::size_t{0}, 100 * kKiB, kMiB, 3 * kMiB}) {
    SCOPED_TRACE(size == 0 ? "frames of all sizes" : "frames of " + std::to_string(size));
    auto const frames = [&](std::uint32_t seed) {
      return size == 0 ? random_frames(seed, 8 * kMiB) : frames_between(seed, 8 * kMiB, size, size);
    };
    Relayed bridge(settings());
    Outgoing editor_writes(frames(1), random_cuts(5));
    Incoming server_reads(frames(1));
    Outgoing server_writes(frames(2), random_cuts(6));
    Incoming editor_reads(frames(2));
    ASSERT_NO_FATAL_FAILURE(move_until_stuck(
        bridge, {.editor_writes = &editor_writes, .server_writes = &server_writes}));
    expect_asleep(bridge);
    exchange(bridge, {&editor_writes, &server_reads, &server_writes, &editor_reads});
    EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
  }
}

// The editor's stdout is a blocking socket, as libuv leaves it: a write or splice too many into it
// would hold up everything.
TEST_P(Stall, AnEditorThatNeverReadsDoesNotHoldUpItsOwnFrames) {
  for (std::size_t const size : {std::size_t{0}, 100 * kKiB, 300 * kKiB, kMiB, 3 * kMiB}) {
    SCOPED_TRACE(size == 0 ? "frames of all sizes" : "frames of " + std::to_string(size));
    auto const answers = [&] {
      return size == 0 ? random_frames(2, 8 * kMiB) : frames_between(2, 8 * kMiB, size, size);
    };
    Relayed bridge(settings());
    Outgoing server_writes(answers(), random_cuts(6));
    ASSERT_NO_FATAL_FAILURE(move_until_stuck(bridge, {.server_writes = &server_writes}));
    Outgoing editor_writes(random_frames(1, 4 * kMiB), random_cuts(5));
    Incoming server_reads(random_frames(1, 4 * kMiB));
    exchange(bridge, {.editor_writes = &editor_writes, .server_reads = &server_reads});
    Incoming editor_reads(answers());
    exchange(bridge, {.server_writes = &server_writes, .editor_reads = &editor_reads});
    EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
  }
}

// Whoever shares the editor's stdout may make its buffer small at any time: what fits is less then,
// and a splice of more would block.
TEST_P(Stall, ABufferThatShrinksUnderAStalledEditorBlocksNothing) {
  if (GetParam().editor != EditorKind::socketpairs && GetParam().editor != EditorKind::one_socket)
    GTEST_SKIP() << "no socket";
  for (int const bytes : {1, 20'000, 33'000, 40'000, 70'000})
    for (std::size_t const piece : {std::size_t{200}, 4 * kKiB, kMiB}) {
      SCOPED_TRACE("SO_SNDBUF " + std::to_string(bytes) + ", pieces of " + std::to_string(piece));
      auto const answers = [] {
        return these_frames({frame_with_body(20, 2), frame_with_body(45 * kKiB, 2),
                             frame_with_body(200 * kKiB, 2), frame_with_body(kMiB, 3),
                             frame_with_body(50, 2), frame_with_body(300 * kKiB, 1)});
      };
      auto keep = settings();
      keep.keep_editor_ends = true;
      Relayed bridge(keep);
      ASSERT_EQ(
          ::setsockopt(bridge.kept_editor_end(1), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
      Outgoing server_writes(answers(), cuts_of(piece));
      exchange_until_quiet(bridge, {.server_writes = &server_writes}, milliseconds(40));
      Outgoing editor_writes(random_frames(1, kMiB), random_cuts(5));
      Incoming server_reads(random_frames(1, kMiB));
      exchange(bridge, {.editor_writes = &editor_writes, .server_reads = &server_reads});
      Incoming editor_reads(answers());
      exchange(bridge, {.server_writes = &server_writes, .editor_reads = &editor_reads});
      EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
    }
}

TEST_P(Stall, AServerThatNeverReadsDoesNotHoldUpItsAnswers) {
  auto const requests = [] { return random_frames(2, 8 * kMiB); };
  Relayed bridge(settings());
  Outgoing editor_writes(requests(), random_cuts(6));
  ASSERT_NO_FATAL_FAILURE(move_until_stuck(bridge, {.editor_writes = &editor_writes}));
  Outgoing server_writes(random_frames(1, 12 * kMiB), random_cuts(5));
  Incoming editor_reads(random_frames(1, 12 * kMiB));
  exchange(bridge, {.server_writes = &server_writes, .editor_reads = &editor_reads});
  Incoming server_reads(requests());
  exchange(bridge, {.editor_writes = &editor_writes, .server_reads = &server_reads});
  EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
}

// A reader that takes a few bytes at a time leaves room in the middle of a frame again and again.
TEST_P(Stall, ASlowReaderGetsEveryByte) {
  auto const frames = [](std::uint32_t seed) {
    return these_frames({frame_with_body(60, seed), frame_with_body(kMiB, seed),
                         frame_with_body(70 * kKiB, seed), frame_with_body(2 * kMiB, seed)});
  };
  Relayed bridge(settings());
  Outgoing editor_writes(frames(1), random_cuts(5));
  Outgoing server_writes(frames(2), random_cuts(6));
  Incoming server_reads(frames(1), Behind::take, 997);
  Incoming editor_reads(frames(2), Behind::take, 4099);
  exchange(bridge, {&editor_writes, &server_reads, &server_writes, &editor_reads});
  EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
}

// Each piece a peer writes takes one of a pipe's slots (256 in 1 MiB): they run out before its
// bytes do.
TEST_P(Stall, LargeFramesInSmallPiecesArrive) {
  struct Case {
    std::size_t piece, body;
  };
  for (Case const one : {Case{1, 40 * kKiB}, Case{200, 200 * kKiB}, Case{512, 600 * kKiB},
                         Case{2 * kKiB, kMiB}, Case{4 * kKiB, kMiB}, Case{4097, 3 * kMiB}}) {
    SCOPED_TRACE(std::to_string(one.body) + " bytes, " + std::to_string(one.piece) + " at a time");
    auto const frames = [&](std::uint32_t seed) {
      // A small answer before, so that the editor's frames need not be kept any more.
      return these_frames({frame_with_body(50, seed), frame_with_body(one.body, seed),
                           frame_with_body(one.body + 1, seed), frame_with_body(70, seed)});
    };
    Relayed bridge(settings());
    Outgoing server_writes(frames(2), cuts_of(one.piece));
    Incoming editor_reads(frames(2));
    Outgoing editor_writes(frames(1), cuts_of(one.piece));
    Incoming server_reads(frames(1));
    exchange(bridge, {&editor_writes, &server_reads, &server_writes, &editor_reads});
    EXPECT_EQ(bridge.finish(), (ExitStatus{0, 0})) << bridge.errors();
  }
}

// A pipe with free bytes but no free slot, or exactly full, and nobody who will ever write again:
// splice says "try again" for ever, and only a read tells that this is the end.
TEST_P(Stall, AFullPipeBehindADeadPeerIsAnEnd) {
  std::string const frame = frame_with_body(kMiB + kKiB);
  std::string const whole = frame_with_body(50);
  struct Case {
    std::size_t piece, pieces;
  };
  for (Case const one : {Case{1, 700}, Case{200, 260}, Case{512, 256}, Case{512, 257},
                         Case{2048, 256}, Case{2048, 300}, Case{4096, 255}, Case{4096, 256}}) {
    SCOPED_TRACE(std::to_string(one.pieces) + " pieces of " + std::to_string(one.piece));
    std::string const cut = frame.substr(0, one.piece * one.pieces);
    {
      Relayed bridge(settings());
      send_all(bridge.server.write.get(), whole);
      // Enough of it at once that a pipe is taken.
      send_all(bridge.server.write.get(), cut.substr(0, cut.size() / 2));
      Outgoing rest(these_frames({cut.substr(cut.size() / 2)}), cuts_of(one.piece));
      exchange(bridge, {.server_writes = &rest});
      bridge.server.die();
      EXPECT_TRUE(read_to_end(bridge.editor.read.get()) == whole);
      EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitNoServer, 0})) << bridge.errors();
    }
    if (GetParam().editor == EditorKind::terminal) continue;  // its death takes what it has written
    Relayed bridge(settings());
    send_all(bridge.server.write.get(), whole);
    EXPECT_TRUE(read_exactly(bridge.editor.read.get(), whole.size()) == whole);
    send_all(bridge.editor.write.get(), cut.substr(0, cut.size() / 2));
    Outgoing rest(these_frames({cut.substr(cut.size() / 2)}), cuts_of(one.piece));
    exchange(bridge, {.editor_writes = &rest});
    bridge.editor.die();
    EXPECT_EQ(read_to_end(bridge.server.read.get()), "");
    bridge.server.die();
    EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitBadFraming, 0})) << bridge.errors();
  }
}

INSTANTIATE_TEST_SUITE_P(Ends, Stall,
                         testing::Values(Ends{EditorKind::socketpairs, ServerKind::held},
                                         Ends{EditorKind::socketpairs, ServerKind::unix_socket},
                                         Ends{EditorKind::one_socket, ServerKind::tcp},
                                         Ends{EditorKind::fifos, ServerKind::unix_socket},
                                         Ends{EditorKind::terminal, ServerKind::held},
                                         Ends{EditorKind::socketpairs, ServerKind::unix_socket,
                                              Mode::off}),
                         [](auto const& test) { return to_string(test.param); });

struct DeadServer : testing::TestWithParam<Ends> {};

// The server has died while the editor was busy elsewhere: what it had answered is still there for
// the editor when it reads again, and waiting for it costs nothing.
void expect_answers_of_a_dead_server(const Ends& ends, milliseconds stalled) {
  std::string const whole = frame_with_body(kMiB) + frame_with_body(50);
  Relayed bridge({.editor = ends.editor, .server = ends.server});
  Outgoing server_writes(these_frames({whole, frame_with_body(kMiB).substr(0, 900 * kKiB)}),
                         cuts_of(kMiB));
  ASSERT_NO_FATAL_FAILURE(move_until_stuck(bridge, {.server_writes = &server_writes}));
  bridge.server.die();
  ASSERT_NO_FATAL_FAILURE(move_until_stuck(bridge, {}));
  expect_asleep(bridge, stalled);
  EXPECT_TRUE(read_to_end(bridge.editor.read.get()) == whole);
  EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitNoServer, 0})) << bridge.errors();
}

TEST_P(DeadServer, BehindAStalledEditorCostsNothingAndItsAnswersArrive) {
  expect_answers_of_a_dead_server(GetParam(), milliseconds(200));
}

// For longer than the bridge waits for the output of a server that is gone (Lifecycle's
// kServerEndTimeout, 500 ms): what has come is not given up.
TEST_P(DeadServer, BehindAnEditorThatStallsForLongItsAnswersArriveToo) {
  expect_answers_of_a_dead_server(GetParam(), milliseconds(1500));
}

INSTANTIATE_TEST_SUITE_P(Ends, DeadServer,
                         testing::Values(Ends{EditorKind::socketpairs, ServerKind::held},
                                         Ends{EditorKind::socketpairs, ServerKind::unix_socket},
                                         Ends{EditorKind::fifos, ServerKind::tcp}),
                         [](auto const& test) { return to_string(test.param); });

}  // namespace
}  // namespace bridge::zero_copy
