// One gopls that listens for the pool: its process, its socket, its record on disk, its stderr.
//
// It outlives the daemon. A daemon after this one finds it by its record: pid with start time, and
// the inode of its socket, must be what was written down. It is kept from ending by a connection
// that the daemon holds (gopls makes no session before `initialize`); without a daemon it ends a
// minute after its last session (gopls' own -listen.timeout).
//
// Its socket is held by a descriptor (O_PATH): it can be connected to also where the directory was
// deleted or mounted over.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proxy/daemon/capped_file.h"
#include "proxy/daemon/pool.h"
#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/runtime_directory.h"
#include "proxy/server/child_process.h"

namespace bridge::daemon {

class ServerProcess {
 public:
  struct End {
    std::string words;
    bool killed = false;  // by SIGKILL: from outside
  };
  enum class Serving : std::uint8_t { yes, not_yet };

  // Starts a gopls. The error is in words for the user.
  static std::unique_ptr<ServerProcess> start(const lease::RuntimeDirectory& directory,
                                              const std::string& name, const Recipe& recipe,
                                              std::string& error);
  // The gopls of that record, if it is still that one and takes connections; otherwise null, and
  // what is provably nobody's has been removed.
  static std::unique_ptr<ServerProcess> adopt(const lease::RuntimeDirectory& directory,
                                              const std::string& name);
  // Removes what a gopls that is gone has written.
  static void forget(const lease::RuntimeDirectory& directory, const std::string& name);
  // The names of all records there are, as they were given.
  static std::vector<std::string> recorded(const lease::RuntimeDirectory& directory);

  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  // Removes nothing and ends nothing.
  ~ServerProcess() = default;

  // Tries to connect; at the first success the record is written.
  Serving try_to_serve();
  // A connection for a front.
  boost::system::result<kernel::UniqueFd> connect();
  // Lets it go: our connection is closed, and it is told to end.
  void end();
  void kill();
  // Readable when its process has ended.
  int exit_fd() const noexcept;
  // Called once it has: reaps it and removes its files.
  End take_end();
  // Writes the record again: the directory is another one now.
  void move_to(const lease::RuntimeDirectory& directory);

  const std::string& name() const noexcept { return name_; }
  pid_t pid() const noexcept { return pid_; }
  const Recipe& recipe() const noexcept { return recipe_; }  // without environment if adopted
  const std::vector<std::string>& environment_names() const noexcept { return names_; }
  bool adopted() const noexcept { return adopted_; }
  std::uint64_t began() const noexcept { return began_; }  // Unix time, s
  CappedFile& errors() noexcept { return *errors_; }

 private:
  ServerProcess(const lease::RuntimeDirectory& directory, std::string name);
  std::string file(const char* extension) const;
  void write_record() const;
  bool read_record();
  bool hold_socket();

  std::string servers_;  // directory
  std::string name_;
  Recipe recipe_;
  std::vector<std::string> names_;  // of the environment it was started with
  pid_t pid_ = 0;
  std::uint64_t start_ticks_ = 0;
  std::uint64_t began_ = 0;
  std::uint64_t socket_inode_ = 0;
  bool adopted_ = false;
  std::optional<server::ChildProcess> child_;  // where we started it
  kernel::UniqueFd pidfd_;                     // where we did not
  kernel::UniqueFd socket_;                    // O_PATH
  kernel::UniqueFd held_;                      // the connection that keeps it
  std::optional<CappedFile> errors_;
};

}  // namespace bridge::daemon
