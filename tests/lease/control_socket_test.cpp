// Control messages on sockets: whole, with two descriptors at most, never blocking.
#include "proxy/lease/control_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rigs/process.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::lease {
namespace {

using kernel::UniqueFd;
using Status = ReceivedControl::Status;

struct ControlSocket : testing::Test {
  UniqueFd ours, theirs;

  void SetUp() override {
    int fds[2];
    // Blocking on purpose: no call may block all the same.
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
  void send_bytes(std::string_view bytes) const {
    ASSERT_EQ(::send(theirs.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Some message with that many descriptors of /dev/null.
  void send_descriptors(std::size_t count) const {
    UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    std::vector<int> const fds(count, null.get());
    auto text = encode({.verb = "granted", .fields = {}});
    std::vector<char> side(CMSG_SPACE(count * sizeof(int)));
    iovec content{text.data(), text.size()};
    msghdr header{};
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = side.data();
    header.msg_controllen = side.size();
    auto* const part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(part), fds.data(), count * sizeof(int));
    ASSERT_EQ(::sendmsg(theirs.get(), &header, MSG_DONTWAIT), static_cast<ssize_t>(text.size()));
  }
};

ControlMessage status() { return {.verb = "status", .fields = {}}; }

std::pair<dev_t, ino_t> file_of(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return {status.st_dev, status.st_ino};
}

TEST_F(ControlSocket, AMessageArrives) {
  auto const message = status().add("name", "value").add("name", "");
  EXPECT_FALSE(send_control(theirs.get(), message));
  EXPECT_FALSE(send_control(theirs.get(), status()));
  auto const first = receive_control(ours.get());
  EXPECT_EQ(first.status, Status::message);
  EXPECT_EQ(first.message, message);
  EXPECT_FALSE(first.descriptor);
  EXPECT_EQ(receive_control(ours.get()).message, status());
  EXPECT_EQ(receive_control(ours.get()).status, Status::would_block);
}

TEST_F(ControlSocket, ADescriptorComesWithItAndIsCloseOnExec) {
  int fds[2];
  ASSERT_EQ(::pipe2(fds, O_CLOEXEC), 0);
  UniqueFd const reader(fds[0]), writer(fds[1]);
  EXPECT_FALSE(send_control(theirs.get(), status(), reader.get()));
  EXPECT_TRUE(reader) << "stays the caller's";
  auto const received = receive_control(ours.get());
  EXPECT_EQ(received.status, Status::message);
  ASSERT_TRUE(received.descriptor);
  EXPECT_NE(received.descriptor.get(), reader.get());
  EXPECT_EQ(file_of(received.descriptor.get()), file_of(reader.get()));
  EXPECT_EQ(::fcntl(received.descriptor.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(ControlSocket, TwoDescriptorsComeInOrderAndAreCloseOnExec) {
  int fds[2];
  ASSERT_EQ(::pipe2(fds, O_CLOEXEC), 0);
  UniqueFd const first(fds[0]);
  UniqueFd const other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd const writer(fds[1]);
  EXPECT_FALSE(send_control(theirs.get(), status(), first.get(), other.get()));
  auto const received = receive_control(ours.get());
  EXPECT_EQ(received.status, Status::message);
  ASSERT_TRUE(received.descriptor);
  ASSERT_TRUE(received.second);
  EXPECT_EQ(file_of(received.descriptor.get()), file_of(first.get()));
  EXPECT_EQ(file_of(received.second.get()), file_of(other.get()));
  EXPECT_EQ(::fcntl(received.descriptor.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(received.second.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(ControlSocket, MoreThanTwoDescriptorsAreRefusedAndNoneIsKept) {
  auto const before = rigs::open_descriptors();
  // As many as a message may carry (SCM_MAX_FD, unix(7)); some more than any receiver has room for.
  for (std::size_t const count : {3U, 8U, 9U, 60U, 253U}) {
    send_descriptors(count);
    auto const received = receive_control(ours.get());
    EXPECT_EQ(received.status, Status::refused) << count;
    EXPECT_FALSE(received.descriptor) << count;
    EXPECT_FALSE(received.second) << count;
    EXPECT_NE(received.complaint, "") << count;
    EXPECT_EQ(rigs::open_descriptors(), before) << count;
  }
  EXPECT_FALSE(send_control(theirs.get(), status()));
  EXPECT_EQ(receive_control(ours.get()).status, Status::message) << "the connection goes on";
}

// The kernel cuts the descriptors off: MSG_CTRUNC.
TEST_F(ControlSocket, ADescriptorThatFindsNoRoomIsRefused) {
  send_descriptors(1);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  UniqueFd const next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  rlimit const none{static_cast<rlim_t>(next.get()) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  auto const received = receive_control(ours.get());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(received.status, Status::refused);
  EXPECT_FALSE(received.descriptor);
  EXPECT_NE(received.complaint, "");
}

TEST_F(ControlSocket, WhatIsNoMessageIsRefusedAndTheNextIsRead) {
  auto const before = rigs::open_descriptors();
  for (auto const* const text : {"garbage", "gopls-bridge/2 lease", "gopls-bridge/1 lease"}) {
    send_bytes(text);
    auto const received = receive_control(ours.get());
    EXPECT_EQ(received.status, Status::refused) << text;
    EXPECT_NE(received.complaint, "") << text;
    EXPECT_EQ(received.version, decode_control(text).version) << text;
  }
  EXPECT_FALSE(send_control(theirs.get(), status()));
  EXPECT_EQ(receive_control(ours.get()).message, status());
  EXPECT_EQ(rigs::open_descriptors(), before);
}

TEST_F(ControlSocket, ADatagramThatIsTooLongIsRefusedNotCut) {
  auto text = encode(status());
  text += "env=";
  text.resize(kControlMessageBytesMax, 'x');
  text.back() = '\0';
  send_bytes(text);
  EXPECT_EQ(receive_control(ours.get()).status, Status::message) << "the longest that is";
  // Its head is a whole message.
  text.insert(text.size() - 1, "\0env=y", 6);
  send_bytes(text);
  auto const received = receive_control(ours.get());
  EXPECT_EQ(received.status, Status::refused);
  EXPECT_NE(received.complaint, "");
  EXPECT_EQ(receive_control(ours.get()).status, Status::would_block) << "it is gone whole";
}

TEST_F(ControlSocket, WhatCannotBeSentSaysSo) {
  auto large = status();
  large.add("env", std::string(kControlMessageBytesMax, 'x'));
  EXPECT_EQ(send_control(theirs.get(), large).value(), EMSGSIZE);
  EXPECT_EQ(receive_control(ours.get()).status, Status::would_block) << "no part of it";

  boost::system::error_code error;
  int sent = 0;
  for (; !error; ++sent) {
    ASSERT_LT(sent, 1'000'000);
    error = send_control(theirs.get(), status());
  }
  EXPECT_EQ(error.value(), EAGAIN) << "a peer that does not read";
  EXPECT_EQ(receive_control(ours.get()).message, status());
}

TEST_F(ControlSocket, APeerThatIsGoneIsAnErrorAndNoSignal) {
  EXPECT_FALSE(send_control(theirs.get(), status()));
  theirs.reset();
  EXPECT_EQ(receive_control(ours.get()).message, status()) << "said before it went";
  EXPECT_EQ(receive_control(ours.get()).status, Status::closed);
  EXPECT_EQ(receive_control(ours.get()).status, Status::closed) << "and stays so";
  EXPECT_EQ(send_control(ours.get(), status()).value(), EPIPE);
}

// The kernel then says ECONNRESET, before what the peer has said.
TEST_F(ControlSocket, WhatAPeerSaidBeforeItWentIsHeardAlsoWhereItDidNotListen) {
  EXPECT_FALSE(send_control(ours.get(), status()));
  EXPECT_FALSE(send_control(theirs.get(), {.verb = "goodbye", .fields = {}}));
  theirs.reset();
  EXPECT_EQ(receive_control(ours.get()).message.verb, "goodbye");
  EXPECT_EQ(receive_control(ours.get()).status, Status::closed);
}

// In so many rounds it comes thousands of times between two system calls of the reader's.
TEST_F(ControlSocket, AMessageThatComesWhileOneLooksForItIsWhole) {
  constexpr int kRounds = 20'000;
  pid_t const sender = ::fork();
  ASSERT_GE(sender, 0);
  if (sender == 0) {
    ours.reset();
    for (int round = 0; round < kRounds; ++round) {
      if (send_control(theirs.get(), status())) ::_exit(1);
      char answer = 0;
      if (::recv(theirs.get(), &answer, 1, 0) != 1) ::_exit(1);
    }
    ::_exit(0);
  }
  theirs.reset();
  int whole = 0;
  auto received = receive_control(ours.get());
  for (; received.status != Status::closed; received = receive_control(ours.get())) {
    if (received.status == Status::would_block) continue;
    if (received.message == status()) ++whole;
    ASSERT_EQ(::send(ours.get(), "x", 1, MSG_NOSIGNAL), 1);
  }
  EXPECT_EQ(whole, kRounds);
  int ended = -1;
  EXPECT_EQ(::waitpid(sender, &ended, 0), sender);
  EXPECT_EQ(ended, 0);
}

struct ControlConnect : testing::Test {
  rigs::TempDir directory;
  UniqueFd listener;

  // In a directory: the address is bound by a short way to it.
  void listen_at(const std::string& folder, int backlog) {
    UniqueFd const place(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    listener.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto const path = "/proc/self/fd/" + std::to_string(place.get()) + "/control.sock";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), backlog), 0);
  }
};

TEST_F(ControlConnect, ReachesASocketWhosePathIsLongerThanAnAddress) {
  auto folder = directory.path();
  for (int depth = 0; depth < 4; ++depth) {
    folder += "/" + std::string(60, 'd');
    ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
  }
  listen_at(folder, 4);
  auto const connected = connect_control(folder + "/control.sock");
  ASSERT_FALSE(connected.error) << connected.error.message();
  EXPECT_EQ(::fcntl(connected.socket.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_NE(::fcntl(connected.socket.get(), F_GETFL) & O_NONBLOCK, 0);
  UniqueFd const peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(peer);
  EXPECT_FALSE(send_control(connected.socket.get(), status()));
  EXPECT_EQ(receive_control(peer.get()).message, status());
}

TEST_F(ControlConnect, SaysWhyNot) {
  auto const before = rigs::open_descriptors();
  auto const path = directory / "control.sock";
  EXPECT_EQ(connect_control(path).error.value(), ENOENT);
  {
    listen_at(directory.path(), 0);
    EXPECT_FALSE(connect_control(path).error);
    std::vector<ConnectedControl> waiting;
    // Nobody accepts: the backlog fills.
    do waiting.push_back(connect_control(path));
    while (!waiting.back().error && waiting.size() < 10);
    EXPECT_EQ(waiting.back().error.value(), EAGAIN);
    EXPECT_FALSE(waiting.back().socket);
  }
  listener.reset();
  EXPECT_EQ(connect_control(path).error.value(), ECONNREFUSED);
  directory.write("file", "");
  EXPECT_EQ(connect_control(directory / "file").error.value(), ECONNREFUSED);
  EXPECT_EQ(rigs::open_descriptors(), before);
}

TEST_F(ControlConnect, FollowsNoLinkToASocket) {
  listen_at(directory.path(), 4);
  ASSERT_EQ(::symlink("control.sock", (directory / "link").c_str()), 0);
  EXPECT_TRUE(connect_control(directory / "link").error);
}

}  // namespace
}  // namespace bridge::lease
