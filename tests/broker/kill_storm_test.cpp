// kill -9 of daemon, gopls and fronts in random order and at random moments, under editors that
// type and ask. BRIDGE_STORM_SEED repeats a run, BRIDGE_STORM_ROUNDS makes it longer.
#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

unsigned setting(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

struct KillStorm : Broker {
  struct Window {
    std::unique_ptr<Editor> editor;
    int version = 1;
    std::string text = "package a";
    std::int64_t in_flight = 0;
  };
  static constexpr std::size_t kWindows = 3;
  unsigned const seed = setting("BRIDGE_STORM_SEED", std::random_device()());
  std::mt19937 random{seed};
  std::vector<Window> windows = std::vector<Window>(kWindows);
  milliseconds slowest_start{0}, slowest_answer{0};

  static milliseconds since(std::chrono::steady_clock::time_point moment) {
    return duration_cast<milliseconds>(std::chrono::steady_clock::now() - moment);
  }

  void TearDown() override {
    windows.clear();
    Broker::TearDown();
  }
  unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); }
  void pause(unsigned ms_max) { ::poll(nullptr, 0, static_cast<int>(below(ms_max + 1))); }

  void begin(Window& window) {
    auto const began = std::chrono::steady_clock::now();
    window = Window{};
    window.editor = start();
    window.editor->client.initialize("/m");
    slowest_start = std::max(slowest_start, since(began));
    window.editor->client.open("/m/a.go", window.text);
  }
  void type(Window& window) {
    window.text += static_cast<char>('a' + below(26));
    window.editor->client.notify(
        "textDocument/didChange",
        {{"textDocument", {{"uri", "file:///m/a.go"}, {"version", ++window.version}}},
         {"contentChanges", Json::array({{{"text", window.text}}})}});
  }
  void expect_same_text(Window& window) {
    auto const answer = window.editor->client.request("fake/documents", nullptr);
    auto const& documents = answer.at("result");
    ASSERT_EQ(documents.size(), 1U) << documents;
    EXPECT_EQ(documents["file:///m/a.go"]["text"], window.text);
    EXPECT_EQ(documents["file:///m/a.go"]["version"], window.version);
  }
  static void kill_nine(pid_t pid) {
    try {
      ProcessWatch(pid).kill(SIGKILL);
    } catch (const std::system_error&) {  // it was killed in this round already
    }
  }
  // 0: there is none.
  pid_t daemon_there() const {
    try {
      return daemon_pid();
    } catch (const std::exception&) {
      return 0;
    }
  }
};

TEST_F(KillStorm, EveryEditorsNextRequestIsAnsweredAndNothingIsOrphaned) {
  // A gopls whose daemon died before it knew of it waits a minute for nobody; the scripted one
  // less.
  write_program("--listen-timeout\n2000");
  unsigned const rounds = setting("BRIDGE_STORM_ROUNDS", kSanitized ? 12 : 25);
  std::printf("[ seed     ] BRIDGE_STORM_SEED=%u BRIDGE_STORM_ROUNDS=%u\n", seed, rounds);
  RecordProperty("seed", std::to_string(seed));
  for (auto& window : windows) begin(window);
  for (unsigned round = 0; round < rounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    // Some are in the middle of something.
    for (auto& window : windows) {
      if (below(2) == 0) type(window);
      window.in_flight = below(2) == 0 ? window.editor->client.send_request(
                                             "fake/large", {{"bytes", std::size_t{1} << below(22)}})
                                       : 0;
    }
    auto const daemon = daemon_there();
    auto const servers_before = servers();
    unsigned const victims = 1 + below(7);
    bool const only_daemon = victims == 1;
    std::vector<unsigned> order = {0, 1, 2};
    std::shuffle(order.begin(), order.end(), random);
    for (auto const victim : order) {
      if ((victims & 1U << victim) == 0) continue;
      if (below(2) == 0) pause(20);
      if (victim == 0 && daemon != 0) kill_nine(daemon);
      if (victim == 1)
        for (auto const server : servers_before) kill_nine(server);
      if (victim == 2) {
        auto& window = windows[below(kWindows)];
        window.editor->child.kill(SIGKILL);
        window.editor->child.wait_exit();
        begin(window);
      }
    }
    auto const killed_at = std::chrono::steady_clock::now();
    for (auto& window : windows) {
      if (window.in_flight != 0) {
        auto const answer = window.editor->client.wait_answer(window.in_flight);
        EXPECT_TRUE(answer.contains("result")) << answer.dump().substr(0, 300);
      }
      expect_hover(*window.editor);
      slowest_answer = std::max(slowest_answer, since(killed_at));
      expect_same_text(window);
    }
    if (only_daemon) {
      EXPECT_EQ(servers(), servers_before);
    }
    if (HasFatalFailure()) return;
  }
  // What is there is known to the daemon: one gopls, and each window.
  auto newcomer = open_editor();
  auto const now = wait_for_status("all windows are known", [&](auto const& it) {
    return it.count("live") == kWindows + 1 && it.servers.size() == 1;
  });
  EXPECT_EQ(now.servers.at(0).number("sessions"), kWindows + 1) << now.text();
  wait_until("no gopls but that one", [&] { return servers() == now.server_pids(); });
  // A daemon that came second may still be on its way out.
  wait_until("nothing but the windows, their daemon and their gopls",
             [&] { return processes().size() == kWindows + 3; });
  EXPECT_EQ(processes().size(), kWindows + 3) << describe(processes());
  std::printf("[ measured ] slowest start of a session %d ms, slowest answer after kills %d ms\n",
              static_cast<int>(slowest_start.count()), static_cast<int>(slowest_answer.count()));
  EXPECT_LT(slowest_start, std::chrono::seconds(20));
  for (auto& window : windows) quit(window.editor);
  quit(newcomer);
}

}  // namespace
}  // namespace bridge::broker
