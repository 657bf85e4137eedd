// Sockets that change with each connection of the same user (SSH_AUTH_SOCK, WSL_INTEROP,
// VSCODE_GIT_IPC_HANDLE), for a gopls that is told its environment once and may outlive the
// connection: it is told the path of a link of ours, and when the session is taken up by another
// editor, the link leads to that editor's socket. What gopls was told stays as it is.
//
//   DIRECTORY/links/DIGEST-N/SSH_AUTH_SOCK -> /tmp/ssh-XXXXXXXXXX/agent.4711
//
// Each session has a directory of its own, or two that are open at once would lead each other's
// links astray: N is the first number that is free, and the name is part of the parked state.
// A session at work holds a lock (flock) on its directory. One that is parked holds none: its
// directory is nobody's when it has not been touched for longer than a session is kept, and who
// makes another for the same digest removes it then. That, too, is how those of killed processes
// go.
//
// Scripts (GIT_ASKPASS, SSH_ASKPASS) and values have no links: they are the same from one start of
// an editor to the next and change with its version, and a script may look at the name it was
// called by. They count as they are. So does a value that is no absolute path, and so does
// VSCODE_GIT_IPC_AUTH_TOKEN, which goes with one socket: where there is such a token, only the same
// window's next session is taken up.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {

class SessionLinks {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  // Whether the variable is given as a link: for a fingerprint that must not have its value in it.
  static bool is_linked(std::string_view name, std::string_view value) noexcept;

  // None.
  SessionLinks() = default;
  // For a fresh session. `directory`: the runtime directory; `digest`: [0-9a-f]+, of what sessions
  // must be equal in to take each other up; `variables`: its environment. Where links cannot be
  // made, there are none, and lacking() says why.
  SessionLinks(const std::string& directory, std::string_view digest, const Variables& variables,
               std::chrono::seconds kept_for);
  // For one that is taken up: the links of that name lead where `variables` say. nullopt, and why
  // in `error`, where they cannot: then what gopls was told is wrong, and the session of no use.
  static std::optional<SessionLinks> take_up(const std::string& directory, std::string_view name,
                                             const Variables& variables, std::string& error);
  // Removes them, but after leave().
  ~SessionLinks();
  SessionLinks(SessionLinks&& other) noexcept;
  SessionLinks& operator=(SessionLinks&& other) noexcept;

  // For the parked state; empty: there is nothing to be linked.
  const std::string& name() const noexcept { return name_; }
  // Not empty: some variable that should have a link has none. Such a session must not be parked.
  const std::string& lacking() const noexcept { return lacking_; }
  // With what gopls is told instead.
  Variables applied_to(Variables variables) const;
  // The session is parked: they stay for the next one.
  void leave() noexcept;

 private:
  bool claim(const std::string& directory, std::string_view digest, std::chrono::seconds kept_for);
  std::string lead(const Variables& variables);
  void remove() noexcept;

  std::string name_;
  std::string path_;          // of the directory with the links
  kernel::UniqueFd parent_;   // DIRECTORY/links
  kernel::UniqueFd claimed_;  // the directory, locked
  std::string lacking_;
};

}  // namespace bridge::server
