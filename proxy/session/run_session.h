// One LSP session on the editor's stdio, from the first byte to the exit code: the main job.
//
// Gets everything decided beforehand (which gopls, which flags, which limits) and returns when the
// session is over. Reads descriptor 0, writes descriptors 1 and 2, never sets flags on them.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "framing/limits.h"
#include "proxy/lease/broker_link.h"
#include "proxy/relay/zero_copy.h"
#include "proxy/server/share_key.h"

namespace bridge::session {

struct SessionSettings {
  // Absolute path of the real gopls, not resolved (version-manager shims look at their own name).
  // Empty only when `connect` is set and no gopls was found: then there is no fallback.
  std::string gopls;
  // It is the Go program itself, not a script or another program in its place.
  bool gopls_is_true = false;
  // argv after the program's name without our own flags: for execve of the real gopls.
  std::vector<std::string> original_args;
  // What of it a private gopls gets: the absorbed flags (-mode, -remote, -remote.*) removed too.
  std::vector<std::string> gopls_args;
  // A directory with `go` to append to the PATH of a private gopls; empty: `go` is on PATH already,
  // or was not found anywhere.
  std::string go_directory;
  // Whether the session takes part in the broker's: a gopls that others use too, if that can be.
  bool share = false;
  server::ShareKeyInput share_key;
  bool isolate_workspaces = false;
  // Whether the session is left to the daemon at its end, and one that was left is taken up.
  bool park = true;
  // Links to sockets of a session that nobody takes up are left so long.
  std::chrono::seconds links_kept_for{24 * 60 * 60};
  lease::BrokerLink::Settings broker;
  // A server that listens already: "/path", "unix;/path", "127.0.0.1:port", "[::1]:port",
  // "localhost:port". Empty: a private gopls.
  std::string connect;

  framing::Limits limits;
  relay::ZeroCopy zero_copy = relay::ZeroCopy::on;
  // After the editor's end of file: how long answers that are still owed are waited for.
  std::chrono::milliseconds drain_timeout{3000};
  // How long the editor waits for gopls' answer to `shutdown` before the bridge gives it.
  std::chrono::milliseconds shutdown_answer_after{200};

  // Whether a server that is lost or replaced is followed by another that is told the session.
  bool replay = true;
  // How long the editor's requests wait for that other server before they get an error.
  std::chrono::milliseconds replay_wait{10'000};
  // The editor's silence after which the server is stopped until it is needed; zero: never.
  std::chrono::milliseconds hibernate_after{1'800'000};
  // The server's silence, while it owes answers, after which it is replaced; zero: never.
  std::chrono::milliseconds hang_timeout{0};
  // An open document whose text is longer is not kept for the other server.
  std::size_t document_bytes_max = std::size_t{16} * 1024 * 1024;
};

// Exit codes are listed in README.md, "Exit codes". Does not return where it becomes the real
// gopls.
int run_session(const SessionSettings& settings);

}  // namespace bridge::session
