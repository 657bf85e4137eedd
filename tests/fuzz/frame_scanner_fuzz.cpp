// The scanner against the naive reader, and the same trace however the stream is cut.
// Input: one byte for the choice of text handling, two for a cut, then the stream.
#include <iostream>

#include "tests/framing/naive_frame_reader.h"
#include "tests/fuzz/choices.h"

namespace bridge::framing {
namespace {

void expect_same(Trace const& seen, Trace const& expected, char const* how) {
  if (seen == expected) return;
  std::cerr << how << ": " << seen << "\nexpected: " << expected << "\n";
  std::abort();
}

}  // namespace
}  // namespace bridge::framing

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace bridge::framing;
  bridge::fuzz::Choices choices(data, size);
  auto const bare_text = choices.choose(2) == 0 ? BareText::refuse : BareText::skip;
  std::size_t const cut = choices.choose(kHeaderBytesMax);
  // The naive reader knows nothing of the header's limit.
  std::string_view const stream = choices.rest().substr(0, kHeaderBytesMax);
  Limits const limits{.body_bytes_max = 1000};

  Trace const expected = NaiveFrameReader(stream, limits, bare_text).read();
  expect_same(trace_of(stream, stream.size() + 1, limits, bare_text), expected, "whole");
  expect_same(trace_of(stream, 1, limits, bare_text), expected, "byte by byte");
  expect_same(trace_cut_at(stream, cut % (stream.size() + 1), limits, bare_text), expected, "cut");
  return 0;
}
