// scan_envelope() over a table of bodies. The expectations were seen from Go's decoder (1.26 and
// 1.27), but for those that say otherwise.
#include "framing/envelope.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/framing/guarded_bytes.h"
#include "tests/framing/naive_envelope.h"

namespace bridge::framing {
namespace {

struct Body {
  std::string name;
  std::string text;
  MessageKind kind;
  std::string method;  // as sent
  std::string id;      // as sent
};

constexpr auto kRequest = MessageKind::request;
constexpr auto kResponse = MessageKind::response;
constexpr auto kNotification = MessageKind::notification;
constexpr auto kBatch = MessageKind::batch;
constexpr auto kInvalid = MessageKind::invalid;

std::vector<Body> bodies() {
  return {
      {"Request", R"({"jsonrpc":"2.0","id":1,"method":"a/b","params":{}})", kRequest, "a/b", "1"},
      {"RequestIdLast", R"({"jsonrpc":"2.0","method":"a","params":{},"id":12})", kRequest, "a",
       "12"},
      {"Notification", R"({"jsonrpc":"2.0","method":"exit"})", kNotification, "exit", ""},
      {"Response", R"({"jsonrpc":"2.0","result":null,"id":7})", kResponse, "", "7"},
      {"ErrorResponse", R"({"error":{"code":1,"message":"method"},"id":"x"})", kResponse, "",
       "\"x\""},
      {"WithoutVersion", R"({"method":"a","id":1})", kRequest, "a", "1"},
      {"MethodAndResult", R"({"method":"a","result":1,"id":3})", kRequest, "a", "3"},
      {"EmptyStringId", R"({"method":"a","id":""})", kRequest, "a", "\"\""},
      {"EscapedStringId", R"({"method":"a","id":"x\"\\y"})", kRequest, "a", R"("x\"\\y")"},
      {"NegativeId", R"({"method":"a","id":-5})", kRequest, "a", "-5"},
      {"MinusZeroId", R"({"method":"a","id":-0})", kRequest, "a", "-0"},
      {"LargestId", R"({"method":"a","id":9223372036854775807})", kRequest, "a",
       "9223372036854775807"},
      {"SmallestId", R"({"method":"a","id":-9223372036854775808})", kRequest, "a",
       "-9223372036854775808"},
      {"IdTooLarge", R"({"method":"a","id":9223372036854775808})", kInvalid, "", ""},
      {"IdTooSmall", R"({"method":"a","id":-9223372036854775809})", kInvalid, "", ""},
      {"IdOf2To64", R"({"method":"a","id":18446744073709551616})", kInvalid, "", ""},
      {"FractionId", R"({"method":"a","id":1.5})", kInvalid, "", ""},
      {"WholeFractionId", R"({"method":"a","id":1.0})", kInvalid, "", ""},
      {"ExponentId", R"({"method":"a","id":1e3})", kInvalid, "", ""},
      {"BoolId", R"({"method":"a","id":true})", kInvalid, "", ""},
      {"ArrayId", R"({"method":"a","id":[1]})", kInvalid, "", ""},
      {"BadIdThenGoodId", R"({"method":"a","id":true,"id":1})", kInvalid, "", ""},
      {"NullId", R"({"method":"a","id":null})", kNotification, "a", ""},
      {"NullIdResponse", R"({"result":1,"id":null})", kInvalid, "", ""},
      {"IdThenNull", R"({"method":"a","id":1,"id":null})", kNotification, "a", ""},
      {"NullThenId", R"({"method":"a","id":null,"id":1})", kRequest, "a", "1"},
      {"NumberMethod", R"({"method":5,"id":1})", kInvalid, "", ""},
      {"BadMethodThenGood", R"({"method":5,"method":"a"})", kInvalid, "", ""},
      {"NullMethod", R"({"method":null,"id":1})", kResponse, "", "1"},
      {"MethodThenNull", R"({"method":"a","method":null})", kNotification, "a", ""},
      {"EmptyMethod", R"({"method":"","id":1})", kResponse, "", "1"},
      {"EmptyMethodNoId", R"({"method":""})", kInvalid, "", ""},
      {"UpperCase", R"({"METHOD":"exit","ID":1})", kRequest, "exit", "1"},
      {"Duplicates", R"({"method":"a","method":"exit"})", kNotification, "exit", ""},
      {"DuplicatesInAnotherCase", R"({"method":"a","id":1,"Method":"b","Id":2})", kRequest, "b",
       "2"},
      {"ExactCaseDoesNotWin", R"({"METHOD":"a","method":"b","METHOD":"c"})", kNotification, "c",
       ""},
      {"EscapedName", R"({"\u006dethod":"exit"})", kNotification, "exit", ""},
      {"EscapedNameUpperHex", R"({"m\u0065tho\u0044":"exit","\u0049\u0064":1})", kRequest, "exit",
       "1"},
      {"EscapedValue", R"({"method":"\u0065xit"})", kNotification, R"(\u0065xit)", ""},
      {"SurrogatesInAName", R"({"\ud83d\ude00":1,"method":"a"})", kNotification, "a", ""},
      {"DotlessI", "{\"\u0131d\":1,\"\u0130d\":2,\"method\":\"a\"}", kNotification, "a", ""},
      {"NameWithDelimiters", R"({"me_thod":"a","me-thod":"b","method ":"c"})", kInvalid, "", ""},
      {"PrefixesOfNames", R"({"i":1,"idd":2,"metho":"a","methods":"b"})", kInvalid, "", ""},
      {"NestedNames", R"({"params":{"method":"x","id":9,"a":[{"id":8}]},"method":"a"})",
       kNotification, "a", ""},
      {"NamesInsideStrings", R"({"params":{"t":"\",\"id\":9,\"method\":\"x\"}"},"method":"a"})",
       kNotification, "a", ""},
      {"BackslashBeforeTheQuote", R"({"params":["\\"],"a":"\\\\","b":"\\\"","method":"a","id":1})",
       kRequest, "a", "1"},
      {"BracketsInsideStrings", R"({"params":["]}","{["],"method":"a"})", kNotification, "a", ""},
      {"WhiteSpace", " \t\r\n{ \"method\"\n:\t\"a\" ,\r\n\"id\" : 1 } \n", kRequest, "a", "1"},
      {"SpaceBehindANumber", "{\"id\":1\n,\"method\":\"a\"}", kRequest, "a", "1"},
      {"EmptyObject", "{}", kInvalid, "", ""},
      {"SpaceInAnEmptyObject", " { } ", kInvalid, "", ""},
      {"Batch", R"([{"method":"exit"}])", kBatch, "", ""},
      {"EmptyBatch", " []", kBatch, "", ""},
      {"Null", "null", kInvalid, "", ""},
      {"Number", "5", kInvalid, "", ""},
      {"String", R"("method")", kInvalid, "", ""},
  };
}

TEST(EnvelopeTable, IsScannedAsGoDoes) {
  for (Body const& body : bodies()) {
    SCOPED_TRACE(body.name);
    Envelope const envelope = scan_envelope(body.text);
    EXPECT_EQ(to_string(envelope.kind), to_string(body.kind));
    EXPECT_EQ(envelope.method.in(body.text), body.method);
    EXPECT_EQ(envelope.id.in(body.text), body.id);
    EXPECT_EQ(envelope.method_escaped, body.method.find('\\') != std::string::npos);
  }
}

TEST(EnvelopeTable, ShortBodiesAreReadExactly) {
  for (Body const& body : bodies())
    EXPECT_EQ(read_envelope(body.text), scan_envelope(body.text)) << body.name;
}

TEST(EnvelopeTable, TheNaiveReaderAgrees) {
  for (Body const& body : bodies()) {
    auto const naive = naive_meaning(body.text);
    ASSERT_TRUE(naive) << body.name << ": the body is no JSON";
    EXPECT_EQ(meaning_of(scan_envelope(body.text), body.text), *naive) << body.name;
  }
}

// Go reads it; nlohmann, and with it the naive reader, does not.
TEST(Envelope, HalfASurrogatePairIsHarmless) {
  std::string_view const body = R"({"\ud83d":1,"method":"a\udc00","id":"\ud83d"})";
  EXPECT_EQ(scan_envelope(body).method.in(body), R"(a\udc00)");
  EXPECT_EQ(scan_envelope(body).id.in(body), R"("\ud83d")");
}

// No JSON: any envelope will do, but the pieces must lie inside the body, and nothing behind it is
// read.
TEST(Envelope, EveryBeginningOfABodyIsHarmless) {
  for (Body const& body : bodies()) {
    for (std::size_t size = 0; size <= body.text.size(); ++size) {
      GuardedBytes const bytes(std::string_view(body.text).substr(0, size));
      std::string_view const cut = bytes.view();
      for (Envelope const& e : {scan_envelope(cut), read_envelope(cut)}) {
        EXPECT_LE(e.method.offset + e.method.size, size) << cut;
        EXPECT_LE(e.id.offset + e.id.size, size) << cut;
      }
    }
  }
}

TEST(Envelope, DeepNestingNeedsNoStack) {
  std::size_t const depth = 3'000'000;
  std::string const body =
      R"({"params":)" + std::string(depth, '[') + std::string(depth, ']') + R"(,"method":"exit"})";
  EXPECT_EQ(scan_envelope(body).method.in(body), "exit");
}

TEST(Envelope, MethodIsComparesDecodedAndWithCase) {
  auto const is_exit = [](std::string_view body) {
    return method_is(scan_envelope(body), body, "exit");
  };
  EXPECT_TRUE(is_exit(R"({"method":"exit"})"));
  EXPECT_TRUE(is_exit(R"({"method":"\u0065\u0078it"})"));
  EXPECT_TRUE(is_exit(R"({"method":"e\u0078i\u0074"})"));
  EXPECT_FALSE(is_exit(R"({"method":"Exit"})"));
  EXPECT_FALSE(is_exit(R"({"method":"\u0045xit"})"));
  EXPECT_FALSE(is_exit(R"({"method":"exit "})"));
  EXPECT_FALSE(is_exit(R"({"method":"exi"})"));
  EXPECT_FALSE(is_exit(R"({"method":"exi\n"})"));
  EXPECT_FALSE(is_exit(R"({"method":"exit\u0000"})"));
  EXPECT_FALSE(is_exit(R"({"id":1,"result":"exit"})"));
  std::string_view const slash = R"({"method":"text\/Document"})";
  EXPECT_TRUE(method_is(scan_envelope(slash), slash, "text/Document"));
}

}  // namespace
}  // namespace bridge::framing
