// Skipping strings and values, with every special byte at every place of a 64-byte block.
#include "framing/json_walk.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "framing/json_scalar.h"
#include "tests/framing/guarded_bytes.h"
#include "tests/framing/seed.h"

namespace bridge::framing {
namespace {

std::size_t slow_string_end(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\') ++at;
  }
  return kNotFound;
}

std::size_t slow_nested_end(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    char const c = text[at];
    if (c == '"') {
      at = slow_string_end(text, at + 1);
      if (at == kNotFound) return kNotFound;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
  }
  return kNotFound;
}

TEST(JsonWalk, AStringEndsAtItsQuoteWhereverThatStands) {
  for (std::size_t size = 0; size < 300; ++size) {
    std::string const text = std::string(size, 'a') + "\",\"b";
    EXPECT_EQ(find_string_end(text, 0), size);
    EXPECT_EQ(find_string_end(std::string_view(text).substr(0, size), 0), kNotFound);
  }
}

TEST(JsonWalk, RunsOfBackslashesCrossBlocks) {
  for (std::size_t before = 0; before < 140; ++before) {
    for (std::size_t run = 0; run < 140; ++run) {
      std::string const text = std::string(before, 'a') + std::string(run, '\\') + "\"bc\"";
      ASSERT_EQ(find_string_end(text, 0), slow_string_end(text, 0)) << before << " " << run;
      std::string const object = "{\"" + text + "}";
      ASSERT_EQ(find_value_end(object, 0), slow_nested_end(object, 0)) << before << " " << run;
    }
  }
}

TEST(JsonWalk, RandomTextEndsWhereTheSlowReaderEnds) {
  std::mt19937_64 random(test_seed());
  std::string_view const bytes = "{}[]\"\"\"\\\\aaaaaaaa{}";
  std::size_t found = 0;
  for (int i = 0; i < 100000; ++i) {
    std::string text(1 + random() % 300, ' ');
    for (char& c : text) c = bytes[random() % bytes.size()];
    text[0] = '{';
    std::size_t const expected = slow_nested_end(text, 0);
    // Backslashes outside strings are no JSON: there the two may differ.
    std::string clean;
    bool inside = false;
    for (std::size_t k = 0; k < text.size(); ++k) {
      if (text[k] == '\\' && !inside) continue;
      clean += text[k];
      if (text[k] == '\\' && k + 1 < text.size())
        clean += text[++k];
      else if (text[k] == '"')
        inside = !inside;
    }
    ASSERT_EQ(find_value_end(clean, 0), slow_nested_end(clean, 0)) << clean;
    ASSERT_EQ(find_string_end(text, 0), slow_string_end(text, 0)) << text;
    if (expected != kNotFound) ++found;
  }
  EXPECT_GT(found, 1000U);
}

TEST(JsonWalk, NothingBehindTheTextIsRead) {
  std::string const object = R"({"a":[{"b":"\\\"c"}],"d":")" + std::string(150, 'x') + R"("})";
  for (std::size_t size = 0; size <= object.size(); ++size) {
    GuardedBytes const bytes(std::string_view(object).substr(0, size));
    bool const whole = size == object.size();
    EXPECT_EQ(find_value_end(bytes.view(), 0), whole ? size : kNotFound);
    for (std::size_t at = 0; at <= size; at += 7) find_string_end(bytes.view(), at);
  }
}

TEST(JsonWalk, ScalarsEndBeforeWhatFollows) {
  EXPECT_EQ(find_value_end("12,", 0), 2U);
  EXPECT_EQ(find_value_end("12}", 0), 2U);
  EXPECT_EQ(find_value_end("true ]", 0), 4U);
  EXPECT_EQ(find_value_end("null", 0), 4U);
  EXPECT_EQ(find_value_end("", 0), kNotFound);
  EXPECT_EQ(find_value_end("}", 0), kNotFound);
}

TEST(JsonWalk, MembersAreGivenInOrderAndTheEndIsKnown) {
  std::string_view const text = R"( {"a" : 1 , "b\"" :{"c":[]},"d":"e" } x)";
  ObjectWalk walk(text, 1);
  EXPECT_TRUE(walk.empty());
  ASSERT_TRUE(walk.next());
  EXPECT_EQ(walk.name().in(text), "a");
  EXPECT_EQ(walk.value().in(text), "1");
  ASSERT_TRUE(walk.next());
  EXPECT_EQ(walk.name().in(text), "b\\\"");
  EXPECT_EQ(walk.value().in(text), "{\"c\":[]}");
  ASSERT_TRUE(walk.next());
  EXPECT_EQ(walk.value().in(text), "\"e\"");
  EXPECT_FALSE(walk.next());
  EXPECT_FALSE(walk.empty());
  EXPECT_EQ(text.substr(walk.closing_brace()), "} x");
}

TEST(JsonWalk, WhatIsNoObjectHasNoClosingBrace) {
  for (std::string_view text :
       {"{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
        "{\"a\":1 \"b\":2}", "{\"a\":}", "{\"a\":[}"}) {
    ObjectWalk walk(text, 0);
    while (walk.next()) {
    }
    EXPECT_EQ(walk.closing_brace(), kNotFound) << text;
  }
}

TEST(JsonWalk, NamesMatchAsInGo) {
  using enum NameMatch;
  EXPECT_TRUE(name_is("params", "params", folded));
  EXPECT_TRUE(name_is("PaRaMs", "params", folded));
  EXPECT_TRUE(name_is("param\u017f", "params", folded));  // long s
  EXPECT_TRUE(name_is("\\u017Fkip", "skip", folded));
  EXPECT_TRUE(name_is("s\u212aip", "skip", folded));  // Kelvin sign
  EXPECT_FALSE(name_is("PARAMS", "params", exact));
  EXPECT_FALSE(name_is("param\u017f", "params", exact));
  EXPECT_TRUE(name_is("p\\u0061rams", "params", exact));
  EXPECT_FALSE(name_is("par-ams", "params", folded));
  EXPECT_FALSE(name_is("params\\", "params", folded));
  EXPECT_FALSE(name_is("p\\u006", "p", folded));
  EXPECT_FALSE(name_is("", "params", folded));
  EXPECT_FALSE(name_is("\xC5", "s", folded));
}

TEST(JsonWalk, Int64IsWhatGoTakes) {
  for (std::string_view good : {"0", "-0", "7", "-9223372036854775808", "9223372036854775807"})
    EXPECT_TRUE(is_int64(good)) << good;
  for (std::string_view bad : {"", "-", "+1", "1.0", "1e3", "9223372036854775808", "--1", "1 ",
                               "-9223372036854775809", "10000000000000000000", "x"})
    EXPECT_FALSE(is_int64(bad)) << bad;
}

}  // namespace
}  // namespace bridge::framing
