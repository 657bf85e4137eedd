#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "proxy/cli/commands.h"
#include "proxy/exit_codes.h"
#include "proxy/observe/log.h"
#include "proxy/server/become_program.h"
#include "proxy/server/own_program.h"
#include "proxy/server/tried_programs.h"
#include "proxy/session/run_session.h"

namespace bridge::cli {
namespace {

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// A go that the user has named goes before what PATH has; one that we found goes behind it, so that
// gopls finds a go at all where the editor's PATH lacks it.
std::string arrange_go(const server::ProgramSearch& go, bool chosen) {
  if (!go.found || (!chosen && go.found->place == "PATH")) return {};
  std::string directory = directory_of(go.found->path);
  if (!chosen) return directory;
  const char* const path = std::getenv("PATH");
  std::string const value = path == nullptr || *path == '\0' ? directory : directory + ':' + path;
  ::setenv("PATH", value.c_str(), 1);
  return {};
}

std::string working_directory() {
  std::array<char, 4096> path{};
  ssize_t const size = ::readlink("/proc/self/cwd", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : std::string();
}

relay::ZeroCopy zero_copy(std::string_view setting) {
  if (setting == "auto") return relay::zero_copy_that_pays();
  return setting == "on" ? relay::ZeroCopy::on : relay::ZeroCopy::off;
}

// The environment is as gopls would get it.
void share(const Configuration& configuration, const server::FoundProgram& gopls,
           const server::ProgramSearch& go, session::SessionSettings& settings) {
  settings.share = true;
  settings.park = configuration.boolean(SettingId::park);
  settings.isolate_workspaces = configuration[SettingId::isolation].text == "workspace";
  settings.share_key.gopls = gopls;
  settings.share_key.args = settings.gopls_args;
  settings.share_key.go = go.found ? go.found->path : std::string();
  settings.share_key.working_directory = working_directory();
  // A parked session that nobody has taken up is gone by then; "never" is a month.
  auto const kept = configuration.duration(SettingId::park_timeout);
  settings.links_kept_for = kept.count() == 0 ? std::chrono::hours(24 * 30)
                                              : std::chrono::ceil<std::chrono::seconds>(2 * kept);
  settings.broker.instance = configuration[SettingId::instance].text;
  settings.broker.deadline = configuration.duration(SettingId::lease_deadline);
  if (!configuration.boolean(SettingId::start_daemon)) return;
  std::string const program = server::own_program_path();
  if (program.empty()) return;
  settings.broker.daemon_command = {program, "daemon", "--on-demand", "--ready-fd=1"};
  if (!settings.broker.instance.empty())
    settings.broker.daemon_command.push_back("--instance=" + settings.broker.instance);
}

}  // namespace

int run_session_command(const Invocation& invocation, const Configuration& configuration,
                        const server::Environment& environment) {
  auto const gopls = server::find_gopls(configuration.program(SettingId::gopls), environment);
  std::string const& connect = configuration[SettingId::connect].text;
  if (!gopls.found && (connect.empty() || !gopls.complaint.empty()))
    return complain_without_gopls(gopls, configuration, environment);

  auto const chosen_go = configuration.program(SettingId::go);
  auto const go = server::find_go(chosen_go, environment);
  if (!go.complaint.empty()) {
    complain(go.complaint);
    return kExitNoServer;
  }

  session::SessionSettings settings;
  settings.connect = connect;
  settings.original_args = invocation.as_gopls;
  settings.gopls_args = invocation.server_args;
  settings.limits.body_bytes_max =
      static_cast<std::size_t>(configuration.integer(SettingId::frame_limit_bytes));
  settings.zero_copy = zero_copy(configuration[SettingId::zero_copy].text);
  settings.drain_timeout =
      std::chrono::milliseconds(configuration.integer(SettingId::drain_timeout_ms));
  settings.shutdown_answer_after =
      std::chrono::milliseconds(configuration.integer(SettingId::shutdown_answer_after_ms));
  settings.replay = configuration.boolean(SettingId::replay);
  settings.replay_wait = configuration.duration(SettingId::replay_wait);
  settings.hibernate_after = configuration.duration(SettingId::hibernate_after);
  settings.hang_timeout = configuration.duration(SettingId::hang_timeout);
  settings.document_bytes_max =
      static_cast<std::size_t>(configuration.integer(SettingId::document_limit_bytes));
  // From here on the environment is changed, not looked at: `environment` may be stale.
  if (gopls.found) {
    settings.gopls = gopls.found->path;
    settings.gopls_is_true = gopls.found->is_true_gopls;
    server::note_program_to_start(gopls.found->path, gopls.found->is_true_gopls);
  }
  settings.go_directory = arrange_go(go, chosen_go.has_value());
  if (configuration.boolean(SettingId::share) && connect.empty())
    share(configuration, *gopls.found, go, settings);
  return session::run_session(settings);
}

int run_as_gopls(const Invocation& invocation, const Configuration& configuration,
                 const server::Environment& environment) {
  auto const gopls = server::find_gopls(configuration.program(SettingId::gopls), environment);
  if (!gopls.found) return complain_without_gopls(gopls, configuration, environment);
  server::note_program_to_start(gopls.found->path, gopls.found->is_true_gopls);
  auto const error = server::become_program(gopls.found->path, invocation.as_gopls);
  complain("cannot run " + gopls.found->path + " (from " + gopls.found->place +
           "): " + error.message());
  return kExitNoServer;
}

}  // namespace bridge::cli
