// The server's side of a session, as the session holds it (private to session*.cpp).
#pragma once

#include <poll.h>

#include <boost/system/system_error.hpp>
#include <optional>
#include <utility>

#include "proxy/relay/line_relay.h"
#include "proxy/session/session.h"

namespace bridge::session {

// A descriptor that the kernel gave us a moment ago and that nobody else holds.
template <class Channel>
Channel own(kernel::UniqueFd fd) {
  auto channel = Channel::own(std::move(fd));
  if (!channel) throw boost::system::system_error(channel.error(), "taking over a descriptor");
  return std::move(*channel);
}

// Watches are declared last: they leave the set before the
// descriptors they watch are closed.
struct Session::Server {
  Server(relay::ReadinessSet& set, lease::ServerConnection taken, relay::Sink& error_sink)
      : connection(std::move(taken)),
        source(own<relay::DescriptorSource>(std::move(connection.read))),
        sink(own<relay::DescriptorSink>(std::move(connection.write))),
        source_watch(std::in_place, set, source.poll_fd(), source_ready),
        sink_watch(std::in_place, set, sink.poll_fd(), sink_ready) {
    if (connection.stderr_read) {
      errors.emplace(own<relay::DescriptorSource>(std::move(connection.stderr_read)));
      lines.emplace(*errors, error_sink);
      errors_ready.readable = [this] { lines->on_source_ready(); };
      errors_watch.emplace(set, errors->poll_fd(), errors_ready);
    }
    if (connection.process && connection.process->exit_fd() >= 0) {
      exit_watch.emplace(set, connection.process->exit_fd(), exit_ready);
      exit_watch->want({.readable = true});
    }
  }

  // How the process ended, if it has or does within the time.
  std::optional<server::ChildExit> wait_exit(int milliseconds) {
    if (!connection.process || connection.process->exit_fd() < 0) return std::nullopt;
    pollfd one{connection.process->exit_fd(), POLLIN, 0};
    ::poll(&one, 1, milliseconds);
    return connection.process->exit_status();
  }

  lease::ServerConnection connection;
  relay::DescriptorSource source;
  relay::DescriptorSink sink;
  std::optional<relay::DescriptorSource> errors;
  std::optional<relay::LineRelay> lines;

  relay::ReadinessCallbacks source_ready;
  relay::ReadinessCallbacks sink_ready;
  relay::ReadinessCallbacks errors_ready;
  relay::ReadinessCallbacks exit_ready;
  std::optional<relay::ReadinessSet::Watch> source_watch;
  std::optional<relay::ReadinessSet::Watch> sink_watch;
  std::optional<relay::ReadinessSet::Watch> errors_watch;
  std::optional<relay::ReadinessSet::Watch> exit_watch;
};

}  // namespace bridge::session
