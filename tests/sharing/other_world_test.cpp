// Windows that live in another world than the daemon, as in a container or sandbox: each is served,
// privately, and says why; nobody else notices.
#include <cstdlib>

#include "tests/broker/broker_fixture.h"

namespace bridge::sharing {
namespace {

using broker::Editor;

class OtherWorld : public broker::Broker {
 protected:
  // A front that `before` starts, e.g. {"/usr/bin/unshare", "--mount"}.
  std::unique_ptr<Editor> start_by(std::vector<std::string> before) {
    before.insert(before.end(), {BRIDGE_BINARY, "--gopls", program});
    return std::make_unique<Editor>(rigs::ChildSettings{
        .argv = std::move(before), .env = editor_environment(), .wait_max = broker::kBound});
  }
  // Whether that can be had here at all.
  static bool works(const std::string& before) {
    return std::system((before + " true >/dev/null 2>&1").c_str()) == 0;
  }
  void expect_private(const std::vector<std::string>& before, std::string_view why) {
    auto neighbour = open_editor();
    auto const shared = server_of(*neighbour);
    auto other = start_by(before);
    other->client.initialize("/m");
    other->client.open("/m/a.go", "package a");
    expect_hover(*other);
    auto const said = other->child.errors();
    EXPECT_NE(said.find(why), std::string::npos) << said;
    EXPECT_NE(said.find("gopls of this session's own"), std::string::npos) << said;
    EXPECT_EQ(servers(), std::vector<pid_t>{shared}) << "none for it in the pool";
    auto const now = wait_for_status("one private, one live", [](auto const& it) {
      return it.count("private") == 1 && it.count("live") == 1;
    });
    for (auto const& session : now.sessions) {
      if (session.get("state") == "private") {
        EXPECT_NE(session.get("reason").find(why), std::string_view::npos) << now.text();
      }
    }
    expect_hover(*neighbour);
    quit(other);
    expect_hover(*neighbour);
    quit(neighbour);
  }
};

TEST_F(OtherWorld, InAnotherMountNamespaceAWindowIsServedPrivately) {
  if (!works("/usr/bin/unshare --mount")) GTEST_SKIP() << "no mount namespace to be had here";
  expect_private({"/usr/bin/unshare", "--mount"}, "mount namespace");
}

TEST_F(OtherWorld, InASandboxAWindowIsServedPrivately) {
  if (!works("/usr/bin/unshare --user --map-current-user --mount"))
    GTEST_SKIP() << "no user namespace to be had here";
  expect_private({"/usr/bin/unshare", "--user", "--map-current-user", "--mount"}, "namespace");
}

TEST_F(OtherWorld, WithoutTheRightToGainPrivilegesAWindowIsServedPrivately) {
  if (!works("/usr/bin/setpriv --no-new-privs")) GTEST_SKIP() << "no setpriv here";
  expect_private({"/usr/bin/setpriv", "--no-new-privs"}, "NoNewPrivs");
}

// The daemon is then of the first one's world.
TEST_F(OtherWorld, WhereTheFirstIsConfinedTheSecondIsServedAllTheSame) {
  if (!works("/usr/bin/unshare --mount")) GTEST_SKIP() << "no mount namespace to be had here";
  auto first = start_by({"/usr/bin/unshare", "--mount"});
  first->client.initialize("/m");
  first->client.open("/m/a.go", "package a");
  expect_hover(*first);
  EXPECT_EQ(servers().size(), 1U);
  auto second = start();
  second->client.initialize("/m");
  second->client.open("/m/a.go", "package a");
  expect_hover(*second);
  EXPECT_NE(second->child.errors().find("mount namespace"), std::string::npos)
      << second->child.errors();
  EXPECT_EQ(servers().size(), 1U);
  quit(second);
  quit(first);
}

}  // namespace
}  // namespace bridge::sharing
