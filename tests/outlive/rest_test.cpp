// Servers that are let go: while nobody needs them, and when they hang.
#include <signal.h>

#include "tests/outlive/outlive_fixture.h"

namespace bridge::outlive {
namespace {

using Hung = Outlive;

TEST_F(Hung, AServerThatOwesAnAnswerIsReplaced) {
  begin({""}, {"--hang-timeout=300ms"});
  auto const first = server();
  change(a_go, 2, "package second");
  first.kill(SIGSTOP);
  expect_hover();
  EXPECT_TRUE(first.wait_ended()) << "a stopped process is killed";
  EXPECT_EQ(documents()["file:///m/a.go"], (Json{{"version", 2}, {"text", "package second"}}));
  shut_down();
  EXPECT_EQ(starts(), 2U);
  EXPECT_EQ(messages_shown(), 0U);
}

TEST_F(Hung, ARequestThatHangsEachServerIsAnError) {
  begin({"--stall-when\nfake/never"}, {"--hang-timeout=200ms"});
  auto const answer = client->request("fake/never", nullptr);
  EXPECT_EQ(error_code(answer), kRequestFailed) << answer;
  expect_hover();
  shut_down();
}

struct Asleep : Outlive {
  // The first server has been stopped in order.
  void begin_and_sleep() {
    begin({"--keep"}, {"--hibernate-after=200ms"});
    auto const first = server();
    change(a_go, 2, "package second");
    EXPECT_EQ(documents()["file:///m/a.go"]["version"], 2);
    ASSERT_TRUE(first.wait_ended());
  }
};

TEST_F(Asleep, TheNextRequestWakesItAndFindsTheDocuments) {
  begin_and_sleep();
  expect_hover();
  EXPECT_EQ(documents(), (Json{{"file:///m/a.go", {{"version", 2}, {"text", "package second"}}}}));
  EXPECT_EQ(received("textDocument/didOpen"), 1U);
  shut_down();
  EXPECT_EQ(starts(), 2U);
  EXPECT_EQ(messages_shown(), 0U);
}

TEST_F(Asleep, AnEditWakesIt) {
  begin_and_sleep();
  change(a_go, 3, "package third");
  wait_for_starts(2);
  client->wait_notification("textDocument/publishDiagnostics",
                            [](auto const& params) { return params.value("version", 0) == 3; });
  EXPECT_EQ(documents()["file:///m/a.go"]["text"], "package third");
  shut_down();
}

// What needs no server leaves it asleep; so does the end of the session.
TEST_F(Asleep, WatchedFilesCancelsTraceAndShutdownDoNotWakeIt) {
  begin_and_sleep();
  client->notify("workspace/didChangeWatchedFiles",
                 {{"changes", Json::array({{{"uri", "file:///m/z.go"}, {"type", 2}}})}});
  client->notify("$/cancelRequest", {{"id", 1}});
  client->notify("$/setTrace", {{"value", "verbose"}});
  EXPECT_TRUE(client->request("shutdown", nullptr)["result"].is_null());
  EXPECT_TRUE(rigs::children_of(child->pid()).empty()) << "handled before the shutdown";
  client->notify("exit", nullptr);
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0})) << child->errors();
  EXPECT_EQ(starts(), 1U);
}

TEST_F(Asleep, TheEndOfTheEditorEndsIt) {
  begin_and_sleep();
  child->close_stdin();
  EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0})) << child->errors();
  EXPECT_EQ(starts(), 1U);
}

}  // namespace
}  // namespace bridge::outlive
