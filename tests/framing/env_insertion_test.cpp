// Where the environment is inserted: the result is what gopls should read, and all other bytes
// stay.
#include "framing/env_insertion.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "framing/json_text.h"
#include "tests/framing/env_reader.h"
#include "tests/framing/message_maker.h"
#include "tests/framing/seed.h"

namespace bridge::framing {
namespace {

constexpr auto kClient = EnvPrecedence::client;
constexpr auto kOurs = EnvPrecedence::ours;

std::vector<EnvValue> const kOne = {{"A", "1"}};
std::vector<EnvValue> const kTwo = {{"A", "1"}, {"B", "2"}};

std::string after(std::string_view body, std::vector<EnvValue> const& values,
                  EnvPrecedence precedence = kClient) {
  auto const insertion = insert_env(body, values, precedence);
  return insertion ? with_insertion(*insertion, body) : "nothing";
}

TEST(EnvInsertion, MissingPartsOfThePathAreMade) {
  EXPECT_EQ(after(R"({"method":"initialize"})", kOne),
            R"({"method":"initialize","params":{"initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{"rootUri":null}})", kOne),
            R"({"params":{"rootUri":null,"initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"x":1}}})", kTwo),
            R"({"params":{"initializationOptions":{"x":1,"env":{"A":"1","B":"2"}}}})");
}

TEST(EnvInsertion, EmptyObjectsGetNoComma) {
  EXPECT_EQ(after("{}", kOne), R"({"params":{"initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{ }})", kOne),
            R"({"params":{ "initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{}}})", kOne),
            R"({"params":{"initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"env":{}}}})", kOne),
            R"({"params":{"initializationOptions":{"env":{"A":"1"}}}})");
}

TEST(EnvInsertion, NullIsReplaced) {
  EXPECT_EQ(after(R"({"params":null,"id":1})", kOne),
            R"({"params":{"initializationOptions":{"env":{"A":"1"}}},"id":1})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions": null }})", kOne),
            R"({"params":{"initializationOptions": {"env":{"A":"1"}} }})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"env":null}}})", kOne),
            R"({"params":{"initializationOptions":{"env":{"A":"1"}}}})");
  auto const insertion = insert_env(R"({"params":null})", kOne, kClient);
  ASSERT_TRUE(insertion);
  EXPECT_EQ(insertion->offset, 10U);
  EXPECT_EQ(insertion->erased, 4U);
}

// FORMAT.md, "The place of the environment".
TEST(EnvInsertion, TheWorkedExampleIsTrue) {
  std::string_view const body =
      R"({"id":0,"method":"initialize","params":{"initializationOptions":null}})";
  Insertion const expected = {.offset = 64, .erased = 4, .text = R"({"env":{"A":"1"}})"};
  EXPECT_EQ(insert_env(body, kOne, kClient), expected);
}

TEST(EnvInsertion, TheClientsNamesStayTheClients) {
  std::string_view const body = R"({"params":{"initializationOptions":{"env":{"A":"x"}}}})";
  EXPECT_EQ(after(body, kTwo), R"({"params":{"initializationOptions":{"env":{"A":"x","B":"2"}}}})");
  EXPECT_EQ(after(body, kOne), "nothing");
}

TEST(EnvInsertion, TheClientsNamesAreComparedDecodedAndWithCase) {
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"env":{"\u0041":"x"}}}})", kOne),
            "nothing");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"env":{"a":"x"}}}})", kOne),
            R"({"params":{"initializationOptions":{"env":{"a":"x","A":"1"}}}})");
}

// Go takes the last of equal names in a map.
TEST(EnvInsertion, OursStandsBehindTheClients) {
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"env":{"A":"x" }}}})", kTwo, kOurs),
            R"({"params":{"initializationOptions":{"env":{"A":"x" ,"A":"1","B":"2"}}}})");
}

TEST(EnvInsertion, TheObjectThatCountsIsTheLast) {
  EXPECT_EQ(after(R"({"params":{"a":1},"params":{"b":2}})", kOne),
            R"({"params":{"a":1},"params":{"b":2,"initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{"a":1},"params":null})", kOne),
            R"({"params":{"a":1},"params":{"initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":7,"params":{}})", kOne),
            R"({"params":7,"params":{"initializationOptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"env":{"A":"x"},"env":{}}}})", kOne),
            R"({"params":{"initializationOptions":{"env":{"A":"x"},"env":{"A":"1"}}}})");
}

TEST(EnvInsertion, StructFieldsFoldCase) {
  EXPECT_EQ(after(R"({"PARAMS":{"initializationoptions":{}}})", kOne),
            R"({"PARAMS":{"initializationoptions":{"env":{"A":"1"}}}})");
  EXPECT_EQ(after("{\"param\u017f\":{}}", kOne),
            "{\"param\u017f\":{\"initializationOptions\":{\"env\":{\"A\":\"1\"}}}}");
  EXPECT_EQ(after(R"({"params":{"a":1},"Params":{}})", kOne),
            R"({"params":{"a":1},"Params":{"initializationOptions":{"env":{"A":"1"}}}})");
}

TEST(EnvInsertion, SettingsDoNotFoldCase) {
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"Env":{}}}})", kOne),
            R"({"params":{"initializationOptions":{"Env":{},"env":{"A":"1"}}}})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"\u0065nv":{}}}})", kOne),
            R"({"params":{"initializationOptions":{"\u0065nv":{"A":"1"}}}})");
}

// gopls takes the last part of a dotted name, and complains of two that end alike.
TEST(EnvInsertion, ADottedEnvIsTheEnv) {
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"build.env":{"A":"x"}}}})", kTwo),
            R"({"params":{"initializationOptions":{"build.env":{"A":"x","B":"2"}}}})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"env":{},"build.env":{}}}})", kOne),
            R"({"params":{"initializationOptions":{"env":{"A":"1"},"build.env":{}}}})");
  EXPECT_EQ(after(R"({"params":{"initializationOptions":{"build.environment":{}}}})", kOne),
            R"({"params":{"initializationOptions":{"build.environment":{},"env":{"A":"1"}}}})");
}

TEST(EnvInsertion, WhereThereIsNoPlaceNothingIsDone) {
  for (std::string_view body :
       {"", "null", "[]", "5", "{", R"({"params":[]})", R"({"params":"x"})", R"({"params":5})",
        R"({"params":{"initializationOptions":[]}})",
        R"({"params":{"initializationOptions":true}})",
        R"({"params":{"initializationOptions":{"env":[]}}})",
        R"({"params":{"initializationOptions":{"env":"A=1"}}})", R"({"params":{"a":1)",
        R"({"params":{"initializationOptions":{"env":{"A":"1"})", R"({"params":{},)"})
    EXPECT_EQ(after(body, kTwo), "nothing") << body;
}

TEST(EnvInsertion, NoValuesMeansNothingToDo) {
  EXPECT_EQ(insert_env("{}", {}, kOurs), std::nullopt);
  EXPECT_EQ(insert_env("{}", {}, kClient), std::nullopt);
}

TEST(EnvInsertion, ValuesAreEscaped) {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  all += "\u00e4\u20ac\U0001F600";
  std::vector<EnvValue> const values = {{all, all}};
  std::string const result = after("{}", values);
  EXPECT_EQ(env_of(result), (Env{{all, all}}));
}

TEST(EnvInsertion, BytesThatAreNoUtf8BecomeTheReplacementCharacter) {
  std::vector<std::pair<std::string, std::string>> const cases = {
      {"\x80", R"("\ufffd")"},
      {"a\xFFz", R"("a\ufffdz")"},
      {"\xC3", R"("\ufffd")"},
      {"\xC0\xAF", R"("\ufffd\ufffd")"},                      // overlong
      {"\xE0\x80\xAF", R"("\ufffd\ufffd\ufffd")"},            // overlong
      {"\xED\xA0\x80", R"("\ufffd\ufffd\ufffd")"},            // half a surrogate pair
      {"\xF4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},  // above U+10FFFF
      {"\xE2\x82", R"("\ufffd\ufffd")"},
      {"\xF0\x9F\x98\x80", "\"\U0001F600\""},
      {"\xED\x9F\xBF\xEE\x80\x80", "\"\uD7FF\uE000\""},
  };
  for (auto const& [bytes, expected] : cases) {
    std::string text;
    append_json_string(text, bytes);
    EXPECT_EQ(text, expected);
  }
}

TEST(EnvInsertion, StringsAreDecodedAsInGo) {
  EXPECT_EQ(decode_json_string(R"(a\"\\\/\b\f\n\r\tb)"), "a\"\\/\b\f\n\r\tb");
  EXPECT_EQ(decode_json_string(R"(\u0041\u00e4\u20aC)"), "A\u00e4\u20ac");
  EXPECT_EQ(decode_json_string(R"(\ud83d\ude00)"), "\U0001F600");
  EXPECT_EQ(decode_json_string(R"(\ud83dx\ude00\ud83d\u0041)"), "\uFFFDx\uFFFD\uFFFDA");
  EXPECT_EQ(decode_json_string("a\xFF"), "a\uFFFD");
  EXPECT_EQ(decode_json_string("a\\"), "a");
}

// Over random requests: the tree is as expected, and what is not inserted is as it was.
TEST(EnvInsertion, RandomRequestsReadAsExpectedAfterwards) {
  std::uint64_t const seed = test_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  MessageMaker maker([&](std::size_t n) { return random() % n; });
  std::size_t inserted = 0;
  for (int i = 0; i < 8000 && !testing::Test::HasFailure(); ++i) {
    std::string const body = maker.initialize();
    for (EnvPrecedence precedence : {kClient, kOurs}) {
      auto const insertion = insert_env(body, kTwo, precedence);
      EXPECT_EQ(check_insertion(body, kTwo, precedence, insertion), "") << body;
      if (insertion) ++inserted;
    }
  }
  EXPECT_GT(inserted, 4000U);
}

}  // namespace
}  // namespace bridge::framing
