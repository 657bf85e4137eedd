#include "bench/gopls/gopls_way.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "bench/interrupt.h"
#include "bench/process.h"

namespace bridge::bench {

using kernel::UniqueFd;

namespace {

// What VS Code's library sends where it matters: what gopls then asks, and how it answers.
constexpr std::string_view kCapabilities = R"({
"workspace":{"applyEdit":true,"configuration":true,"workspaceFolders":true,
"didChangeConfiguration":{"dynamicRegistration":true},
"didChangeWatchedFiles":{"dynamicRegistration":true,"relativePatternSupport":true}},
"textDocument":{"publishDiagnostics":{"relatedInformation":true,"versionSupport":false},
"synchronization":{"dynamicRegistration":true,"didSave":true},
"completion":{"contextSupport":true,"completionItem":{"snippetSupport":true,
"documentationFormat":["markdown","plaintext"],"deprecatedSupport":true,
"insertReplaceSupport":true,"resolveSupport":{"properties":["documentation","detail"]}}},
"hover":{"contentFormat":["markdown","plaintext"]}},
"window":{"workDoneProgress":true},"general":{"positionEncodings":["utf-16"]}})";

UniqueFd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), generic, sizeof address) != 0) return UniqueFd();
  return socket;
}

std::vector<std::string> command(GoplsWay way, const Ground& ground, const std::string& server) {
  switch (way) {
    case GoplsWay::direct:
      return {ground.gopls};
    case GoplsWay::direct_socket:
      break;
    case GoplsWay::bridge_private:
    case GoplsWay::bridge_lease:  // the environment makes the difference
      return {ground.bridge, "--gopls", ground.gopls};
    case GoplsWay::bridge_connect:
      return {ground.bridge, "--connect", server};
    case GoplsWay::remote:
      return {ground.gopls, "-remote=unix;" + server};
    case GoplsWay::remote_auto:
      return {ground.gopls, "-remote=auto"};
  }
  return {};
}

}  // namespace

std::string_view to_string(GoplsWay way) {
  switch (way) {
    case GoplsWay::direct:
      return "direct";
    case GoplsWay::direct_socket:
      return "direct, Unix socket";
    case GoplsWay::bridge_private:
      return "bridge, held stdio";
    case GoplsWay::bridge_connect:
      return "bridge, socket";
    case GoplsWay::bridge_lease:
      return "bridge, lease";
    case GoplsWay::remote:
      return "gopls -remote";
    case GoplsWay::remote_auto:
      return "gopls -remote=auto";
  }
  return "?";
}

bool is_connected(GoplsWay way) {
  return way == GoplsWay::direct_socket || way == GoplsWay::bridge_connect ||
         way == GoplsWay::remote;
}

std::vector<std::string> with(std::vector<std::string> environment, const std::string& name,
                              const std::string& value) {
  std::erase_if(environment, [&](const auto& one) { return one.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
  return environment;
}

ListeningGopls::ListeningGopls(const Ground& ground, const std::vector<std::string>& environment,
                               std::string path)
    : path_(std::move(path)),
      process_({.argv = {ground.gopls, "serve", "-listen=unix;" + path_},
                .environment = environment,
                .directory = ground.module,
                .errors = ground.errors()},
               -1, -1) {
  // gopls says that it listens before it does: only a connection tells.
  auto const until = LspPeer::Clock::now() + std::chrono::seconds(20);
  while (!connect_to(path_)) {
    if (interrupted()) throw Interrupted();
    if (LspPeer::Clock::now() > until) throw Broken("gopls serve -listen does not listen");
    ::poll(nullptr, 0, 2);
  }
}

ListeningGopls::~ListeningGopls() {
  process_.terminate();
  ::unlink(path_.c_str());
}

GoplsWindow::GoplsWindow(GoplsWay way, const Ground& ground,
                         const std::vector<std::string>& environment, const std::string& server) {
  std::string const name(to_string(way));
  if (way == GoplsWay::direct_socket) {
    auto const start = LspPeer::Clock::now();
    UniqueFd in = connect_to(server);
    if (!in) fail("connecting to gopls");
    UniqueFd out(::fcntl(in.get(), F_DUPFD_CLOEXEC, 3));
    peer_.emplace(std::move(in), std::move(out), name, ground.target.uri);
    begin(ground, start);
    return;
  }
  SocketPair to_server = make_socketpair();
  SocketPair from_server = make_socketpair();
  Launch const launch{.argv = command(way, ground, server),
                      .environment = environment,
                      .directory = ground.module,
                      .errors = ground.errors()};
  auto const start = LspPeer::Clock::now();
  process_.emplace(launch, to_server.theirs.get(), from_server.theirs.get());
  to_server.theirs.reset();
  from_server.theirs.reset();
  peer_.emplace(std::move(from_server.ours), std::move(to_server.ours), name, ground.target.uri);
  begin(ground, start);
}

void GoplsWindow::begin(const Ground& ground, LspPeer::Clock::time_point start) {
  std::string const root = json_text(file_uri(ground.module));
  std::string_view const answer = peer_->request(
      "initialize", R"({"processId":)" + std::to_string(::getpid()) + R"(,"rootUri":)" + root +
                        R"(,"workspaceFolders":[{"uri":)" + root +
                        R"(,"name":"bench"}],"capabilities":)" + std::string(kCapabilities) + "}");
  times_.initialize = LspPeer::Clock::now() - start;
  if (answer.find("\"capabilities\"") == std::string_view::npos)
    throw Broken("initialize was refused: " + std::string(answer.substr(0, 300)));
  peer_->notify("initialized", "{}");
  peer_->notify("textDocument/didOpen", R"({"textDocument":{"uri":)" +
                                            json_text(ground.target.uri) +
                                            R"(,"languageId":"go","version":1,"text":)" +
                                            json_text(ground.target.text) + "}}");
  // gopls answers once it has loaded the module: the first answer is the right one. Null at first
  // is allowed to it; then the editor asks again.
  auto const until = start + std::chrono::seconds(120);
  while (!hover_is_right(peer_->request("textDocument/hover", ground.target.hover_params),
                         ground.target)) {
    if (LspPeer::Clock::now() > until) throw Broken("no hover over " + ground.target.function);
  }
  times_.hover = LspPeer::Clock::now() - start;
  times_.diagnostics = peer_->wait_for_diagnostics() - start;
}

std::vector<pid_t> GoplsWindow::processes() const {
  return process_ ? family_of(process_->pid()) : std::vector<pid_t>{};
}

pid_t GoplsWindow::server_pid() const {
  auto const children = process_ ? children_of(process_->pid()) : std::vector<pid_t>{};
  return children.empty() ? -1 : children.front();
}

}  // namespace bridge::bench
