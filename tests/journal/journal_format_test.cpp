#include <gtest/gtest.h>

#include "proxy/session/journal/journal.h"
#include "tests/journal/journal_fixture.h"

namespace bridge::session {
namespace {

class JournalFormat : public JournalTest {
 protected:
  // Something of everything.
  void fill() {
    begin(R"({"workspaceFolders":[{"uri":"file:///w","name":"w"}]})");
    editor(notification("$/setTrace", R"({"value":"off"})"));
    editor(notification("workspace/didChangeConfiguration", R"({"settings":{}})"));
    editor(notification("workspace/didChangeWorkspaceFolders",
                        R"({"event":{"added":[{"uri":"file:///v","name":"v"}],"removed":[]}})"));
    open("package a\n\n// é😀\n");
    edit("[" + change({1, 0}, {1, 0}, "var x int") + "]");
    editor(did_open("file:///home/go/b.go", std::string("\0b", 2)));
    editor(
        notification("textDocument/didSave", R"({"textDocument":{"uri":"file:///home/go/b.go"}})"));
    editor(request("5", "textDocument/hover", "{}"));
    editor(request(R"("six")", "textDocument/rename", "{}"));
    editor(notification("$/cancelRequest", R"({"id":5})"));
    journal_.asked().at(1).with_server = false;
    journal_.asked().at(1).asked_again = 1;
    server(request("1", "client/registerCapability",
                   R"({"registrations":[{"id":"r","method":"m"}]})"));
    server(request("2", "window/workDoneProgress/create", R"({"token":"t"})"));
    server(notification("$/progress", R"({"token":"t","value":{"kind":"begin"}})"));
    server(notification("textDocument/publishDiagnostics",
                        R"({"uri":"file:///home/go/a.go","diagnostics":[{}]})"));
  }
  static std::string why_refused(std::string_view bytes) {
    std::string error;
    return Journal::parse(bytes, {}, error) ? "taken" : error;
  }
};

TEST_F(JournalFormat, AJournalTakenUpIsTheOneThatWasGivenAway) {
  fill();
  std::string error;
  auto taken = Journal::parse(journal_.serialise(), {}, error);
  ASSERT_TRUE(taken) << error;
  EXPECT_EQ(taken->serialise(), journal_.serialise());
  EXPECT_TRUE(taken->can_replay());
  EXPECT_EQ(taken->initialize_request("9"), journal_.initialize_request("9"));
  EXPECT_EQ(taken->initialize_result(), journal_.initialize_result());
  EXPECT_EQ(taken->preamble(), journal_.preamble());
  ASSERT_EQ(taken->documents().size(), 2U);
  EXPECT_EQ(taken->documents().events(), journal_.documents().events());
  EXPECT_EQ(taken->documents().at(0).text.text(), "package a\nvar x int\n// é😀\n");
  EXPECT_EQ(taken->documents().at(0).version, 2);
  EXPECT_EQ(taken->documents().at(1).text.text(), std::string("\0b", 2));
  EXPECT_TRUE(taken->documents().at(1).saved);
  ASSERT_EQ(taken->asked().size(), 2U);
  EXPECT_TRUE(taken->asked().at(0).cancelled);
  EXPECT_EQ(taken->asked().at(1).asked_again, 1);
  EXPECT_FALSE(taken->asked().at(1).with_server);
  EXPECT_EQ(taken->server_requests().size(), 2U);
  EXPECT_EQ(taken->registrations().at(0).raw, R"({"id":"r","method":"m"})");
  EXPECT_EQ(taken->open_progress(), std::vector<std::string>{R"("t")"});
  EXPECT_EQ(taken->diagnosed(), std::vector<std::string>{R"("file:///home/go/a.go")"});
}

TEST_F(JournalFormat, TheSessionGoesOnInTheOneTakenUp) {
  fill();
  std::string error;
  auto taken = Journal::parse(journal_.serialise(), {}, error);
  ASSERT_TRUE(taken) << error;
  for (Journal* const journal : {&journal_, &*taken}) {
    from_editor(*journal, did_change(kUri, 3, "[" + change({2, 4}, {2, 6}, "!") + "]"));
    from_server(*journal, answer("5"));
    from_editor(*journal, answer("1"));
    from_editor(*journal, did_open("file:///home/go/%62.go", "b"));
  }
  EXPECT_EQ(taken->serialise(), journal_.serialise());
  EXPECT_EQ(taken->documents().size(), 2U);
  EXPECT_EQ(taken->documents().at(0).text.text(), "package a\nvar x int\n// é!\n");
}

// FORMAT.md's example, number by number.
TEST_F(JournalFormat, TheExampleOfTheDocument) {
  editor(R"({"id":0,"method":"initialize","params":{}})");
  server(R"({"result":{},"id":0})");
  editor(R"({"method":"initialized"})");
  editor(did_open("file:///a.go", "package a\n"));
  using namespace std::string_literals;
  auto const u64 = [](std::uint8_t value) {
    return std::string(1, char(value)) + std::string(7, 0);
  };
  EXPECT_EQ(journal_.serialise(),
            "gbjrnl\r\n\x01\0\0\0\x51\x03\xfc\xf6\x22\x8b\x97\xde"s + u64(250) +             //
                u64(42) + R"({"id":0,"method":"initialize","params":{}})" +                  //
                u64(2) + "{}" + u64(24) + R"({"method":"initialized"})" + u64(0) + u64(0) +  //
                "\0"s + u64(0) +                                                             //
                u64(1) + u64(1) + u64(14) + R"("file:///a.go")" + u64(4) + R"("go")" +       //
                u64(1) + u64(0) + "\0"s + u64(1) + u64(10) + "package a\n" +                 //
                u64(0) + u64(0) + u64(0) + u64(0) + u64(0));
}

TEST_F(JournalFormat, AnEmptyOneToo) { EXPECT_EQ(why_refused(journal_.serialise()), "taken"); }

TEST_F(JournalFormat, ThePositionEncodingIsTakenUp) {
  editor(request("0", "initialize", "{}"));
  server(answer("0", R"({"capabilities":{"positionEncoding":"utf-32"}})"));
  open("😀!");
  std::string error;
  auto taken = Journal::parse(journal_.serialise(), {}, error);
  ASSERT_TRUE(taken) << error;
  from_editor(*taken, did_change(kUri, 2, "[" + change({0, 1}, {0, 2}, "?") + "]"));
  EXPECT_EQ(taken->documents().at(0).text.text(), "😀?");
}

TEST_F(JournalFormat, EveryDamagedByteIsSeen) {
  fill();
  std::string const whole = journal_.serialise();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_NE(why_refused(damaged), "taken") << "byte " << at;
    EXPECT_NE(why_refused(std::string_view(whole).substr(0, at)), "taken") << "cut at " << at;
  }
  EXPECT_EQ(why_refused(whole + "x"), "more bytes than one journal");
}

TEST_F(JournalFormat, AnotherVersionIsRefusedByName) {
  std::string bytes = journal_.serialise();
  bytes[8] = 7;
  EXPECT_EQ(why_refused(bytes), "a journal of version 7, not 1");
  EXPECT_EQ(why_refused("something else"), "no journal");
}

}  // namespace
}  // namespace bridge::session
