// Sessions that must not share, and shared servers that crash.
#include <algorithm>

#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

// LSP 3.17, ErrorCodes.RequestFailed.
constexpr int kRequestFailed = -32803;

struct OwnServer : Broker {
  // It has a gopls of its own, and says why; the other one keeps the shared one.
  void expect_own(Editor& editor, std::string_view word, Editor& neighbour, pid_t shared) {
    wait_until("a gopls of its own", [&] { return server_of(editor) != shared; });
    auto const own = rigs::children_of(editor.child.pid());
    ASSERT_EQ(own.size(), 1U) << describe(own);
    EXPECT_EQ(server_of(editor), own[0]);
    auto const now = wait_for_status("one private, one live", [](auto const& it) {
      return it.count("private") == 1 && it.count("live") == 1;
    });
    for (auto const& session : now.sessions) {
      if (session.get("state") != "private") continue;
      EXPECT_NE(session.get("reason").find(word), std::string_view::npos) << now.text();
      EXPECT_EQ(session.number("server_pid"), own[0]);
    }
    EXPECT_EQ(server_of(neighbour), shared);
    expect_hover(editor);
    expect_hover(neighbour);
  }
};

TEST_F(OwnServer, ForProcessWideSettingsInInitializationOptions) {
  auto neighbour = open_editor();
  auto const shared = server_of(*neighbour);
  for (auto const* const name : {"maxFileCacheBytes", "memoryLimit"}) {
    SCOPED_TRACE(name);
    auto editor = start();
    editor->client.request("initialize", {{"processId", ::getpid()},
                                          {"capabilities", Json::object()},
                                          {"initializationOptions", {{name, 100'000'000}}}});
    editor->client.notify("initialized", Json::object());
    expect_own(*editor, name, *neighbour, shared);
    quit(editor);
  }
}

TEST_F(OwnServer, ForProcessWideSettingsInDidChangeConfiguration) {
  auto neighbour = open_editor();
  auto const shared = server_of(*neighbour);
  auto editor = open_editor();
  EXPECT_EQ(server_of(*editor), shared);
  editor->client.notify("workspace/didChangeConfiguration",
                        {{"settings", {{"gopls", {{"memoryLimit", 100'000'000}}}}}});
  expect_own(*editor, "memoryLimit", *neighbour, shared);
}

TEST_F(OwnServer, IsReplacedByTheProgramThatIsOnDiskNowAndASharedOneIsNot) {
  auto neighbour = open_editor();
  auto const shared = server_of(*neighbour);
  auto editor = open_editor();
  editor->client.notify("workspace/didChangeConfiguration",
                        {{"settings", {{"gopls", {{"memoryLimit", 100'000'000}}}}}});
  wait_until("a gopls of its own", [&] { return server_of(*editor) != shared; });
  auto const own = server_of(*editor);
  write_program();
  // In a pause of the editor's, of two seconds: it is asked by what is below it.
  wait_until("the new program", [&] {
    auto const children = rigs::children_of(editor->child.pid());
    return children.size() == 1 && children[0] != own;
  });
  expect_hover(*editor);
  EXPECT_NE(server_of(*editor), own);
  EXPECT_EQ(server_of(*neighbour), shared);
}

TEST_F(OwnServer, ForProcessWideSettingsInTheAnswerToConfiguration) {
  write_program("--ask");
  auto neighbour = open_editor();
  auto const shared = server_of(*neighbour);
  auto editor = start();
  editor->child.send_frame(
      R"({"jsonrpc":"2.0","id":100,"method":"initialize","params":{"capabilities":{}}})");
  ASSERT_TRUE(editor->child.read_frame());
  editor->child.send_frame(R"({"jsonrpc":"2.0","method":"initialized","params":{}})");
  auto const asked = Json::parse(editor->child.read_frame().value_or("{}"));
  ASSERT_EQ(asked.value("method", ""), "workspace/configuration");
  editor->child.send_frame(Json{{"jsonrpc", "2.0"},
                                {"id", asked["id"]},
                                {"result", Json::array({{{"maxFileCacheBytes", 100'000'000}}})}}
                               .dump());
  expect_own(*editor, "maxFileCacheBytes", *neighbour, shared);
}

// --- crashes -------------------------------------------------------------------------------------

using SharedCrash = OwnServer;

TEST_F(SharedCrash, WhoHasWorkGoesOnAtOnceOnOneOther) {
  std::vector<std::unique_ptr<Editor>> editors;
  editors.reserve(4);
  for (int number = 0; number < 4; ++number) editors.push_back(open_editor());
  ProcessWatch const shared(server_of(*editors[0]));
  std::vector<std::int64_t> asked;
  asked.reserve(4);
  for (auto& editor : editors)
    asked.push_back(editor->client.send_request("fake/large", {{"bytes", 2'000'000}}));
  editors[0]->client.notify("fake/panic", nullptr);
  ASSERT_TRUE(shared.wait_ended());
  for (std::size_t number = 0; number < editors.size(); ++number)
    EXPECT_TRUE(editors[number]->client.wait_answer(asked[number]).contains("result"));
  auto const next = server_of(*editors[0]);
  EXPECT_NE(next, shared.pid());
  for (auto& editor : editors) {
    expect_hover(*editor);
    EXPECT_EQ(server_of(*editor), next);
  }
  EXPECT_EQ(servers(), std::vector<pid_t>{next});
  wait_for_status("counted as a restart", [](auto const& it) {
    return it.servers.size() == 1 && it.servers[0].number("restarts") == 1U;
  });
}

TEST_F(SharedCrash, APoisonousRequestEndsTwoSharedOnesAtMostThenItsOwn) {
  auto neighbour = open_editor();
  auto editor = open_editor();
  ASSERT_EQ(server_of(*editor), server_of(*neighbour));
  auto const answer = editor->client.request("fake/panic", nullptr);
  ASSERT_TRUE(answer.contains("error")) << answer << editor->child.errors();
  EXPECT_EQ(answer["error"]["code"], kRequestFailed) << answer;
  auto const shared = server_of(*neighbour);
  expect_hover(*neighbour);
  expect_hover(*editor);
  EXPECT_NE(server_of(*editor), shared) << "its own by now";
  EXPECT_EQ(server_of(*neighbour), shared);
}

// Asked for: restart-server.
TEST_F(SharedCrash, RestartServerMovesTheSessionsToAnother) {
  auto first = open_editor();
  auto second = open_editor();
  ProcessWatch const shared(server_of(*first));
  ControlClient const client(control);
  client.send({.verb = "restart-server", .fields = {}});
  auto const done = client.read().message;
  EXPECT_EQ(done.verb, "done");
  EXPECT_EQ(done.number("sessions"), 2U);
  EXPECT_TRUE(shared.wait_ended(kBound));
  expect_hover(*first);
  expect_hover(*second);
  EXPECT_EQ(server_of(*first), server_of(*second));
  EXPECT_NE(server_of(*first), shared.pid());
  quit(first);
  quit(second);
}

}  // namespace
}  // namespace bridge::broker
