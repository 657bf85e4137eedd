#include "tests/broker/broker_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace bridge::broker {

using lease::ControlMessage;
using lease::ReceivedControl;

// --- the control protocol ------------------------------------------------------------------------

ControlClient::ControlClient(const std::string& path) {
  auto connected = lease::connect_control(path);
  if (connected.error)
    throw std::runtime_error("connect " + path + ": " + connected.error.message());
  socket_ = std::move(connected.socket);
}

void ControlClient::send(const ControlMessage& message) const {
  if (auto const error = lease::send_control(socket_.get(), message))
    throw std::runtime_error("send " + message.verb + ": " + error.message());
}

ReceivedControl ControlClient::read() const {
  for (;;) {
    auto received = lease::receive_control(socket_.get());
    if (received.status == ReceivedControl::Status::message) return received;
    if (received.status == ReceivedControl::Status::closed)
      throw std::runtime_error("the daemon has closed the connection");
    if (received.status == ReceivedControl::Status::refused)
      throw std::runtime_error("the daemon sent what " + received.complaint);
    pollfd one{socket_.get(), POLLIN, 0};
    auto const bound = std::chrono::duration_cast<std::chrono::milliseconds>(kBound);
    if (::poll(&one, 1, static_cast<int>(bound.count())) == 0)
      throw std::runtime_error("the daemon says nothing");
  }
}

std::vector<pid_t> Status::server_pids() const {
  std::vector<pid_t> pids;
  for (auto const& server : servers)
    pids.push_back(static_cast<pid_t>(server.number("pid").value_or(0)));
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::size_t Status::count(std::string_view state) const {
  return static_cast<std::size_t>(std::count_if(
      sessions.begin(), sessions.end(),
      [state](auto const& session) { return state.empty() || session.get("state") == state; }));
}

std::string Status::text() const {
  std::string text;
  auto const add = [&text](const ControlMessage& message) {
    text += message.verb;
    for (auto const& [name, value] : message.fields)
      text.append(" ").append(name).append("=").append(value);
    text += '\n';
  };
  add(daemon);
  for (auto const& one : servers) add(one);
  for (auto const& one : sessions) add(one);
  for (auto const& one : parked) add(one);
  return text;
}

Status Broker::status() const {
  ControlClient const client(control);
  client.send({.verb = "status", .fields = {}});
  Status status;
  for (;;) {
    auto message = client.read().message;
    if (message.verb == "end") return status;
    if (message.verb == "daemon")
      status.daemon = std::move(message);
    else if (message.verb == "server")
      status.servers.push_back(std::move(message));
    else if (message.verb == "session")
      status.sessions.push_back(std::move(message));
    else if (message.verb == "parked")
      status.parked.push_back(std::move(message));
  }
}

Status Broker::wait_for_status(std::string_view what,
                               const std::function<bool(const Status&)>& fits) const {
  std::string last;
  std::optional<Status> found;
  wait_until(what, [&] {
    try {
      found = status();
    } catch (const std::exception& error) {
      last = error.what();
      return false;
    }
    last = found->text();
    return fits(*found);
  });
  if (!found || !fits(*found)) ADD_FAILURE() << "instead of " << what << ":\n" << last;
  return found.value_or(Status{});
}

void Broker::wait_until(std::string_view what, const std::function<bool()>& holds) {
  auto const limit = std::chrono::steady_clock::now() + kBound;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) {
      ADD_FAILURE() << "not within " << kBound.count() << " s: " << what;
      return;
    }
    ::poll(nullptr, 0, 5);  // between two looks at what tells of itself in no other way
  }
}

// --- processes -----------------------------------------------------------------------------------

namespace {

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  // A process that ends meanwhile makes the read fail.
  try {
    text.assign(std::istreambuf_iterator<char>(file), {});
  } catch (const std::exception&) {
    text.clear();
  }
  return text;
}

}  // namespace

std::vector<pid_t> Broker::processes() const {
  std::vector<pid_t> pids;
  for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
    auto const name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_all("/proc/" + name + "/environ").find(directory.path()) != std::string::npos ||
        read_all("/proc/" + name + "/cmdline").find(directory.path()) != std::string::npos)
      pids.push_back(static_cast<pid_t>(std::stol(name)));
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::vector<pid_t> Broker::servers() const {
  auto pids = processes();
  std::erase_if(pids, [this](pid_t pid) {
    return rigs::command_line(pid).find("-listen=unix;" + ours) == std::string::npos;
  });
  return pids;
}

std::string Broker::describe(const std::vector<pid_t>& pids) const {
  std::string text;
  for (auto const pid : pids) text += std::to_string(pid) + ": " + rigs::command_line(pid) + "\n";
  return text;
}

pid_t Broker::lock_holder() const {
  // /proc/locks: "1: FLOCK  ADVISORY  WRITE 123 00:2f:456 0 EOF"; of OFD locks the pid is -1.
  struct stat facts {};
  if (::stat((ours + "/daemon.lock").c_str(), &facts) != 0) return 0;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);)
    if (line.find(":" + std::to_string(facts.st_ino) + " ") != std::string::npos) {
      std::istringstream words(line);
      std::string skipped;
      pid_t pid = 0;
      words >> skipped >> skipped >> skipped >> skipped >> pid;
      return pid;
    }
  return 0;
}

// --- editors -------------------------------------------------------------------------------------

void Broker::SetUp() {
  std::filesystem::create_directories(home);
  std::filesystem::create_directories(directory / "go/bin");
  ASSERT_EQ(::mkdir(runtime.c_str(), 0700), 0);
  std::filesystem::copy_file(BRIDGE_TEST_PROGRAMS "/fake_go", directory / "go/bin/go");
  directory.write("go/VERSION", "go1.25.3\n");
  write_program();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void Broker::write_program_at(const std::string& path, const std::string& options) const {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path + ".options") << options;
  std::filesystem::remove(path + "~");
  std::filesystem::copy_file(BRIDGE_TEST_PROGRAMS "/fake_shared_gopls", path + "~");
  std::filesystem::rename(path + "~", path);
}

std::vector<std::string> Broker::editor_environment() const {
  std::vector<std::string> all = {
      "HOME=" + home,
      "XDG_RUNTIME_DIR=" + runtime,
      "XDG_STATE_HOME=" + home + "/state",
      "XDG_CONFIG_HOME=" + home + "/config",
      "PATH=" + directory.path() + "/go/bin:/usr/local/bin:/usr/bin:/bin",
      "GOPLS_BRIDGE_SHARE=true",
      "GOPLS_BRIDGE_LOG_LEVEL=info",
      // Who leaves, leaves: what is parked has tests of its own (parking_fixture.h).
      "GOPLS_BRIDGE_PARK=false",
      // A loaded machine is no reason for a private gopls here; the tests of the deadline set it.
      "GOPLS_BRIDGE_LEASE_DEADLINE=60s",
      "GOPLS_BRIDGE_GOPLS",
      "GOPLS_BRIDGE_CONNECT",
      "GOPLS_BRIDGE_CONFIG",
      "FAKE_SERVER_ARGS",
      "GOROOT",
      "GOENV",
      "GOPACKAGESDRIVER",
      "NOTIFY_SOCKET",
      "LISTEN_FDS",
  };
  for (auto const& entry : environment) {
    std::erase_if(all, [&](auto const& have) {
      return std::string_view(have).substr(0, have.find('=')) ==
             std::string_view(entry).substr(0, entry.find('='));
    });
    all.push_back(entry);
  }
  return all;
}

std::unique_ptr<Editor> Broker::start() {
  std::vector<std::string> argv = {BRIDGE_BINARY, "--gopls", program};
  argv.insert(argv.end(), flags.begin(), flags.end());
  return std::make_unique<Editor>(
      rigs::ChildSettings{.argv = argv, .env = editor_environment(), .wait_max = kBound});
}

std::unique_ptr<Editor> Broker::open_editor() {
  auto editor = start();
  editor->client.initialize("/m");
  editor->client.open("/m/a.go", "package a");
  expect_hover(*editor);
  return editor;
}

void Broker::expect_hover(Editor& editor) {
  auto const answer = editor.client.hover("/m/a.go", 3, 5);
  EXPECT_NE(answer.dump().find("\"fake hover at 3:5\""), std::string::npos)
      << answer << editor.child.errors();
}

pid_t Broker::server_of(Editor& editor) {
  return editor.client.request("fake/where", nullptr).at("result").at("pid").get<pid_t>();
}

void Broker::quit(std::unique_ptr<Editor>& editor) {
  EXPECT_TRUE(editor->client.request("shutdown", nullptr)["result"].is_null());
  editor->client.notify("exit", nullptr);
  EXPECT_EQ(editor->child.wait_exit(), (ExitStatus{0, 0})) << editor->child.errors();
  editor.reset();
}

void Broker::TearDown() {
  // The daemon in order; a gopls waits a minute for the next daemon, which will not come. A front
  // may have begun to start another one before it was ended.
  auto const stop_daemon = [this] {
    try {
      ProcessWatch const daemon(daemon_pid());
      ControlClient(control).send({.verb = "stop", .fields = {}});
      EXPECT_TRUE(daemon.wait_ended(kBound)) << "the daemon does not stop";
    } catch (const std::exception& error) {  // there is none, or not any more
      EXPECT_EQ(std::string(error.what()).find("says nothing"), std::string::npos) << error.what();
    }
  };
  stop_daemon();
  for (auto const pid : servers()) {
    try {
      ProcessWatch(pid).kill(SIGTERM);
    } catch (const std::system_error&) {  // it has ended by itself
    }
  }
  // What the editors' destructors killed takes its moment.
  wait_until("everything that was started has ended", [&] {
    if (processes().empty()) return true;
    if (lock_holder() != 0) stop_daemon();
    return processes().empty();
  });
  for (auto const pid : processes()) {
    ADD_FAILURE() << "left over: " << describe({pid});
    try {
      ProcessWatch(pid).kill(SIGKILL);
    } catch (const std::system_error&) {
    }
  }
}

}  // namespace bridge::broker
