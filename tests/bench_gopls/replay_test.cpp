// One side of a replay, against the bytes that the other side would send.
#include "bench/workload/replay.h"

#include <gtest/gtest.h>

#include <array>

#include "bench/process.h"
#include "tests/bench_gopls/cut_stream.h"
#include "tests/rigs/frames.h"

namespace bridge::bench {
namespace {

using std::chrono::microseconds;

constexpr std::string_view kText =
    "0.000 > 60 0 initialize\n"
    "0.000 < 60 - window/logMessage\n"
    "0.000 < 90 0 -\n"
    "0.000 > 52 - initialized\n";

std::string bytes_of(const Recording& recording, From from) {
  std::string bytes;
  for (const ShapeLine& line : recording)
    if (line.from == from) bytes += rigs::frame(make_body(line));
  return bytes;
}

std::string arrived_at(const kernel::UniqueFd& fd) {
  std::string all;
  std::array<char, 65536> buffer;
  for (;;) {
    ssize_t const got = ::recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

TEST(ReplayedSide, SendsItsMessagesAndTakesTheOthersHoweverTheyAreCut) {
  Recording const recording = parse_recording(kText);
  for (From const side : {From::editor, From::server}) {
    From const other = side == From::editor ? From::server : From::editor;
    with_every_cut(bytes_of(recording, other), [&](CutStream& cut) {
      auto const start = Replay::Clock::now();
      Replay replay(side, recording, microseconds(0), cut.ours.get(), cut.ours.get());
      replay.run();
      EXPECT_EQ(arrived_at(cut.theirs), bytes_of(recording, side));
      // They came before they were due: only that each has its moment.
      for (auto const moment : replay.moments()) EXPECT_GE(moment, start);
    });
  }
}

TEST(ReplayedSide, SeesEveryByteThatIsNotTheOneThatWasSent) {
  Recording const recording = parse_recording("0.000 < 60 - window/logMessage\n");
  std::string const right = bytes_of(recording, From::server);
  for (std::size_t at = 0; at < right.size(); ++at) {
    std::string wrong = right;
    wrong[at] ^= 1;
    CutStream cut({wrong});
    Replay replay(From::editor, recording, microseconds(0), cut.ours.get(), cut.ours.get());
    EXPECT_THROW(replay.run(), Broken) << at;
  }
}

TEST(ReplayedSide, DoesNotWaitForAConnectionThatIsGone) {
  Recording const recording = parse_recording(kText);
  CutStream cut({});
  cut.end();
  Replay replay(From::editor, recording, microseconds(0), cut.ours.get(), cut.ours.get());
  EXPECT_THROW(replay.run(), Broken);
}

// The one thing here that is about time: not sooner. Later is for the scheduler to say.
TEST(ReplayedSide, PausesAsRecordedUpToTheLimit) {
  Recording const recording =
      parse_recording("0.000 > 52 - initialized\n20.000 > 52 - initialized\n");
  for (auto const& [limit, expected] : {std::pair(microseconds(50'000), microseconds(20'000)),
                                        std::pair(microseconds(5'000), microseconds(5'000))}) {
    CutStream cut({});
    Replay replay(From::editor, recording, limit, cut.ours.get(), cut.ours.get());
    replay.run();
    EXPECT_GE(replay.moments()[1] - replay.moments()[0], expected);
  }
}

}  // namespace
}  // namespace bridge::bench
