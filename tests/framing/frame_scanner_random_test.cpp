// Random streams out of pieces that matter to the format, against the naive reader.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/framing/naive_frame_reader.h"
#include "tests/framing/seed.h"
#include "tests/framing/trace.h"

namespace bridge::framing {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t n) { return random() % n; }

std::string random_stream(Random& random) {
  static std::vector<std::string> const pieces = {"Content-Length: ",
                                                  "content-length:",
                                                  "CONTENT-LENGTH:\t",
                                                  "Content-Type: a",
                                                  "Content-Type:",
                                                  "Content-Length",
                                                  "X-Foo: bar",
                                                  "panic: x",
                                                  "2026/11/23 12:00:00 x",
                                                  "hello",
                                                  "\r\n",
                                                  "\r\n",
                                                  "\r\n\r\n",
                                                  "\r\n\r\n",
                                                  "\n",
                                                  "\n\n",
                                                  "\r",
                                                  " ",
                                                  "\t",
                                                  ":",
                                                  "+",
                                                  "-",
                                                  "0",
                                                  "1",
                                                  "2",
                                                  "9",
                                                  "10",
                                                  "1001",
                                                  "12345678901",
                                                  "{}",
                                                  "[1]",
                                                  "\xC3\xA4",
                                                  std::string(1, '\0')};
  std::string stream;
  for (std::size_t n = below(random, 12); n > 0; --n) {
    if (below(random, 3) == 0) {  // a good frame, its body sometimes like a header
      std::string const body = below(random, 3) == 0 ? "Content-Length: 1\r\n\r\n" : "{\"a\":1}";
      stream += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    } else {
      stream += pieces[below(random, pieces.size())];
    }
  }
  if (!stream.empty() && below(random, 4) == 0)
    stream[below(random, stream.size())] = static_cast<char>(random());
  return stream;
}

TEST(FrameScannerRandom, TheNaiveReaderAgreesForEveryCut) {
  Limits const limits{.body_bytes_max = 1000};
  std::uint64_t const seed = test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  std::size_t frames = 0;
  for (int i = 0; i < 20000 && !testing::Test::HasFailure(); ++i) {
    std::string const stream = random_stream(random);
    SCOPED_TRACE(testing::PrintToString(stream));
    for (BareText bare_text : {BareText::refuse, BareText::skip}) {
      Trace const expected = NaiveFrameReader(stream, limits, bare_text).read();
      frames += expected.items.size();
      EXPECT_EQ(trace_of(stream, stream.size() + 1, limits, bare_text), expected);
      EXPECT_EQ(trace_of(stream, 1, limits, bare_text), expected);
      std::size_t const cut = below(random, stream.size() + 1);
      EXPECT_EQ(trace_cut_at(stream, cut, limits, bare_text), expected) << "cut at " << cut;
    }
  }
  EXPECT_GT(frames, 10000U) << "the streams hardly hold a frame: they test nothing";
}

}  // namespace
}  // namespace bridge::framing
