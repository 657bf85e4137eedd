#include "proxy/session/journal/text_document.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/framing/seed.h"
#include "tests/journal/edit_maker.h"
#include "tests/journal/naive_text.h"

namespace bridge::session {
namespace {

constexpr auto kUtf16 = PositionEncoding::utf16;

TextDocument document(std::string_view text) {
  TextDocument made;
  made.set(text);
  return made;
}

struct EditCase {
  std::string name;
  std::string before;
  Position start;
  Position end;
  std::string text;
  // nullopt: refused.
  std::optional<std::string> after;
};

void PrintTo(const EditCase& edit, std::ostream* out) { *out << edit.name; }

class Edit : public testing::TestWithParam<EditCase> {};

TEST_P(Edit, IsWhatGoplsMakesOfIt) {
  auto const& [name, before, start, end, text, after] = GetParam();
  TextDocument made = document(before);
  EXPECT_EQ(made.edit(start, end, text, kUtf16), after.has_value());
  EXPECT_EQ(made.text(), after.value_or(before));
  EXPECT_EQ(made.size(), after.value_or(before).size());
  if (name.starts_with("NoUtf8")) return;
  // The slow reader that the random tests compare with has to know these rules too.
  NaiveText naive(before, kUtf16);
  EXPECT_EQ(naive.edit(start, end, text), after.has_value());
  EXPECT_EQ(naive.text(), after.value_or(before));
}

TEST_P(Edit, IsTheSameWhereverTheGapWas) {
  auto const& [name, before, start, end, text, after] = GetParam();
  for (std::size_t at = 0; at <= before.size(); ++at) {
    TextDocument made = document(before);
    made.replace({at, 0}, "12345");  // leaves the gap inside or behind
    made.replace({at, 5}, "");
    EXPECT_EQ(made.edit(start, end, text, kUtf16), after.has_value()) << "gap at " << at;
    EXPECT_EQ(made.text(), after.value_or(before)) << "gap at " << at;
  }
}

// Each is a branch of PositionOffset or RangeOffsets in gopls/internal/protocol/mapper.go.
INSTANTIATE_TEST_SUITE_P(
    Table, Edit,
    testing::Values(
        EditCase{"InsertIntoNothing", "", {0, 0}, {0, 0}, "a", "a"},
        EditCase{"InsertAtTheEnd", "ab", {0, 2}, {0, 2}, "c", "abc"},
        EditCase{"InsertNothing", "ab", {0, 1}, {0, 1}, "", "ab"},
        EditCase{"Replace", "one two\nthree", {0, 4}, {0, 7}, "2", "one 2\nthree"},
        EditCase{"DeleteALineEnd", "one\ntwo\n", {0, 3}, {1, 0}, "", "onetwo\n"},
        EditCase{"DeleteAll", "one\ntwo\n", {0, 0}, {2, 0}, "", ""},
        EditCase{"InsertLines", "one\ntwo\n", {1, 0}, {1, 0}, "a\nb\n", "one\na\nb\ntwo\n"},
        EditCase{"ColumnAtTheLinesEnd", "ab\ncd", {0, 2}, {0, 2}, "!", "ab!\ncd"},
        EditCase{"ColumnPastTheLinesEnd", "ab\ncd", {0, 3}, {0, 3}, "!", std::nullopt},
        EditCase{"ColumnPastTheTextsEnd", "ab\ncd", {1, 3}, {1, 3}, "!", std::nullopt},
        EditCase{"EndColumnPastTheLinesEnd", "ab\ncd", {0, 0}, {0, 3}, "!", std::nullopt},
        EditCase{"HugeColumn", "ab\ncd", {0, 0}, {0, 4294967295U}, "!", std::nullopt},
        EditCase{"HugeLine", "ab\ncd", {0, 0}, {4294967295U, 0}, "!", std::nullopt},
        EditCase{"TheEmptyLineBehindALineEnd", "ab\n", {1, 0}, {1, 0}, "c", "ab\nc"},
        EditCase{"OneLinePastTheLast", "ab\ncd", {2, 0}, {2, 0}, "e", "ab\ncde"},
        EditCase{"OneLinePastALineEnd", "ab\n", {2, 0}, {2, 0}, "c", "ab\nc"},
        EditCase{"OneLinePastNothing", "", {1, 0}, {1, 0}, "c", "c"},
        EditCase{"UpToOneLinePastTheLast", "ab\ncd", {0, 1}, {2, 0}, "", "a"},
        EditCase{"ColumnOneLinePastTheLast", "ab\ncd", {2, 1}, {2, 1}, "e", std::nullopt},
        EditCase{"TwoLinesPastTheLast", "ab\ncd", {3, 0}, {3, 0}, "e", std::nullopt},
        EditCase{"EndBeforeStart", "abcd", {0, 3}, {0, 1}, "", std::nullopt},
        EditCase{"EndLineBeforeStart", "a\nb\n", {1, 0}, {0, 0}, "", std::nullopt},
        EditCase{"CarriageReturnIsACharacter", "a\r\nb", {0, 2}, {0, 2}, "!", "a\r!\nb"},
        EditCase{"BeforeTheCarriageReturn", "a\r\nb", {0, 1}, {0, 1}, "!", "a!\r\nb"},
        EditCase{"PastTheCarriageReturn", "a\r\nb", {0, 3}, {0, 3}, "!", std::nullopt},
        EditCase{"LoneCarriageReturnIsNoLine", "a\rb", {1, 0}, {1, 0}, "!", "a\rb!"},
        EditCase{"LineSeparatorIsNoLine", "a\u2028b", {0, 2}, {0, 3}, "!", "a\u2028!"},
        EditCase{"TwoByteCharacter", "é!", {0, 1}, {0, 2}, "?", "é?"},
        EditCase{"ThreeByteCharacter", "日本", {0, 1}, {0, 2}, "!", "日!"},
        EditCase{"BehindASurrogatePair", "😀a", {0, 2}, {0, 3}, "b", "😀b"},
        EditCase{"InsideASurrogatePair", "😀a", {0, 1}, {0, 1}, "b", "b😀a"},
        EditCase{"FromInsideAPairToBehindIt", "😀a", {0, 1}, {0, 2}, "b", "ba"},
        EditCase{"FromBeforeAPairToInsideIt", "😀a", {0, 0}, {0, 1}, "b", "b😀a"},
        EditCase{"InsideTheSecondPair", "😀😀a", {0, 3}, {0, 4}, "b", "😀ba"},
        EditCase{"BackwardsInsideAPair", "😀a", {0, 1}, {0, 0}, "b", "b😀a"},
        EditCase{"PastAPairAtTheEnd", "😀", {0, 3}, {0, 3}, "b", std::nullopt},
        EditCase{"ReplacementCharacter", "\xEF\xBF\xBD!", {0, 1}, {0, 2}, "?", "\xEF\xBF\xBD?"},
        EditCase{"NoUtf8BeforeTheColumn", "a\xFFz\n", {0, 2}, {0, 2}, "b", std::nullopt},
        EditCase{"NoUtf8BehindTheColumn", "a\xFFz\n", {0, 1}, {0, 1}, "b", "ab\xFFz\n"},
        EditCase{"NoUtf8OnAnotherLine", "\xFF\nab", {1, 1}, {1, 2}, "c", "\xFF\nac"},
        EditCase{"NoUtf8CutShort", "a\xE2\x82", {0, 2}, {0, 2}, "b", std::nullopt},
        EditCase{"NoUtf8Surrogate", "\xED\xA0\x80z", {0, 1}, {0, 1}, "b", std::nullopt}),
    [](auto const& edit) { return edit.param.name; });

TEST(TextDocument, PositionsInOtherEncodings) {
  TextDocument made = document("é😀z");
  EXPECT_TRUE(made.edit({0, 6}, {0, 7}, "y", PositionEncoding::utf8));
  EXPECT_EQ(made.text(), "é😀y");
  EXPECT_TRUE(made.edit({0, 4}, {0, 6}, "!", PositionEncoding::utf8)) << "inside is before";
  EXPECT_EQ(made.text(), "é!y");
  made.set("é😀z");
  EXPECT_TRUE(made.edit({0, 2}, {0, 3}, "y", PositionEncoding::utf32));
  EXPECT_EQ(made.text(), "é😀y");
  EXPECT_TRUE(made.edit({0, 3}, {0, 4}, "x", kUtf16)) << "the remembered place is in other units";
  EXPECT_EQ(made.text(), "é😀x");
}

TEST(TextDocument, AJsonStringAcrossTheGap) {
  TextDocument made = document("\"\\\n\x01é");
  made.replace({5, 0}, "x");  // leaves the gap inside the two bytes of é, and é is two no-bytes
  std::string json;
  made.append_json(json);
  EXPECT_EQ(json, R"("\"\\\u000a\u0001\ufffdx\ufffd")");
  made.replace({5, 1}, "");
  json = "before:";
  made.append_json(json);
  EXPECT_EQ(json, R"(before:"\"\\\u000a\u0001é")");
}

TEST(TextDocument, MemoryFollowsTheText) {
  TextDocument made;
  EXPECT_EQ(made.memory(), 0U);
  EXPECT_EQ(made.text(), "");
  std::string const large(1 << 20, 'x');
  made.set(large);
  EXPECT_GE(made.memory(), large.size());
  EXPECT_LE(made.memory(), large.size() * 9 / 8);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(made.edit({0, 0}, {0, 0}, large.substr(0, 10240), kUtf16));
  EXPECT_EQ(made.size(), large.size() + 100 * 10240);
  EXPECT_LE(made.memory(), made.size() * 9 / 8);
  made.replace({10, made.size() - 20}, "");
  EXPECT_EQ(made.text(), std::string(20, 'x'));
  EXPECT_LE(made.memory(), 64U * 1024);
  made.set(large);
  made.set("small");
  EXPECT_LE(made.memory(), 64U * 1024);
  EXPECT_EQ(made.text(), "small");
}

TEST(TextDocument, FoldedEditsAreTheNaiveText) {
  std::mt19937_64 random(framing::test_seed());
  EditMaker maker([&](std::size_t n) { return random() % n; });
  int taken = 0;
  int refused = 0;
  for (int history = 0; history < 400; ++history) {
    auto const encoding = static_cast<PositionEncoding>(history % 3);
    std::string const first = maker.text(60);
    TextDocument made = document(first);
    NaiveText naive(first, encoding);
    for (int step = 0; step < 60; ++step) {
      MadeEdit const edit = maker.edit(naive);
      bool const expected = naive.edit(edit.start, edit.end, edit.text);
      ++(expected ? taken : refused);
      ASSERT_EQ(made.edit(edit.start, edit.end, edit.text, encoding), expected)
          << "seed " << framing::test_seed() << " history " << history << " step " << step;
      ASSERT_EQ(made.text(), naive.text())
          << "seed " << framing::test_seed() << " history " << history << " step " << step;
    }
  }
  // Both ways were walked often.
  EXPECT_GT(taken, 4000);
  EXPECT_GT(refused, 4000);
}

}  // namespace
}  // namespace bridge::session
