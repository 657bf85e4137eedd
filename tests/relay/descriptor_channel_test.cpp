#include "proxy/relay/descriptor_channel.h"

#include <gtest/gtest.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tests/relay/stdio_ends.h"

namespace bridge::relay {
namespace {

using kernel::UniqueFd;
using Status = Transfer::Status;

std::string read_text(Source& source) {
  std::string room(1 << 16, '\0');
  Transfer const got = source.read_some(room);
  return got.status == Status::ok ? room.substr(0, got.bytes) : "";
}

bool is_nonblocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

struct InheritedPair : testing::TestWithParam<PairKind> {
  OneWay pair = make_one_way(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Kinds, InheritedPair,
                         testing::Values(PairKind::socketpair, PairKind::fifo, PairKind::tcp),
                         [](auto const& test) { return to_string(test.param); });

TEST_P(InheritedPair, AnEmptySourceWouldBlockInsteadOfBlocking) {
  auto source = DescriptorSource::inherit(pair.read.get()).value();
  std::string room(10, '\0');
  EXPECT_EQ(source.read_some(room).status, Status::would_block);
}

TEST_P(InheritedPair, AFullSinkWouldBlockInsteadOfBlocking) {
  auto sink = DescriptorSink::inherit(pair.write.get()).value();
  std::string const piece(8192, 'x');
  std::size_t sent = 0;
  Transfer put = Transfer::moved(0);
  while (put.status == Status::ok && sent < (64UL << 20)) {
    put = sink.write_some(piece);
    sent += put.bytes;
  }
  EXPECT_EQ(put.status, Status::would_block);
}

TEST_P(InheritedPair, TheInheritedFlagsStayAsTheyWere) {
  auto source = DescriptorSource::inherit(pair.read.get()).value();
  auto sink = DescriptorSink::inherit(pair.write.get()).value();
  std::string room(10, '\0');
  (void)source.read_some(room);
  (void)sink.write_some("x");
  EXPECT_FALSE(is_nonblocking(pair.read.get()));
  EXPECT_FALSE(is_nonblocking(pair.write.get()));
}

TEST_P(InheritedPair, BytesArriveAndTheEndIsSeen) {
  auto source = DescriptorSource::inherit(pair.read.get()).value();
  {
    auto sink = DescriptorSink::inherit(pair.write.get()).value();
    ASSERT_EQ(sink.write_some("hello").status, Status::ok);
    pair.write.reset();
    sink.finish();
  }
  pollfd one{source.poll_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&one, 1, 10'000), 1);
  EXPECT_EQ(read_text(source), "hello");
  ASSERT_EQ(::poll(&one, 1, 10'000), 1);
  std::string room(10, '\0');
  EXPECT_EQ(source.read_some(room).status, Status::end_of_file);
}

TEST_P(InheritedPair, AReaderThatIsGoneIsAnErrorAndNoSignal) {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGPIPE, &ignore, &before), 0);
  auto sink = DescriptorSink::inherit(pair.write.get()).value();
  pair.read.reset();
  // TCP hears of it with the answer to the first write.
  Transfer put = sink.write_some("x");
  pollfd one{sink.poll_fd(), POLLOUT, 0};
  for (int i = 0; put.status == Status::ok && i < 1000; ++i) {
    ::poll(&one, 1, 1);
    put = sink.write_some("x");
  }
  EXPECT_EQ(put.status, Status::failed);
  EXPECT_TRUE(put.error == EPIPE || put.error == ECONNRESET) << put.error;
  ::sigaction(SIGPIPE, &before, nullptr);
}

TEST(DescriptorChannel, AFifoIsOpenedAnewAndASocketIsNot) {
  OneWay const fifo = make_one_way(PairKind::fifo);
  OneWay const socket = make_one_way(PairKind::socketpair);
  EXPECT_EQ(DescriptorSource::inherit(fifo.read.get())->access(), Access::own_nonblock);
  EXPECT_EQ(DescriptorSink::inherit(fifo.write.get())->access(), Access::own_nonblock);
  EXPECT_EQ(DescriptorSource::inherit(socket.read.get())->access(), Access::socket);
}

TEST(DescriptorChannel, ATerminalIsOpenedAnewAndKeepsItsFlags) {
  int master = -1;
  int slave = -1;
  if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) {
    GTEST_SKIP() << "no terminals to be had here (is devpts mounted?): " << std::strerror(errno);
  }
  UniqueFd const master_owner(master);
  UniqueFd const slave_owner(slave);
  auto source = DescriptorSource::inherit(slave).value();
  EXPECT_EQ(source.access(), Access::own_nonblock);
  EXPECT_FALSE(is_nonblocking(slave));
  ASSERT_EQ(::write(master, "line\n", 5), 5);
  pollfd one{source.poll_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&one, 1, 10'000), 1);
  EXPECT_EQ(read_text(source), "line\n");
}

TEST(DescriptorChannel, RegularFilesAndDevNullAreAlwaysReady) {
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto source = DescriptorSource::inherit(null.get()).value();
  EXPECT_EQ(source.poll_fd(), -1);
  std::string room(10, '\0');
  EXPECT_EQ(source.read_some(room).status, Status::end_of_file);

  UniqueFd const file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  auto sink = DescriptorSink::inherit(file.get()).value();
  EXPECT_EQ(sink.poll_fd(), -1);
  EXPECT_EQ(sink.write_some("abc").bytes, 3U);
}

// Where /proc is not mounted or the FIFO is another user's: a blocking description that is shared.
TEST(DescriptorChannel, APolledFifoNeverBlocksAndTakesPipeBufAtMost) {
  OneWay pair = make_one_way(PairKind::fifo);
  DescriptorSource source(UniqueFd(::dup(pair.read.get())), Access::polled);
  DescriptorSink sink(UniqueFd(::dup(pair.write.get())), Access::polled);
  std::string room(1 << 20, '\0');
  EXPECT_EQ(source.read_some(room).status, Status::would_block);
  std::string const large(1 << 20, 'x');
  Transfer put = sink.write_some(large);
  EXPECT_EQ(put.bytes, static_cast<std::size_t>(PIPE_BUF));
  while (put.status == Status::ok) put = sink.write_some(large);
  EXPECT_EQ(put.status, Status::would_block);
  EXPECT_FALSE(is_nonblocking(pair.write.get()));
}

TEST(DescriptorChannel, FinishTellsTheReaderAlsoWhereADuplicateReadsOn) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  UniqueFd const peer(fds[1]);
  auto reader = DescriptorSource::own(UniqueFd(::dup(fds[0]))).value();
  auto sink = DescriptorSink::own(UniqueFd(fds[0])).value();
  sink.finish();
  sink.finish();
  char byte = 0;
  EXPECT_EQ(::read(peer.get(), &byte, 1), 0);
  ASSERT_EQ(::write(peer.get(), "late answer", 11), 11);
  EXPECT_EQ(read_text(reader), "late answer");
}

TEST(DescriptorChannel, AClosedDescriptorIsRefusedWithItsError) {
  auto const source = DescriptorSource::inherit(9999);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().value(), EBADF);
}

}  // namespace
}  // namespace bridge::relay
