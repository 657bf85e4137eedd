// The bounded look: what it settles, what it must leave alone, and that it is never wrong about a
// message that keeps JSON-RPC.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "framing/envelope.h"
#include "tests/framing/message_maker.h"
#include "tests/framing/naive_envelope.h"
#include "tests/framing/seed.h"

namespace bridge::framing {
namespace {

std::optional<Envelope> look(std::string_view body) {
  return look_at_envelope(body.substr(0, kHeadBytes),
                          body.substr(body.size() - std::min(body.size(), kTailBytes)),
                          body.size());
}

// Pads the body beyond what the look sees of both ends.
std::string big(std::string_view before, std::string_view after) {
  return std::string(before) + std::string(1000, 'x') + std::string(after);
}

struct Shape {
  std::string name;
  std::string text;
  std::string meaning;
};

std::vector<Shape> settled_shapes() {
  return {
      {"VsCodeRequest", big(R"({"jsonrpc":"2.0","id":5,"method":"a/b","params":{"t":")", R"("}})"),
       "request method 'a/b' id 5"},
      {"VsCodeNotification", big(R"({"jsonrpc":"2.0","method":"a/b","params":{"t":")", R"("}})"),
       "notification method 'a/b' id none"},
      {"ArrayParams", big(R"({"jsonrpc":"2.0","method":"a/b","params":[")", R"("]})"),
       "notification method 'a/b' id none"},
      {"VsCodeAnswer", big(R"({"jsonrpc":"2.0","id":3,"result":[")", R"("]})"),
       "response method '' id 3"},
      {"GoplsAnswer", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id":12345})"),
       "response method '' id 12345"},
      {"GoplsTextAnswer", big(R"({"jsonrpc":"2.0","result":")", R"(","id":12345})"),
       "response method '' id 12345"},
      {"GoplsError", big(R"({"jsonrpc":"2.0","error":{"code":0,"message":")", R"("},"id":7})"),
       "response method '' id 7"},
      {"GoplsRequest", big(R"({"jsonrpc":"2.0","method":"c/d","params":{"t":")", R"("},"id":2})"),
       "request method 'c/d' id 2"},
      {"StringId", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id":"a-7"})"),
       "response method '' id \"a-7\""},
      {"StringIdInFront", big(R"({"id":"a-7","method":"x","params":{"t":")", R"("}})"),
       "request method 'x' id \"a-7\""},
      {"NullIdInFront", big(R"({"id":null,"method":"x","params":{"t":")", R"("}})"),
       "notification method 'x' id none"},
      {"EscapeInTheId", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id":"a\\b"})"),
       "response method '' id \"a\\b\""},
      {"NegativeId", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id":-1})"),
       "response method '' id -1"},
      {"IdInsideParamsLast",
       big(R"({"jsonrpc":"2.0","method":"x","params":{"t":")", R"(","id":7}})"),
       "notification method 'x' id none"},
      {"IdInsideTextLast", big(R"({"jsonrpc":"2.0","method":"x","params":[")", R"(,\"id\":7}"]})"),
       "notification method 'x' id none"},
  };
}

TEST(EnvelopeLook, SettlesWhatEditorsAndGoplsWrite) {
  for (Shape const& shape : settled_shapes()) {
    SCOPED_TRACE(shape.name);
    auto const seen = look(shape.text);
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, scan_envelope(shape.text));
    EXPECT_EQ(testing::PrintToString(meaning_of(*seen, shape.text)), shape.meaning);
  }
}

std::vector<Shape> unsettled_shapes() {
  return {
      {"NeovimMethodLast", big(R"({"jsonrpc":"2.0","params":{"t":")", R"("},"method":"exit"})"),
       ""},
      {"NeovimMethodThenId", big(R"({"params":{"t":")", R"("},"method":"exit","id":7})"), ""},
      {"UpperCaseName", big(R"({"Method":"a","params":{"t":")", R"("}})"), ""},
      {"EscapedName", big(R"({"m\u0065thod":"a","params":{"t":")", R"("}})"), ""},
      {"EscapedMethod", big(R"({"method":"\u0065xit","params":{"t":")", R"("}})"), ""},
      {"RepeatedInTheHead", big(R"({"method":"a","method":"b","params":{"t":")", R"("}})"), ""},
      {"UnknownName", big(R"({"x":1,"method":"a","params":{"t":")", R"("}})"), ""},
      {"WhiteSpace", big(R"({ "method":"a","params":{"t":")", R"("}})"), ""},
      {"SpaceBeforeTheEnd", big(R"({"method":"a","params":{"t":")", R"("} })"), ""},
      {"SpaceInTheId", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id": 7})"), ""},
      {"IdInTheMiddle", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id":7,"jsonrpc":"2.0"})"),
       ""},
      {"NewlineBehind", big(R"({"method":"a","params":{"t":")", "\"}}\n"), ""},
      {"QuoteInTheId", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id":"a\"b"})"), ""},
      {"NullIdOfAnAnswer", big(R"({"jsonrpc":"2.0","error":{"t":")", R"("},"id":null})"), ""},
      {"NullIdBeforeAnError", big(R"({"id":null,"error":{"t":")", R"("}})"), ""},
      {"ErrorBehindParams", big(R"({"method":"a","params":["t",")", R"("],"error":{}})"), ""},
      {"NameThatEndsInId", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"x\"id":7})"), ""},
      {"NullIdOfARequest", big(R"({"method":"a","params":{"t":")", R"("},"id":null})"), ""},
      {"FractionId", big(R"({"jsonrpc":"2.0","result":{"t":")", R"("},"id":1.5})"), ""},
      {"FractionIdInFront", big(R"({"id":1.5,"method":"a","params":{"t":")", R"("}})"), ""},
      {"OtherVersion", big(R"({"jsonrpc":"1.0","method":"a","params":{"t":")", R"("}})"), ""},
      {"EmptyMethod", big(R"({"method":"","params":{"t":")", R"("}})"), ""},
      {"MethodAndResult", big(R"({"method":"a","result":{"t":")", R"("},"id":1})"), ""},
      {"LongMethod", big(R"({"method":")", R"(","params":{}})"), ""},
      {"Batch", big(R"([{"method":"a","params":{"t":")", R"("}}])"), ""},
      {"TextParams", big(R"({"method":"a","params":")", R"("})"), ""},
      {"NestedIdLooksLast", big(R"({"method":"a","params":{"t":")", R"("},"x":{"id":7}})") + " ",
       ""},
  };
}

TEST(EnvelopeLook, LeavesAloneWhatItCannotKnow) {
  for (Shape const& shape : unsettled_shapes()) {
    EXPECT_FALSE(look(shape.text)) << shape.name;
    EXPECT_EQ(read_envelope(shape.text), scan_envelope(shape.text)) << shape.name;
  }
}

TEST(EnvelopeLook, IsExactWhereTheHeadIsTheWholeBody) {
  for (std::string_view body : {R"({"params":[],"Method":"exit"})", "[]", R"({"id":1})"})
    EXPECT_EQ(look(body), scan_envelope(body)) << body;
}

TEST(EnvelopeLook, ANumberCutByTheEndOfTheHeadIsNotBelieved) {
  std::string const front = R"({"jsonrpc":"2.0","method":"a","id":)";
  for (std::size_t digits = 1; digits < 18; ++digits) {
    std::string const body =
        front + std::string(digits, '1') + R"(,"params":{}})" + std::string(400, ' ');
    std::string_view const head = std::string_view(body).substr(0, front.size() + 4);
    auto const seen =
        look_at_envelope(head, std::string_view(body).substr(body.size() - 64), body.size());
    EXPECT_FALSE(seen) << digits;
  }
}

// What the head says is true of the whole; what it leaves out may be anything, and an answer may
// yet lack its id.
void expect_head_is_right(const std::optional<EnvelopeText>& head, const EnvelopeText& whole) {
  if (!head) return;
  bool const called = whole.kind == MessageKind::request || whole.kind == MessageKind::notification;
  EXPECT_EQ(head->kind == MessageKind::request, called);
  EXPECT_EQ(head->method, whole.method);
  if (!head->id.empty()) {
    EXPECT_EQ(*head, whole);
  }
}

TEST(EnvelopeLook, TheHeadAloneTellsTheMethodOrThatItIsAnAnswer) {
  auto const head = [](std::string_view text) { return look_at_head(text.substr(0, kHeadBytes)); };
  for (Shape const& shape : settled_shapes()) {
    auto const seen = head(shape.text);
    ASSERT_TRUE(seen) << shape.name;
    expect_head_is_right(seen, text_of(scan_envelope(shape.text), shape.text));
  }
  EXPECT_FALSE(head(big(R"({"id":1,"params":{"t":")", R"("},"method":"x"})")));
  EXPECT_FALSE(head(big(R"({ "method":"x","params":{"t":")", R"("}})")));
}

TEST(EnvelopeLook, IsNeverWrongAboutAMessageThatKeepsJsonRpc) {
  std::uint64_t const seed = test_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  MessageMaker maker([&](std::size_t n) { return random() % n; });
  std::size_t settled = 0;
  std::size_t looked = 0;
  for (int i = 0; i < 30000 && !testing::Test::HasFailure(); ++i) {
    std::string const body = maker.standard();
    Envelope const exact = scan_envelope(body);
    auto const naive = naive_meaning(body);
    ASSERT_TRUE(naive) << "the maker made no JSON: " << body;
    EXPECT_EQ(meaning_of(exact, body), *naive) << body;
    EXPECT_EQ(read_envelope(body), exact) << body;
    // Smaller ends than in use: the look must be right for any.
    std::size_t const head = random() % (body.size() + 1);
    std::size_t const tail = random() % (body.size() + 1);
    auto const head_text = std::string_view(body).substr(0, head);
    auto const tail_text = std::string_view(body).substr(body.size() - tail);
    auto const seen = look_at_envelope(head_text, tail_text, body.size());
    auto const ends = look_at_ends(head_text, tail_text, body.size());
    EXPECT_EQ(ends.has_value(), seen.has_value());
    if (head < body.size()) expect_head_is_right(look_at_head(head_text), text_of(exact, body));
    if (head < body.size()) ++looked;
    if (!seen) continue;
    EXPECT_EQ(*ends, text_of(*seen, body));
    if (head < body.size()) ++settled;
    EXPECT_EQ(*seen, exact) << body << "\nhead " << head << " tail " << tail;
  }
  EXPECT_GT(settled * 10, looked) << "too few are settled to test anything";
}

TEST(EnvelopeRandom, TheExactScanIsWhatTheNaiveReaderReads) {
  std::uint64_t const seed = test_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  MessageMaker maker([&](std::size_t n) { return random() % n; });
  std::size_t valid = 0;
  for (int i = 0; i < 30000 && !testing::Test::HasFailure(); ++i) {
    std::string const body = maker.twisted();
    auto const naive = naive_meaning(body);
    ASSERT_TRUE(naive) << "the maker made no JSON: " << body;
    EXPECT_EQ(meaning_of(scan_envelope(body), body), *naive) << body;
    if (naive->kind != "invalid") ++valid;
  }
  EXPECT_GT(valid, 3000U) << "too few are messages to test anything";
}

}  // namespace
}  // namespace bridge::framing
