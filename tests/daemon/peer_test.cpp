// Real processes in namespaces of their own connect. Where the machine does not let one be made
// (CI in a container), the case is skipped and says so.
#include "proxy/daemon/peer.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>

#include "proxy/kernel/unique_fd.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::daemon {
namespace {

using kernel::UniqueFd;

constexpr int kCannot = 77;
constexpr int kWaitMs = 25000;  // a bound, below ctest's 30 s
constexpr uid_t kForeignUid = 54321;

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
};

// `path` empty: an abstract address of the kernel's choice, which every user can reach.
UniqueFd listen_at(const std::string& path, Address& address) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  address.name.sun_family = AF_UNIX;
  std::memcpy(address.name.sun_path, path.c_str(), path.size());
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                        (path.empty() ? 0 : path.size() + 1));
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address.name), address.size), 0);
  address.size = sizeof address.name;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.name), &address.size);
  EXPECT_EQ(::listen(socket.get(), 1), 0);
  return socket;
}

UniqueFd connect_to(const Address& address) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.name), address.size) != 0)
    socket.reset();
  return socket;
}

// A process that becomes something, connects, and stays until it has been looked at.
struct Visit {
  Peer peer;
  pid_t pid = 0;
  bool possible = true;  // false: it could not become that here
};
enum class Stays : bool { no, yes };

Visit visit(const std::function<bool()>& become, Stays stays = Stays::yes, bool abstract = false) {
  rigs::TempDir const directory;
  Address address;
  UniqueFd const listener = listen_at(abstract ? std::string() : directory / "socket", address);
  Visit result;
  result.pid = ::fork();
  if (result.pid == 0) {
    if (!become()) ::_exit(kCannot);
    UniqueFd const socket = connect_to(address);
    // Told to go by the end of the connection, or of the test.
    char end;
    if (socket && stays == Stays::yes)
      while (::recv(socket.get(), &end, 1, 0) > 0) {
      }
    ::_exit(socket ? 0 : 1);
  }
  if (stays == Stays::no) {
    ::waitpid(result.pid, nullptr, 0);
    UniqueFd const connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    result.peer = look_at_peer(connection.get());
    return result;
  }
  UniqueFd const ended(static_cast<int>(::syscall(SYS_pidfd_open, result.pid, 0)));
  pollfd wanted[] = {{listener.get(), POLLIN, 0}, {ended.get(), POLLIN, 0}};
  EXPECT_GT(::poll(wanted, 2, kWaitMs), 0);
  if (wanted[0].revents == 0) {
    int status = 0;
    ::waitpid(result.pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), kCannot) << "it ended without connecting";
    result.possible = false;
    return result;
  }
  UniqueFd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  result.peer = look_at_peer(connection.get());
  connection.reset();
  ::waitpid(result.pid, nullptr, 0);
  return result;
}

auto unshared(int what) {
  return [what] { return ::unshare(what) == 0; };
}

// Goes on as the first process of a new pid namespace; the one before passes its exit on.
bool enter_pid_namespace() {
  if (::unshare(CLONE_NEWPID) != 0) return false;
  pid_t const inside = ::fork();
  if (inside == 0) return true;
  int status = 0;
  ::waitpid(inside, &status, 0);
  ::_exit(WEXITSTATUS(status));
}

TEST(Peer, AProcessLikeUsIsWelcome) {
  auto const seen = visit([] { return true; });
  EXPECT_EQ(seen.peer.refusal, "");
  EXPECT_EQ(seen.peer.pid, seen.pid);
  EXPECT_EQ(seen.peer.uid, ::geteuid());
}

TEST(Peer, ItsUmaskIsTold) {
  auto const seen = visit([] { return ::umask(0027) != 0777; });
  EXPECT_EQ(seen.peer.umask, 0027U);
  EXPECT_EQ(seen.peer.refusal, "");
}

TEST(Peer, InAnotherNamespaceItIsRefused) {
  struct {
    int what;
    const char* words;
  } const cases[] = {{CLONE_NEWNS, "mount namespace"},
                     {CLONE_NEWUSER, "user namespace"},
                     {CLONE_NEWNET, "network namespace"}};
  for (auto const& [what, words] : cases) {
    auto const seen = visit(unshared(what));
    if (!seen.possible) {
      GTEST_LOG_(WARNING) << "no " << words << " to be had here: not tested";
      continue;
    }
    EXPECT_NE(seen.peer.refusal.find(words), std::string::npos) << words << seen.peer.refusal;
    EXPECT_EQ(seen.peer.uid, ::geteuid());
  }
}

// What bubblewrap, toolbox and rootless containers do: a user namespace first.
TEST(Peer, InAContainerItIsRefused) {
  auto const seen = visit(unshared(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET));
  if (!seen.possible) GTEST_SKIP() << "no user namespace to be had here";
  EXPECT_NE(seen.peer.refusal.find("container or sandbox"), std::string::npos) << seen.peer.refusal;
}

TEST(Peer, InAPidNamespaceBelowOursItIsRefused) {
  auto const seen = visit(enter_pid_namespace);
  if (!seen.possible) GTEST_SKIP() << "no pid namespace to be had here";
  EXPECT_NE(seen.peer.refusal.find("pid namespace"), std::string::npos) << seen.peer.refusal;
}

// What a process that became something says of one that is as we are: the daemon may be the
// confined one.
enum class Said : std::uint8_t { as_expected, otherwise, cannot };
Said look_after(const std::function<bool()>& become, std::string_view words) {
  rigs::TempDir const directory;
  Address address;
  UniqueFd const listener = listen_at(directory / "socket", address);
  UniqueFd const ours = connect_to(address);
  pid_t const child = ::fork();
  if (child == 0) {
    if (!become()) ::_exit(kCannot);
    UniqueFd const connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    auto const refusal = look_at_peer(connection.get()).refusal;
    ::_exit(refusal.find(words) != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kCannot) return Said::cannot;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Said::as_expected : Said::otherwise;
}

// Seen from inside a namespace, a process outside has no number.
TEST(Peer, FromAPidNamespaceAboveOursItIsRefused) {
  auto const said = look_after(enter_pid_namespace, "pid namespace");
  if (said == Said::cannot) GTEST_SKIP() << "no pid namespace to be had here";
  EXPECT_EQ(said, Said::as_expected);
}

TEST(Peer, ADaemonThatMayGainNoPrivilegesServesNoneThatMay) {
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) GTEST_SKIP() << "so are we";
  EXPECT_EQ(look_after([] { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }, "NoNewPrivs"),
            Said::as_expected);
}

TEST(Peer, ADaemonInAMountNamespaceOfItsOwnServesNoneOutside) {
  auto const said = look_after(unshared(CLONE_NEWNS), "mount namespace");
  if (said == Said::cannot) GTEST_SKIP() << "no mount namespace to be had here";
  EXPECT_EQ(said, Said::as_expected);
}

TEST(Peer, BelowAnotherRootItIsRefused) {
  auto const seen = visit([] { return ::chroot("/proc") == 0; }, Stays::yes, true);
  if (!seen.possible) GTEST_SKIP() << "chroot is not allowed here";
  EXPECT_NE(seen.peer.refusal.find("root directory"), std::string::npos) << seen.peer.refusal;
}

TEST(Peer, OneThatMayGainNoPrivilegesIsRefused) {
  auto const seen = visit([] { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; });
  ASSERT_TRUE(seen.possible);
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
    EXPECT_EQ(seen.peer.refusal, "") << "as we are";
  else
    EXPECT_NE(seen.peer.refusal.find("NoNewPrivs"), std::string::npos) << seen.peer.refusal;
}

TEST(Peer, OneWhoseSystemCallsAreFilteredIsRefused) {
  auto const seen = visit([] {
    sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    sock_fprog const program{.len = 1, .filter = allow};
    // Without NoNewPrivs, which is a reason of its own, only root may.
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  });
  if (!seen.possible) GTEST_SKIP() << "only root may have a filter without NoNewPrivs";
  EXPECT_NE(seen.peer.refusal.find("Seccomp"), std::string::npos) << seen.peer.refusal;
}

TEST(Peer, AnotherUserIsRefused) {
  auto const seen = visit([] { return ::setuid(kForeignUid) == 0; }, Stays::yes, true);
  if (!seen.possible) GTEST_SKIP() << "only root can become another user";
  EXPECT_EQ(seen.peer.uid, kForeignUid);
  EXPECT_EQ(seen.peer.refusal, "it belongs to uid 54321");
}

TEST(Peer, OneThatIsGoneIsRefused) {
  auto const seen = visit([] { return true; }, Stays::no);
  EXPECT_NE(seen.peer.refusal.find("cannot be seen"), std::string::npos) << seen.peer.refusal;
}

TEST(Peer, ASocketThatHasNoPeerIsRefused) {
  auto const peer = look_at_peer(-1);
  EXPECT_NE(peer.refusal, "");
  EXPECT_NE(peer.uid, ::geteuid());
}

TEST(ProcessLimits, AreReadFromTheStatusFile) {
  auto const limits = read_process_limits(
      "Name:\tUmask:\nUmask:\t0027\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\nThreads:"
      "\t1\n");
  EXPECT_TRUE(limits.complete);
  EXPECT_EQ(limits.umask, 0027U);
  EXPECT_TRUE(limits.no_new_privileges);
  EXPECT_EQ(limits.seccomp_filters, 3U);
}

TEST(ProcessLimits, AFilterCountsAlsoWhereLinuxDoesNotCountThem) {
  auto const limits = read_process_limits("Umask:\t0022\nNoNewPrivs:\t0\nSeccomp:\t2\n");
  EXPECT_TRUE(limits.complete);
  EXPECT_EQ(limits.seccomp_filters, 1U);
  EXPECT_EQ(read_process_limits("Umask:\t0022\nNoNewPrivs:\t0\nSeccomp:\t0\n").seccomp_filters, 0U);
}

TEST(ProcessLimits, WhatIsMissingOrCutIsNotTakenForNone) {
  for (auto const* status :
       {"", "Umask:\t0022\n", "NoNewPrivs:\t0\n", "Umask:\t0022\nNoNewPrivs:\t0",
        "Umask:\t0022\nNoNewPrivs:\n", "Umask:\t9\nNoNewPrivs:\t0\n"})
    EXPECT_FALSE(read_process_limits(status).complete) << status;
}

}  // namespace
}  // namespace bridge::daemon
