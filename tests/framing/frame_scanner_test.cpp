// The table of streams. Each is read in one piece, byte by byte, and in every two pieces.
#include "framing/frame_scanner.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "tests/framing/naive_frame_reader.h"
#include "tests/framing/trace.h"

namespace bridge::framing {
namespace {

struct Stream {
  std::string name;
  std::string bytes;
  Trace expected;
  BareText bare_text = BareText::refuse;
};

constexpr Limits kLimits{.body_bytes_max = 1000};

std::vector<Stream> accepted() {
  std::string const big(1000, 'x');
  return {
      {"Nothing", "", Trace()},
      {"Canonical", "Content-Length: 2\r\n\r\n{}", Trace().frame(21, 2)},
      {"TwoFrames", "Content-Length: 2\r\n\r\n{}Content-Length: 3\r\n\r\n[1]",
       Trace().frame(21, 2).frame(21, 3)},
      {"LowerCase", "content-length: 2\r\n\r\n{}", Trace().frame(21, 2)},
      {"UpperCase", "CONTENT-LENGTH: 2\r\n\r\n{}", Trace().frame(21, 2)},
      {"NoSpace", "Content-Length:2\r\n\r\n{}", Trace().frame(20, 2)},
      {"SpacesAndTabs", "Content-Length: \t 2 \t\r\n\r\n{}", Trace().frame(25, 2)},
      {"LeadingZeros", "Content-Length: 0000000002\r\n\r\n{}", Trace().frame(30, 2)},
      {"LfOnly", "Content-Length: 2\n\n{}", Trace().frame(19, 2)},
      {"CrLfThenLf", "Content-Length: 2\r\n\n{}", Trace().frame(20, 2)},
      {"LfThenCrLf", "Content-Length: 2\n\r\n{}", Trace().frame(20, 2)},
      {"TypeBehind", "Content-Length: 2\r\nContent-Type: a; charset=utf-8\r\n\r\n{}",
       Trace().frame(53, 2)},
      {"TypeBefore", "Content-Type: a\r\nContent-Length: 2\r\n\r\n{}", Trace().frame(38, 2)},
      {"UnknownHeadersAround", "X-Foo:\r\nContent-Length: 2\r\nY!#$%&'*+-.^_`|~9: :\r\n\r\n{}",
       Trace().frame(51, 2)},
      {"AtTheLimit", "Content-Length: 1000\r\n\r\n" + big, Trace().frame(24, 1000)},
      {"BodyLikeAHeader", "Content-Length: 21\r\n\r\nContent-Length: 9\r\n\r\n",
       Trace().frame(22, 21)},
      {"LengthCountsBytes", "Content-Length: 4\r\n\r\n\"\xC3\xA4\"", Trace().frame(21, 4)},
      {"BodyOfAnyBytes", std::string("Content-Length: 3\r\n\r\n\0\r\n", 24), Trace().frame(21, 3)},
      {"PrefixOfTheName", "Content-Lengt: 7\r\nContent-Length: 2\r\nContent-Lengths: 3\r\n\r\n{}",
       Trace().frame(59, 2)},
      {"InsideTheName", "Content-Le", Trace().unfinished()},
      {"InsideTheNumber", "Content-Length: 1", Trace().unfinished()},
      {"BeforeTheLastLf", "Content-Length: 2\r\n\r", Trace().unfinished()},
      {"HeaderOnly", "Content-Length: 2\r\n\r\n", Trace().unfinished(21, 2)},
      {"InsideTheBody", "Content-Length: 2\r\n\r\n{", Trace().unfinished(21, 2)},
      {"InsideTheSecond", "Content-Length: 2\r\n\r\n{}Content-Length: 900\r\n\r\n{",
       Trace().frame(21, 2).unfinished(23, 900)},
  };
}

std::vector<Stream> refused() {
  auto const fault = [](Fault why) { return Trace().refused(why); };
  std::string const good = "Content-Length: 2\r\n\r\n{}";
  return {
      {"MissingLength", "Content-Type: a\r\n\r\n{}", fault(Fault::missing_length)},
      {"MissingLengthLf", "Content-Type: a\n\n{}", fault(Fault::missing_length)},
      {"Repeated", "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
       fault(Fault::repeated_length)},
      {"RepeatedEqual", "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
       fault(Fault::repeated_length)},
      {"RepeatedInAnotherCase", "Content-Length: 2\r\nX: y\r\ncontent-length: 2\r\n\r\n{}",
       fault(Fault::repeated_length)},
      {"Plus", "Content-Length: +2\r\n\r\n{}", fault(Fault::signed_length)},
      {"Minus", "Content-Length: -2\r\n\r\n{}", fault(Fault::signed_length)},
      {"EmptyValue", "Content-Length:\r\n\r\n{}", fault(Fault::malformed_length)},
      {"BlankValue", "Content-Length: \t\n\r\n{}", fault(Fault::malformed_length)},
      {"Hex", "Content-Length: 0x2\r\n\r\n{}", fault(Fault::malformed_length)},
      {"Fraction", "Content-Length: 2.0\r\n\r\n{}", fault(Fault::malformed_length)},
      {"Word", "Content-Length: two\r\n\r\n{}", fault(Fault::malformed_length)},
      {"TwoNumbers", "Content-Length: 2 2\r\n\r\n{}", fault(Fault::malformed_length)},
      {"List", "Content-Length: 2, 2\r\n\r\n{}", fault(Fault::malformed_length)},
      {"VerticalTab", "Content-Length: \v2\r\n\r\n{}", fault(Fault::malformed_length)},
      {"Overlong", "Content-Length: 00000000002\r\n\r\n{}", fault(Fault::overlong_length)},
      {"TwoTo63", "Content-Length: 9223372036854775808\r\n\r\n{}", fault(Fault::overlong_length)},
      {"TwoTo31", "Content-Length: 2147483648\r\n\r\n{}", fault(Fault::length_over_limit)},
      {"OneOverTheLimit", "Content-Length: 1001\r\n\r\n{}", fault(Fault::length_over_limit)},
      {"OverTheLimitNotCanonical", "content-length:1001\n\n{}", fault(Fault::length_over_limit)},
      {"OverTheLimitAndMalformed", "Content-Length: 1001x\r\n\r\n{}",
       fault(Fault::malformed_length)},
      {"ZeroAndMore", "Content-Length: 0 0\r\n\r\n", fault(Fault::empty_body)},
      {"Zero", "Content-Length: 0\r\n\r\n", fault(Fault::empty_body)},
      {"ZeroNotCanonical", "content-length: 00 \n\n", fault(Fault::empty_body)},
      {"BlankBeforeColon", "Content-Length : 2\r\n\r\n{}", fault(Fault::malformed_header)},
      {"BlankBeforeALaterColon", "Content-Length: 2\r\nX : 2\r\n\r\n{}",
       fault(Fault::malformed_header)},
      {"FoldedLine", "Content-Length: 2\r\n 3\r\n\r\n{}", fault(Fault::malformed_header)},
      {"LineOfBlanks", "Content-Length: 2\r\n \r\n{}", fault(Fault::malformed_header)},
      {"LaterLineWithoutColon", "Content-Length: 2\r\nfoo\r\n\r\n{}",
       fault(Fault::malformed_header)},
      {"LaterEmptyName", "Content-Length: 2\r\n: 3\r\n\r\n{}", fault(Fault::malformed_header)},
      {"NonAsciiName", "Content-Length: 2\r\nX\xC3\xA4: 3\r\n\r\n{}",
       fault(Fault::malformed_header)},
      {"NoEmptyLine", "Content-Length: 2\r\n{}", fault(Fault::malformed_header)},
      {"BareCrInAValue", "Content-Length: 2\r\nX: a\rb\r\n\r\n{}", fault(Fault::malformed_header)},
      {"BareCrBehindTheNumber", "Content-Length: 2\rX: y\r\n\r\n{}",
       fault(Fault::malformed_header)},
      {"TwoCrs", "Content-Length: 2\r\r\n\r\n{}", fault(Fault::malformed_header)},
      {"BareCrAsEmptyLine", "Content-Length: 2\r\n\rX: y\r\n\r\n{}",
       fault(Fault::malformed_header)},
      {"LeadingEmptyLine", "\r\nContent-Length: 2\r\n\r\n{}", fault(Fault::bare_text)},
      {"LeadingLf", "\nContent-Length: 2\r\n\r\n{}", fault(Fault::bare_text)},
      {"LeadingBlank", " Content-Length: 2\r\n\r\n{}", fault(Fault::bare_text)},
      {"LineWithoutColon", "foo\nContent-Length: 2\r\n\r\n{}", fault(Fault::bare_text)},
      {"NameThatIsNoToken", "2026/11/23 12:00:00 x\n", fault(Fault::bare_text)},
      {"EmptyName", ": 2\r\n\r\n{}", fault(Fault::bare_text)},
      {"BodyWithoutHeader", "{\"jsonrpc\":\"2.0\"}", fault(Fault::bare_text)},
      {"NewlineBetweenFrames", good + "\n" + good, Trace().frame(21, 2).refused(Fault::bare_text)},
      {"TextBetweenFrames", good + "oops!\n" + good,
       Trace().frame(21, 2).refused(Fault::bare_text)},
      {"LengthTooShort", "Content-Length: 2\r\n\r\n{ }" + good,
       Trace().frame(21, 2).refused(Fault::bare_text)},
      {"LengthAndBlanksWithoutColon", "Content-Length is 2\n", fault(Fault::bare_text)},
      {"EndsAtAFault", "Content-Length: -", fault(Fault::signed_length)},
  };
}

std::vector<Stream> skipped() {
  std::string const good = "Content-Length: 2\r\n\r\n{}";
  auto const skip = [](std::string name, std::string bytes, Trace expected) {
    return Stream{std::move(name), std::move(bytes), std::move(expected), BareText::skip};
  };
  return {
      skip("NoText", good + good, Trace().frame(21, 2).frame(21, 2)),
      skip("LineBefore", "hello\n" + good, Trace().text(6).frame(21, 2)),
      skip("LineBetween", good + "hello\n" + good, Trace().frame(21, 2).text(6).frame(21, 2)),
      skip("LikeAHeader", "panic: foo\n" + good, Trace().text(11).frame(21, 2)),
      skip("LogLine", "2026/11/23 12:00:00 x\n" + good, Trace().text(22).frame(21, 2)),
      skip("EmptyLines", "\n\r\n" + good, Trace().text(3).frame(21, 2)),
      skip("ManyLines", "panic: a\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:5 +0x1\n" + good,
           Trace().text(59).frame(21, 2)),
      skip("WithoutNewline", "loading..." + good, Trace().text(10).frame(21, 2)),
      skip("WithoutNewlineAndWithColon", "loading: " + good, Trace().text(9).frame(21, 2)),
      skip("BareCrs", "10%\r20%\r\n" + good, Trace().text(9).frame(21, 2)),
      skip("QuotedHeader", "got Content-Length: 5\r\nbytes\n" + good,
           Trace().text(29).frame(21, 2)),
      skip("QuotedHeaderLf", "got Content-Length: 5\n" + good, Trace().text(22).frame(21, 2)),
      skip("NumberTooLongToBeGlued", "x Content-Length: 12345678901\r\n" + good,
           Trace().text(31).frame(21, 2)),
      skip("PrefixOfAName", "Content-Lengthy\n" + good, Trace().text(16).frame(21, 2)),
      skip("NameInASentence", "Content-Length is off\n" + good, Trace().text(22).frame(21, 2)),
      skip("UnknownHeaderFirst", "X-Foo: 1\r\n" + good, Trace().text(10).frame(21, 2)),
      skip("TypeFirst", "hi\nContent-type: a\r\n" + good, Trace().text(3).frame(38, 2)),
      skip("Unfinished", "hello", Trace().unfinished()),
      skip("UnfinishedGlued", "x Content-Length: 2\r\n\r", Trace().unfinished()),
      skip("OtherFaultsStay", "hi\nContent-Length: +2\r\n",
           Trace().text(3).refused(Fault::signed_length)),
      skip("BlankBeforeColonStays", "Content-Length : 2\r\n\r\n{}",
           Trace().refused(Fault::malformed_header)),
      skip("TextInsideAHeaderBlock", "Content-Length: 2\r\npanic!\n\r\n{}",
           Trace().refused(Fault::malformed_header)),
  };
}

// One table a test: a process for each of the hundred streams would cost ctest more than it tells.
struct Table {
  std::string name;
  std::vector<Stream> streams;
  friend void PrintTo(Table const& table, std::ostream* out) { *out << table.name; }
};

class FrameScannerTable : public testing::TestWithParam<Table> {};

TEST_P(FrameScannerTable, InOnePiece) {
  for (Stream const& s : GetParam().streams)
    EXPECT_EQ(trace_of(s.bytes, s.bytes.size(), kLimits, s.bare_text), s.expected) << s.name;
}

TEST_P(FrameScannerTable, ByteAtATime) {
  for (Stream const& s : GetParam().streams)
    EXPECT_EQ(trace_of(s.bytes, 1, kLimits, s.bare_text), s.expected) << s.name;
}

// However the kernel cuts the stream, the answer must be the same.
TEST_P(FrameScannerTable, EveryCutInTwo) {
  for (Stream const& s : GetParam().streams) {
    for (std::size_t cut = 0; cut <= s.bytes.size(); ++cut) {
      EXPECT_EQ(trace_cut_at(s.bytes, cut, kLimits, s.bare_text), s.expected)
          << s.name << " cut at " << cut;
    }
  }
}

TEST_P(FrameScannerTable, TheNaiveReaderAgrees) {
  for (Stream const& s : GetParam().streams)
    EXPECT_EQ(NaiveFrameReader(s.bytes, kLimits, s.bare_text).read(), s.expected) << s.name;
}

auto const kName = [](auto const& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Streams, FrameScannerTable,
                         testing::Values(Table{"Accepted", accepted()}, Table{"Refused", refused()},
                                         Table{"TextSkipped", skipped()}),
                         kName);

TEST(FrameScanner, AFrameThatGoesAnotherWayIsPassedOver) {
  FrameScanner scanner;
  std::string const header = "Content-Type: x\r\nContent-Length: 1000\r\n\r\n";
  for (int i = 1; i <= 3; ++i) {
    Scan const scan = scanner.next(header + "{}");
    ASSERT_EQ(scan.kind, Scan::Kind::need_more);
    ASSERT_EQ(scan.frame_size(), header.size() + 1000);
    EXPECT_FALSE(scanner.at_boundary());
    scanner.pass_over_frame();
    EXPECT_TRUE(scanner.at_boundary());
    std::string const next = "Content-Length: 2\r\n\r\n{}";
    EXPECT_EQ(scanner.next(next).frame_size(), next.size());
    EXPECT_EQ(scanner.consumed(), i * (header.size() + 1000 + next.size()));
  }
}

TEST(FrameScanner, EveryFaultHasATextOfItsOwn) {
  std::vector<std::string_view> texts;
  for (int i = 0; i <= static_cast<int>(Fault::bare_text); ++i) {
    std::string_view const text = to_string(static_cast<Fault>(i));
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(std::count(texts.begin(), texts.end(), text), 0) << text;
    texts.push_back(text);
  }
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "unknown fault"), 0);
}

}  // namespace
}  // namespace bridge::framing
