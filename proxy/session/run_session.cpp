#include "proxy/session/run_session.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "proxy/exit_codes.h"
#include "proxy/lease/connected_server.h"
#include "proxy/lease/leased_server.h"
#include "proxy/lease/private_server.h"
#include "proxy/observe/log.h"
#include "proxy/server/become_program.h"
#include "proxy/session/session.h"

namespace bridge::session {
namespace {

using observe::log;
using observe::LogLevel;

// A descriptor 0, 1 or 2 that is closed would be given to the next file we open, and frames would
// be written into it.
bool fill_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDWR) != fd) return false;
  }
  return true;
}

std::unique_ptr<lease::ServerSource> make_own_source(const SessionSettings& settings) {
  if (!settings.connect.empty()) return std::make_unique<lease::ConnectedServer>(settings.connect);
  auto const stdio =
      settings.gopls_is_true ? lease::ServerStdio::nonblocking : lease::ServerStdio::blocking;
  return std::make_unique<lease::PrivateServer>(settings.gopls, settings.gopls_args,
                                                settings.go_directory, stdio);
}

// The last resort, and only while nothing has been read from the editor: read bytes cannot be put
// back. Returns when that fails too, or there is no gopls.
int become_gopls(const SessionSettings& settings, const std::string& why) {
  if (settings.gopls.empty()) {
    log(LogLevel::error, why + "; no gopls to fall back on was found");
    return kExitNoServer;
  }
  // Whoever asked for another server, or for a bridge at all, should know that this is neither.
  log(LogLevel::error, why + "; running " + settings.gopls + " itself instead");
  std::error_code const error = server::become_program(settings.gopls, settings.original_args);
  log(LogLevel::error, why + "; running " + settings.gopls + " failed too: " + error.message());
  return kExitNoServer;
}

boost::system::result<EditorEnd> inherit_editor() {
  auto source = relay::DescriptorSource::inherit(STDIN_FILENO);
  if (!source) return source.error();
  auto sink = relay::DescriptorSink::inherit(STDOUT_FILENO);
  if (!sink) return sink.error();
  auto errors = relay::DescriptorSink::inherit(STDERR_FILENO);
  if (!errors) return errors.error();
  return EditorEnd{std::move(*source), std::move(*sink), std::move(*errors)};
}

}  // namespace

int run_session(const SessionSettings& settings) {
  if (!fill_standard_descriptors()) {
    log(LogLevel::error, std::string("cannot open /dev/null: ") + std::strerror(errno));
    return kExitInternal;
  }
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  auto const fall_back = [&](const std::string& why) {
    ::sigaction(SIGPIPE, &before, nullptr);
    return become_gopls(settings, why);
  };

  auto editor = inherit_editor();
  if (!editor) {
    return fall_back("cannot use the editor's descriptors: " + editor.error().message());
  }
  std::unique_ptr<lease::ServerSource> servers = make_own_source(settings);
  std::optional<lease::BrokerLink> broker;
  lease::LeasedServer* leased = nullptr;
  std::optional<lease::ServerConnection> first;
  if (settings.share) {
    broker.emplace(settings.broker);
    auto source = std::make_unique<lease::LeasedServer>(
        *broker,
        lease::LeasedServer::Settings{.key = settings.share_key,
                                      .isolate_workspaces = settings.isolate_workspaces,
                                      .park = settings.park && settings.replay,
                                      .instance = settings.broker.instance,
                                      .links_kept_for = settings.links_kept_for},
        std::move(servers));
    leased = source.get();
    servers = std::move(source);
  } else {
    auto acquired = servers->acquire(lease::AcquireReason::first);
    if (!acquired) return fall_back(acquired.error().message);
    first.emplace(std::move(*acquired));
  }

  Session::Settings session_settings{
      .lifecycle = {.drain_timeout = settings.drain_timeout,
                    .shutdown_answer_after = settings.shutdown_answer_after},
      .replay = {.on = settings.replay,
                 .request_wait = settings.replay_wait,
                 .hibernate_after = settings.hibernate_after,
                 .hang_timeout = settings.hang_timeout,
                 .document_bytes_max = settings.document_bytes_max},
      .journal = {.document_bytes_max = settings.document_bytes_max},
      .limits = settings.limits,
      .zero_copy = settings.zero_copy,
      .program = settings.connect.empty() ? settings.gopls : std::string()};
  if (leased != nullptr) {
    session_settings.broker = &*broker;
    session_settings.own_reason = [leased] { return leased->own_reason(); };
  }
  std::unique_ptr<Session> session;
  try {
    session =
        std::make_unique<Session>(std::move(*editor), *servers, std::move(first), session_settings);
  } catch (const boost::system::system_error& error) {
    // Out of descriptors, as a rule. Nothing was read yet.
    return fall_back(std::string("cannot set up the session: ") + error.what());
  }
  Outcome const outcome = session->run();
  session.reset();
  if (outcome.exit_code == kExitNoServer && outcome.untouched) return fall_back(outcome.reason);
  bool const in_order = outcome.exit_code == kExitOk || outcome.exit_code == kExitWithoutShutdown;
  log(in_order ? LogLevel::info : LogLevel::error, "the session has ended (exit code " +
                                                       std::to_string(outcome.exit_code) +
                                                       "): " + outcome.reason);
  return outcome.exit_code;
}

}  // namespace bridge::session
