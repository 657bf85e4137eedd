#include "proxy/session/journal/asked_requests.h"

#include <gtest/gtest.h>

#include "proxy/session/journal/message_id.h"

namespace bridge::session {
namespace {

TEST(MessageId, IsComparedAsJson) {
  auto const same = [](std::string_view left, std::string_view right) {
    EXPECT_EQ(same_id(left, right), same_id(right, left));
    if (same_id(left, right)) {
      EXPECT_EQ(id_hash(left), id_hash(right)) << left << " " << right;
    }
    return same_id(left, right);
  };
  EXPECT_TRUE(same("1", "1"));
  EXPECT_TRUE(same("0", "-0"));
  EXPECT_TRUE(same(R"("a")", R"("\u0061")"));
  EXPECT_TRUE(same(R"("é")", R"("\u00e9")"));
  EXPECT_TRUE(same("\"\xFF\"", R"("\ufffd")")) << "Go writes a byte that is no UTF-8 so";
  EXPECT_TRUE(same(R"("/")", R"("\/")"));
  EXPECT_FALSE(same("1", R"("1")"));
  EXPECT_FALSE(same("1", "2"));
  EXPECT_FALSE(same(R"("a")", R"("A")"));
  EXPECT_FALSE(same(R"("")", ""));
  EXPECT_FALSE(same("0", R"("-0")"));
}

TEST(AskedRequests, KeepTheOrderOfAsking) {
  AskedRequests asked;
  for (char const* const id : {"1", "2", "3", "4"}) asked.add(id, "m", id, 0);
  EXPECT_TRUE(asked.remove("2"));
  asked.add("5", "m", "five", 7);
  ASSERT_EQ(asked.size(), 4U);
  std::string order;
  for (std::size_t n = 0; n < asked.size(); ++n) order += asked.at(n).raw_id;
  EXPECT_EQ(order, "1345");
  EXPECT_EQ(asked.at(3).body, "five");
  EXPECT_EQ(asked.at(3).edits, 7U);
}

TEST(AskedRequests, TheOldestOfEqualIdsIsMeant) {
  AskedRequests asked;
  asked.add(R"("a")", "first", "", 0);
  asked.add(R"("\u0061")", "second", "", 0);
  ASSERT_NE(asked.find(R"("a")"), nullptr);
  EXPECT_EQ(asked.find(R"("\u0061")")->method, "first");
  EXPECT_TRUE(asked.remove(R"("\u0061")"));
  EXPECT_EQ(asked.find(R"("a")")->method, "second");
  EXPECT_TRUE(asked.remove(R"("a")"));
  EXPECT_FALSE(asked.remove(R"("a")"));
  EXPECT_EQ(asked.find(R"("a")"), nullptr);
  EXPECT_TRUE(asked.empty());
}

TEST(AskedRequests, ASlotThatIsUsedAgainRemembersNothing) {
  AskedRequests asked;
  AskedRequest& first = asked.add("1", "m", "body", 0);
  first.cancelled = true;
  first.with_server = false;
  first.asked_again = 2;
  asked.remove("1");
  AskedRequest const& second = asked.add("2", "n", "", 1);
  EXPECT_FALSE(second.cancelled);
  EXPECT_TRUE(second.with_server);
  EXPECT_EQ(second.asked_again, 0);
  EXPECT_EQ(second.body, "");
}

TEST(AskedRequests, CountTheBytesThatWait) {
  AskedRequests asked;
  asked.add("1", "m", "12345", 0);
  asked.add("2", "m", "123", 0).with_server = false;
  EXPECT_EQ(asked.waiting_bytes(), 3U);
  EXPECT_EQ(asked.body_bytes(), 8U);
}

TEST(AskedRequests, AFloodGivesItsMemoryBack) {
  AskedRequests asked;
  std::string const body(4096, 'x');
  for (int i = 0; i < 5000; ++i) asked.add(std::to_string(i), "textDocument/hover", body, 0);
  EXPECT_GT(asked.memory(), 5000U * 4096);
  for (int i = 4999; i >= 0; --i) EXPECT_TRUE(asked.remove(std::to_string(i)));
  EXPECT_LT(asked.memory(), 1024U);
  asked.add("1", "m", std::string(1 << 20, 'x'), 0);
  asked.add("2", "m", "", 0);
  asked.remove("1");
  EXPECT_LT(asked.memory(), 16U * 1024) << "a long body is not kept for the next";
}

}  // namespace
}  // namespace bridge::session
