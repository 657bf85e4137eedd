// Limits, cost and memory: the 8 KiB header, long text, no byte looked at twice, no over-read.
#include <gtest/gtest.h>

#include <string>

#include "framing/frame_scanner.h"
#include "tests/framing/guarded_bytes.h"
#include "tests/framing/trace.h"

namespace bridge::framing {
namespace {

// A header block of exactly `size` bytes that announces 2.
std::string header_of(std::size_t size) {
  std::string const end = "\r\nContent-Length: 2\r\n\r\n";
  std::string header = "X: ";
  header.append(size - header.size() - end.size(), 'a');
  return header += end;
}

void expect_for_all_cuts(std::string const& stream, Trace const& expected,
                         BareText bare_text = BareText::refuse) {
  EXPECT_EQ(trace_of(stream, stream.size(), {}, bare_text), expected);
  EXPECT_EQ(trace_of(stream, 1, {}, bare_text), expected);
  for (std::size_t piece : {2, 31, 32, 33, 4095, 4096, 8191, 8192, 8193, 9000})
    EXPECT_EQ(trace_of(stream, piece, {}, bare_text), expected) << "pieces of " << piece;
  for (std::size_t cut = 0; cut <= stream.size(); cut += 1 + cut / 97)
    EXPECT_EQ(trace_cut_at(stream, cut, {}, bare_text), expected) << "cut at " << cut;
}

TEST(FrameScannerBounds, AHeaderOf8KiBIsAccepted) {
  expect_for_all_cuts(header_of(kHeaderBytesMax) + "{}", Trace().frame(kHeaderBytesMax, 2));
}

TEST(FrameScannerBounds, AHeaderOfOneByteMoreIsRefused) {
  expect_for_all_cuts(header_of(kHeaderBytesMax + 1) + "{}",
                      Trace().refused(Fault::header_too_long));
}

TEST(FrameScannerBounds, AHeaderThatNeverEndsIsRefusedAtTheFirstByteTooMany) {
  std::string const stream = "X: " + std::string(100 * 1024, 'a');
  TraceMaker maker(stream, {}, BareText::refuse);
  maker.feed(kHeaderBytesMax);
  EXPECT_EQ(maker.trace(), Trace().unfinished());
  maker.feed(1);
  EXPECT_EQ(maker.trace(), Trace().refused(Fault::header_too_long));
  expect_for_all_cuts(stream.substr(0, 10000), Trace().refused(Fault::header_too_long));
}

TEST(FrameScannerBounds, AnEarlierFaultInALongHeaderKeepsItsName) {
  expect_for_all_cuts("Content-Length: 2\r\n\r" + std::string(9000, 'a'),
                      Trace().refused(Fault::malformed_header));
}

TEST(FrameScannerBounds, ANameThatNeverEndsIsRefusedOrText) {
  std::string const stream(10000, 'a');
  expect_for_all_cuts(stream, Trace().refused(Fault::header_too_long));
  expect_for_all_cuts(stream + "\n", Trace().text(10001), BareText::skip);
}

TEST(FrameScannerBounds, ALineBeyond8KiBIsTextInPieces) {
  for (std::size_t size : {8160, 8190, 8191, 8192, 8193, 16352, 16384, 30000}) {
    std::string line(size, 'a');
    line.front() = '{';
    line.back() = '\n';
    SCOPED_TRACE(size);
    expect_for_all_cuts(line + "Content-Length: 2\r\n\r\n{}", Trace().text(size).frame(21, 2),
                        BareText::skip);
  }
  std::string const endless(8192, '{');
  TraceMaker maker(endless, {}, BareText::skip);
  maker.feed(8192);
  EXPECT_FALSE(maker.trace().items.empty()) << "a line without end must not be kept whole";
}

TEST(FrameScannerBounds, AFrameGluedToALongLineIsFoundWhereverItStands) {
  for (std::size_t size = 8100; size < 8220; ++size) {
    std::string const text(size, '.');
    std::string const stream = text + "Content-Length: 2\r\n\r\n{}";
    Trace const expected = Trace().text(size).frame(21, 2);
    EXPECT_EQ(trace_of(stream, stream.size(), {}, BareText::skip), expected) << size;
    EXPECT_EQ(trace_of(stream, 1, {}, BareText::skip), expected) << size;
    EXPECT_EQ(trace_of(stream, 8192, {}, BareText::skip), expected) << size;
  }
}

TEST(FrameScannerBounds, TextThatStartsLikeALengthAndNeverEndsIsRefused) {
  std::string const stream = "Content-Length" + std::string(9000, ' ');
  expect_for_all_cuts(stream, Trace().refused(Fault::header_too_long), BareText::skip);
}

// O(n): a stream that comes byte by byte costs as many looks as it has header bytes.
TEST(FrameScannerBounds, NoByteOfAHeaderIsLookedAtTwice) {
  std::string const stream = header_of(kHeaderBytesMax) + "{}";
  TraceMaker maker(stream, {}, BareText::refuse);
  while (!maker.done()) maker.feed(1);
  ASSERT_EQ(maker.trace(), Trace().frame(kHeaderBytesMax, 2));
  EXPECT_EQ(maker.scanner().bytes_looked_at(), kHeaderBytesMax);
}

TEST(FrameScannerBounds, NoByteOfALongLineIsLookedAtTwiceButThoseKept) {
  std::string stream(100001, '{');
  stream.back() = '\n';
  TraceMaker maker(stream, {}, BareText::skip);
  while (!maker.done()) maker.feed(1);
  ASSERT_EQ(maker.trace(), Trace().text(100001));
  EXPECT_LE(maker.scanner().bytes_looked_at(), 100001 + 32 * (100001 / (8192 - 32)));
}

TEST(FrameScannerBounds, BodiesAreNotLookedAt) {
  std::string const stream = "Content-Length: 60000\r\n\r\n" + std::string(60000, 'x');
  TraceMaker maker(stream, {}, BareText::refuse);
  while (!maker.done()) maker.feed(1);
  ASSERT_EQ(maker.trace(), Trace().frame(25, 60000));
  EXPECT_EQ(maker.scanner().bytes_looked_at(), 25U);
}

TEST(FrameScannerBounds, NothingBehindTheBytesIsRead) {
  std::string const streams[] = {"Content-Length: 2\r\n\r\n{}",
                                 "Content-Length: 1000000000\r\n\r\n",
                                 "x Content-Length: 2\r\n\r\n{}",
                                 "content-length:2\nX:y\n\n{}",
                                 "panic: foo\n",
                                 "\r\n\r\n",
                                 std::string(9000, 'a')};
  for (std::string const& stream : streams) {
    for (std::size_t size = 0; size <= stream.size(); size += 1 + size / 64) {
      GuardedBytes const bytes(stream.substr(0, size));
      for (BareText bare_text : {BareText::refuse, BareText::skip}) {
        FrameScanner scanner({}, bare_text);
        scanner.next(bytes.view());
        TraceMaker by_byte(bytes.view(), {}, bare_text);
        if (size < 100) do
            by_byte.feed(1);
          while (!by_byte.done());
      }
    }
  }
}

}  // namespace
}  // namespace bridge::framing
