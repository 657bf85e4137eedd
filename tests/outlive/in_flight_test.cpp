// What becomes of messages that were under way when the server was lost.
#include "tests/outlive/outlive_fixture.h"

namespace bridge::outlive {
namespace {

using InFlight = Outlive;

struct InFlightOver : Outlive {
  void SetUp() override { stdio = GetParam(); }
};

TEST_F(InFlight, ARequestIsAskedAgainWithItsId) {
  begin({"--exit-when\nfake/echo", ""});
  EXPECT_EQ(client->request("fake/echo", {{"text", "asked twice"}})["result"]["text"],
            "asked twice");
  EXPECT_EQ(documents().size(), 1U);
  shut_down();
  EXPECT_EQ(starts(), 2U);
}

TEST_F(InFlight, ARequestBeforeAnEditIsNotAskedAgain) {
  begin({"", "--keep"});
  auto const id = client->send_request("fake/never", nullptr);
  change(a_go, 2, "package edited");
  panic();
  EXPECT_EQ(error_code(client->wait_answer(id)), kContentModified);
  EXPECT_EQ(received("fake/never"), 0U);
  EXPECT_EQ(documents()["file:///m/a.go"]["text"], "package edited");
  shut_down();
}

TEST_F(InFlight, ACommandIsNotRunTwice) {
  begin({"--exit-when\nworkspace/executeCommand", "--keep"});
  auto const answer = client->request("workspace/executeCommand", {{"command", "gopls.tidy"}});
  EXPECT_EQ(error_code(answer), kContentModified) << answer;
  EXPECT_EQ(received("workspace/executeCommand"), 0U);
  shut_down();
}

TEST_F(InFlight, ACancelledRequestIsAnsweredAsSuch) {
  begin({""});
  auto const id = client->send_request("fake/never", nullptr);
  client->notify("$/cancelRequest", {{"id", id}});
  panic();
  EXPECT_EQ(error_code(client->wait_answer(id)), kRequestCancelled);
  expect_hover();
  shut_down();
}

// The server dies in the middle of 4 MiB while the editor reads nothing.
TEST_P(InFlightOver, AnAnswerThatWasCutLeavesNothingBehindAndIsAskedForAgain) {
  for (auto const* const zero_copy : {"on", "off"}) {
    environment = {std::string("GOPLS_BRIDGE_ZERO_COPY=") + zero_copy};
    ::unlink((directory / "starts").c_str());
    begin({"--die-in-frame\nfake/large=2000000", ""});
    auto const first = server();
    auto const id = client->send_request("fake/large", {{"bytes", 4 * 1024 * 1024}});
    EXPECT_TRUE(first.wait_ended());
    wait_for_starts(2);
    auto const answer = client->wait_answer(id);
    ASSERT_TRUE(answer.contains("result")) << answer.dump().substr(0, 300);
    EXPECT_EQ(answer["result"].get<std::string>().size(), 4U * 1024 * 1024);
    shut_down();
    EXPECT_EQ(starts(), 2U);
    EXPECT_EQ(messages_shown(), 0U);
  }
}

// The same behind frames that the editor has not taken yet: whole ones arrive, the cut one does
// not.
TEST_P(InFlightOver, ACutAnswerBehindOthersThatWaitForASlowEditor) {
  begin({"--die-in-frame\nfake/large=100000", ""});
  auto const first = server();
  auto const flood = client->send_request("fake/flood", {{"count", 400}, {"bytes", 1000}});
  auto const id = client->send_request("fake/large", {{"bytes", 4 * 1024 * 1024}});
  auto const answer = client->wait_answer(id);
  ASSERT_TRUE(answer.contains("result")) << answer.dump().substr(0, 300);
  EXPECT_EQ(answer["result"].get<std::string>().size(), 4U * 1024 * 1024);
  EXPECT_TRUE(client->wait_answer(flood).contains("result"));
  EXPECT_TRUE(first.wait_ended());
  shut_down();
}

TEST_P(InFlightOver, KilledWhileTheEditorReadsNothing) {
  begin({""});
  auto const first = server();
  std::vector<std::int64_t> asked;
  asked.reserve(50);
  for (int number = 0; number < 50; ++number)
    asked.push_back(client->send_request("fake/large", {{"bytes", 100'000}}));
  first.kill(SIGKILL);
  // What it has written whole comes first: the next one may have to wait for the editor.
  EXPECT_TRUE(first.wait_ended());
  for (auto const id : asked) {
    auto const answer = client->wait_answer(id);
    ASSERT_TRUE(answer.contains("result")) << answer;
    EXPECT_EQ(answer["result"].get<std::string>().size(), 100'000U);
  }
  shut_down();
  EXPECT_EQ(messages_shown(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Stdio, InFlightOver,
                         testing::Values(StdioKind::socketpair, StdioKind::fifo),
                         [](auto const& instance) {
                           return instance.param == StdioKind::fifo ? "Fifo" : "Socketpair";
                         });

struct OfTheServer : Outlive {
  void server_asks(std::int64_t id) {
    client->notify("fake/send", {{"jsonrpc", "2.0"},
                                 {"id", id},
                                 {"method", "window/showDocument"},
                                 {"params", {{"uri", "file:///m/a.go"}}}});
  }
};

TEST_F(OfTheServer, ALateAnswerIsNotGivenToTheNextOne) {
  begin({"--keep"});
  server_asks(77);
  panic();
  wait_for_starts(2);
  expect_hover();  // on the way the client reads the request of the first server, and answers it
  ASSERT_EQ(client->server_requests().size(), 1U);
  EXPECT_EQ(received_answers(77), 0U);
  shut_down();
}

TEST_F(OfTheServer, TheSameIdOfTheNextOneIsKeptApart) {
  begin({"--keep"});
  server_asks(77);
  panic();
  wait_for_starts(2);
  server_asks(77);
  // By hand: the client would answer the first before the second is there.
  std::vector<Json> ids;
  while (ids.size() < 2) {
    auto const message = Json::parse(child->read_frame().value());
    if (message.value("method", "") == "window/showDocument") ids.push_back(message["id"]);
  }
  EXPECT_EQ(ids[0], 77);
  EXPECT_NE(ids[1], 77);
  for (auto const& id : ids)
    child->send_frame(Json{{"jsonrpc", "2.0"}, {"id", id}, {"result", nullptr}}.dump());
  EXPECT_EQ(received_answers(77), 1U);
  shut_down();
}

TEST_F(OfTheServer, ProgressThatItBeganEndsWithIt) {
  begin({""});
  client->notify("fake/send", {{"jsonrpc", "2.0"},
                               {"id", 5},
                               {"method", "window/workDoneProgress/create"},
                               {"params", {{"token", "work"}}}});
  for (auto const* const kind : {"begin", "report"})
    client->notify("fake/send",
                   {{"jsonrpc", "2.0"},
                    {"method", "$/progress"},
                    {"params", {{"token", "work"}, {"value", {{"kind", kind}, {"title", "t"}}}}}});
  client->wait_notification("$/progress",
                            [](auto const& params) { return params["value"]["kind"] == "report"; });
  panic();
  auto const end = client->wait_notification(
      "$/progress", [](auto const& params) { return params["value"]["kind"] == "end"; });
  EXPECT_EQ(end["token"], "work");
  shut_down();
}

}  // namespace
}  // namespace bridge::outlive
