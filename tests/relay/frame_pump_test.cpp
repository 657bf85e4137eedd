#include "proxy/relay/frame_pump.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tests/relay/scripted_channel.h"

namespace bridge::relay {

std::ostream& operator<<(std::ostream& out, const PumpEnd& end) { return out << describe(end); }

namespace {

using Verdict = Decision::Verdict;

std::string frame(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string note(std::string_view method) {
  return frame(R"({"jsonrpc":"2.0","method":")" + std::string(method) + R"("})");
}

// Passes everything unless told otherwise, and remembers what it was shown.
struct TestGate final : FrameGate {
  std::vector<std::string> shown;
  std::string skipped;
  std::function<Decision(const FrameView&)> decision = [](const FrameView&) { return Decision{}; };

  Decision decide(Direction, const FrameView& view) override {
    shown.emplace_back(view.envelope.method);
    return decision(view);
  }
  void on_bare_text(Direction, std::string_view text) override { skipped += text; }
};

struct Pumped : testing::Test {
  ScriptedSource source;
  ScriptedSink sink;
  TestGate gate;
  FramePump pump{Direction::to_server, source, sink, gate, {}};

  // As the event loop does: readiness for as long as it is waited for and there is something.
  void run() {
    for (int turn = 0; turn < 100000; ++turn) {
      if (pump.wants_source() && !source.empty()) {
        pump.on_source_ready();
      } else {
        return;
      }
    }
    FAIL() << "never rests";
  }
};

TEST_F(Pumped, HeaderAndBodyLeaveInOneWriteAlsoWhereThePeerSentTwo) {
  std::string const whole = note("a");
  std::size_t const header = whole.find('{');
  source.gives(whole.substr(0, header));
  source.gives(whole.substr(header));
  run();
  ASSERT_EQ(sink.writes().size(), 1U);
  EXPECT_EQ(sink.writes()[0], whole);
}

TEST_F(Pumped, NothingOfAFrameLeavesBeforeItsLastByte) {
  std::string const whole = note("textDocument/didOpen");
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    source.gives(whole.substr(i, 1));
    run();
    ASSERT_EQ(sink.taken(), "") << "after byte " << i;
  }
  source.gives(whole.substr(whole.size() - 1));
  run();
  EXPECT_EQ(sink.taken(), whole);
}

TEST_F(Pumped, FramesThatCameTogetherLeaveTogether) {
  source.gives(note("a") + note("b") + note("c"));
  run();
  EXPECT_EQ(sink.writes().size(), 1U);
  EXPECT_EQ(sink.taken(), note("a") + note("b") + note("c"));
}

TEST_F(Pumped, MoreFramesThanOneWriteHoldsAllLeave) {
  std::string all;
  for (int i = 0; i < 100; ++i) all += note("m" + std::to_string(i));
  source.gives(all);
  run();
  EXPECT_EQ(sink.taken(), all);
  EXPECT_EQ(gate.shown.size(), 100U);
}

TEST_F(Pumped, TheSameBytesLeaveAtEveryCut) {
  std::string const stream = note("a") + "content-length:2\n\n{}" + note("b");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ScriptedSource cut_source;
    ScriptedSink cut_sink;
    FramePump cut_pump(Direction::to_server, cut_source, cut_sink, gate, {});
    cut_source.gives(stream.substr(0, cut) + "");
    if (cut == 0) cut_pump.on_source_ready();
    while (!cut_source.empty()) cut_pump.on_source_ready();
    cut_source.gives(stream.substr(cut));
    while (!cut_source.empty() && cut < stream.size()) cut_pump.on_source_ready();
    ASSERT_EQ(cut_sink.taken(), stream) << "cut at " << cut;
  }
}

TEST_F(Pumped, OneReadForEachReadiness) {
  source.gives(note("a"));
  source.gives(note("b"));
  pump.on_source_ready();
  EXPECT_EQ(source.reads(), 1);
  EXPECT_EQ(sink.taken(), note("a"));
}

TEST_F(Pumped, ShortWritesLoseNothing) {
  sink.takes_at_most(3);
  source.gives(note("a") + note("b"));
  run();
  EXPECT_EQ(sink.taken(), note("a") + note("b"));
}

TEST_F(Pumped, AFullSinkStopsTheReading) {
  sink.is_full_after(5);
  source.gives(note("a"));
  source.gives(note("b"));
  run();
  EXPECT_FALSE(pump.wants_source());
  EXPECT_TRUE(pump.wants_sink());
  EXPECT_EQ(source.reads(), 1);
  sink.has_room_for(1000);
  pump.on_sink_ready();
  EXPECT_EQ(sink.taken(), note("a"));
  run();
  EXPECT_EQ(sink.taken(), note("a") + note("b"));
}

TEST_F(Pumped, ABlockedSinkAtEveryByteLosesNothing) {
  std::string const stream = note("a") + note("b");
  for (std::size_t room = 0; room < stream.size(); ++room) {
    ScriptedSource slow_source;
    ScriptedSink slow_sink;
    FramePump slow(Direction::to_server, slow_source, slow_sink, gate, {});
    slow_sink.is_full_after(room);
    slow_source.gives(stream);
    slow_source.ends();
    while (!slow.end()) {
      if (slow.wants_source()) slow.on_source_ready();
      if (slow.wants_sink()) {
        slow_sink.has_room_for(7);
        slow.on_sink_ready();
      }
    }
    ASSERT_EQ(slow_sink.taken(), stream) << "full after " << room;
    ASSERT_EQ(slow.end()->reason, EndReason::source_closed);
  }
}

TEST_F(Pumped, EndOfFileAtABoundaryIsAClose) {
  source.gives(note("a"));
  source.ends();
  run();
  EXPECT_EQ(pump.end(), (PumpEnd{.reason = EndReason::source_closed, .offset = note("a").size()}));
}

TEST_F(Pumped, EndOfFileInsideAFrameIsACutAtEveryByte) {
  std::string const whole = note("a");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    ScriptedSource cut_source;
    ScriptedSink cut_sink;
    FramePump cut(Direction::to_editor, cut_source, cut_sink, gate, {});
    cut_source.gives(whole + whole.substr(0, size));
    cut_source.ends();
    while (cut.wants_source()) cut.on_source_ready();
    ASSERT_EQ(cut.end(), (PumpEnd{.reason = EndReason::source_cut, .offset = whole.size()}));
    ASSERT_EQ(cut_sink.taken(), whole) << "no byte of the cut frame may leave";
  }
}

TEST_F(Pumped, AResetAfterDataOnAUnixSocketIsACloseAtABoundary) {
  source.gives(note("a"));
  source.fails(ECONNRESET);
  run();
  EXPECT_EQ(pump.end()->reason, EndReason::source_closed);
  EXPECT_EQ(sink.taken(), note("a"));
}

TEST_F(Pumped, AResetInsideAFrameIsACutAndKeepsTheError) {
  source.gives(note("a").substr(0, 9));
  source.fails(ECONNRESET);
  run();
  EXPECT_EQ(pump.end(), (PumpEnd{.reason = EndReason::source_cut, .error = ECONNRESET}));
}

TEST_F(Pumped, AReadErrorIsNamed) {
  source.fails(EIO);
  source.gives("");
  pump.on_source_ready();
  EXPECT_EQ(pump.end(), (PumpEnd{.reason = EndReason::source_failed, .error = EIO}));
}

TEST_F(Pumped, EveryWriteThatFailsEndsThePumpWithItsReason) {
  for (int const error : {EPIPE, ECONNRESET, ENOSPC}) {
    for (int call = 1; call <= 8; ++call) {
      ScriptedSource any_source;
      ScriptedSink bad_sink;
      FramePump failing(Direction::to_server, any_source, bad_sink, gate, {});
      bad_sink.takes_at_most(10);
      bad_sink.fails_at_call(call, error);
      any_source.gives(note("a") + note("b"));
      failing.on_source_ready();
      ASSERT_TRUE(failing.end()) << "call " << call;
      EXPECT_EQ(failing.end()->reason,
                error == ENOSPC ? EndReason::sink_failed : EndReason::sink_closed);
      EXPECT_EQ(failing.end()->error, error);
      EXPECT_FALSE(failing.wants_source());
      EXPECT_FALSE(failing.wants_sink());
    }
  }
}

TEST_F(Pumped, GoodFramesBeforeAFaultLeaveAndTheOffsetIsTheirEnd) {
  std::string const good = note("a") + note("b");
  source.gives(good + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n{ }");
  run();
  EXPECT_EQ(sink.taken(), good);
  EXPECT_EQ(pump.end(), (PumpEnd{.reason = EndReason::bad_framing,
                                 .fault = framing::Fault::repeated_length,
                                 .offset = good.size()}));
}

TEST_F(Pumped, BareTextIsSkippedAndReportedWhereThatIsAskedFor) {
  FramePump skipping(Direction::to_editor, source, sink, gate,
                     {.limits = {}, .bare_text = framing::BareText::skip});
  source.gives(note("a") + "panic: no\n\ngoroutine 1\n" + note("b"));
  source.ends();
  while (skipping.wants_source()) skipping.on_source_ready();
  EXPECT_EQ(sink.taken(), note("a") + note("b"));
  EXPECT_EQ(gate.skipped, "panic: no\n\ngoroutine 1\n");
  EXPECT_EQ(skipping.end()->reason, EndReason::source_closed);
}

TEST_F(Pumped, AHeldFrameWaitsWithAllBehindItAndIsDecidedAgain) {
  bool hold = true;
  gate.decision = [&](const FrameView& view) {
    bool const is_exit = view.body.find("exit") != std::string_view::npos;
    return Decision{.verdict = hold && is_exit ? Verdict::hold : Verdict::pass, .replacement = {}};
  };
  source.gives(note("a") + note("exit") + note("b"));
  run();
  EXPECT_EQ(sink.taken(), note("a"));
  EXPECT_TRUE(pump.holding());
  EXPECT_FALSE(pump.wants_source());
  hold = false;
  pump.release();
  EXPECT_EQ(sink.taken(), note("a") + note("exit") + note("b"));
  EXPECT_EQ(gate.shown, (std::vector<std::string>{"a", "exit", "exit", "b"}));
  source.ends();
  run();
  EXPECT_EQ(pump.end()->offset, sink.taken().size()) << "a held frame counts once";
}

TEST_F(Pumped, ADroppedFrameLeavesNoTrace) {
  gate.decision = [](const FrameView& view) {
    bool const drop = view.body.find("drop") != std::string_view::npos;
    return Decision{.verdict = drop ? Verdict::drop : Verdict::pass, .replacement = {}};
  };
  source.gives(note("drop") + note("a") + note("drop") + note("drop") + note("b") + note("drop"));
  run();
  EXPECT_EQ(sink.taken(), note("a") + note("b"));
}

TEST_F(Pumped, AReplacementTakesTheFramesPlaceInOrder) {
  gate.decision = [](const FrameView& view) {
    if (view.body.find("old") == std::string_view::npos) return Decision{};
    return Decision{.verdict = Verdict::replace, .replacement = note("new")};
  };
  sink.takes_at_most(5);
  source.gives(note("a") + note("old") + note("b"));
  run();
  EXPECT_EQ(sink.taken(), note("a") + note("new") + note("b"));
}

TEST_F(Pumped, AnInjectedFrameLeavesAtAFrameBoundary) {
  sink.is_full_after(4);
  source.gives(note("a"));
  run();
  pump.inject(note("ours"));
  EXPECT_EQ(sink.taken().size(), 4U);
  sink.has_room_for(1000);
  pump.on_sink_ready();
  source.gives(note("b"));
  run();
  EXPECT_EQ(sink.taken(), note("a") + note("ours") + note("b"));
}

TEST_F(Pumped, AnInjectedFrameDoesNotWaitForAHalfReceivedOne) {
  std::string const whole = note("a");
  source.gives(whole.substr(0, 20));
  run();
  pump.inject(note("ours"));
  EXPECT_EQ(sink.taken(), note("ours"));
  source.gives(whole.substr(20));
  run();
  EXPECT_EQ(sink.taken(), note("ours") + whole);
}

TEST_F(Pumped, AnInjectedFrameLeavesAlsoAfterTheSourceHasEnded) {
  source.gives(note("a"));
  source.ends();
  run();
  ASSERT_TRUE(pump.end());
  sink.is_full_after(4);
  pump.inject(note("ours"));
  EXPECT_TRUE(pump.wants_sink());
  sink.has_room_for(1000);
  pump.on_sink_ready();
  EXPECT_EQ(sink.taken(), note("a") + note("ours"));
  EXPECT_EQ(pump.end()->reason, EndReason::source_closed);
}

TEST_F(Pumped, DiscardingShowsFramesToTheGateAndWritesNone) {
  sink.fails_at_call(1, EPIPE);
  source.gives(note("a"));
  run();
  ASSERT_TRUE(pump.end());
  pump.discard_output();
  EXPECT_FALSE(pump.end());
  source.gives(note("b"));
  source.ends();
  run();
  EXPECT_EQ(sink.taken(), "");
  EXPECT_EQ(gate.shown, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(pump.end()->reason, EndReason::source_closed);
}

TEST_F(Pumped, ARestartFeedsTheNewSinkFirstAndKeepsWhatWasNotDecided) {
  sink.fails_at_call(1, EPIPE);
  source.gives(note("a") + note("b").substr(0, 25));
  run();
  ASSERT_EQ(pump.end()->reason, EndReason::sink_closed);
  ScriptedSink fresh;
  pump.restart(fresh, note("a"));
  EXPECT_EQ(fresh.taken(), note("a"));
  source.gives(note("b").substr(25));
  run();
  EXPECT_EQ(fresh.taken(), note("a") + note("b"));
}

TEST_F(Pumped, AFrameOverTheLimitIsRefusedByItsHeader) {
  FramePump limited(Direction::to_server, source, sink, gate, {.limits = {.body_bytes_max = 100}});
  source.gives("Content-Length: 101\r\n\r\n");
  limited.on_source_ready();
  ASSERT_TRUE(limited.end());
  EXPECT_EQ(limited.end()->fault, framing::Fault::length_over_limit);
}

TEST_F(Pumped, LargeFramesPassWhole) {
  std::string const large = frame("{\"a\":\"" + std::string(3 << 20, 'x') + "\"}");
  source.gives(note("a") + large + note("b"));
  run();
  EXPECT_EQ(sink.taken(), note("a") + large + note("b"));
}

// Observers off or on: the same bytes in the same order.
struct CountingObserver final : RelayObserver {
  std::vector<std::string> methods;
  std::size_t bytes = 0;
  void on_frame(const FrameSeen& seen) noexcept override {
    methods.emplace_back(seen.envelope.method);
    bytes += seen.frame_bytes;
    EXPECT_LE(seen.received, seen.sent);
  }
};

TEST_F(Pumped, AnObserverHearsOfAFrameOnlyOnceItHasLeftWhole) {
  CountingObserver observer;
  pump.observe(&observer);
  sink.is_full_after(note("a").size() + 3);
  source.gives(note("a") + note("b"));
  run();
  EXPECT_EQ(observer.bytes, 0U) << "a and b are one write, and it is not over";
  sink.has_room_for(1000);
  pump.on_sink_ready();
  EXPECT_EQ(observer.methods, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(observer.bytes, sink.taken().size());
  EXPECT_EQ(sink.taken(), note("a") + note("b"));
}

// --- another source ----------------------------------------------------------------------------

TEST_F(Pumped, GoesOnWithAnotherSourceAndDropsWhatTheLastLeftUnfinished) {
  std::string const first = note("a");
  std::string const cut = note("cut").substr(0, 30);
  source.gives(first + cut);
  source.ends();
  run();
  ASSERT_TRUE(pump.end());
  EXPECT_EQ(pump.end()->reason, EndReason::source_cut);

  ScriptedSource next;
  next.gives(note("b"));
  pump.resume(next);
  EXPECT_FALSE(pump.end());
  ASSERT_TRUE(pump.wants_source());
  pump.on_source_ready();
  EXPECT_EQ(sink.taken(), first + note("b"));
}

TEST_F(Pumped, WhatWaitsForASlowSinkStillLeavesWholeBeforeTheOtherSources) {
  std::string const first = note("a");
  for (std::size_t room = 0; room < first.size(); ++room) {
    ScriptedSource old;
    ScriptedSource next;
    ScriptedSink slow;
    FramePump cut{Direction::to_editor, old, slow, gate, {}};
    slow.is_full_after(room);
    old.gives(first + note("lost").substr(0, 20));
    cut.on_source_ready();
    ASSERT_TRUE(cut.wants_sink());
    cut.inject(note("ours"));
    cut.resume(next);
    next.gives(note("b"));
    slow.has_room_for(1000);
    cut.on_sink_ready();
    cut.on_source_ready();
    ASSERT_EQ(slow.taken(), first + note("ours") + note("b")) << "room " << room;
  }
}

TEST_F(Pumped, AFaultOfOneSourceIsNotTheNextOnes) {
  source.gives("garbage\r\n");
  run();
  ASSERT_TRUE(pump.end());
  EXPECT_EQ(pump.end()->reason, EndReason::bad_framing);
  ScriptedSource next;
  next.gives(note("b"));
  pump.resume(next);
  pump.on_source_ready();
  EXPECT_EQ(sink.taken(), note("b"));
}

}  // namespace
}  // namespace bridge::relay
