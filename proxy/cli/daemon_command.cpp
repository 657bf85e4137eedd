// `gopls-bridge daemon [--instance NAME]`: what systemd runs, what a user may run by hand, and,
// with
// --on-demand --ready-fd N, what the first front starts (proxy/lease/broker_link.h).
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/cli/commands.h"
#include "proxy/cli/daemon_log.h"
#include "proxy/cli/version.h"
#include "proxy/daemon/run_daemon.h"
#include "proxy/exit_codes.h"
#include "proxy/observe/log.h"

namespace bridge::cli {
namespace {

// Three of them are kept (observe::kLogFiles): weeks of a daemon that says when it starts
// something.
constexpr std::uint64_t kLogBytesMax = std::uint64_t{1024} * 1024;

// NOTIFY_SOCKET and LISTEN_PID may be inherited from somebody else's service; SYSTEMD_EXEC_PID
// (systemd 248) is not, and stays true when the daemon executes itself anew.
bool run_by_systemd(const server::Environment& environment) {
  auto const pid = std::to_string(::getpid());
  return environment.get("SYSTEMD_EXEC_PID") == pid || environment.get("LISTEN_PID") == pid ||
         !environment.get("NOTIFY_SOCKET").empty();
}

// Makes the directories on the way. What cannot be made is found when the file is opened, and said.
void make_directories_for(const std::string& file) {
  for (auto slash = file.find('/', 1); slash != std::string::npos;
       slash = file.find('/', slash + 1))
    static_cast<void>(::mkdir(file.substr(0, slash).c_str(), 0700));
}

void configure_daemon_log(const Configuration& configuration,
                          const server::Environment& environment, bool systemd) {
  observe::LogSettings settings;
  auto const& level = configuration[SettingId::log_level];
  // A daemon's lines are few, and nobody's editor shows them.
  settings.level =
      level.source == "default" ? observe::LogLevel::info : observe::log_level(level.text);
  if (systemd) {
    settings.to_journal = true;
  } else {
    settings.file = daemon_log_file(environment, configuration[SettingId::instance].text);
    settings.file_bytes_max = kLogBytesMax;
    make_directories_for(settings.file);
  }
  observe::configure_log(std::move(settings));
}

}  // namespace

int run_daemon_command(const Invocation& invocation, const Configuration& configuration,
                       const server::Environment& environment) {
  if (!invocation.command_args.empty()) {
    complain("daemon: unexpected argument: " + invocation.command_args.front());
    return kExitUsage;
  }
  daemon::DaemonSettings settings;
  bool const on_demand = invocation.command_flag("on-demand") != nullptr;
  bool const systemd = !on_demand && run_by_systemd(environment);
  if (const auto* const fd = invocation.command_flag("ready-fd")) {
    auto const number = parse_integer(*fd);
    if (!number || *number < 0 || *number > 1'000'000) {
      complain("--ready-fd=" + *fd + " is no descriptor");
      return kExitUsage;
    }
    settings.ready_fd = static_cast<int>(*number);
  }
  settings.started = on_demand ? "on demand" : systemd ? "systemd" : "by hand";
  settings.version = BRIDGE_VERSION;
  settings.forks_away = on_demand;
  settings.instance = configuration[SettingId::instance].text;
  settings.idle_timeout = configuration.duration(SettingId::idle_timeout);
  settings.daemon_idle_timeout = configuration.duration(SettingId::daemon_idle_timeout);
  settings.park_timeout = configuration.duration(SettingId::park_timeout);
  settings.parked_max = static_cast<std::size_t>(configuration.integer(SettingId::parked_max));
  settings.memory_budget_kib =
      static_cast<std::uint64_t>(configuration.integer(SettingId::memory_budget_mib)) * 1024;
  settings.cpu_weight = static_cast<int>(configuration.integer(SettingId::cpu_weight));
  configure_daemon_log(configuration, environment, systemd);
  return daemon::run_daemon(settings);
}

}  // namespace bridge::cli
