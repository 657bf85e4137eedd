#include "proxy/relay/receive_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace bridge::relay {
namespace {

void put(ReceiveBuffer& buffer, std::string_view bytes, std::size_t frame_size = 0) {
  while (!bytes.empty()) {
    auto const room = buffer.room(frame_size);
    ASSERT_FALSE(room.empty());
    std::size_t const size = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), size, room.data());
    buffer.commit(size);
    bytes.remove_prefix(size);
  }
}

TEST(ReceiveBuffer, AllocatesNothingBeforeTheFirstRead) {
  EXPECT_EQ(ReceiveBuffer().capacity(), 0U);
}

TEST(ReceiveBuffer, DoesNotBelieveAnAnnouncedLength) {
  ReceiveBuffer buffer;
  put(buffer, "0123456789", /*frame_size=*/2'000'000'000);
  EXPECT_LE(buffer.capacity(), ReceiveBuffer::kReadBytes);
}

TEST(ReceiveBuffer, GrowsWithTheBytesReceivedAtMostDoubling) {
  ReceiveBuffer buffer;
  std::string const piece(10'000, 'x');
  std::size_t received = 0;
  while (received < 5'000'000) {
    put(buffer, piece, /*frame_size=*/60'000'000);
    received += piece.size();
    ASSERT_LE(buffer.capacity(), std::max(ReceiveBuffer::kReadBytes, 2 * received));
  }
  EXPECT_EQ(buffer.view().size(), received);
}

TEST(ReceiveBuffer, KeepsItsBytesOverGrowthAndMoves) {
  ReceiveBuffer buffer;
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    std::string const piece(9'000, static_cast<char>('a' + i % 26));
    put(buffer, piece, 300'000);
    expected += piece;
    if (i % 7 == 6) {
      buffer.consume(20'000);
      expected.erase(0, 20'000);
    }
    ASSERT_EQ(buffer.view(), expected);
  }
}

TEST(ReceiveBuffer, APartialFrameMovesOnlyWhenItWouldRunOutOfRoom) {
  ReceiveBuffer buffer;
  put(buffer, std::string(1000, 'a') + "rest");
  char const* const before = buffer.view().data();
  buffer.consume(1000);
  (void)buffer.room(100);
  EXPECT_EQ(buffer.view().data(), before + 1000);
  (void)buffer.room(ReceiveBuffer::kReadBytes);
  EXPECT_EQ(buffer.view(), "rest");
  EXPECT_EQ(buffer.view().data(), before);
}

TEST(ReceiveBuffer, GivesAHugeFramesMemoryBackOnceItHasLeft) {
  ReceiveBuffer buffer;
  put(buffer, std::string(8 << 20, 'x'), 8 << 20);
  EXPECT_GE(buffer.capacity(), std::size_t{8 << 20});
  buffer.consume(8 << 20);
  EXPECT_LE(buffer.capacity(), ReceiveBuffer::kKeptBytesMax);
}

}  // namespace
}  // namespace bridge::relay
