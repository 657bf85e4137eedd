#include "bench/gopls/park_window.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/interrupt.h"
#include "bench/process.h"

namespace bridge::bench {
namespace {

using Clock = LspPeer::Clock;

// As gopls_way.cpp's, in short: what gopls asks and registers is asked and registered again of the
// editor that comes next.
constexpr std::string_view kCapabilities = R"({
"workspace":{"configuration":true,"workspaceFolders":true,
"didChangeConfiguration":{"dynamicRegistration":true},
"didChangeWatchedFiles":{"dynamicRegistration":true,"relativePatternSupport":true}},
"textDocument":{"publishDiagnostics":{"relatedInformation":true},
"synchronization":{"dynamicRegistration":true,"didSave":true},
"hover":{"contentFormat":["markdown","plaintext"]}},
"window":{"workDoneProgress":true},"general":{"positionEncodings":["utf-16"]}})";

constexpr std::chrono::seconds kHoverMax{120};  // a large module, cold

}  // namespace

EditorProcess::EditorProcess() : pid_(::fork()) {
  if (pid_ < 0) fail("fork");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) ::pause();
}

EditorProcess::~EditorProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);  // ours until it is waited for
  ::waitpid(pid_, nullptr, 0);
}

ParkWindow::ParkWindow(GoplsWay way, const Ground& ground,
                       const std::vector<std::string>& environment, const std::string& folder) {
  SocketPair to_server = make_socketpair();
  SocketPair from_server = make_socketpair();
  Launch launch{.argv = {ground.gopls},
                .environment = environment,
                .directory = folder,
                .errors = ground.errors()};
  if (way != GoplsWay::direct) launch.argv = {ground.bridge, "--gopls", ground.gopls};
  auto const start = Clock::now();
  process_.emplace(launch, to_server.theirs.get(), from_server.theirs.get());
  to_server.theirs.reset();
  from_server.theirs.reset();
  peer_.emplace(std::move(from_server.ours), std::move(to_server.ours), std::string(to_string(way)),
                ground.target.uri);
  std::string const root = json_text(file_uri(folder));
  std::string_view const answer = peer_->request(
      "initialize", R"({"processId":)" + std::to_string(editor_.pid()) + R"(,"rootUri":)" + root +
                        R"(,"workspaceFolders":[{"uri":)" + root +
                        R"(,"name":"bench"}],"capabilities":)" + std::string(kCapabilities) + "}");
  initialize_ = Clock::now() - start;
  if (answer.find("\"capabilities\"") == std::string_view::npos)
    throw Broken("initialize was refused: " + std::string(answer.substr(0, 300)));
  peer_->notify("initialized", "{}");
  peer_->notify("textDocument/didOpen", R"({"textDocument":{"uri":)" +
                                            json_text(ground.target.uri) +
                                            R"(,"languageId":"go","version":1,"text":)" +
                                            json_text(read_text(ground.target.path)) + "}}");
  while (!hover_is_right(peer_->request("textDocument/hover", ground.target.hover_params),
                         ground.target)) {
    if (Clock::now() - start > kHoverMax) throw Broken("no hover over " + ground.target.function);
  }
  hover_ = Clock::now() - start;
}

std::chrono::nanoseconds ParkWindow::shut_down() {
  auto const start = Clock::now();
  peer_->request("shutdown", "null");
  auto const took = Clock::now() - start;
  peer_->close();
  return took;
}

void ParkWindow::leave() {
  shut_down();
  process_.reset();  // waits
}

}  // namespace bridge::bench
