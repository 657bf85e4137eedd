// The connection of a parked session: reads what gopls says there, and answers it, by a drain
// (session/park/parked_drain.h). Never waits for gopls; what it does not read is bounded. Decides
// nothing else (parking.h does).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "proxy/kernel/unique_fd.h"
#include "proxy/relay/readiness_set.h"
#include "proxy/session/park/parked_drain.h"

namespace bridge::daemon {

class ParkedConnection {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Not from within a call of ours. It may be dropped when the turn is over, not before.
    virtual void on_parked_ready(std::uint64_t id, bool ready) = 0;
    virtual void on_parked_trouble(std::uint64_t id, const std::string& why) = 0;
  };

  // Descriptors that a front passed: null, and why in `complaint`, where the first is no connection
  // to the gopls with that pid, or the second no state. What was read before is drained at once.
  static std::unique_ptr<ParkedConnection> take(std::uint64_t id, kernel::UniqueFd socket,
                                                kernel::UniqueFd state, pid_t gopls,
                                                relay::ReadinessSet& readiness, Listener& listener,
                                                std::string& complaint);
  ParkedConnection(const ParkedConnection&) = delete;
  ParkedConnection& operator=(const ParkedConnection&) = delete;

  bool ready() const noexcept { return trouble_.empty() && output_.empty() && drain_.ready(); }
  // Takes what has come since, and writes what is to be told to the next front behind the state.
  // False: it cannot be had (why() says why) or is not ready any more. May be called again.
  bool prepare();
  // It was given away: nothing of it is ours any more.
  void let_go();
  const std::string& trouble() const noexcept { return trouble_; }
  int socket() const noexcept { return socket_.get(); }
  int state() const noexcept { return state_.get(); }
  std::size_t state_bytes() const noexcept { return state_bytes_; }

 private:
  ParkedConnection(std::uint64_t id, kernel::UniqueFd socket, kernel::UniqueFd state,
                   std::size_t state_bytes, session::DrainStart start,
                   relay::ReadinessSet& readiness, Listener& listener);
  // False: nothing more is to be had now.
  bool read();
  void write();
  void fail(std::string why);
  void tell();

  std::uint64_t id_;
  kernel::UniqueFd socket_;
  kernel::UniqueFd state_;
  std::size_t state_bytes_;  // of the front's part
  std::size_t news_bytes_ = 0;
  session::ParkedDrain drain_;
  std::string output_;  // for gopls, which does not read
  std::string trouble_;
  bool told_ready_ = false;
  bool told_trouble_ = false;
  Listener& listener_;
  relay::ReadinessCallbacks ready_;
  relay::ReadinessSet::Watch watch_;  // last: it leaves the set before the descriptor is closed
};

}  // namespace bridge::daemon
