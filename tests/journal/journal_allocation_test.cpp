// A steady session allocates nothing in the journal.
#include <gtest/gtest.h>

#include "bench/count_allocations.h"
#include "tests/journal/journal_fixture.h"

namespace bridge::session {
namespace {

class Steady : public JournalTest {
 protected:
  Steady() {
    begin();
    for (auto const* const uri : {"file:///home/go/b.go", "file:///home/go/c.go"})
      editor(did_open(uri, text_));
    open(text_);
  }
  // Twice to find its memory, then a hundred times.
  template <class Pass>
  static std::size_t allocations(Pass pass) {
    pass();
    pass();
    std::size_t const before = bench::allocation_count();
    for (int i = 0; i < 100; ++i) pass();
    return bench::allocation_count() - before;
  }

  std::string const text_ = [] {
    std::string text = "package a\n";
    while (text.size() < 64 * 1024) text += "\tvalue, err := handle(\"é😀\")\n";
    return text;
  }();
};

TEST_F(Steady, TypingInSeveralDocuments) {
  std::vector<std::string> bodies;
  for (auto const* const uri :
       {"file:///home/go/b.go", "file:///home/go/a.go", "file:///home/go/%63.go"})
    for (std::uint32_t const line : {900U, 2U}) {
      bodies.push_back(did_change(
          uri, 3, "[" + change({line, 24}, {line, 24}, "a text of more than 15 bytes \"") + "]"));
      bodies.push_back(did_change(uri, 4,
                                  "[" + change({line, 24}, {line, 40}, "") + "," +
                                      change({line, 24}, {line, 38}, "") + "]"));
      // Refused, after a part of it was applied.
      bodies.push_back(did_change(uri, 5,
                                  "[" + change({line, 0}, {line + 20, 0}, "") + "," +
                                      change({line, 500}, {line, 501}, "") + "]"));
    }
  EXPECT_EQ(allocations([&] {
              for (const std::string& body : bodies) editor(body);
            }),
            0U);
  EXPECT_EQ(journal_.documents().at(0).text.text(), text_);
  EXPECT_EQ(text(), text_);
  EXPECT_TRUE(journal_.take_remarks().empty());
}

TEST_F(Steady, RequestsAndAnswers) {
  std::string const params = R"({"textDocument":{"uri":"file:///home/go/a.go"}})";
  std::vector<std::string> asked;
  std::vector<std::string> answered;
  for (auto const* const id : {"1234567890123456", R"("a string id of some length")", "7"}) {
    asked.push_back(request(id, "textDocument/completion", params));
    answered.insert(answered.begin(), answer(id));
  }
  std::string const cancel = notification("$/cancelRequest", R"({"id":1234567890123456})");
  EXPECT_EQ(allocations([&] {
              for (const std::string& body : asked) editor(body);
              editor(cancel);
              for (const std::string& body : answered) server(body);
            }),
            0U);
  EXPECT_TRUE(journal_.asked().empty());
}

TEST_F(Steady, DiagnosticsThatComeAndGo) {
  auto const publish = [](std::string_view list) {
    return notification(
        "textDocument/publishDiagnostics",
        R"({"uri":"file:///home/go/a.go","diagnostics":)" + std::string(list) + "}");
  };
  std::string const some = publish(R"([{"message":"x"}])");
  std::string const none = publish("[]");
  std::string const elsewhere = notification("window/logMessage", R"({"message":"x"})");
  EXPECT_EQ(allocations([&] {
              server(some);
              server(elsewhere);
              server(none);
            }),
            0U);
}

}  // namespace
}  // namespace bridge::session
