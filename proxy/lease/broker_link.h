// A front's connection to the broker daemon: it asks for a gopls over it, hears what the daemon
// wants of the session, and tells about the session. One control connection as long as the session
// lives; when the daemon dies it is made anew to the next one (on its own, by what fd() waits for),
// and the session's gopls connection does not notice.
//
// Not a thread, no callbacks: waited for by one descriptor, driven by on_readable().
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/control_message.h"
#include "proxy/lease/runtime_directory.h"

namespace bridge::lease {

// What a daemon is asked for.
struct LeaseRequest {
  std::string key;      // digest; equal keys share
  std::string program;  // absolute path of gopls
  std::vector<std::string> args;
  std::vector<std::string> environment;  // NAME=value, whole
  // For status only.
  std::string go;
  std::string go_version;
  // Digest of what sessions must be equal in for one to take up what the other has parked, and who
  // asks. Either empty: this one takes up none, and will not be parked.
  std::string fingerprint{};
  std::string parker{};
  // The session begins: a parked one may be had instead of a fresh connection. Otherwise it only
  // may be parked later.
  bool resume = false;
  // A server that must not be given any more, to nobody ("s3"); empty: none.
  std::string retire{};
};

struct Lease {
  kernel::UniqueFd socket;  // connected to gopls, ours alone
  std::string server;       // the daemon's name for it: "s3"
  std::uint64_t pid = 0;
  // Of a parked session: its state, in a memfd. Empty: the connection is fresh.
  kernel::UniqueFd state{};
};

// Why there is none, in words for the user.
struct LeaseRefusal {
  std::string message;
};
[[noreturn]] inline void throw_exception_from_error(const LeaseRefusal& refusal,
                                                    const boost::source_location&) {
  throw std::logic_error(refusal.message);
}

// How a leased gopls ended, as the daemon saw it.
struct LeasedServerEnd {
  std::string server;
  std::string words;  // "killed by signal 9 (Killed)"; empty: not known
  bool killed = false;
};

class BrokerLink {
 public:
  struct Settings {
    std::string instance;
    // How long a lease may take in all, the start of a daemon and of a gopls included.
    std::chrono::milliseconds deadline{1000};
    // Whether a daemon is started where none listens, and the words for it: program and arguments.
    std::vector<std::string> daemon_command;
  };
  struct Event {
    enum class Kind : std::uint8_t {
      report,   // the daemon asks about the session: report()
      sleep,    // memory is short: let go of the server until it is needed, if nothing is in work
      replace,  // the user asks for another server
    };
    Kind kind;
  };

  explicit BrokerLink(Settings settings);
  ~BrokerLink();
  BrokerLink(const BrokerLink&) = delete;
  BrokerLink& operator=(const BrokerLink&) = delete;

  // Blocks until there is a lease or a reason, at most for the deadline. A lease that is held is
  // given back by it.
  boost::system::result<Lease, LeaseRefusal> lease(const LeaseRequest& request);
  // Makes the session known to a daemon that listens; starts none. For one that shares nothing.
  void join();
  // The session has let go of its server.
  void release();
  // The editor is about to leave: a park or the end follows within moments.
  void leaving();
  // Gives the lease's connection and the session's state (a memfd) to the daemon. Blocks for its
  // answer, at most for `patience`. Empty: parked; else why not. The lease is over in any case.
  std::string park(kernel::UniqueFd connection, kernel::UniqueFd state,
                   std::chrono::milliseconds patience);
  // How the server of the last lease ended; waits a moment for the daemon's word.
  std::optional<LeasedServerEnd> how_it_ended(std::chrono::milliseconds patience);

  // Readable when on_readable() is to be called. Stays the same; -1: out of descriptors.
  int fd() const noexcept { return events_.get(); }
  std::vector<Event> on_readable();

  // Facts about the session, as the verb `session` in CONTROL.md has them: kept, and told to each
  // daemon; a change is told at once.
  void tell(std::vector<std::pair<std::string, std::string>> facts);

  // Whether a daemon has been heard of.
  bool connected() const noexcept { return static_cast<bool>(socket_); }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Start : std::uint8_t { wait, only_begin, never };

  std::string reach(TimePoint deadline, Start start);
  std::string connect_to(const std::string& path);
  void introduce(kernel::UniqueFd socket);
  bool send(const ControlMessage& message, int descriptor = -1, int second = -1);
  struct Answer {
    std::optional<ControlMessage> message;  // nullopt: the daemon is gone, or did not answer
    kernel::UniqueFd descriptor, second;
  };
  // Takes what has come; `answer` gets that to `request`, if it is among it. False: nothing came.
  bool hear(std::uint64_t request, Answer* answer);
  // Until there is an answer, the daemon is gone, or the time is over.
  Answer wait_for_answer(std::uint64_t request, TimePoint deadline);
  void take(const ControlMessage& message);
  void lost();
  void look_for_daemon();
  bool watch(int fd) const;
  static int left(TimePoint deadline);  // in milliseconds, at least 0
  static bool poll_readable(int fd, int milliseconds_max);

  Settings settings_;
  kernel::UniqueFd events_;  // epoll on the three below
  kernel::UniqueFd socket_;
  kernel::UniqueFd here_;   // inotify on the runtime directory, while there is no daemon
  kernel::UniqueFd timer_;  // until the next try
  int tries_ = 0;
  bool said_goodbye_ = false;
  bool wanted_ = false;  // a daemon has been asked for something
  bool joined_ = false;  // none need be started for us
  std::uint64_t requests_ = 0;
  std::string server_;  // of the lease that is held
  std::uint64_t server_pid_ = 0;
  std::string fingerprint_, parker_;  // which it was asked for with
  std::optional<LeasedServerEnd> ended_;
  std::vector<Event> pending_;
  std::vector<std::pair<std::string, std::string>> facts_;
};

}  // namespace bridge::lease
