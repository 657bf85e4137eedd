#include "proxy/relay/line_relay.h"

#include <gtest/gtest.h>

#include "tests/relay/scripted_channel.h"

namespace bridge::relay {
namespace {

struct Lines : testing::Test {
  ScriptedSource source;
  ScriptedSink sink;
  LineRelay lines{source, sink};
  void run() {
    while (lines.wants_source() && !source.empty()) lines.on_source_ready();
  }
};

TEST_F(Lines, ALineLeavesWholeAndOnlyWhenItIsComplete) {
  source.gives("panic: ");
  run();
  EXPECT_EQ(sink.taken(), "");
  source.gives("oh\ngoroutine");
  run();
  EXPECT_EQ(sink.taken(), "panic: oh\n");
}

TEST_F(Lines, TheLastLineLeavesAtTheEndWithANewline) {
  source.gives("no newline");
  source.ends();
  run();
  EXPECT_EQ(sink.taken(), "no newline\n");
  EXPECT_FALSE(lines.wants_source());
}

TEST_F(Lines, AFullSinkStopsTheReadingAndLosesNothing) {
  sink.is_full_after(3);
  source.gives("one\ntwo\n");
  source.gives("three\n");
  run();
  EXPECT_TRUE(lines.wants_sink());
  EXPECT_FALSE(lines.wants_source());
  sink.has_room_for(1000);
  lines.on_sink_ready();
  run();
  EXPECT_EQ(sink.taken(), "one\ntwo\nthree\n");
}

TEST_F(Lines, AnEndlessLinePassesInPieces) {
  for (int i = 0; i < 100; ++i) source.gives(std::string(1000, 'x'));
  run();
  EXPECT_GE(sink.taken().size(), 64U * 1024);
}

TEST_F(Lines, ASinkThatIsGoneSwallowsWhatComes) {
  sink.fails_at_call(1, EPIPE);
  source.gives("one\n");
  source.gives("two\n");
  source.ends();
  run();
  EXPECT_FALSE(lines.wants_source());
}

TEST_F(Lines, DrainTakesAllThatIsThere) {
  source.gives("one\n");
  source.gives("two\nlast");
  source.ends();
  lines.drain();
  EXPECT_EQ(sink.taken(), "one\ntwo\nlast\n");
}

TEST_F(Lines, TheTellingLineIsThePanicsElseTheLast) {
  EXPECT_EQ(lines.telling_line(), "");
  source.gives("one\ntwo\n\n");
  lines.on_source_ready();
  EXPECT_EQ(lines.telling_line(), "two");
  source.gives("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n");
  lines.on_source_ready();
  EXPECT_EQ(lines.telling_line(), "panic: boom");
  source.gives("fatal error: out of memory\nmore\n");
  lines.on_source_ready();
  EXPECT_EQ(lines.telling_line(), "fatal error: out of memory");
}

}  // namespace
}  // namespace bridge::relay
