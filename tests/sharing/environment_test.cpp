// The key with the real gopls: which windows share one, and that each keeps its own go, library,
// build tags, compiler and credentials all the same.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/broker/broker_fixture.h"
#include "tests/e2e/real_servers.h"

namespace bridge::sharing {
namespace {

using broker::Editor;
using rigs::Json;

namespace fs = std::filesystem;

// The other Go: what gopls v0.24.0 was built with, so that scripts/tools has fetched it already.
constexpr char kOtherGo[] = "go1.27.0";

constexpr char kMain[] =
    "package main\n"
    "\n"
    "import \"fmt\"\n"
    "\n"
    "func main() { fmt.Println(which) }\n";
constexpr int kMainLine = 4;
constexpr int kPrintln = 18;  // columns in that line
constexpr int kWhich = 26;

// What a command prints; empty where it fails.
std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "re");
  if (pipe == nullptr) return text;
  std::array<char, 4096> chunk{};
  for (std::size_t got = 0; (got = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;)
    text.append(chunk.data(), got);
  if (::pclose(pipe) != 0) text.clear();
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// GOROOT of the pinned go, or of another version, which comes through the module proxy.
std::string goroot_of(const std::string& toolchain) {
  return output_of("env -u GOROOT GOTOOLCHAIN=" + toolchain +
                   " " BRIDGE_TOOLS_DIR "/bin/go env GOROOT");
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class Sharing : public broker::Broker {
 protected:
  void SetUp() override {
    Broker::SetUp();
    BRIDGE_REQUIRE_SERVER(e2e::kGopls23);
    program = e2e::server_path(e2e::kGopls23);
    own_root_ = goroot_of("local");
    ASSERT_NE(own_root_, "");
    directory.write("m/go.mod", "module example.com/m\n\ngo 1.25\n");
    directory.write("m/main.go", kMain);
    directory.write("m/plain.go",
                    "//go:build !one && !two\n\npackage main\n\nconst which = \"plain\"\n");
    directory.write("m/one.go", "//go:build one\n\npackage main\n\nconst which = \"one\"\n");
    directory.write("m/two.go", "//go:build two\n\npackage main\n\nconst which = \"two\"\n");
    // The user's build cache: an empty one is seven seconds of each test.
    set("GOCACHE=" + output_of(BRIDGE_TOOLS_DIR "/bin/go env GOCACHE"));
    set("GOPATH=" + output_of(BRIDGE_TOOLS_DIR "/bin/go env GOPATH"));
    set("PATH=" + own_root_ + "/bin:/usr/local/bin:/usr/bin:/bin");
    for (auto const* const name : {"GOFLAGS", "GOTOOLCHAIN", "GOWORK", "CC", "TMPDIR"}) set(name);
  }

  // "NAME=value" or, to unset it, "NAME"; of the editors that start from here on.
  void set(const std::string& entry) { environment.push_back(entry); }

  std::unique_ptr<Editor> open(const std::string& file = "m/main.go") {
    auto editor = start();
    begin(*editor, file);
    return editor;
  }
  void begin(Editor& editor, const std::string& file = "m/main.go") const {
    auto const path = directory / file;
    editor.client.initialize(fs::path(path).parent_path());
    editor.client.open(path, rigs::read_file(path));
  }
  // Where fmt.Println is, for this window.
  std::string println_of(Editor& editor) const {
    auto const answer =
        editor.client.request("textDocument/definition",
                              {{"textDocument", {{"uri", rigs::file_uri(directory / "m/main.go")}}},
                               {"position", {{"line", kMainLine}, {"character", kPrintln}}}});
    return answer.dump();
  }
  std::string which_of(Editor& editor) const {
    return editor.client.hover(directory / "m/main.go", kMainLine, kWhich).dump();
  }
  void expect_servers(std::size_t count) {
    auto const now = wait_for_status("all live", [](auto const& it) {
      return it.count() > 0 && it.count("live") == it.count();
    });
    EXPECT_EQ(now.servers.size(), count) << now.text();
  }

  // Asked for once in this process: it may be a download.
  static const std::string& other_root() {
    static const std::string root = goroot_of(kOtherGo);
    return root;
  }

  std::string own_root_;
};

#define REQUIRE_OTHER_GO() \
  if (other_root().empty()) GTEST_SKIP() << kOtherGo << " cannot be fetched through the proxy"

// golang/go#50991.
TEST_F(Sharing, TwoGoVersionsMeanTwoServersEachWithItsOwnLibrary) {
  REQUIRE_OTHER_GO();
  auto first = open();
  set("PATH=" + other_root() + "/bin:/usr/local/bin:/usr/bin:/bin");
  auto second = open();
  auto third = open();
  EXPECT_TRUE(has(println_of(*first), own_root_ + "/src/fmt/print.go")) << println_of(*first);
  for (auto* const editor : {second.get(), third.get()})
    EXPECT_TRUE(has(println_of(*editor), other_root() + "/src/fmt/print.go"))
        << println_of(*editor);
  EXPECT_TRUE(has(println_of(*first), own_root_ + "/src/fmt/print.go")) << println_of(*first);
  expect_servers(2);
  for (auto* const editor : {&first, &second, &third}) quit(*editor);
}

TEST_F(Sharing, AShimMeansTheGoOfEachWorkingDirectory) {
  REQUIRE_OTHER_GO();
  directory.write("shims/go", "#!/bin/sh\nexec \"$(cat " + directory.path() +
                                  "/$(basename \"$PWD\").root)/bin/go\" \"$@\"\n");
  fs::permissions(directory / "shims/go", fs::perms::owner_all);
  set("PATH=" + directory.path() + "/shims:/usr/local/bin:/usr/bin:/bin");
  std::vector<std::pair<std::string, std::string>> const windows = {{"old", own_root_},
                                                                    {"new", other_root()}};
  std::vector<std::unique_ptr<Editor>> editors;
  for (auto const& [name, root] : windows) {
    directory.write(name + ".root", root);
    fs::create_directory(directory / name);
    editors.push_back(
        std::make_unique<Editor>(rigs::ChildSettings{.argv = {BRIDGE_BINARY, "--gopls", program},
                                                     .env = editor_environment(),
                                                     .directory = directory / name,
                                                     .wait_max = broker::kBound}));
    begin(*editors.back());
    EXPECT_TRUE(has(println_of(*editors.back()), root + "/src/fmt/print.go"))
        << println_of(*editors.back()) << editors.back()->child.errors();
  }
  expect_servers(2);
  for (auto& editor : editors) quit(editor);
}

// One go command, and GOTOOLCHAIN of the session's own.
TEST_F(Sharing, AToolchainOfOneSessionIsItsOwnInAServerOfAll) {
  REQUIRE_OTHER_GO();
  auto first = open();
  set("GOTOOLCHAIN=" + std::string(kOtherGo));
  auto second = open();
  EXPECT_TRUE(has(println_of(*second), other_root() + "/src/fmt/print.go")) << println_of(*second);
  EXPECT_TRUE(has(println_of(*first), own_root_ + "/src/fmt/print.go")) << println_of(*first);
  expect_servers(1);
  quit(first);
  quit(second);
}

TEST_F(Sharing, BuildTagsOfEachWindowAreItsOwnInOneServer) {
  auto plain = open();
  set("GOFLAGS=-tags=one");
  auto one = open();
  set("GOFLAGS=-tags=two");
  auto two = open();
  EXPECT_TRUE(has(which_of(*one), "= \\\"one\\\"")) << which_of(*one);
  EXPECT_TRUE(has(which_of(*two), "= \\\"two\\\"")) << which_of(*two);
  EXPECT_TRUE(has(which_of(*plain), "= \\\"plain\\\"")) << which_of(*plain);
  expect_servers(1);
  for (auto* const editor : {&plain, &one, &two}) quit(*editor);
}

// The first window's environment is not the second's, also where the second has none of it.
TEST_F(Sharing, WhatTheFirstWindowHasDoesNotReachTheSecond) {
  set("GOFLAGS=-tags=one");
  auto one = open();
  EXPECT_TRUE(has(which_of(*one), "= \\\"one\\\"")) << which_of(*one);
  set("GOFLAGS");
  auto plain = open();
  EXPECT_TRUE(has(which_of(*plain), "= \\\"plain\\\"")) << which_of(*plain);
  expect_servers(1);
  quit(one);
  quit(plain);
}

// Through its own compiler, which go runs for cgo: what that sees is what go's children see.
TEST_F(Sharing, ACgoPackageLoadsAndEachSessionsCompilerSeesItsAgent) {
  if (output_of("command -v gcc").empty()) GTEST_SKIP() << "no gcc here";
  directory.write("c/go.mod", "module example.com/c\n\ngo 1.25\n");
  directory.write("c/answer.h", "static int answer(void) { return 42; }\n");
  directory.write("c/main.go",
                  "package main\n\n// #include \"answer.h\"\nimport \"C\"\n\nfunc main() { "
                  "println(C.answer()) }\n");
  set("CGO_ENABLED=1");
  std::vector<std::unique_ptr<Editor>> editors;
  for (std::string const name : {"first", "second"}) {
    auto const compiler =
        directory.write(name + "/cc", "#!/bin/sh\necho \"$SSH_AUTH_SOCK\" >>" + directory.path() +
                                          "/" + name + "/asked\nexec gcc \"$@\"\n");
    fs::permissions(compiler, fs::perms::owner_all);
    set("CC=" + compiler);
    set("SSH_AUTH_SOCK=/agent/of/" + name);
    editors.push_back(open("c/main.go"));
    auto const uri = rigs::file_uri(directory / "c/main.go");
    auto const found = editors.back()->client.wait_notification(
        "textDocument/publishDiagnostics",
        [&](auto const& params) { return params["uri"] == uri; });
    EXPECT_EQ(found["diagnostics"], Json::array()) << found;
    auto const asked = rigs::read_file(directory / (name + "/asked"));
    EXPECT_EQ(asked.substr(0, asked.find('\n')), "/agent/of/" + name);
    for (std::size_t at = 0; at < asked.size(); at = asked.find('\n', at) + 1)
      EXPECT_EQ(asked.substr(at, asked.find('\n', at) - at), "/agent/of/" + name);
  }
  expect_servers(1);
  for (auto& editor : editors) quit(editor);
}

TEST_F(Sharing, NoValueIsInStatusLogsOrRecords) {
  constexpr std::string_view kTold = "planted-6c1d-told";
  constexpr std::string_view kKeyed = "planted-6c1d-keyed";
  set("GITHUB_TOKEN=" + std::string(kTold));
  set("GODEBUG=" + std::string(kKeyed) + "=1");
  set("GOPLS_BRIDGE_LOG_LEVEL=debug");
  auto editor = open();
  EXPECT_TRUE(has(which_of(*editor), "plain"));
  expect_servers(1);
  auto const now = status();
  // Planted at all, and where it belongs.
  auto const server = now.server_pids().at(0);
  auto const environ_of_gopls = rigs::read_file("/proc/" + std::to_string(server) + "/environ");
  EXPECT_TRUE(has(environ_of_gopls, kKeyed));
  EXPECT_FALSE(has(environ_of_gopls, kTold)) << "of one session, and seen by all";
  EXPECT_TRUE(has(now.text(), "GODEBUG")) << "names may be seen";

  std::string said = now.text() + editor->child.errors();
  std::size_t files = 0;
  for (auto const& root : {runtime, home}) {
    for (auto const& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file() || entry.file_size() > 4 * 1024 * 1024) continue;
      said += rigs::read_file(entry.path());
      ++files;
    }
  }
  EXPECT_GE(files, 3U) << "record, stderr, lock";
  for (auto const planted : {kTold, kKeyed}) EXPECT_FALSE(has(said, planted)) << planted;
  quit(editor);
}

TEST_F(Sharing, GoplsHasTheUmaskOfItsWindowsAndAnotherOneSeparates) {
  std::vector<std::unique_ptr<Editor>> editors;
  for (auto const* const mask : {"027", "027", "022"}) {
    editors.push_back(std::make_unique<Editor>(rigs::ChildSettings{
        .argv = {"/bin/sh", "-c", "umask " + std::string(mask) + "; exec \"$@\"", "sh",
                 BRIDGE_BINARY, "--gopls", program},
        .env = editor_environment(),
        .wait_max = broker::kBound}));
    begin(*editors.back());
    EXPECT_TRUE(has(which_of(*editors.back()), "plain"));
  }
  expect_servers(2);
  std::string masks;
  for (auto const& server : status().servers) {
    auto const text = rigs::read_file("/proc/" + std::string(server.get("pid")) + "/status");
    auto const at = text.find("Umask:");
    masks += text.substr(at, text.find('\n', at) - at);
  }
  EXPECT_TRUE(masks == "Umask:\t0027Umask:\t0022" || masks == "Umask:\t0022Umask:\t0027") << masks;
  for (auto& editor : editors) quit(editor);
}

}  // namespace
}  // namespace bridge::sharing
