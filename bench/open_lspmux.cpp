// lspmux 0.3: a client on the editor's stdio, and a server of its own that starts the language
// server. Seen with gopls: where the editor announces workspace/configuration it often hangs; ours
// announces nothing.
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "bench/echo_server.h"
#include "bench/open_way.h"
#include "bench/variable.h"

namespace bridge::bench {

namespace {

constexpr std::chrono::seconds kStartMax{5};

void wait_until_it_listens(const std::string& path) {
  auto const until = std::chrono::steady_clock::now() + kStartMax;
  for (;;) {
    try {
      connect_to({Address::Kind::unix_path, path, 0});
      return;
    } catch (const Broken&) {
      if (std::chrono::steady_clock::now() > until) throw;
    }
    ::poll(nullptr, 0, /*ms=*/2);
  }
}

}  // namespace

void OpenWay::open_lspmux(const Programs& programs, const TempDir& directory, bool two_writes) {
  std::string const home = fresh_path(directory, "m");
  std::string const socket = home + "/socket";
  for (auto const& path : {home, home + "/lspmux"}) {
    if (::mkdir(path.c_str(), 0700) != 0) fail(path);
  }
  std::string const quoted = "\"" + socket + "\"\n";
  write_text(home + "/lspmux/config.toml",
             "listen = " + quoted + "connect = " + quoted + "log_filters = \"off\"\n");
  Variable const configuration("XDG_CONFIG_HOME", home.c_str());
  {
    Variable const writes(kTwoWritesVariable, two_writes ? "1" : nullptr);
    kernel::UniqueFd const nothing = open_null();
    peer_.emplace(
        std::vector<std::string>{programs.lspmux, "server"},
        Process::Descriptors{.in = nothing.get(), .out = nothing.get(), .err = nothing.get()});
  }
  wait_until_it_listens(socket);
  started_ = std::chrono::steady_clock::now();  // a server that runs already, as gopls -remote has
  hold({programs.lspmux, "client", "--server-path", programs.stand_in}, two_writes, /*quiet=*/true);
  relays_ = {process_->pid(), peer_->pid()};
  Message initialize = make_initialize(directory.path());
  editor_->round_trip(initialize);
  editor_->send_notification(make_initialized());
}

}  // namespace bridge::bench
