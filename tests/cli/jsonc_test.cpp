// Settings with comments: where their members stand, and that an edit changes nothing else.
#include "proxy/cli/jsonc.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "proxy/cli/jsonc_edit.h"

namespace bridge::cli {
namespace {

constexpr JsoncPlace kPlace{.outer = "go.alternateTools", .inner = "gopls"};
constexpr std::string_view kPath = "/home/me/bin/gopls";
using Outcome = JsoncEdit::Outcome;

struct Case {
  const char* name;
  std::string_view before;
  std::string_view after;
};

class JsoncEdits : public testing::TestWithParam<Case> {};

TEST_P(JsoncEdits, InsertThisAndNothingElse) {
  auto const edit = set_jsonc_member(GetParam().before, kPlace, kPath);
  EXPECT_EQ(edit.outcome, Outcome::changed) << edit.complaint;
  EXPECT_EQ(edit.text, GetParam().after);
}

TEST_P(JsoncEdits, AreUndoneToTheByte) {
  auto const edit = remove_jsonc_member(GetParam().after, kPlace, kPath);
  EXPECT_EQ(edit.outcome, Outcome::changed) << edit.complaint;
  EXPECT_EQ(edit.text, GetParam().before);
}

TEST_P(JsoncEdits, OnceMadeAreThere) {
  EXPECT_EQ(set_jsonc_member(GetParam().after, kPlace, kPath).outcome, Outcome::already);
  EXPECT_EQ(remove_jsonc_member(GetParam().before, kPlace, kPath).outcome, Outcome::already);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, JsoncEdits,
    testing::Values(
        Case{"OneLine", R"({"a": 1})",
             R"({"a": 1, "go.alternateTools": {"gopls": "/home/me/bin/gopls"}})"},
        Case{"EmptyOnOneLine", "{}", R"({"go.alternateTools": {"gopls": "/home/me/bin/gopls"}})"},
        Case{"Empty", "{\n}\n",
             "{\n    \"go.alternateTools\": {\n        \"gopls\": \"/home/me/bin/gopls\"\n    "
             "}\n}\n"},
        Case{"CommentsOnly", "{\n  // nothing yet\n}\n",
             "{\n    \"go.alternateTools\": {\n        \"gopls\": \"/home/me/bin/gopls\"\n    }\n"
             "  // nothing yet\n}\n"},
        Case{"Spaces", "{\n  \"a\": 1,\n  \"b\": {\"c\": [1, 2,],}\n}\n",
             "{\n  \"a\": 1,\n  \"b\": {\"c\": [1, 2,],},\n  \"go.alternateTools\": {\n"
             "    \"gopls\": \"/home/me/bin/gopls\"\n  }\n}\n"},
        Case{"Tabs", "{\n\t\"a\": 1\n}",
             "{\n\t\"a\": 1,\n\t\"go.alternateTools\": {\n\t\t\"gopls\": \"/home/me/bin/gopls\"\n"
             "\t}\n}"},
        Case{"TrailingComma", "{\n    \"a\": 1,\n}\n",
             "{\n    \"a\": 1,\n    \"go.alternateTools\": {\n        \"gopls\": "
             "\"/home/me/bin/gopls\"\n    },\n}\n"},
        Case{"CommentBehindTheLast", "{\n    \"a\": 1 // about a\n    // the end\n}\n",
             "{\n    \"a\": 1, // about a\n    \"go.alternateTools\": {\n        \"gopls\": "
             "\"/home/me/bin/gopls\"\n    }\n    // the end\n}\n"},
        Case{"CommentBehindTheLastComma", "{\n    \"a\": 1, /* about\n a */ // and\n}\n",
             "{\n    \"a\": 1, /* about\n a */ // and\n    \"go.alternateTools\": {\n        "
             "\"gopls\": \"/home/me/bin/gopls\"\n    },\n}\n"},
        Case{"CarriageReturns", "{\r\n    \"a\": 1\r\n}\r\n",
             "{\r\n    \"a\": 1,\r\n    \"go.alternateTools\": {\r\n        \"gopls\": "
             "\"/home/me/bin/gopls\"\r\n    }\r\n}\r\n"},
        Case{"ByteOrderMark", "\xef\xbb\xbf{\n    \"a\": \"\xc3\xa4\"\n}\n",
             "\xef\xbb\xbf{\n    \"a\": \"\xc3\xa4\",\n    \"go.alternateTools\": {\n        "
             "\"gopls\": \"/home/me/bin/gopls\"\n    }\n}\n"},
        Case{"OtherTools",
             "{\n    \"go.alternateTools\": {\n        \"dlv\": \"/d\" // mine\n    },\n"
             "    \"z\": null\n}\n",
             "{\n    \"go.alternateTools\": {\n        \"dlv\": \"/d\", // mine\n        "
             "\"gopls\": \"/home/me/bin/gopls\"\n    },\n    \"z\": null\n}\n"},
        Case{"OtherToolsOnOneLine", "{\n    \"go.alternateTools\": {\"dlv\": \"/d\"},\n}\n",
             "{\n    \"go.alternateTools\": {\"dlv\": \"/d\", \"gopls\": "
             "\"/home/me/bin/gopls\"},\n}\n"},
        Case{"BracesInTextsAndComments",
             "{\n    \"a\": \"}\\\"//\", /* } */ \"b\": [\"]\" /*]*/]\n}\n",
             "{\n    \"a\": \"}\\\"//\", /* } */ \"b\": [\"]\" /*]*/],\n"
             "    \"go.alternateTools\": {\n        \"gopls\": \"/home/me/bin/gopls\"\n    }\n"
             "}\n"}),
    [](const auto& each) { return each.param.name; });

TEST(JsoncEdit, OfTextWithoutAValueWritesOne) {
  for (std::string const before :
       {"", "\n", "// my settings\n", "/* none */", "\xef\xbb\xbf", "  \t\n"}) {
    auto const edit = set_jsonc_member(before, kPlace, kPath);
    ASSERT_EQ(edit.outcome, Outcome::changed) << before << edit.complaint;
    EXPECT_TRUE(edit.text.starts_with(before));
    EXPECT_EQ(set_jsonc_member(edit.text, kPlace, kPath).outcome, Outcome::already) << edit.text;
  }
}

TEST(JsoncEdit, LeavesAnotherValueAndSaysWhich) {
  auto edit =
      set_jsonc_member(R"({"go.alternateTools": {"gopls": "/go/bin/gopls"}})", kPlace, kPath);
  EXPECT_EQ(edit.outcome, Outcome::other);
  EXPECT_EQ(edit.value, "/go/bin/gopls");
  edit = remove_jsonc_member(R"({"go.alternateTools": {"gopls": null}})", kPlace, kPath);
  EXPECT_EQ(edit.outcome, Outcome::other);
  EXPECT_EQ(edit.value, "null");
}

// As VS Code reads it: escapes count as what they mean, the last of several wins.
TEST(JsoncEdit, FindsNamesAsVsCodeReadsThem) {
  EXPECT_EQ(
      set_jsonc_member("{\"go.alternate\\u0054ools\": {\"gopls\": \"x\"}}", kPlace, "x").outcome,
      Outcome::already);
  EXPECT_EQ(set_jsonc_member(
                R"({"go.alternateTools": {"gopls": "x"}, "go.alternateTools": {"gopls": "y"}})",
                kPlace, "y")
                .outcome,
            Outcome::already);
}

TEST(JsoncEdit, ATextInAPathIsEscaped) {
  auto const edit = set_jsonc_member("{}", kPlace, "/a\"b\\c");
  EXPECT_EQ(edit.text, R"({"go.alternateTools": {"gopls": "/a\"b\\c"}})");
}

TEST(JsoncEdit, RefusesWhatItCannotReadAndNamesTheLine) {
  struct {
    std::string_view text, complaint;
  } const cases[] = {
      {"{\n  \"a\": 1\n  \"b\": 2\n}", "line 3: a comma or } is expected"},
      {"{\n  \"a\": \"never closed\n}", "line 2: a text is not closed"},
      {"{\n  \"a\" 1}", "line 2: a colon is expected"},
      {"{\n  \"a\": }", "line 2: a value is expected"},
      {"{\n  \"a\": nul}", "line 2: a value is expected"},
      {"{\n  \"a\": [1 2]}", "line 2: a comma or ] is expected"},
      {"{\n  a: 1}", "line 2: the name of a setting or } is expected"},
      {"{", "line 1: the name of a setting or } is expected"},
      {"{} /* open", "line 1: something follows the closing brace"},
      {"{}\n{}", "line 2: something follows the closing brace"},
      {"{,}", "line 1: the name of a setting or } is expected"},
      {"[1]", "the settings are no object"},
      {"{\"go.alternateTools\": null}", "\"go.alternateTools\" is no object"},
  };
  for (auto const& each : cases) {
    auto const edit = set_jsonc_member(each.text, kPlace, kPath);
    EXPECT_EQ(edit.outcome, Outcome::refused) << each.text;
    EXPECT_EQ(edit.complaint, each.complaint) << each.text;
  }
  EXPECT_EQ(set_jsonc_member(std::string(100000, '['), kPlace, kPath).complaint,
            "line 1: too deep");
}

// A random object in random style. Comments hold what would be an edit's undoing outside of them.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}
  std::string object(int depth) {
    std::string text = "{" + trivia();
    for (int left = pick(4); left > 0; --left) {
      text += "\"k" + std::to_string(pick(1000)) + "\"" + trivia() + ":" + trivia() + value(depth);
      text += trivia();
      if (left > 1 || pick(2) == 0) text += "," + trivia();
    }
    return text + "}";
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string value(int depth) {
    switch (pick(depth > 3 ? 3 : 5)) {
      case 0:
        return "-1.5e3";
      case 1:
        return "\"text with } // \\\" /* , \"";
      case 2:
        return "true";
      case 3:
        return "[" + trivia() + value(depth + 1) + "," + trivia() + "]";
      default:
        return object(depth + 1);
    }
  }
  std::string trivia() {
    static constexpr const char* kForms[] = {
        "", "", " ", "\n", "\n    ", "\r\n\t", "/* },{ */", " // \",}\n", "/*\n*/ "};
    return kForms[pick(static_cast<int>(std::size(kForms)))];
  }
  std::mt19937 random_;
};

// By nlohmann's reader, which knows comments but no trailing commas.
nlohmann::json meaning(std::string_view text) {
  std::string strict;
  for (std::size_t at = 0; at < text.size();) {
    at = skip_jsonc_trivia(text, at);
    if (at >= text.size()) break;
    if (text[at] == '"') {
      auto const begin = at++;
      while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
      strict += text.substr(begin, ++at - begin);
    } else {
      if (text[at] == '}' || text[at] == ']')
        if (strict.ends_with(',')) strict.pop_back();
      strict += text[at++];
    }
  }
  return nlohmann::json::parse(strict);
}

TEST(JsoncEdit, OfAnyTextKeepsItsMeaningAndIsUndoneToTheByte) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    auto const before = Maker(seed).object(0);
    auto const edit = set_jsonc_member(before, kPlace, kPath);
    ASSERT_EQ(edit.outcome, Outcome::changed) << seed << edit.complaint << "\n" << before;
    auto expected = meaning(before);
    expected["go.alternateTools"]["gopls"] = kPath;
    EXPECT_EQ(meaning(edit.text), expected) << seed << "\n" << before << "\n" << edit.text;
    auto const back = remove_jsonc_member(edit.text, kPlace, kPath);
    ASSERT_EQ(back.text, before) << seed << "\n" << edit.text;
  }
}

// Whatever is cut off or damaged: an answer, and no text that cannot be read again.
TEST(JsoncEdit, OfDamagedTextIsRefusedOrReadable) {
  auto const whole = Maker(7).object(0);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    for (auto const& text : {whole.substr(0, cut), whole.substr(cut),
                             whole.substr(0, cut) + "\"" + whole.substr(cut)}) {
      auto const edit = set_jsonc_member(text, kPlace, kPath);
      if (edit.outcome == Outcome::changed) {
        EXPECT_EQ(read_jsonc(edit.text).complaint, "") << text;
      }
    }
  }
}

}  // namespace
}  // namespace bridge::cli
