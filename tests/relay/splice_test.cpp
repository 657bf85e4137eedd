// What splicing rests on: pipes, the pool, and descriptors of every kind that must neither sleep
// nor change a flag.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "proxy/kernel/sender_options.h"
#include "proxy/relay/descriptor_channel.h"
#include "proxy/relay/pipe_pool.h"
#include "proxy/relay/zero_copy.h"
#include "tests/relay/stdio_ends.h"

namespace bridge::relay {
namespace {

using Status = Transfer::Status;

bool is_nonblocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

int send_buffer(int fd) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &size), 0);
  return bytes;
}

TEST(PipePool, APipeHoldsAFrameOfAMebibyte) {
  PipePool pool;
  auto pipe = pool.borrow();
  ASSERT_TRUE(pipe);
  EXPECT_TRUE(is_nonblocking(pipe->read_fd()));
  EXPECT_TRUE(is_nonblocking(pipe->write_fd()));
  std::string const bytes(PipePool::kPipeBytes, 'x');
  ASSERT_TRUE(pipe->put(bytes));
  EXPECT_FALSE(pipe->put("one more"));
  std::string back(bytes.size(), '\0');
  EXPECT_TRUE(pipe->take_all(back));
  EXPECT_EQ(back, bytes);
  EXPECT_EQ(pipe->size(), 0U);
}

TEST(PipePool, AnEmptyPipeIsBorrowedAgainAndOneWithBytesIsNot) {
  PipePool pool;
  Pipe first = *pool.borrow();
  int const fd = first.read_fd();
  pool.give_back(std::move(first));
  EXPECT_TRUE(pool.has_idle());
  Pipe again = *pool.borrow();
  EXPECT_EQ(again.read_fd(), fd);
  ASSERT_TRUE(again.put("left behind"));
  pool.give_back(std::move(again));
  EXPECT_FALSE(pool.has_idle());
}

TEST(PipePool, PipesThatNobodyBorrowedAreClosed) {
  PipePool pool;
  pool.give_back(*pool.borrow());
  EXPECT_TRUE(pool.close_idle()) << "it was borrowed since";
  EXPECT_FALSE(pool.close_idle());
  EXPECT_FALSE(pool.has_idle());
}

TEST(PipePool, WithoutDescriptorsThereIsNone) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  PipePool pool;
  EXPECT_FALSE(pool.borrow());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(pool.borrow());
}

TEST(ZeroCopy, PaysFromLinuxSixFiveOn) {
  for (std::string_view const release :
       {"6.5.0", "6.6.87.2-microsoft-standard-WSL2", "6.18.44", "7.0-rc1", "10.1", "6.5"}) {
    EXPECT_EQ(zero_copy_that_pays(release), ZeroCopy::on) << release;
  }
  for (std::string_view const release : {"5.15.167.4-microsoft-standard-WSL2", "5.10.0", "6.4.99",
                                         "4.19.0", "6", "", "x.y", "6.x"}) {
    EXPECT_EQ(zero_copy_that_pays(release), ZeroCopy::off) << release;
  }
}

TEST(SenderOptions, ASendBufferIsEnlargedWithoutPrivilegeAndNeverMadeSmaller) {
  OneWay const pair = make_one_way(PairKind::socketpair);
  int const small = 8192;
  ASSERT_EQ(::setsockopt(pair.write.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  int const before = send_buffer(pair.write.get());
  kernel::set_sender_options(pair.write.get());
  EXPECT_GT(send_buffer(pair.write.get()), before);
  int const large = send_buffer(pair.write.get());
  kernel::set_sender_options(pair.write.get());
  EXPECT_EQ(send_buffer(pair.write.get()), large);
}

TEST(SenderOptions, WhatIsWrittenToTcpIsSentAtOnce) {
  for (bool const inherited : {true, false}) {
    OneWay pair = make_one_way(PairKind::tcp);
    kernel::UniqueFd const same(::fcntl(pair.write.get(), F_DUPFD_CLOEXEC, 3));
    auto sink = inherited ? DescriptorSink::inherit(pair.write.get())
                          : DescriptorSink::own(std::move(pair.write));
    ASSERT_TRUE(sink);
    int on = 0;
    socklen_t size = sizeof on;
    ASSERT_EQ(::getsockopt(same.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    EXPECT_NE(on, 0) << inherited;
  }
}

struct Spliced : testing::TestWithParam<PairKind> {
  OneWay from = make_one_way(GetParam());
  OneWay to = make_one_way(GetParam());
  PipePool pool;
};

TEST_P(Spliced, BytesPassAndFlagsStay) {
  auto source = DescriptorSource::inherit(from.read.get()).value();
  auto sink = DescriptorSink::inherit(to.write.get()).value();
  if (!source.splices()) {
    // TCP asks the flag of the descriptor, which is not ours to set.
    EXPECT_EQ(GetParam(), PairKind::tcp);
    EXPECT_FALSE(sink.splices());
    return;
  }
  Pipe pipe = *pool.borrow();
  EXPECT_EQ(source.splice_into(pipe, 100).status, Status::would_block);
  ASSERT_EQ(::write(from.write.get(), "hello, world", 12), 12);
  Transfer const in = source.splice_into(pipe, 5);
  ASSERT_EQ(in.status, Status::ok);
  EXPECT_EQ(in.bytes, 5U);
  EXPECT_EQ(pipe.size(), 5U);
  EXPECT_EQ(source.splice_into(pipe, 100).bytes, 7U);
  EXPECT_EQ(sink.splice_from(pipe).bytes, 12U);
  EXPECT_EQ(pipe.size(), 0U);
  char back[16] = {};
  EXPECT_EQ(::read(to.read.get(), back, sizeof back), 12);
  EXPECT_STREQ(back, "hello, world");
  from.write.reset();
  EXPECT_EQ(source.splice_into(pipe, 100).status, Status::end_of_file);
  EXPECT_FALSE(is_nonblocking(from.read.get()));
  EXPECT_FALSE(is_nonblocking(to.write.get()));
}

// A splice into a blocking socket sleeps until its reader reads. Nobody
// reads here, so a single call that sleeps would never come back.
TEST_P(Spliced, AStalledReaderIsWouldBlockAndNeverSleeps) {
  auto sink = DescriptorSink::inherit(to.write.get()).value();
  if (!sink.splices()) return;
  for (std::size_t const piece :
       {std::size_t{1}, std::size_t{100}, std::size_t{5000}, std::size_t{1} << 20}) {
    Pipe pipe = *pool.borrow();
    std::string const bytes(piece, 'x');
    int calls = 0;
    for (Status status = Status::ok; status == Status::ok; ++calls) {
      while (pipe.size() < 1 << 19 && pipe.put(bytes)) {
      }
      status = sink.splice_from(pipe).status;
      ASSERT_NE(status, Status::failed);
      ASSERT_LT(calls, 100'000);
    }
    // Writable again means that there is room for more than nothing: no spinning.
    std::string drain(1 << 20, '\0');
    pollfd one{sink.poll_fd(), POLLOUT, 0};
    while (::poll(&one, 1, 0) == 0) ASSERT_GT(::read(to.read.get(), drain.data(), 4096), 0);
    EXPECT_EQ(sink.splice_from(pipe).status, Status::ok) << piece;
    while (::recv(to.read.get(), drain.data(), drain.size(), MSG_DONTWAIT) > 0) {
    }
    if (GetParam() == PairKind::fifo) break;  // recv() above does not drain those
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Spliced,
                         testing::Values(PairKind::socketpair, PairKind::fifo, PairKind::tcp),
                         [](auto const& test) { return to_string(test.param); });

TEST(Splicing, OurOwnDescriptorsAllSplice) {
  for (PairKind const kind : {PairKind::socketpair, PairKind::fifo, PairKind::tcp}) {
    OneWay pair = make_one_way(kind);
    EXPECT_TRUE(DescriptorSource::own(std::move(pair.read))->splices()) << to_string(kind);
    EXPECT_TRUE(DescriptorSink::own(std::move(pair.write))->splices()) << to_string(kind);
  }
}

// A pipe has 256 slots, and each segment of the peer's takes one, however short: the pipe can be
// full with next to nothing in it. Then a read gets bytes where splice says would_block.
TEST(Splicing, APipeCanRunOutOfSlotsBeforeBytes) {
  OneWay pair = make_one_way(PairKind::socketpair);
  auto source = DescriptorSource::own(std::move(pair.read)).value();
  for (int i = 0; i < 270; ++i) ASSERT_EQ(::write(pair.write.get(), "ten bytes.", 10), 10);
  PipePool pool;
  Pipe pipe = *pool.borrow();
  Transfer got = source.splice_into(pipe, 1 << 20);
  while (got.status == Status::ok) got = source.splice_into(pipe, 1 << 20);
  EXPECT_EQ(got.status, Status::would_block);
  EXPECT_LT(pipe.size(), 2700U);
  std::string room(100, '\0');
  EXPECT_EQ(source.read_some(room).status, Status::ok);
}

TEST(Splicing, ASocketWithATinyBufferIsWrittenTo) {
  OneWay const pair = make_one_way(PairKind::socketpair);
  auto sink = DescriptorSink::inherit(pair.write.get()).value();
  int const tiny = 4096;
  ASSERT_EQ(::setsockopt(pair.write.get(), SOL_SOCKET, SO_SNDBUF, &tiny, sizeof tiny), 0);
  PipePool pool;
  Pipe pipe = *pool.borrow();
  ASSERT_TRUE(pipe.put("x"));
  Transfer const put = sink.splice_from(pipe);
  EXPECT_EQ(put.status, Status::failed);
  EXPECT_EQ(put.error, EOPNOTSUPP);
  EXPECT_EQ(sink.write_some("x").status, Status::ok);
}

}  // namespace
}  // namespace bridge::relay
