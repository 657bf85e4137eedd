// The real gopls, replaced by another release under a live session, and out of memory.
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "tests/e2e/real_servers.h"
#include "tests/rigs/lsp_client.h"

namespace bridge::outlive {
namespace {

using rigs::ExitStatus;
using rigs::Json;
using rigs::LspClient;
using rigs::ProcessWatch;
using rigs::StdioChild;

struct RealGopls : testing::Test {
  rigs::TempDir module;
  std::string main_go = module / "main.go";
  std::optional<StdioChild> child;
  std::optional<LspClient> client;

  // Through the bridge, with main.go open and a function in it that is not on disk, in line 13.
  void begin(const std::string& gopls) {
    e2e::fill_module(module);
    auto settings = e2e::bridge_before(e2e::kFake, rigs::StdioKind::socketpair);
    settings.argv = {BRIDGE_BINARY, "--gopls", gopls};
    child.emplace(settings);
    client.emplace(*child);
    client->initialize(module.path());
    auto const text = e2e::sample_file("main.go");
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 12);
    client->open(main_go, text);
    Json const end = {{"line", 12}, {"character", 0}};
    client->notify(
        "textDocument/didChange",
        {{"textDocument", {{"uri", rigs::file_uri(main_go)}, {"version", 2}}},
         {"contentChanges",
          Json::array({{{"range", {{"start", end}, {"end", end}}},
                        {"text", "\nfunc typed() string { return Greet(\"🙂\") }\n"}}})}});
    expect_hover();
  }
  void expect_hover() {
    auto const answer = client->hover(main_go, 13, 6);
    EXPECT_NE(answer.dump().find("func typed() string"), std::string::npos) << answer;
  }
  ProcessWatch server() const { return ProcessWatch(rigs::children_of(child->pid()).at(0)); }
  // Which file a process runs, by device and inode.
  static std::pair<dev_t, ino_t> file(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return {status.st_dev, status.st_ino};
  }
  static std::pair<dev_t, ino_t> file_of(pid_t pid) {
    return file("/proc/" + std::to_string(pid) + "/exe");
  }
  void end() {
    EXPECT_EQ(child->received().find("window/showMessage"), std::string::npos);
    EXPECT_TRUE(client->request("shutdown", nullptr)["result"].is_null());
    client->notify("exit", nullptr);
    EXPECT_EQ(child->wait_exit(), (ExitStatus{0, 0})) << child->errors();
  }
};

TEST_F(RealGopls, ReplacedByAnotherReleaseAnswersFromThatOne) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
  BRIDGE_REQUIRE_SERVER(e2e::kGopls24);
  rigs::TempDir const bin;
  auto const gopls = bin / "gopls";
  std::filesystem::copy_file(e2e::server_path(e2e::kGopls23), gopls);
  begin(gopls);
  auto const first = server();
  EXPECT_EQ(file_of(first.pid()), file(gopls));
  // As `go install` does it.
  std::filesystem::copy_file(e2e::server_path(e2e::kGopls24), bin / "gopls~");
  ASSERT_EQ(std::rename((bin / "gopls~").c_str(), gopls.c_str()), 0);
  EXPECT_TRUE(first.wait_ended(child->wait_max())) << "in a pause of the editor's";
  expect_hover();
  EXPECT_EQ(file_of(server().pid()), file(gopls));
  end();
}

// RLIMIT_AS stands for the kernel's OOM killer, which a test must not wake: Go ends itself when it
// gets no memory.
TEST_F(RealGopls, OutOfMemoryIsFollowedByAnotherThatKnowsTheText) {
  BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
  begin(e2e::server_path(e2e::kGopls23));
  auto const first = server();
  rlimit const none{1, 1};
  ASSERT_EQ(::prlimit(first.pid(), RLIMIT_AS, &none, nullptr), 0);
  // Needs more than the heap has reserved: some 200 bytes of syntax tree for each.
  std::string large = "package main\n\n";
  for (int number = 0; number < 20'000; ++number)
    large += "const large" + std::to_string(number) + " = \"🙂\"\n";
  client->open(module / "large.go", large);
  auto const symbols =
      client->request("textDocument/documentSymbol",
                      {{"textDocument", {{"uri", rigs::file_uri(module / "large.go")}}}});
  EXPECT_TRUE(first.wait_ended(child->wait_max()));
  EXPECT_EQ(symbols["result"].size(), 20'000U) << symbols.dump().substr(0, 300);
  expect_hover();
  end();
}

}  // namespace
}  // namespace bridge::outlive
