// The road of large frames through a pipe: FramePump over ends that splice. What a frame looks like
// when it leaves does not depend on the road; so most tests here compare bytes.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "proxy/relay/frame_pump.h"
#include "tests/relay/splicing_channel.h"

namespace bridge::relay {
namespace {

using Verdict = Decision::Verdict;

std::string frame(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string small(std::string_view method) {
  return frame(R"({"jsonrpc":"2.0","method":")" + std::string(method) + R"("})");
}

// Text that differs everywhere, so that a piece in the wrong place is seen.
std::string padding(std::size_t size) {
  std::string text;
  text.reserve(size + 8);
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

// As VS Code, gopls, and a client of another mind write them.
std::string request(std::size_t size) {
  return frame(R"({"jsonrpc":"2.0","id":7,"method":"a/request","params":{"x":")" + padding(size) +
               R"("}})");
}
std::string notification(std::size_t size) {
  return frame(R"({"jsonrpc":"2.0","method":"a/note","params":{"x":")" + padding(size) + R"("}})");
}
std::string answer(std::size_t size) {
  return frame(R"({"jsonrpc":"2.0","result":{"x":")" + padding(size) + R"("},"id":8})");
}
std::string method_last(std::size_t size) {
  return frame(R"({"id":9,"params":{"x":")" + padding(size) + R"("},"method":"late"})");
}
std::string unclear_tail(std::size_t size) {
  return frame(R"({"jsonrpc":"2.0","result":{"x":")" + padding(size) + R"("} , "id" : 10 })");
}

struct Shown {
  framing::MessageKind kind;
  std::string method;
  std::string id;
  std::size_t frame_bytes;
  std::size_t body_bytes;
  friend bool operator==(const Shown&, const Shown&) = default;
};

struct TestGate final : FrameGate {
  std::vector<Shown> shown;
  std::vector<std::string> asked;  // methods of the heads that needs_body() was asked about
  bool bodies = false;
  std::function<Decision(const FrameView&)> decision = [](const FrameView&) { return Decision{}; };

  Decision decide(Direction, const FrameView& view) override {
    shown.push_back({view.envelope.kind, std::string(view.envelope.method),
                     std::string(view.envelope.id), view.frame_bytes, view.body.size()});
    return decision(view);
  }
  bool needs_body(Direction, const framing::EnvelopeText& head) override {
    asked.emplace_back(head.method);
    return bodies;
  }
  void on_bare_text(Direction, std::string_view) override {}
};

struct LargeFrames : testing::Test {
  static constexpr std::size_t kLarge = 200 * 1024;
  SplicingSource source;
  SplicingSink sink;
  TestGate gate;
  PipePool pipes;
  FramePump pump{Direction::to_editor, source, sink, gate, {.limits = {}, .pipes = &pipes}};

  void run() { run(pump, source); }
  static void run(FramePump& pump, SplicingSource& source) {
    for (int turn = 0; turn < 1'000'000; ++turn) {
      if (!pump.wants_source() || source.empty()) return;
      pump.on_source_ready();
    }
    FAIL() << "never rests";
  }
};

TEST_F(LargeFrames, OneIsNotCopied) {
  std::string const large = request(kLarge);
  std::size_t const header = large.find('{');
  source.gives(large.substr(0, header));
  source.gives(large.substr(header));
  run();
  EXPECT_EQ(sink.taken(), large);
  EXPECT_EQ(source.bytes_read(), header) << "of the body nothing, for the head tells all";
  EXPECT_EQ(sink.bytes_spliced(), large.size());
  EXPECT_EQ(sink.writes(), 0U);
}

TEST_F(LargeFrames, OfAnAnswerOnlyTheTailIsRead) {
  std::string const large = answer(kLarge);
  std::size_t const header = large.find('{');
  source.gives(large.substr(0, header));
  source.gives(large.substr(header));
  run();
  EXPECT_EQ(sink.taken(), large);
  EXPECT_EQ(source.bytes_read(), header + framing::kTailBytes);
  EXPECT_EQ(sink.writes(), 0U) << "the tail leaves with the rest";
}

TEST_F(LargeFrames, InARunTheHeaderIsNotReadEither) {
  std::string const large = request(kLarge);
  for (int i = 0; i < 5; ++i) source.gives(large);
  run();
  EXPECT_EQ(sink.taken(), large + large + large + large + large);
  EXPECT_EQ(source.bytes_read(), ReceiveBuffer::kReadBytes)
      << "of the first, which nobody expected";
}

TEST_F(LargeFrames, NothingOfOneLeavesBeforeItsLastByte) {
  std::string const large = notification(kLarge);
  for (std::size_t at = 0; at + 1 < large.size(); at += 997) {
    source.gives(large.substr(at, std::min<std::size_t>(997, large.size() - 1 - at)));
    run();
    ASSERT_EQ(sink.taken(), "") << "after byte " << at;
    ASSERT_TRUE(pump.wants_source());
  }
  source.gives(large.substr(large.size() - 1));
  run();
  EXPECT_EQ(sink.taken(), large);
}

TEST_F(LargeFrames, TheGateIsToldWhatTheEndsTell) {
  std::vector<Shown> expected;
  for (std::string const& large : {request(kLarge), notification(kLarge), answer(kLarge)}) {
    std::size_t const header = large.find('{');
    source.gives(large.substr(0, header));
    source.gives(large.substr(header));
    auto const exact = framing::scan_envelope(std::string_view(large).substr(header));
    auto const text = framing::text_of(exact, std::string_view(large).substr(header));
    expected.push_back(
        {text.kind, std::string(text.method), std::string(text.id), large.size(), 0});
  }
  run();
  EXPECT_EQ(gate.shown, expected);
}

TEST_F(LargeFrames, WhereTheEndsDoNotTellTheWholeIsRead) {
  for (std::string const& large : {method_last(kLarge), unclear_tail(kLarge)}) {
    std::size_t const header = large.find('{');
    source.gives(large.substr(0, header));
    source.gives(large.substr(header));
    run();
    EXPECT_EQ(gate.shown.back().body_bytes, large.size() - header);
    EXPECT_NE(gate.shown.back().id, "");
  }
  EXPECT_EQ(gate.shown[0].method, "late");
  EXPECT_EQ(sink.taken(), method_last(kLarge) + unclear_tail(kLarge));
}

TEST_F(LargeFrames, AGateThatNeedsTheBodyGetsIt) {
  gate.bodies = true;
  std::string const large = request(kLarge);
  source.gives(large.substr(0, 30));
  source.gives(large.substr(30));
  run();
  EXPECT_EQ(gate.asked, std::vector<std::string>{"a/request"});
  ASSERT_EQ(gate.shown.size(), 1U);
  EXPECT_EQ(gate.shown[0].body_bytes, large.size() - large.find('{'));
  EXPECT_EQ(sink.taken(), large);
}

struct MethodTap final : FrameTap {
  std::string method;
  std::string bodies;
  bool wants(Direction, const framing::EnvelopeText& envelope) const noexcept override {
    return envelope.method == method;
  }
  void on_message(const FrameSeen& seen) noexcept override { bodies += seen.body; }
};

struct NotingObserver final : RelayObserver {
  std::vector<std::string> ids;
  std::size_t bytes = 0;
  void on_frame(const FrameSeen& seen) noexcept override {
    ids.emplace_back(seen.envelope.id);
    bytes += seen.frame_bytes;
    EXPECT_LE(seen.received, seen.sent);
  }
};

TEST_F(LargeFrames, ATapGetsTheBodiesItAskedForAndChangesNoByte) {
  std::string const stream = small("a/note") + notification(kLarge) + small("b") + request(kLarge) +
                             answer(kLarge) + notification(200) + notification(3 << 20);
  std::string bodies;
  for (std::size_t const size : {kLarge, std::size_t{200}, std::size_t{3 << 20}}) {
    std::string const whole = notification(size);
    bodies += whole.substr(whole.find('{'));
  }
  std::string const first = small("a/note");
  bodies = first.substr(first.find('{')) + bodies;
  for (std::string_view const method : {"", "a/note", "none"}) {
    SplicingSource from;
    SplicingSink to;
    FramePump tapped(Direction::to_editor, from, to, gate, {.limits = {}, .pipes = &pipes});
    MethodTap tap;
    NotingObserver observer;
    tap.method = method;
    if (!method.empty()) {
      tapped.tap(&tap);
      tapped.observe(&observer);
    }
    for (std::size_t at = 0; at < stream.size(); at += 30'000)
      from.gives(stream.substr(at, 30'000));
    run(tapped, from);
    EXPECT_EQ(to.taken(), stream) << method;
    EXPECT_EQ(tap.bodies, method == "a/note" ? bodies : "") << method;
    EXPECT_GT(to.bytes_spliced(), kLarge) << "what is not tapped is still spliced";
    if (method.empty()) continue;
    EXPECT_EQ(observer.bytes, stream.size());
    EXPECT_EQ(observer.ids, (std::vector<std::string>{"", "", "", "7", "8", "", ""}));
  }
}

TEST_F(LargeFrames, BeyondThePipeTheRestGoesThroughTheBuffer) {
  std::string const large = answer(3 << 20);
  std::string_view rest = large;
  while (rest.size() > 100'000) {
    source.gives(std::string(rest.substr(0, 100'000)));
    rest.remove_prefix(100'000);
    run();
    ASSERT_EQ(sink.taken(), "");
  }
  source.gives(std::string(rest) + small("next"));
  run();
  EXPECT_EQ(sink.taken(), large + small("next"));
  EXPECT_GT(sink.bytes_spliced(), 900'000U);
  EXPECT_EQ(gate.shown[0].id, "8");
}

TEST_F(LargeFrames, TheSameBytesLeaveHoweverTheStreamIsCut) {
  std::string stream;
  std::vector<std::size_t> cuts;
  for (std::string const& one :
       {small("a"), request(70'000), answer(70'000), small("b"), notification(150'000),
        std::string("content-length:2\n\n{}"), unclear_tail(70'000), answer(66'000), small("c")}) {
    // Close together where headers, heads and tails are, a coarse comb over the rest.
    for (std::size_t at = 0; at < one.size(); at += at < 370 || at + 70 > one.size() ? 7 : 2003) {
      cuts.push_back(stream.size() + at);
    }
    stream += one;
  }
  auto const cut_at = [&](std::size_t cut, std::size_t second, bool peeks) {
    SplicingSource from;
    SplicingSink to;
    if (!peeks) from.cannot_be_looked_into();
    FramePump cut_pump(Direction::to_editor, from, to, gate, {.limits = {}, .pipes = &pipes});
    if (cut > 0) from.gives(stream.substr(0, cut));
    if (second > cut) from.gives(stream.substr(cut, second - cut));
    from.gives(stream.substr(second));
    run(cut_pump, from);
    ASSERT_EQ(to.taken(), stream) << cut << " " << second << " " << peeks;
  };
  for (bool const peeks : {true, false}) {
    for (std::size_t const cut : cuts) cut_at(cut, std::min(cut + 37, stream.size() - 1), peeks);
  }
}

TEST_F(LargeFrames, WhereTheKernelRefusesSpliceTheBytesAreTheSame) {
  std::string const stream =
      request(kLarge) + small("a") + answer(kLarge) + answer(2 << 20) + notification(kLarge);
  for (int const error : {EINVAL, EAGAIN, ENOMEM, ENOSYS, EOPNOTSUPP}) {
    for (int call = 1; call <= 10; ++call) {
      for (bool const at_source : {true, false}) {
        // A sink that says would_block for ever is a reader that reads nothing.
        if (!at_source && error == EAGAIN) continue;
        SplicingSource from;
        SplicingSink to;
        to.takes_at_most(50'000);
        if (at_source) {
          from.refuses_splice_from(call, error);
        } else {
          to.refuses_splice_from(call, error);
        }
        FramePump refused(Direction::to_editor, from, to, gate, {.limits = {}, .pipes = &pipes});
        for (std::size_t at = 0; at < stream.size(); at += 60'000) {
          from.gives(stream.substr(at, 60'000));
        }
        from.ends();
        run(refused, from);
        ASSERT_EQ(to.taken(), stream) << error << " at call " << call << " " << at_source;
        ASSERT_EQ(refused.end()->reason, EndReason::source_closed);
        ASSERT_EQ(refused.end()->offset, stream.size());
      }
    }
  }
}

TEST_F(LargeFrames, ASourceThatEndsInsideOneLeavesNothingOfIt) {
  std::string const large = answer(kLarge);
  for (std::size_t cut = 1; cut < large.size(); cut += cut < 700 ? 1 : 1009) {
    SplicingSource from;
    SplicingSink to;
    FramePump cut_pump(Direction::to_editor, from, to, gate, {.limits = {}, .pipes = &pipes});
    from.gives(small("a") + large.substr(0, std::min<std::size_t>(cut, 50)));
    if (cut > 50) from.gives(large.substr(50, cut - 50));
    from.ends();
    run(cut_pump, from);
    ASSERT_EQ(to.taken(), small("a")) << cut;
    ASSERT_EQ(cut_pump.end()->reason, EndReason::source_cut) << cut;
    ASSERT_EQ(cut_pump.end()->offset, small("a").size()) << cut;
  }
}

TEST_F(LargeFrames, AFullSinkIsWaitedForAndNothingIsReadMeanwhile) {
  std::string const stream = answer(kLarge) + small("a") + request(2 << 20) + small("b");
  sink.is_full_after(0);
  for (std::size_t at = 0; at < stream.size(); at += 64'000)
    source.gives(stream.substr(at, 64'000));
  for (int turn = 0; sink.taken().size() < stream.size(); ++turn) {
    ASSERT_LT(turn, 1000);
    run();
    if (!pump.wants_sink()) continue;
    EXPECT_FALSE(pump.wants_source());
    EXPECT_FALSE(pump.idle());
    sink.has_room_for(77'777);
    pump.on_sink_ready();
  }
  EXPECT_EQ(sink.taken(), stream);
  EXPECT_TRUE(pump.idle());
}

TEST_F(LargeFrames, AReaderThatGoesInTheMiddleOfOneEndsTheDirection) {
  sink.takes_at_most(40'000);
  sink.is_gone_at_splice(2);
  source.gives(answer(kLarge));
  source.gives(small("a"));
  run();
  ASSERT_TRUE(pump.end());
  EXPECT_EQ(pump.end()->reason, EndReason::sink_closed);
  // Its source is listened to all the same.
  pump.discard_output();
  source.ends();
  run();
  EXPECT_EQ(pump.end()->reason, EndReason::source_closed);
  EXPECT_EQ(gate.shown.back().method, "a");
}

TEST_F(LargeFrames, WhatIsStillInThePipeOfAReaderThatHangsUpIsForgotten) {
  sink.is_full_after(10'000);
  source.gives(answer(kLarge));
  run();
  ASSERT_TRUE(pump.wants_sink());
  pump.on_sink_hangup();
  EXPECT_EQ(pump.end()->reason, EndReason::sink_closed);
  pump.discard_output();
  source.gives(request(kLarge));
  source.ends();
  run();
  EXPECT_EQ(pump.end()->reason, EndReason::source_closed);
  EXPECT_EQ(sink.taken().size(), 10'000U);
  EXPECT_EQ(gate.shown.back().id, "7");
}

TEST_F(LargeFrames, OneIsHeldInItsPipeUntilItIsReleased) {
  gate.decision = [this](const FrameView& view) {
    bool const first = gate.shown.size() == 1 && view.envelope.id == "7";
    return Decision{first ? Verdict::hold : Verdict::pass, {}};
  };
  source.gives(request(kLarge));
  source.gives(small("b"));
  run();
  EXPECT_TRUE(pump.holding());
  EXPECT_FALSE(pump.wants_source());
  EXPECT_EQ(sink.taken(), "");
  pump.inject(small("ours"));
  pump.release();
  run();
  EXPECT_EQ(sink.taken(), small("ours") + request(kLarge) + small("b"));
  EXPECT_EQ(gate.shown.size(), 3U);
}

TEST_F(LargeFrames, ADroppedOneLeavesNoTraceAndAReplacedOneOnlyItsReplacement) {
  gate.decision = [](const FrameView& view) -> Decision {
    if (view.envelope.id == "7") return {Verdict::drop, {}};
    if (view.envelope.id == "8") return {Verdict::replace, small("instead")};
    return {};
  };
  std::string const stream = small("a") + request(kLarge) + answer(kLarge) + small("b") +
                             request(kLarge) + notification(kLarge);
  for (std::size_t at = 0; at < stream.size(); at += 70'000)
    source.gives(stream.substr(at, 70'000));
  source.ends();
  run();
  EXPECT_EQ(sink.taken(), small("a") + small("instead") + small("b") + notification(kLarge));
  EXPECT_EQ(pump.end()->offset, stream.size());
}

TEST_F(LargeFrames, WhatIsInjectedMeanwhileLeavesBeforeIt) {
  std::string const large = answer(kLarge);
  source.gives(large.substr(0, 50'000));
  run();
  pump.inject(small("ours"));
  EXPECT_EQ(sink.taken(), small("ours"));
  source.gives(large.substr(50'000));
  run();
  EXPECT_EQ(sink.taken(), small("ours") + large);
}

TEST_F(LargeFrames, AnotherSinkGetsWhatTheGateHasNotSeen) {
  SplicingSink second;
  std::string const large = request(kLarge);
  // One that is leaving is lost with its sink: `first` has it.
  sink.is_full_after(10'000);
  source.gives(small("a") + large);
  source.gives(large.substr(0, 60'000));
  run();
  EXPECT_FALSE(pump.idle());
  pump.restart(second, small("first"));
  run();
  EXPECT_EQ(second.taken(), small("first"));
  source.gives(large.substr(60'000) + small("b"));
  run();
  EXPECT_EQ(second.taken(), small("first") + large + small("b"));
}

TEST_F(LargeFrames, WithoutAPipeToBeHadEveryFramePasses) {
  FramePump bufferless(Direction::to_editor, source, sink, gate, {});
  std::string const stream = request(kLarge) + answer(kLarge);
  source.gives(stream);
  run(bufferless, source);
  EXPECT_EQ(sink.taken(), stream);
  EXPECT_EQ(sink.bytes_spliced(), 0U);
}

TEST_F(LargeFrames, ALimitHoldsForThemToo) {
  FramePump limited(Direction::to_editor, source, sink, gate,
                    {.limits = {.body_bytes_max = 100'000}, .pipes = &pipes});
  source.gives(request(70'000));
  source.gives(request(kLarge));
  run(limited, source);
  EXPECT_EQ(sink.taken(), request(70'000));
  EXPECT_EQ(limited.end()->fault, framing::Fault::length_over_limit);
}

}  // namespace
}  // namespace bridge::relay
