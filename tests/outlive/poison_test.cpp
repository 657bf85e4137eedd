// A request or a document that ends every server it reaches.
#include "tests/outlive/outlive_fixture.h"

namespace bridge::outlive {
namespace {

using Poison = Outlive;

TEST_F(Poison, ARequestIsNotAskedAThirdTime) {
  begin({""});
  auto const answer = client->request("fake/panic", nullptr);
  EXPECT_EQ(error_code(answer), kRequestFailed) << answer;
  EXPECT_NE(answer["error"]["message"].get<std::string>().find("fake/panic"), std::string::npos);
  expect_hover();
  EXPECT_EQ(documents().size(), 1U);
  shut_down();
  EXPECT_EQ(starts(), 3U);
}

TEST_F(Poison, OtherRequestsBesideItAreAnswered) {
  begin({""});
  auto const poison = client->send_request("fake/panic", nullptr);
  auto const beside = client->send_request("fake/echo", {{"text", "beside it"}});
  EXPECT_EQ(error_code(client->wait_answer(poison)), kRequestFailed);
  // In flight at both losses as well: it may be asked again or refused, but has one answer.
  auto const answer = client->wait_answer(beside);
  EXPECT_TRUE(answer.contains("result") || error_code(answer) == kRequestFailed) << answer;
  expect_hover();
  shut_down();
}

TEST_F(Poison, ADocumentIsLeftOutUntilItChanges) {
  begin({"--panic-at\nPOISON"});
  client->open("/m/b.go", "package b");
  client->open("/m/poison.go", "package POISON");
  client->open("/m/c.go", "package c");
  auto const shown = client->wait_notification("window/showMessage");
  EXPECT_NE(shown["message"].get<std::string>().find("/m/poison.go"), std::string::npos) << shown;
  expect_hover();
  EXPECT_EQ(documents(), (Json{{"file:///m/a.go", {{"version", 1}, {"text", "package a"}}},
                               {"file:///m/b.go", {{"version", 1}, {"text", "package b"}}},
                               {"file:///m/c.go", {{"version", 1}, {"text", "package c"}}}}));
  change("/m/poison.go", 2, "package cured");
  EXPECT_EQ(documents()["file:///m/poison.go"], (Json{{"version", 2}, {"text", "package cured"}}));
  shut_down();
  EXPECT_EQ(messages_shown(), 1U);
}

}  // namespace
}  // namespace bridge::outlive
