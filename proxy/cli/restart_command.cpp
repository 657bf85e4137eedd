// `gopls-bridge restart-server [sN]`: the sessions of that gopls, or of all, take a new one.
#include "proxy/cli/commands.h"
#include "proxy/cli/daemon_query.h"
#include "proxy/cli/print.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

int run_restart_server_command(const Invocation& invocation, const Configuration& configuration,
                               const server::Environment& environment) {
  auto const& words = invocation.command_args;
  if (words.size() > 1) {
    complain("restart-server: unexpected argument: " + words[1]);
    return kExitUsage;
  }
  lease::ControlMessage question{.verb = "restart-server", .fields = {}};
  if (!words.empty()) question.add("server", words.front());
  auto const answer =
      ask_daemon(environment, configuration[SettingId::instance].text, question, "done");
  if (answer.kind != DaemonAnswer::Kind::answered) {
    complain(answer.kind == DaemonAnswer::Kind::none ? "no daemon runs: nothing is shared"
                                                     : "the daemon: " + answer.words);
    return kExitNoServer;
  }
  auto const sessions = answer.last.number("sessions").value_or(0);
  return print(std::to_string(sessions) + (sessions == 1 ? " session takes" : " sessions take") +
               " another gopls at the next pause\n");
}

}  // namespace bridge::cli
