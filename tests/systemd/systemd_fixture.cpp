#include "tests/systemd/systemd_fixture.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/rigs/temp_dir.h"

namespace bridge::systemd_tests {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set: run by the rig");
  return value;
}

void write(const std::string& path, std::string_view text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
}

}  // namespace

void UnderSystemd::SetUp() {
  home = variable("HOME");
  runtime = variable("XDG_RUNTIME_DIR");
  programs = variable("RIG_PROGRAMS");
  tools = variable("RIG_TOOLS");
  bridge = home + "/.local/share/gopls-bridge/bin/gopls-bridge";
  fs::create_directories(home + "/bin");
  fs::create_directories(home + "/go/bin");
  fs::copy_file(programs + "/fake_shared_gopls", home + "/bin/gopls");
  fs::copy_file(programs + "/fake_go", home + "/go/bin/go");
  write(home + "/go/VERSION", "go1.25.3\n");
  // There is no journal here.
  for (auto const* const unit : {"gopls-bridge.service", "gopls-bridge@.service"})
    write(home + "/.config/systemd/user/" + unit + ".d/log.conf",
          "[Service]\nStandardError=append:" + home + "/daemon.log\n");
  auto const installed =
      run({programs + "/gopls-bridge", "install"}, {"GOPLS_BRIDGE_GOPLS=" + home + "/bin/gopls"});
  ASSERT_EQ(installed.code, 0) << installed.text;
}

Output UnderSystemd::run(std::vector<std::string> argv, std::vector<std::string> env) {
  rigs::StdioChild child({.argv = std::move(argv), .env = std::move(env), .wait_max = kBound});
  child.close_stdin();
  Output output;
  output.text = child.read_to_end();
  output.code = child.wait_exit().code;
  output.text += child.errors();
  return output;
}

std::string UnderSystemd::systemctl(std::vector<std::string> args) {
  args.insert(args.begin(), {"/usr/bin/systemctl", "--user", "--no-pager"});
  auto const output = run(args);
  EXPECT_EQ(output.code, 0) << args[3] << ": " << output.text;
  return output.text;
}

std::string UnderSystemd::property(const std::string& unit, const std::string& name) {
  auto text = systemctl({"show", "--value", "--property=" + name, unit});
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void UnderSystemd::drop_in(const std::string& unit, const std::string& text) const {
  write(home + "/.config/systemd/user/" + unit + ".d/test.conf", text);
  systemctl({"daemon-reload"});
}

std::unique_ptr<Editor> UnderSystemd::start(const std::vector<std::string>& env) const {
  std::vector<std::string> all = {
      "PATH=" + home + "/go/bin:/usr/bin:/bin",    "GOPLS_BRIDGE_SHARE=true",
      "GOPLS_BRIDGE_START_DAEMON=false",           "GOPLS_BRIDGE_LOG_LEVEL=info",
      "GOPLS_BRIDGE_GOPLS=" + home + "/bin/gopls", "GOPLS_BRIDGE_LEASE_DEADLINE=30s"};
  for (auto const& entry : env) {
    std::erase_if(all, [name = entry.substr(0, entry.find('=') + 1)](const std::string& have) {
      return have.starts_with(name);
    });
    all.push_back(entry);
  }
  return std::make_unique<Editor>(
      rigs::ChildSettings{.argv = {bridge}, .env = std::move(all), .wait_max = kBound});
}

std::unique_ptr<Editor> UnderSystemd::open_editor(const std::vector<std::string>& env) const {
  auto editor = start(env);
  editor->client.initialize("/m");
  editor->client.open("/m/a.go", "package a");
  type_and_wait(*editor);
  // One of its own would make each test of the daemon's a test of nothing.
  auto const children = rigs::children_of(editor->child.pid());
  bool const meant = std::find(env.begin(), env.end(), "GOPLS_BRIDGE_SHARE=false") != env.end();
  EXPECT_EQ(children.empty(), !meant) << editor->child.errors() << daemon_log();
  return editor;
}

std::int64_t UnderSystemd::type(Editor& editor) {
  ++editor.version;
  editor.client.notify(
      "textDocument/didChange",
      {{"textDocument", {{"uri", "file:///m/a.go"}, {"version", editor.version}}},
       {"contentChanges",
        Json::array({{{"text", "package a //" + std::to_string(editor.version)}}})}});
  return editor.client.send_request("textDocument/hover",
                                    {{"textDocument", {{"uri", "file:///m/a.go"}}},
                                     {"position", {{"line", 3}, {"character", editor.version}}}});
}

void UnderSystemd::wait_hover(Editor& editor, std::int64_t asked) {
  auto const answer = editor.client.wait_answer(asked);
  EXPECT_TRUE(answer.contains("result")) << answer << editor.child.errors();
}

pid_t UnderSystemd::server_of(Editor& editor) {
  return editor.client.request("fake/where", nullptr).at("result").at("pid").get<pid_t>();
}

void UnderSystemd::quit(std::unique_ptr<Editor>& editor) {
  EXPECT_TRUE(editor->client.request("shutdown", nullptr)["result"].is_null());
  editor->client.notify("exit", nullptr);
  EXPECT_EQ(editor->child.wait_exit(), (rigs::ExitStatus{0, 0})) << editor->child.errors();
  editor.reset();
}

void UnderSystemd::wait_until(std::string_view what, const std::function<bool()>& holds) {
  auto const limit = std::chrono::steady_clock::now() + kBound;
  while (!holds()) {
    ASSERT_LT(std::chrono::steady_clock::now(), limit) << "not in time: " << what;
    ::poll(nullptr, 0, 10);  // between two looks at what tells of itself in no other way
  }
}

std::vector<pid_t> UnderSystemd::processes_of(const std::string& unit) {
  std::vector<pid_t> pids;
  auto const group = property(unit, "ControlGroup");
  if (group.empty()) return pids;
  std::error_code gone;
  for (auto const& entry : fs::recursive_directory_iterator("/sys/fs/cgroup" + group, gone)) {
    if (entry.path().filename() != "cgroup.procs") continue;
    std::ifstream list(entry.path());
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
  }
  return pids;
}

std::string UnderSystemd::daemon_log() const {
  std::ostringstream text;
  text << std::ifstream(home + "/daemon.log").rdbuf();
  return text.str();
}

}  // namespace bridge::systemd_tests
