// The broker with the real gopls: many windows, two of them on one module, and kills.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "tests/broker/broker_fixture.h"
#include "tests/e2e/real_servers.h"

namespace bridge::broker {
namespace {

struct RealShared : Broker {
  rigs::TempDir module;
  std::string const main_go = module / "main.go";
  std::string const disk_text = e2e::sample_file("main.go");

  void SetUp() override {
    Broker::SetUp();
    BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
    program = e2e::server_path(e2e::kGopls23);
    e2e::fill_module(module);
    std::string const user = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
    auto const or_default = [](const char* name, const std::string& otherwise) {
      const char* const value = std::getenv(name);
      return std::string(name) + "=" + (value == nullptr ? otherwise : value);
    };
    // The user's build cache: an empty one is seven seconds of each test.
    environment = {or_default("GOCACHE", user + "/.cache/go-build"),
                   or_default("GOPATH", user + "/go"),
                   std::string("PATH=" BRIDGE_TOOLS_DIR "/bin:") + std::getenv("PATH")};
  }
  std::unique_ptr<Editor> open_module() {
    auto editor = start();
    editor->client.initialize(module.path());
    editor->client.open(main_go, disk_text);
    return editor;
  }
  void expect_greet(Editor& editor) const {
    auto const answer = editor.client.hover(main_go, 5, 6);
    EXPECT_TRUE(answer.contains("result") && !answer["result"].is_null())
        << answer << editor.child.errors();
  }
  // Appends to the file as it is open; returns the new version.
  void append(Editor& editor, int version, const std::string& more) const {
    editor.client.notify(
        "textDocument/didChange",
        {{"textDocument", {{"uri", rigs::file_uri(main_go)}, {"version", version}}},
         {"contentChanges", Json::array({{{"text", disk_text + more}}})}});
  }
  // Of main.go at that version.
  Json diagnostics(Editor& editor, int version) const {
    return editor.client.wait_notification(
        "textDocument/publishDiagnostics", [&](auto const& params) {
          return params["uri"] == rigs::file_uri(main_go) && params.value("version", 0) == version;
        })["diagnostics"];
  }
};

TEST_F(RealShared, EightWindowsAtOnceShareOneServer) {
  std::vector<std::unique_ptr<Editor>> editors;
  std::vector<std::int64_t> asked;
  editors.reserve(8);
  asked.reserve(8);
  for (int number = 0; number < 8; ++number) editors.push_back(start());
  for (auto& editor : editors)
    asked.push_back(editor->client.send_request(
        "initialize", {{"processId", ::getpid()},
                       {"rootUri", rigs::file_uri(module.path())},
                       {"capabilities", Json::object()},
                       {"workspaceFolders",
                        Json::array({{{"uri", rigs::file_uri(module.path())}, {"name", "m"}}})}}));
  for (std::size_t number = 0; number < editors.size(); ++number) {
    ASSERT_TRUE(editors[number]->client.wait_answer(asked[number]).contains("result"))
        << editors[number]->child.errors();
    editors[number]->client.notify("initialized", Json::object());
    editors[number]->client.open(main_go, disk_text);
  }
  for (auto& editor : editors) expect_greet(*editor);
  EXPECT_EQ(servers().size(), 1U) << describe(servers());
  auto const now =
      wait_for_status("eight live", [](auto const& it) { return it.count("live") == 8; });
  EXPECT_EQ(now.server_pids(), servers());
  EXPECT_EQ(now.servers.at(0).get("version"), "v0.23.0");
  for (auto& editor : editors) quit(editor);
}

TEST_F(RealShared, TwoWindowsOfOneModuleSeeTheirOwnEditsAndDiagnosticsOnly) {
  auto first = open_module();
  auto second = open_module();
  EXPECT_EQ(diagnostics(*first, 1), Json::array());
  EXPECT_EQ(diagnostics(*second, 1), Json::array());
  EXPECT_EQ(servers().size(), 1U);

  append(*first, 2, "\nvar mine int = onlyInTheFirst\n");
  auto const found = diagnostics(*first, 2).dump();
  EXPECT_NE(found.find("onlyInTheFirst"), std::string::npos) << found;
  append(*second, 2, "\nfunc OnlyInTheSecond() {}\n");
  EXPECT_EQ(diagnostics(*second, 2), Json::array());
  // Its own text, by what stands in line 14 of it.
  auto const line = static_cast<int>(std::count(disk_text.begin(), disk_text.end(), '\n')) + 1;
  EXPECT_NE(second->client.hover(main_go, line, 6).dump().find("OnlyInTheSecond"),
            std::string::npos);
  EXPECT_NE(first->client.hover(main_go, line, 5).dump().find("mine"), std::string::npos);
  // And nothing of the other's was ever said.
  expect_greet(*first);
  expect_greet(*second);
  EXPECT_EQ(second->child.received().find("onlyInTheFirst"), std::string::npos);
  EXPECT_EQ(first->child.received().find("OnlyInTheSecond"), std::string::npos);
  quit(first);
  expect_greet(*second);
  quit(second);
}

TEST_F(RealShared, KillsOfServerAndDaemonAreNotSeenByTheEditors) {
  auto first = open_module();
  auto second = open_module();
  expect_greet(*first);
  expect_greet(*second);
  append(*first, 2, "\nfunc typed() {}\n");
  auto const line = static_cast<int>(std::count(disk_text.begin(), disk_text.end(), '\n')) + 1;
  for (int round = 0; round < 3; ++round) {
    auto const before = servers();
    ASSERT_EQ(before.size(), 1U);
    ProcessWatch const daemon(daemon_pid());
    if (round != 0) daemon.kill(SIGKILL);
    if (round != 1) ProcessWatch(before[0]).kill(SIGKILL);
    expect_greet(*second);
    EXPECT_NE(first->client.hover(main_go, line, 6).dump().find("func typed()"), std::string::npos);
    auto const began = std::chrono::steady_clock::now();
    auto third = open_module();
    expect_greet(*third);
    std::printf("[ measured ] the next session after a kill: its first hover after %ld ms\n",
                static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                      std::chrono::steady_clock::now() - began)
                                      .count()));
    wait_until("one gopls", [&] { return servers().size() == 1; });
    if (round == 1) {
      EXPECT_EQ(servers(), before) << "adopted";
    }
    quit(third);
  }
  for (auto* const editor : {first.get(), second.get()})
    EXPECT_EQ(editor->child.received().find("window/showMessage\""), std::string::npos);
  quit(first);
  quit(second);
}

TEST_F(RealShared, ProcessWideSettingsMeanAGoplsOfItsOwn) {
  auto neighbour = open_module();
  expect_greet(*neighbour);
  auto editor = start();
  editor->client.request("initialize",
                         {{"processId", ::getpid()},
                          {"rootUri", rigs::file_uri(module.path())},
                          {"capabilities", Json::object()},
                          {"initializationOptions", {{"maxFileCacheBytes", 100'000'000}}}});
  editor->client.notify("initialized", Json::object());
  editor->client.open(main_go, disk_text);
  expect_greet(*editor);
  wait_for_status("one private, one live", [](auto const& it) {
    return it.count("private") == 1 && it.count("live") == 1 && it.servers.size() == 1;
  });
  EXPECT_EQ(servers().size(), 1U);
  expect_greet(*neighbour);
}

}  // namespace
}  // namespace bridge::broker
