// Servers that do not come up again, or only later.
#include "tests/outlive/outlive_fixture.h"

namespace bridge::outlive {
namespace {

using CrashLoop = Outlive;

TEST_F(CrashLoop, ThatLastsIsSaidOnceAndRequestsGetTheirErrorByTheDeadline) {
  begin({"", "--exit-when\ninitialize\n--stderr\nthe real reason"}, {"--replay-wait=300ms"});
  panic();
  auto const late = client->hover(a_go, 3, 5);
  EXPECT_EQ(error_code(late), kContentModified) << late;
  EXPECT_NE(late["error"]["message"].get<std::string>().find("not running"), std::string::npos);
  auto const shown = client->wait_notification("window/showMessage");
  EXPECT_EQ(shown["type"], 1);
  EXPECT_NE(shown["message"].get<std::string>().find("the real reason"), std::string::npos)
      << shown;
  EXPECT_GE(starts(), 4U) << "at once, after 0.2 s, after 1 s";
  // From now on at once; and the session ends in order without a server.
  EXPECT_EQ(error_code(client->hover(a_go, 3, 5)), kContentModified);
  shut_down();
  EXPECT_EQ(messages_shown(), 1U);
  EXPECT_LE(starts(), 6U) << "the next tries are 5 and 15 s away";
}

TEST_F(CrashLoop, ThatEndsInTimeIsNotFelt) {
  std::string const broken = "--exit-when\ninitialize";
  begin({"", broken, broken, ""});
  change(a_go, 2, "package changed");
  panic();
  expect_hover();
  EXPECT_EQ(documents()["file:///m/a.go"], (Json{{"version", 2}, {"text", "package changed"}}));
  shut_down();
  EXPECT_EQ(messages_shown(), 0U);
  EXPECT_EQ(starts(), 4U);
}

TEST_F(CrashLoop, EditsOfThatTimeAreNotLost) {
  std::string const broken = "--exit-when\ninitialize";
  begin({"", broken, broken, "--keep"}, {"--replay-wait=100ms"});
  panic();
  EXPECT_EQ(error_code(client->hover(a_go, 3, 5)), kContentModified);
  change(a_go, 2, "package second");
  client->open("/m/b.go", "package b");
  client->open("/m/c.go", "package c");
  client->notify("textDocument/didClose", {{"textDocument", {{"uri", "file:///m/c.go"}}}});
  client->notify("textDocument/didSave", {{"textDocument", {{"uri", "file:///m/a.go"}}}});
  wait_for_starts(4);
  // Answered with an error until it is there.
  Json answer;
  do answer = client->request("fake/documents", nullptr);
  while (error_code(answer) == kContentModified);
  EXPECT_EQ(answer["result"],
            (Json{{"file:///m/a.go", {{"version", 2}, {"text", "package second"}}},
                  {"file:///m/b.go", {{"version", 1}, {"text", "package b"}}}}));
  EXPECT_EQ(received("textDocument/didSave"), 1U);
  EXPECT_EQ(received("textDocument/didOpen"), 2U);
  shut_down();
}

}  // namespace
}  // namespace bridge::outlive
