// What a session waits for besides its ends. Each timer is armed at most once at a time: arming it
// again replaces.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bridge::session {

enum class SessionTimer : std::uint8_t {
  lifecycle,     // how the session ends (lifecycle.h)
  start_again,   // a server could not be had, or was lost too often: the next try
  start_limit,   // a server that was started has not answered `initialize`
  request_wait,  // how long the editor's requests wait for another server
  open_watch,    // a document was opened: does the server live?
  settle,        // the fresh server has loaded and has been quiet
  hibernate,     // the editor has been quiet
  hang,          // the server has been quiet though it owes answers
  replace,       // a moment in which the server can be replaced
  stop_limit,    // a server that was asked to end in order has not
  activity,      // has the editor been quiet for a while? (of a shared server)
  kept,          // documents that were open when the session was parked, and are not opened again
};
inline constexpr std::size_t kSessionTimers = 12;

}  // namespace bridge::session
