// One connection to the control socket, seen from the daemon: a front, or somebody who asks for the
// status. Keeps what it said about its session, and what could not be sent yet.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "proxy/daemon/peer.h"
#include "proxy/daemon/pool.h"
#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/control_message.h"
#include "proxy/lease/control_socket.h"
#include "proxy/relay/readiness_set.h"

namespace bridge::daemon {

class Front {
 public:
  // What is told of it. It may be dropped by whoever is told, but not before the turn is over.
  class Listener {
   public:
    virtual ~Listener() = default;
    // Descriptors that came along are closed with `received` where they are not taken.
    virtual void on_message(Front& front, lease::ReceivedControl& received) = 0;
    virtual void on_gone(Front& front) = 0;
  };

  Front(FrontId id, kernel::UniqueFd socket, Peer peer, relay::ReadinessSet& readiness,
        Listener& listener);
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Descriptors go with a message only where nothing waits before it: EAGAIN otherwise.
  boost::system::error_code send(const lease::ControlMessage& message, int descriptor = -1,
                                 int second = -1);

  FrontId id() const noexcept { return id_; }
  const Peer& peer() const noexcept { return peer_; }
  bool gone() const noexcept { return gone_; }

  // What its `session` said last; empty: it is no front, or has not said it yet.
  std::vector<std::pair<std::string, std::string>> facts;
  TimePoint facts_at{};
  bool asked = false;  // to report, and has not yet
  // Of its `lease` or `park`, for the answer.
  std::uint64_t request = 0;

 private:
  // Of what waits for a client that does not read: a status of many thousand sessions.
  static constexpr std::size_t kWaitingBytesMax = std::size_t{8} * 1024 * 1024;
  // Messages taken in one turn, so that one that floods does not keep the others waiting.
  static constexpr int kMessagesPerTurn = 8;

  void read();
  void write();
  void leave();

  FrontId id_;
  kernel::UniqueFd socket_;
  Peer peer_;
  Listener& listener_;
  std::deque<lease::ControlMessage> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool gone_ = false;
  relay::ReadinessCallbacks ready_;
  relay::ReadinessSet::Watch watch_;  // last: it leaves the set before the descriptor is closed
};

}  // namespace bridge::daemon
