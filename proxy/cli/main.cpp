// What gopls-bridge is started for, decided. Nothing is done before the decision that a command
// handed to the real gopls would pay for (bench/exec_cost.cpp).
#include <unistd.h>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/cli/commands.h"
#include "proxy/exit_codes.h"
#include "proxy/observe/log.h"

namespace bridge::cli {
namespace {

int run(std::string_view started_as, const std::vector<std::string>& args) {
  auto const slash = started_as.rfind('/');
  auto const name = slash == std::string_view::npos ? started_as : started_as.substr(slash + 1);
  Invocation const invocation = read_invocation(name, args);
  using Kind = Invocation::Kind;
  if (invocation.kind == Kind::help) return print_help();
  if (invocation.kind == Kind::version) return print_version();
  if (invocation.kind == Kind::usage_error) {
    complain(invocation.complaint + " (see gopls-bridge --help)");
    return kExitUsage;
  }

  // Before the configuration: an echo server must start as fast as anything can.
  if (invocation.kind == Kind::bench_process) return run_bench_process_command(invocation);

  server::Environment const environment(environ);
  auto const [configuration, complaint, exit_code] =
      read_configuration(environment, invocation.own_flags);
  if (!complaint.empty()) {
    complain(complaint);
    return exit_code;
  }
  switch (invocation.kind) {
    case Kind::become_gopls:
      return run_as_gopls(invocation, configuration, environment);
    case Kind::config:
      return run_config_command(invocation, configuration, environment);
    case Kind::stamp:
      return run_stamp_command(invocation, configuration, environment);
    case Kind::daemon:
      return run_daemon_command(invocation, configuration, environment);
    case Kind::status:
      return run_status_command(invocation, configuration, environment);
    case Kind::logs:
      return run_logs_command(invocation, configuration, environment);
    case Kind::restart_server:
      return run_restart_server_command(invocation, configuration, environment);
    case Kind::drop:
      return run_drop_command(invocation, configuration, environment);
    case Kind::install:
      return run_install_command(invocation, configuration, environment);
    case Kind::uninstall:
      return run_uninstall_command(invocation, configuration, environment);
    case Kind::bench:
      return run_bench_command(invocation, configuration, environment);
    default:
      break;
  }
  observe::configure_log({.level = observe::log_level(configuration[SettingId::log_level].text),
                          .file = configuration[SettingId::log_file].text,
                          .file_bytes_max = 0,
                          .to_journal = false});
  return run_session_command(invocation, configuration, environment);
}

}  // namespace
}  // namespace bridge::cli

int main(int argc, char** argv) {
  try {
    return bridge::cli::run(argc > 0 ? argv[0] : "",
                            std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& e) {
    bridge::cli::complain(std::string("internal error: ") + e.what());
  }
  return bridge::kExitInternal;
}
