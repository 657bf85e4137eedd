// A stalled reader costs no CPU, a hang-up is heard once, and nothing of a closed descriptor fires.
#include "proxy/relay/readiness_set.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <thread>

#include "tests/relay/relay_loop.h"
#include "tests/relay/stdio_ends.h"

namespace bridge::relay {
namespace {

struct Counting final : ReadinessListener {
  int readable = 0;
  int writable = 0;
  int hangups = 0;
  void on_readable() override { ++readable; }
  void on_writable() override { ++writable; }
  void on_hangup() override { ++hangups; }
};

struct Set : testing::Test {
  boost::asio::io_context io{1};
  ReadinessSet set{io};
  Counting counting;
  // A few turns: a descriptor that stays ready would keep poll() for ever.
  void turn() {
    io.restart();
    for (int i = 0; i < 4; ++i) io.poll_one();
  }
};

TEST_F(Set, ToldOnlyOfWhatIsWanted) {
  OneWay pair = make_one_way(PairKind::socketpair);
  ReadinessSet::Watch watch(set, pair.read.get(), counting);
  set.start();
  ASSERT_EQ(::write(pair.write.get(), "x", 1), 1);
  turn();
  EXPECT_EQ(counting.readable, 0);
  watch.want({.readable = true});
  turn();
  EXPECT_GT(counting.readable, 0);
  watch.want({});
  turn();
  int const before = counting.readable;
  turn();
  EXPECT_EQ(counting.readable, before);
}

TEST_F(Set, AHangUpIsHeardOnceAndThenCostsNothing) {
  OneWay pair = make_one_way(PairKind::socketpair);
  ReadinessSet::Watch watch(set, pair.write.get(), counting);
  watch.want_hangup();
  set.start();
  pair.read.reset();
  for (int i = 0; i < 10; ++i) turn();
  EXPECT_EQ(counting.hangups, 1);
  io.restart();
  EXPECT_EQ(io.poll(), 0U) << "nothing may be ready any more";
}

TEST_F(Set, AFifosLostReaderIsAHangUp) {
  OneWay pair = make_one_way(PairKind::fifo);
  ReadinessSet::Watch watch(set, pair.write.get(), counting);
  watch.want_hangup();
  set.start();
  pair.read.reset();
  turn();
  EXPECT_EQ(counting.hangups, 1);
}

TEST_F(Set, AWatchThatEndsInsideACallbackIsNotToldAgain) {
  OneWay pair = make_one_way(PairKind::socketpair);
  struct Ending final : ReadinessListener {
    std::optional<ReadinessSet::Watch>* watch = nullptr;
    int calls = 0;
    void on_writable() override {
      ++calls;
      watch->reset();
    }
    void on_readable() override { ++calls; }
  } ending;
  std::optional<ReadinessSet::Watch> watch;
  ending.watch = &watch;
  watch.emplace(set, pair.write.get(), ending);
  ASSERT_EQ(::write(pair.read.get(), "x", 1), 1);
  watch->want({.readable = true, .writable = true});
  set.start();
  turn();
  EXPECT_EQ(ending.calls, 1);
}

TEST_F(Set, ADescriptorSharedWithOthersLeavesTheSetBeforeItIsClosed) {
  OneWay pair = make_one_way(PairKind::socketpair);
  kernel::UniqueFd const shared(::dup(pair.read.get()));
  {
    ReadinessSet::Watch watch(set, pair.read.get(), counting);
    watch.want({.readable = true});
  }
  pair.read.reset();
  set.start();
  ASSERT_EQ(::write(pair.write.get(), "x", 1), 1);
  turn();
  io.restart();
  EXPECT_EQ(io.poll(), 0U) << "fires for a dead object";
}

// The relay's ends of four one-way channels, whose other ends stay with the test.
Ends relay_between(OneWay& from_editor, OneWay& to_editor, OneWay& from_server, OneWay& to_server) {
  return {DescriptorSource::own(std::move(from_editor.read)).value(),
          DescriptorSink::own(std::move(to_editor.write)).value(),
          DescriptorSource::own(std::move(from_server.read)).value(),
          DescriptorSink::own(std::move(to_server.write)).value()};
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  auto const seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// systemd-socket-proxyd burns a whole CPU here.
TEST(StalledReader, ManySmallFramesIntoAStalledReaderSettleAndAllArrive) {
  OneWay from_editor = make_one_way(PairKind::socketpair);
  OneWay to_editor = make_one_way(PairKind::socketpair);
  OneWay from_server = make_one_way(PairKind::socketpair);
  OneWay to_server = make_one_way(PairKind::socketpair);
  RelayLoop loop(relay_between(from_editor, to_editor, from_server, to_server));
  std::string const frame = "Content-Length: 13\r\n\r\n{\"method\":\"x\"";
  std::size_t sent = 0;
  // Until the whole chain is full: relay at rest and the writer refused.
  for (int refused = 0; refused < 3;) {
    ssize_t const size = ::send(from_server.write.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    if (size > 0) {
      ASSERT_EQ(static_cast<std::size_t>(size), frame.size());
      sent += frame.size();
      refused = 0;
    } else {
      ++refused;
    }
    while (loop.poll() > 0) {
    }
  }
  EXPECT_TRUE(loop.to_editor.wants_sink());
  EXPECT_FALSE(loop.to_editor.wants_source());
  double const before = cpu_seconds();
  EXPECT_EQ(loop.poll(), 0U) << "ready for nobody: this would spin";
  EXPECT_LT(cpu_seconds() - before, 0.1);

  from_server.write.reset();
  while (loop.poll() > 0) {
  }
  EXPECT_EQ(loop.poll(), 0U) << "a dead peer behind a stalled reader would spin";

  std::size_t received = 0;
  std::thread reader([&, fd = std::move(to_editor.read)] {
    std::string room(1 << 16, '\0');
    for (ssize_t size; (size = ::read(fd.get(), room.data(), room.size())) > 0;) {
      received += static_cast<std::size_t>(size);
    }
  });
  from_editor.write.reset();
  loop.run_until([&] { return loop.to_editor.end() && loop.to_server.end(); });
  reader.join();
  EXPECT_EQ(received, sent) << "a wake-up or bytes were lost";
}

// Each side writes 8 MiB before it reads a byte.
TEST(BothDirectionsFull, NeverDeadlock) {
  OneWay from_editor = make_one_way(PairKind::socketpair);
  OneWay to_editor = make_one_way(PairKind::fifo);
  OneWay from_server = make_one_way(PairKind::socketpair);
  OneWay to_server = make_one_way(PairKind::socketpair);
  RelayLoop loop(relay_between(from_editor, to_editor, from_server, to_server));
  std::string body(8 << 20, ' ');
  body.front() = '{';
  body.back() = '}';
  std::string const frame = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  auto const write_all = [&frame](int fd) {
    for (std::size_t sent = 0; sent < frame.size();) {
      ssize_t const size = ::write(fd, frame.data() + sent, frame.size() - sent);
      ASSERT_GT(size, 0);
      sent += static_cast<std::size_t>(size);
    }
  };
  auto const read_all = [](int fd) {
    std::string got;
    std::string room(1 << 16, '\0');
    for (ssize_t size; (size = ::read(fd, room.data(), room.size())) > 0;) {
      got.append(room.data(), static_cast<std::size_t>(size));
    }
    return got;
  };
  // The server reads only after it has written; the editor writes and reads at once, as editors do.
  std::thread server(
      [&, write = std::move(from_server.write), read = std::move(to_server.read)]() mutable {
        write_all(write.get());
        write.reset();
        EXPECT_TRUE(read_all(read.get()) == frame);
      });
  std::thread editor_writer([&, write = std::move(from_editor.write)] { write_all(write.get()); });
  std::thread editor_reader(
      [&, read = std::move(to_editor.read)] { EXPECT_TRUE(read_all(read.get()) == frame); });
  loop.run();
  server.join();
  editor_writer.join();
  editor_reader.join();
}

}  // namespace
}  // namespace bridge::relay
