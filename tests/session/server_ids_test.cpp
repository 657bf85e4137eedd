// Ids of servers that count from 1, each, towards an editor that owes the last one answers.
#include "proxy/session/replay/server_ids.h"

#include <gtest/gtest.h>

namespace bridge::session {
namespace {

TEST(ServerIds, AFreshIdStaysAsItIs) {
  ServerIds ids;
  EXPECT_EQ(ids.given_to("1"), std::nullopt);
  EXPECT_FALSE(ids.on_answer("1").swallow);
  EXPECT_EQ(ids.on_answer("1").raw_id, std::nullopt);
  EXPECT_FALSE(ids.busy());
}

TEST(ServerIds, AnAnswerToAServerThatIsGoneIsSwallowedOnce) {
  ServerIds ids;
  ids.lose({{.raw_id = "3", .method = "workspace/configuration"}});
  EXPECT_TRUE(ids.busy());
  EXPECT_TRUE(ids.on_answer("3").swallow);
  EXPECT_FALSE(ids.on_answer("3").swallow);
  EXPECT_FALSE(ids.busy());
}

TEST(ServerIds, AnIdThatTheEditorStillOwesIsGivenAnotherNameAndBack) {
  ServerIds ids;
  ids.lose({{.raw_id = "3", .method = "window/showMessageRequest"}});
  auto const ours = ids.given_to("3");
  ASSERT_EQ(ours, "\"gopls-bridge:s:1\"");
  EXPECT_EQ(ids.given("3"), ours) << "for a cancellation";
  EXPECT_EQ(ids.given_to("4"), std::nullopt);
  // The answer to the fresh server's comes first, then the late one.
  EXPECT_EQ(ids.on_answer(*ours).raw_id, "3");
  EXPECT_TRUE(ids.on_answer("3").swallow);
  EXPECT_FALSE(ids.busy());
}

TEST(ServerIds, AnAnswerUnderAGivenNameAfterAnotherLossIsSwallowed) {
  ServerIds ids;
  ids.lose({{.raw_id = "3", .method = "a"}});
  std::string const ours = *ids.given_to("3");
  // As the editor knows it.
  ids.lose({{.raw_id = ours, .method = "a"}});
  EXPECT_TRUE(ids.on_answer(ours).swallow);
  EXPECT_NE(ids.given_to("3"), ours);
}

}  // namespace
}  // namespace bridge::session
