// The directory of the sockets, locks and records of the daemon and its servers. It alone protects
// them: gopls' own sockets are 0755.
//
// $XDG_RUNTIME_DIR/gopls-bridge where $XDG_RUNTIME_DIR is ours; else /run/user/UID/gopls-bridge;
// else gopls-bridge-UID in $TMPDIR or /tmp. With an instance, a directory of that name below. It is
// made where it is missing, and taken only if it is a directory (no link), ours, and 0700 (made so
// where only the mode is wrong), and lies on a file system where sockets can be bound (not 9p,
// drvfs, FUSE; microsoft/WSL#5961). A place that fails is passed over for the next.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/environment.h"

namespace bridge::lease {

// Names in it.
inline constexpr char kControlSocket[] = "control.sock";  // systemd's; never unlinked by us
inline constexpr char kLspSocket[] = "lsp.sock";          // systemd's; for raw clients
inline constexpr char kDaemonSocket[] = "daemon.sock";    // an on-demand daemon's control socket
inline constexpr char kDaemonLspSocket[] = "daemon-lsp.sock";
inline constexpr char kStartLock[] = "start.lock";    // held by a front that starts a daemon
inline constexpr char kDaemonLock[] = "daemon.lock";  // held by the daemon as long as it lives
inline constexpr char kHereMark[] = "here";  // written anew by each daemon that listens: fronts
                                             // that lost one wait for it
inline constexpr char kServersDirectory[] = "servers";  // of each gopls: socket, record, stderr

struct RuntimeDirectory {
  std::string path;     // empty: none is to be had
  kernel::UniqueFd fd;  // O_PATH | O_DIRECTORY | O_CLOEXEC
  // What was wrong with each place that was passed over, in words for the user.
  std::vector<std::string> complaints;
};

// `instance`: [A-Za-z0-9_.-]+, or empty.
RuntimeDirectory open_runtime_directory(const server::Environment& environment,
                                        std::string_view instance);
// Whether the path still leads to this directory: it is deleted, or mounted over, at times.
bool is_still_there(const RuntimeDirectory& directory);

}  // namespace bridge::lease
