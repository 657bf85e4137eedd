// The side of systemd that a service sees: variables, passed descriptors, datagrams. Each case runs
// in a child, whose descriptors from 3 on and environment are the test's to arrange.
#include "proxy/daemon/service_manager.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>

#include "tests/rigs/process.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::daemon {
namespace {

// True if `body` returns true in a child of its own.
bool in_child(const std::function<bool()>& body) {
  auto const pid = ::fork();
  if (pid == 0) {
    auto const held = body();
    ::_exit(held ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// As systemd does before it starts a service: sockets from 3 on, and the variables.
void pass(int count, const char* names, pid_t to) {
  for (int fd = 3; fd < 3 + count; ++fd) {
    int const made = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (made == fd) continue;
    ::dup2(made, fd);
    if (made >= 3 + count) ::close(made);
  }
  ::setenv("LISTEN_PID", std::to_string(to).c_str(), 1);
  ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
  if (names != nullptr) ::setenv("LISTEN_FDNAMES", names, 1);
}

bool no_variables_left() {
  return std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDS") == nullptr &&
         std::getenv("LISTEN_FDNAMES") == nullptr;
}

TEST(InheritedSockets, ComeWithTheirNamesAndCloseOnExec) {
  EXPECT_TRUE(in_child([] {
    pass(2, "control:lsp", ::getpid());
    auto const sockets = take_inherited_sockets();
    return sockets.size() == 2 && sockets[0].name == "control" && sockets[0].fd.get() == 3 &&
           sockets[1].name == "lsp" && sockets[1].fd.get() == 4 &&
           (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && (::fcntl(4, F_GETFD) & FD_CLOEXEC) != 0 &&
           no_variables_left();
  }));
}

TEST(InheritedSockets, WithoutNamesAreUnknown) {
  EXPECT_TRUE(in_child([] {
    pass(2, nullptr, ::getpid());
    auto const sockets = take_inherited_sockets();
    return sockets.size() == 2 && sockets[0].name == "unknown" && sockets[1].name == "unknown";
  }));
}

TEST(InheritedSockets, OfAnotherProcessAreLeftAloneAndTheVariablesGo) {
  EXPECT_TRUE(in_child([] {
    pass(1, "control", ::getppid());
    return take_inherited_sockets().empty() && ::fcntl(3, F_GETFD) >= 0 && no_variables_left();
  }));
}

TEST(InheritedSockets, ThatAreAnnouncedButNotThereAreLeftOut) {
  EXPECT_TRUE(in_child([] {
    pass(2, "control:lsp", ::getpid());
    ::close(3);
    auto const sockets = take_inherited_sockets();
    return sockets.size() == 1 && sockets[0].name == "lsp";
  }));
}

TEST(InheritedSockets, OfASenselessNumberAreNone) {
  for (auto const* const count : {"-1", "", "2x", "1000000", "18446744073709551616"}) {
    EXPECT_TRUE(in_child([&] {
      pass(1, "control", ::getpid());
      ::setenv("LISTEN_FDS", count, 1);
      return take_inherited_sockets().empty() && no_variables_left();
    })) << count;
  }
}

// A manager's socket: bound under `path` ("@…": abstract).
kernel::UniqueFd manager_socket(const std::string& path) {
  kernel::UniqueFd made(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.data(), path.size());
  if (path[0] == '@') at.sun_path[0] = '\0';
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  EXPECT_EQ(::bind(made.get(), reinterpret_cast<const sockaddr*>(&at), size), 0) << path;
  return made;
}

std::string heard(const kernel::UniqueFd& socket) {
  pollfd one{socket.get(), POLLIN, 0};
  auto const bound = std::chrono::milliseconds(rigs::kWaitMax).count();
  if (::poll(&one, 1, static_cast<int>(bound)) != 1) return "nothing";
  char text[256];
  auto const size = ::recv(socket.get(), text, sizeof text, 0);
  return {text, size < 0 ? 0 : static_cast<std::size_t>(size)};
}

// The variables of a service, set for the making of a ServiceManager.
ServiceManager manager_of(const std::string& address, const char* watchdog = nullptr,
                          const std::string& watchdog_pid = std::to_string(::getpid())) {
  ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
  if (watchdog != nullptr) {
    ::setenv("WATCHDOG_USEC", watchdog, 1);
    ::setenv("WATCHDOG_PID", watchdog_pid.c_str(), 1);
  }
  return {};
}

TEST(ServiceManager, HearsTheStateOverAPathAndOverAnAbstractName) {
  rigs::TempDir const dir;
  for (auto const& path :
       {dir / "notify", "@bridge-test/" + std::to_string(::getpid()) + "/notify"}) {
    auto const socket = manager_socket(path);
    auto const manager = manager_of(path);
    EXPECT_TRUE(manager.present());
    manager.notify("READY=1\nSTATUS=two servers");
    EXPECT_EQ(heard(socket), "READY=1\nSTATUS=two servers");
  }
}

TEST(ServiceManager, TakesTheVariablesAndGivesThemToASuccessorOnly) {
  rigs::TempDir const dir;
  auto const socket = manager_socket(dir / "notify");
  auto const manager = manager_of(dir / "notify", "30000000");
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_PID"), nullptr);
  EXPECT_EQ(manager.variables(),
            (std::vector<std::string>{"NOTIFY_SOCKET=" + (dir / "notify"), "WATCHDOG_USEC=30000000",
                                      "WATCHDOG_PID=" + std::to_string(::getpid())}));
}

TEST(ServiceManager, SignsOfLifeAreDueTwiceInWhatIsAllowed) {
  rigs::TempDir const dir;
  auto const socket = manager_socket(dir / "notify");
  EXPECT_EQ(manager_of(dir / "notify", "30000000").watchdog_interval(), std::chrono::seconds(15));
}

TEST(ServiceManager, AWatchdogOfAnotherProcessOrOfNoLengthIsNone) {
  rigs::TempDir const dir;
  auto const socket = manager_socket(dir / "notify");
  EXPECT_FALSE(manager_of(dir / "notify", "30000000", "1").watchdog_interval());
  EXPECT_FALSE(manager_of(dir / "notify", "0").watchdog_interval());
  EXPECT_FALSE(manager_of(dir / "notify", "soon").watchdog_interval());
}

// WSL deletes or covers /run/user/UID minutes after it started; a manager that hears nothing kills.
TEST(ServiceManager, IsHeardAlsoWhenThePathIsGone) {
  rigs::TempDir const dir;
  auto const socket = manager_socket(dir / "notify");
  auto const manager = manager_of(dir / "notify");
  ASSERT_EQ(::unlink((dir / "notify").c_str()), 0);
  manager.notify("WATCHDOG=1");
  EXPECT_EQ(heard(socket), "WATCHDOG=1");
}

TEST(ServiceManager, ThatListensAnewIsHeardAgain) {
  rigs::TempDir const dir;
  auto socket = manager_socket(dir / "notify");
  auto const manager = manager_of(dir / "notify");
  socket.reset();
  ASSERT_EQ(::unlink((dir / "notify").c_str()), 0);
  manager.notify("WATCHDOG=1");  // to nobody
  socket = manager_socket(dir / "notify");
  manager.notify("STATUS=again");
  EXPECT_EQ(heard(socket), "STATUS=again");
}

TEST(ServiceManager, ThatTakesNothingStopsNobody) {
  rigs::TempDir const dir;
  auto const socket = manager_socket(dir / "notify");
  auto const manager = manager_of(dir / "notify");
  for (int i = 0; i < 10000; ++i) manager.notify("WATCHDOG=1");  // more than any queue holds
  EXPECT_EQ(heard(socket), "WATCHDOG=1");
}

TEST(ServiceManager, IsNotThereWithoutAnAddressOrWithOneOfAnotherKind) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(ServiceManager().present());
  for (auto const& address : {std::string(), std::string("@"), std::string("vsock:2:1234"),
                              std::string("relative/notify"), "/" + std::string(200, 'x')}) {
    auto const manager = manager_of(address, "30000000");
    EXPECT_FALSE(manager.present()) << address;
    EXPECT_FALSE(manager.watchdog_interval()) << address;
    EXPECT_TRUE(manager.variables().empty()) << address;
    manager.notify("READY=1");
  }
}

}  // namespace
}  // namespace bridge::daemon
