#include "proxy/session/journal/open_documents.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/framing/seed.h"
#include "tests/journal/edit_maker.h"
#include "tests/journal/journal_fixture.h"
#include "tests/journal/naive_text.h"

namespace bridge::session {
namespace {

class Documents : public JournalTest {
 protected:
  Documents() { open("one\ntwo\n"); }
};

TEST_F(Documents, ADidOpenForThePresentText) {
  edit("[" + change({1, 0}, {1, 3}, "2\"") + "]");
  auto const body = nlohmann::json::parse(OpenDocuments::did_open(document()));
  EXPECT_EQ(body, nlohmann::json::parse(did_open(kUri, "one\n2\"\n", 2)));
}

TEST_F(Documents, ADidOpenForATextOnDisk) {
  auto const body = nlohmann::json::parse(OpenDocuments::did_open(document(), "disk\n"));
  EXPECT_EQ(body, nlohmann::json::parse(did_open(kUri, "disk\n")));
}

TEST_F(Documents, SeveralChangesAreAppliedInTurn) {
  edit("[" + change({0, 0}, {0, 0}, "zero\n") + "," + change({1, 0}, {1, 3}, "1") + "]");
  EXPECT_EQ(text(), "zero\n1\ntwo\n");
  EXPECT_EQ(document().version, 2);
}

TEST_F(Documents, OneRefusedChangeRefusesTheMessage) {
  edit("[" + change({0, 0}, {0, 3}, "a longer text\nof lines") + "," + change({1, 0}, {2, 1}, "é") +
       "," + change({9, 9}, {9, 9}, "!") + "]");
  EXPECT_EQ(text(), "one\ntwo\n");
  EXPECT_EQ(document().version, 1);
  EXPECT_EQ(document().lost, "");
  EXPECT_EQ(document().changes, 2U);
  EXPECT_TRUE(journal_.take_remarks().empty());
  // What was remembered of the place does not mislead the next.
  edit("[" + change({1, 3}, {1, 3}, "!") + "]");
  EXPECT_EQ(text(), "one\ntwo!\n");
}

TEST_F(Documents, AChangeWithoutRangeIsTheWholeText) {
  edit(R"([{"text":"new\n"}])");
  EXPECT_EQ(text(), "new\n");
  edit(R"([{"range":null,"rangeLength":null,"text":"newer\n"}])");
  EXPECT_EQ(text(), "newer\n");
  EXPECT_EQ(document().version, 3);
}

TEST_F(Documents, TheLastVersionCountsWhateverItIs) {
  editor(did_change(kUri, -7, R"([{"text":""}])"));
  EXPECT_EQ(document().version, -7);
  EXPECT_EQ(text(), "");
}

// What gopls' json.Unmarshal or changedText answer with an error.
class Refused : public Documents, public testing::WithParamInterface<const char*> {};

TEST_P(Refused, LeavesTextAndVersion) {
  editor(notification("textDocument/didChange", GetParam()));
  EXPECT_EQ(text(), "one\ntwo\n");
  EXPECT_EQ(document().version, 1);
  EXPECT_EQ(document().lost, "");
  EXPECT_TRUE(journal_.take_remarks().empty()) << GetParam();
  EXPECT_EQ(journal_.documents().events(), 2U);
}

#define BRIDGE_PARAMS(version, changes)                                 \
  R"({"textDocument":{"uri":"file:///home/go/a.go","version":)" version \
  R"(},"contentChanges":)" changes "}"
INSTANTIATE_TEST_SUITE_P(
    Table, Refused,
    testing::Values(
        BRIDGE_PARAMS("2", "[]"), BRIDGE_PARAMS("2", "null"), BRIDGE_PARAMS("2", "{}"),
        BRIDGE_PARAMS("2", "[1]"), BRIDGE_PARAMS("2", R"([{"text":7}])"),
        BRIDGE_PARAMS("\"2\"", R"([{"text":"x"}])"), BRIDGE_PARAMS("2.0", R"([{"text":"x"}])"),
        BRIDGE_PARAMS("2147483648", R"([{"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"text":"x"},{"text":"y"}])"),
        BRIDGE_PARAMS("2", R"([{"rangeLength":1,"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"rangeLength":-1,"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"range":[],"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"range":{"start":{"line":-1},"end":{}},"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"range":{"start":{"line":0.5},"end":{}},"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"range":{"start":{"line":4294967296},"end":{}},"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"range":{"start":7,"end":{}},"text":"x"}])"),
        BRIDGE_PARAMS("2", R"([{"range":{"start":{},"end":{}},"text":"x"},{"text":true}])")));

TEST_F(Documents, FieldsThatAreMissingOrNullAreZero) {
  edit(R"([{"range":{"start":{"line":null},"end":{"line":1}}}])");
  EXPECT_EQ(text(), "two\n");
  edit(R"([null])");
  EXPECT_EQ(text(), "") << "gopls takes it for a whole text without text";
}

TEST_F(Documents, NamesAreReadAsGoReadsThem) {
  edit(R"([{"TEXT":"no","Ra\u006Ege":{"START":{},"end":{"Line":1}},"text":"yes\n"}])");
  EXPECT_EQ(text(), "yes\ntwo\n");
}

TEST_F(Documents, OfRepeatedNamesTheLastCounts) {
  edit(R"([{"text":"no","range":{"start":{"line":1},"end":{"line":2}},"text":"a\n"}])");
  EXPECT_EQ(text(), "one\na\n");
  edit(R"([{"range":{"start":{"line":1}},"range":{"end":{"line":2}},"text":"b\n"}])");
  EXPECT_EQ(text(), "one\nb\n") << "Go fills the same range";
  edit(R"([{"range":{"start":{"line":1}},"range":null,"range":{"end":{"line":1}},"text":""}])");
  EXPECT_EQ(text(), "b\n") << "but not one that null has taken back";
  editor(notification("textDocument/didChange",
                      R"({"textDocument":{"uri":"file:///home/go/a.go"},)"
                      R"("contentChanges":[{"text":"x"}],"contentChanges":[{"text":"y"}]})"));
  EXPECT_NE(document().lost, "") << "what Go makes of it is not ours to say";
}

TEST_F(Documents, EscapesInTexts) {
  edit(R"([{"text":"\u0061\ud83d\ude00\ud83d\n\/\"\\"}])");
  EXPECT_EQ(text(), "a😀\xEF\xBF\xBD\n/\"\\");
}

TEST_F(Documents, UrisAreComparedAsGoplsComparesThem) {
  for (auto const* const uri : {"file:///home/go/%61.go", "file:///home/go/a.g\\u006f",
                                "file://home/go/a.go", "file:\\/\\/\\/home\\/go\\/a.go"}) {
    std::string const expected = std::to_string(++version_);
    editor(did_change(uri, version_, R"([{"text":")" + expected + R"("}])"));
    EXPECT_EQ(text(), expected) << uri;
  }
  EXPECT_EQ(document().raw_uri, '"' + std::string(kUri) + '"') << "as it was opened";
  EXPECT_NE(journal_.documents().find("file:///home/go/%61.go"), nullptr);
  EXPECT_EQ(journal_.documents().find("file:///home/go/A.go"), nullptr);
  editor(did_open("file:///c%3A/x.go", ""));
  EXPECT_NE(journal_.documents().find("file:///C:/x.go"), nullptr);
  editor(did_open("untitled:Untitled-1", ""));
  EXPECT_NE(journal_.documents().find("untitled:Untitled-1"), nullptr);
}

TEST_F(Documents, TheUriOfParams) {
  EXPECT_EQ(document_uri(R"({"position":{},"textDocument":{"uri":"file:\/\/\/a%20b.go"}})"),
            "file:///a%20b.go");
  EXPECT_EQ(document_uri(R"({"textDocument":{}})"), "");
  EXPECT_EQ(document_uri("7"), "");
  EXPECT_EQ(document_uri(""), "");
}

TEST_F(Documents, OpeningAnOpenOneTakesTheNewText) {
  editor(did_open("file:///home/go/b.go", "b"));
  editor(did_open(kUri, "again", 9));
  ASSERT_EQ(journal_.documents().size(), 2U);
  EXPECT_EQ(text(), "again");
  EXPECT_EQ(document().version, 9);
  EXPECT_EQ(document().changes, 2U);
}

TEST_F(Documents, AClosedOneIsForgotten) {
  editor(did_open("file:///home/go/b.go", "b"));
  editor(
      notification("textDocument/didClose", R"({"textDocument":{"uri":"file:///home/go/a.go"}})"));
  ASSERT_EQ(journal_.documents().size(), 1U);
  EXPECT_EQ(text(), "b");
  EXPECT_EQ(journal_.documents().events(), 3U);
  edit(R"([{"text":"a"}])");
  EXPECT_EQ(text(), "b");
  EXPECT_EQ(journal_.take_remarks().size(), 1U) << "a change of what is not open";
}

TEST_F(Documents, ATextOverTheLimitIsLostUntilAFullOneFits) {
  journal_ = Journal({.document_bytes_max = 16, .request_bytes_max = 100});
  open("0123456789abcdef");
  EXPECT_EQ(document().lost, "");
  edit("[" + change({0, 0}, {0, 0}, "x") + "]");
  EXPECT_NE(document().lost.find("longer than 16 bytes (17)"), std::string::npos);
  EXPECT_EQ(document().version, 2);
  EXPECT_EQ(document().text.memory(), 0U);
  auto const remarks = journal_.take_remarks();
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_NE(remarks[0].find("a.go"), std::string::npos) << remarks[0];
  edit("[" + change({0, 0}, {0, 1}, "") + "]");
  EXPECT_NE(document().lost, "") << "an edit of an unknown text";
  EXPECT_EQ(document().version, 3);
  edit(R"([{"text":"0123456789abcdefg"}])");
  EXPECT_NE(document().lost, "");
  EXPECT_TRUE(journal_.take_remarks().empty()) << "said once";
  edit(R"([{"text":"0123456789abcdef"}])");
  EXPECT_EQ(document().lost, "");
  EXPECT_EQ(text(), "0123456789abcdef");
}

TEST_F(Documents, ALostOneIsSavedUntilTheNextEdit) {
  std::string const save =
      notification("textDocument/didSave", R"({"textDocument":{"uri":"file:///home/go/a.go"}})");
  journal_ = Journal({.document_bytes_max = 4, .request_bytes_max = 100});
  open("too long");
  EXPECT_FALSE(document().saved);
  editor(save);
  EXPECT_TRUE(document().saved);
  edit("[" + change({0, 0}, {0, 1}, "") + "]");
  EXPECT_FALSE(document().saved);
  editor(save);
  editor(did_open(kUri, "too long"));
  EXPECT_FALSE(document().saved);
}

TEST_F(Documents, AnEditThatCannotBeReadLosesTheText) {
  edit(R"([{"text" "x"}])");
  EXPECT_EQ(document().lost, "an edit could not be read");
  EXPECT_EQ(journal_.take_remarks().size(), 1U);
}

TEST_F(Documents, ALostOneHasNoTextAtAll) {
  edit(R"([{"range":{"start":{"line":0},"end":{"line":0}},"text":"x"},{"text":"y"]})");
  EXPECT_NE(document().lost, "");
  EXPECT_EQ(text(), "") << "not half of the changes";
}

TEST_F(Documents, ThePositionEncodingIsTheServers) {
  journal_ = Journal();
  editor(request("0", "initialize", "{}"));
  server(answer("0", R"({"capabilities":{"positionEncoding":"utf-8"}})"));
  open("é!");
  edit("[" + change({0, 2}, {0, 3}, "?") + "]");
  EXPECT_EQ(text(), "é?");
}

TEST_F(Documents, MessagesFoldToTheNaiveText) {
  std::mt19937_64 random(framing::test_seed());
  EditMaker maker([&](std::size_t n) { return random() % n; });
  int several_taken = 0;
  int several_refused = 0;
  for (int history = 0; history < 100; ++history) {
    std::string const first = maker.text(40);
    open(first);
    NaiveText naive(first, PositionEncoding::utf16);
    for (int step = 0; step < 40; ++step) {
      NaiveText tried = naive;
      std::string changes;
      bool taken = true;
      std::size_t const count = 1 + random() % 3;
      for (std::size_t n = 0; n < count; ++n) {
        MadeEdit const made = maker.edit(tried);
        taken = taken && tried.edit(made.start, made.end, made.text);
        changes += (n == 0 ? "" : ",") + change(made.start, made.end, made.text);
      }
      if (count > 1) ++(taken ? several_taken : several_refused);
      auto const version = document().version;
      edit("[" + changes + "]");
      if (taken) naive = tried;
      ASSERT_EQ(text(), naive.text()) << "seed " << framing::test_seed() << ": " << changes;
      ASSERT_EQ(document().version, taken ? version_ : version);
    }
  }
  EXPECT_GT(several_taken, 100);
  EXPECT_GT(several_refused, 100);
}

}  // namespace
}  // namespace bridge::session
