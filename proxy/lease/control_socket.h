// Sends and receives control messages on a SOCK_SEQPACKET socket. Never blocks, whatever the flags
// of the descriptor; descriptors that come along are close-on-exec and owned at once.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/control_message.h"

namespace bridge::lease {

struct ReceivedControl {
  enum class Status : std::uint8_t {
    message,
    refused,      // a datagram that is none of ours; `complaint` says why, and it is gone
    would_block,  // nothing is there
    closed,       // the peer is gone
  };
  Status status = Status::would_block;
  ControlMessage message;
  // At most two, in order; more, or truncated ones, are `refused`.
  kernel::UniqueFd descriptor;
  kernel::UniqueFd second;
  int version = 0;  // of a refused one: as in DecodedControl
  std::string complaint;
};
ReceivedControl receive_control(int fd);

// `descriptor` is passed along unless negative; it stays the caller's. EAGAIN: the peer does not
// read (its queue is full); EMSGSIZE: the message is too large; ETOOMANYREFS: too many descriptors
// of this user are under way.
// `second` only with a `descriptor`.
boost::system::error_code send_control(int fd, const ControlMessage& message, int descriptor = -1,
                                       int second = -1);

// Connects to the socket file, also where the path is longer than an address may be. Non-blocking,
// close-on-exec. ENOENT, ECONNREFUSED (nobody listens), EAGAIN (its backlog is full).
struct ConnectedControl {
  kernel::UniqueFd socket;
  boost::system::error_code error;
};
ConnectedControl connect_control(const std::string& path);

}  // namespace bridge::lease
