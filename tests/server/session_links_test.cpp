#include "proxy/server/session_links.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/rigs/temp_dir.h"

namespace bridge::server {
namespace {

using Variables = SessionLinks::Variables;
constexpr std::chrono::seconds kKept{600};

class SessionLinksTest : public testing::Test {
 protected:
  static Variables agent(const std::string& path) { return {{"SSH_AUTH_SOCK", path}}; }
  SessionLinks fresh(const Variables& variables, std::chrono::seconds kept_for = kKept) {
    return {directory_.path(), "abc", variables, kept_for};
  }
  std::optional<SessionLinks> taken_up(std::string_view name, const Variables& variables) {
    return SessionLinks::take_up(directory_.path(), name, variables, error_);
  }
  static std::string told(const SessionLinks& links, const Variables& variables) {
    return links.applied_to(variables).at(0).second;
  }
  static std::string target(const std::string& link) {
    std::string path(4096, '\0');
    ssize_t const size = ::readlink(link.c_str(), path.data(), path.size());
    path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return path;
  }
  bool exists(const std::string& name) const {
    struct stat status;
    return ::lstat((directory_ / ("links/" + name)).c_str(), &status) == 0;
  }
  // As if nobody had touched it for so long.
  void age(const std::string& name, std::chrono::seconds by) {
    struct timespec times[2];
    ::clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= by.count();
    times[1] = times[0];
    ASSERT_EQ(::utimensat(AT_FDCWD, (directory_ / ("links/" + name)).c_str(), times, 0), 0);
  }
  // A session's links whose process was killed: without a destructor.
  std::string abandoned() {
    SessionLinks links = fresh(agent("/dead"));
    std::string name = links.name();
    links.leave();
    return name;
  }

  rigs::TempDir directory_;
  std::string error_;
};

TEST_F(SessionLinksTest, WhatTheServerIsToldLeadsToTheSocket) {
  Variables const variables = {
      {"A", "/a"}, {"SSH_AUTH_SOCK", "/tmp/agent.1"}, {"WSL_INTEROP", "/run/2"}};
  SessionLinks const links = fresh(variables);
  EXPECT_EQ(links.lacking(), "");
  EXPECT_EQ(links.name(), "abc-0");
  EXPECT_EQ(links.applied_to(variables),
            (Variables{{"A", "/a"},
                       {"SSH_AUTH_SOCK", directory_ / "links/abc-0/SSH_AUTH_SOCK"},
                       {"WSL_INTEROP", directory_ / "links/abc-0/WSL_INTEROP"}}));
  EXPECT_EQ(target(directory_ / "links/abc-0/SSH_AUTH_SOCK"), "/tmp/agent.1");
  EXPECT_EQ(target(directory_ / "links/abc-0/WSL_INTEROP"), "/run/2");
}

TEST_F(SessionLinksTest, OnlyAbsolutePathsOfTheKnownSocketsAreLinked) {
  for (const char* const name : {"SSH_AUTH_SOCK", "WSL_INTEROP", "VSCODE_GIT_IPC_HANDLE"}) {
    EXPECT_TRUE(SessionLinks::is_linked(name, "/s")) << name;
    EXPECT_FALSE(SessionLinks::is_linked(name, "s")) << name;
    EXPECT_FALSE(SessionLinks::is_linked(name, "")) << name;
  }
  for (const char* const name : {"GIT_ASKPASS", "SSH_ASKPASS", "VSCODE_GIT_ASKPASS_NODE",
                                 "VSCODE_GIT_IPC_AUTH_TOKEN", "PATH"})
    EXPECT_FALSE(SessionLinks::is_linked(name, "/s")) << name;
}

TEST_F(SessionLinksTest, WithoutSuchASocketNothingIsMade) {
  Variables const variables = {{"A", "/a"}, {"SSH_AUTH_SOCK", ""}};
  SessionLinks const links = fresh(variables);
  EXPECT_EQ(links.name(), "");
  EXPECT_EQ(links.lacking(), "");
  EXPECT_EQ(links.applied_to(variables), variables);
  EXPECT_NE(::access((directory_ / "links").c_str(), F_OK), 0);
  auto const taken = taken_up("", variables);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->applied_to(variables), variables);
}

TEST_F(SessionLinksTest, OverAResumeTheValueStaysAndLeadsToTheNewSocket) {
  SessionLinks before = fresh(agent("/old"));
  std::string const value = told(before, agent("/old"));
  std::string const name = before.name();
  before.leave();
  auto const after = taken_up(name, agent("/new"));
  ASSERT_TRUE(after) << error_;
  EXPECT_EQ(told(*after, agent("/new")), value);
  EXPECT_EQ(target(value), "/new");
  EXPECT_EQ(after->name(), name);
}

// The program that the server starts connects as with the socket itself.
TEST_F(SessionLinksTest, AProgramConnectsThroughTheLink) {
  auto const address = [](const std::string& path) {
    sockaddr_un result{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(result.sun_path, path.c_str(), sizeof result.sun_path - 1);
    return result;
  };
  std::string const path = directory_ / "agent";
  kernel::UniqueFd const listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un const own = address(path);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr const*>(&own), sizeof own), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  SessionLinks const links = fresh(agent(path));
  kernel::UniqueFd const client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un const link = address(told(links, agent(path)));
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr const*>(&link), sizeof link), 0);
}

TEST_F(SessionLinksTest, TwoThatAreOpenAtOnceDoNotStealEachOthers) {
  SessionLinks first = fresh(agent("/first"));
  SessionLinks const second = fresh(agent("/second"));
  EXPECT_NE(first.name(), second.name());
  EXPECT_EQ(target(told(first, agent("/first"))), "/first");
  EXPECT_EQ(target(told(second, agent("/second"))), "/second");
  // Nor does one that comes while another is parked.
  std::string const name = first.name();
  first.leave();
  SessionLinks const third = fresh(agent("/third"));
  EXPECT_NE(third.name(), name);
  auto const taken = taken_up(name, agent("/first again"));
  ASSERT_TRUE(taken) << error_;
  EXPECT_EQ(target(told(third, agent(""))).size(), 0U);
  EXPECT_EQ(target(told(third, agent("/third"))), "/third");
}

TEST_F(SessionLinksTest, OfASessionAtWorkTheyCannotBeTakenUp) {
  SessionLinks const first = fresh(agent("/first"));
  EXPECT_FALSE(taken_up(first.name(), agent("/other")));
  EXPECT_EQ(error_, "the session's links are another's");
  EXPECT_EQ(target(told(first, agent("/first"))), "/first");
}

TEST_F(SessionLinksTest, TheyGoWithTheSession) {
  { SessionLinks const links = fresh(agent("/s")); }
  EXPECT_FALSE(exists("abc-0"));
  SessionLinks moved;
  {
    SessionLinks links = fresh(agent("/s"));
    moved = std::move(links);
  }
  EXPECT_TRUE(exists("abc-0"));
  moved = SessionLinks();
  EXPECT_FALSE(exists("abc-0"));
}

TEST_F(SessionLinksTest, TheyStayForTheNextOneAndGoWithThat) {
  std::string const name = abandoned();
  EXPECT_TRUE(exists(name + "/SSH_AUTH_SOCK"));
  ASSERT_TRUE(taken_up(name, agent("/new"))) << error_;
  EXPECT_FALSE(exists(name));
}

TEST_F(SessionLinksTest, ThoseThatNobodyTookUpInTimeAreRemoved) {
  std::string const name = abandoned();
  age(name, kKept + std::chrono::seconds(5));
  SessionLinks const links = fresh(agent("/s"));
  EXPECT_EQ(links.name(), name);
  EXPECT_EQ(target(told(links, agent("/s"))), "/s");
}

TEST_F(SessionLinksTest, ThoseThatMayYetBeTakenUpAreNot) {
  std::string const name = abandoned();
  age(name, kKept - std::chrono::seconds(60));
  EXPECT_NE(fresh(agent("/s")).name(), name);
  EXPECT_TRUE(exists(name));
}

TEST_F(SessionLinksTest, NorThoseOfASessionAtWorkHoweverOld) {
  SessionLinks const old = fresh(agent("/old"));
  age(old.name(), 100 * kKept);
  SessionLinks const links = fresh(agent("/s"));
  EXPECT_NE(links.name(), old.name());
  EXPECT_EQ(target(told(old, agent("/old"))), "/old");
}

TEST_F(SessionLinksTest, BeingLeftBeginsTheTimeAnew) {
  SessionLinks links = fresh(agent("/s"));
  std::string const name = links.name();
  age(name, 100 * kKept);
  links.leave();
  EXPECT_NE(fresh(agent("/s")).name(), name);
}

// The directory was deleted meanwhile: what the server was told leads to the socket again.
TEST_F(SessionLinksTest, ThatAreGoneAreMadeAnew) {
  SessionLinks before = fresh(agent("/old"));
  std::string const value = told(before, agent("/old"));
  before.leave();
  ASSERT_EQ(::unlink(value.c_str()), 0);
  ASSERT_EQ(::rmdir((directory_ / "links/abc-0").c_str()), 0);
  ASSERT_EQ(::rmdir((directory_ / "links").c_str()), 0);
  auto const after = taken_up("abc-0", agent("/new"));
  ASSERT_TRUE(after) << error_;
  EXPECT_EQ(told(*after, agent("/new")), value);
  EXPECT_EQ(target(value), "/new");
}

TEST_F(SessionLinksTest, NamesThatAreNoneOfOursAreRefused) {
  for (const char* const name : {"..", "../x", "a/b", "abc-0\n", "ABC", "x"}) {
    EXPECT_FALSE(taken_up(name, agent("/s"))) << name;
    EXPECT_EQ(error_, "links of a strange name");
  }
  EXPECT_FALSE(taken_up(std::string(100, 'a'), agent("/s")));
}

TEST_F(SessionLinksTest, OnlyTheOwnerGetsIn) {
  SessionLinks const links = fresh(agent("/s"));
  for (const char* const path : {"links", "links/abc-0"}) {
    struct stat status;
    ASSERT_EQ(::stat((directory_ / path).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U) << path;
  }
}

// No link is better than one that nobody can connect through.
TEST_F(SessionLinksTest, WhereTheyCannotBeMadeTheValueIsToldAsItIs) {
  Variables const variables = agent("/s");
  std::string const deep = directory_ / std::string(100, 'd');
  ASSERT_EQ(::mkdir(deep.c_str(), 0700), 0);
  SessionLinks const long_path(deep, "abc", variables, kKept);
  EXPECT_EQ(long_path.lacking(), "the path of a link is too long");
  EXPECT_EQ(long_path.name(), "");
  EXPECT_EQ(long_path.applied_to(variables), variables);
  EXPECT_NE(::access((deep + "/links/abc-0").c_str(), F_OK), 0);

  SessionLinks const nowhere(directory_ / "none", "abc", variables, kKept);
  EXPECT_NE(nowhere.lacking(), "");
  EXPECT_EQ(nowhere.applied_to(variables), variables);

  // A link in the place of our directory leads who knows where.
  ASSERT_EQ(::symlink("/tmp", (directory_ / "links").c_str()), 0);
  EXPECT_NE(fresh(variables).lacking(), "");
}

}  // namespace
}  // namespace bridge::server
