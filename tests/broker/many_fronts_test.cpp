// Many windows at once, and no daemon yet: one daemon, one gopls per key.
#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

using ManyFronts = Broker;

// Under a sanitizer each process takes 30 ms to start and 40 MB.
constexpr std::size_t kFronts = kSanitized ? 40 : 200;

TEST_F(ManyFronts, AtOnceMakeOneDaemonAndOneServer) {
  std::vector<std::unique_ptr<Editor>> editors;
  std::vector<std::int64_t> asked;
  editors.reserve(kFronts);
  asked.reserve(kFronts);
  for (std::size_t number = 0; number < kFronts; ++number) editors.push_back(start());
  // All of them are at work before the first is answered.
  for (auto const& editor : editors)
    asked.push_back(editor->client.send_request(
        "initialize", {{"processId", ::getpid()}, {"capabilities", Json::object()}}));
  for (std::size_t number = 0; number < kFronts; ++number) {
    auto const answer = editors[number]->client.wait_answer(asked[number]);
    ASSERT_TRUE(answer.contains("result")) << answer << editors[number]->child.errors();
    editors[number]->client.notify("initialized", Json::object());
  }
  std::set<pid_t> servers_seen;
  for (auto const& editor : editors) {
    expect_hover(*editor);
    servers_seen.insert(server_of(*editor));
  }
  EXPECT_EQ(servers_seen.size(), 1U);
  EXPECT_EQ(servers(), (std::vector<pid_t>(servers_seen.begin(), servers_seen.end())));
  auto const now = wait_for_status("all sessions live",
                                   [](auto const& it) { return it.count("live") == kFronts; });
  EXPECT_EQ(now.server_pids(), servers());
  EXPECT_EQ(now.servers.at(0).number("sessions"), kFronts);
  // The editors, their fronts, the daemon, the gopls: no second daemon.
  auto others = processes();
  std::erase_if(others, [&](pid_t pid) {
    return pid == now.daemon_pid() || servers_seen.count(pid) != 0 ||
           std::any_of(editors.begin(), editors.end(),
                       [pid](auto const& editor) { return editor->child.pid() == pid; });
  });
  EXPECT_TRUE(others.empty()) << describe(others);
  for (auto& editor : editors) quit(editor);
  wait_for_status("no session", [](auto const& it) { return it.count() == 0; });
  EXPECT_EQ(servers().size(), 1U) << "nobody's leaving ends it";
}

TEST_F(ManyFronts, OfTwoKeysMakeTwoServers) {
  auto const other = directory / "other/gopls";
  write_program_at(other, "");
  std::vector<std::unique_ptr<Editor>> editors;
  std::map<std::string, std::set<pid_t>> by_program;
  for (int number = 0; number < 6; ++number) {
    auto const first = program;
    if (number % 2 == 1) program = other;
    editors.push_back(start());
    program = first;
  }
  for (std::size_t number = 0; number < editors.size(); ++number) {
    editors[number]->client.initialize("/m");
    by_program[number % 2 == 1 ? "other" : "first"].insert(server_of(*editors[number]));
  }
  EXPECT_EQ(by_program["first"].size(), 1U);
  EXPECT_EQ(by_program["other"].size(), 1U);
  EXPECT_EQ(servers().size(), 2U);
  auto const now =
      wait_for_status("all sessions live", [](auto const& it) { return it.count("live") == 6; });
  EXPECT_EQ(now.servers.size(), 2U);
  EXPECT_NE(now.servers.at(0).get("key"), now.servers.at(1).get("key"));
}

TEST_F(ManyFronts, WithoutSharingMakeNoDaemon) {
  environment = {"GOPLS_BRIDGE_SHARE=false"};
  auto first = open_editor();
  auto second = open_editor();
  EXPECT_NE(server_of(*first), server_of(*second));
  EXPECT_FALSE(std::filesystem::exists(ours));
  quit(first);
  expect_hover(*second);
}

}  // namespace
}  // namespace bridge::broker
