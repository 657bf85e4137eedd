// `gopls-bridge drop [pN]`: that parked session, or all, are ended.
#include "proxy/cli/commands.h"
#include "proxy/cli/daemon_query.h"
#include "proxy/cli/print.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

int run_drop_command(const Invocation& invocation, const Configuration& configuration,
                     const server::Environment& environment) {
  auto const& words = invocation.command_args;
  if (words.size() > 1) {
    complain("drop: unexpected argument: " + words[1]);
    return kExitUsage;
  }
  lease::ControlMessage question{.verb = "drop", .fields = {}};
  if (!words.empty()) question.add("session", words.front());
  auto const answer =
      ask_daemon(environment, configuration[SettingId::instance].text, question, "done");
  if (answer.kind == DaemonAnswer::Kind::silent) {
    complain("the daemon: " + answer.words);
    return kExitNoServer;
  }
  // Where no daemon runs, nothing is parked.
  auto const sessions =
      answer.kind == DaemonAnswer::Kind::answered ? answer.last.number("sessions").value_or(0) : 0;
  if (!words.empty() && sessions == 0) {
    complain("no session is parked as " + words.front() + " (see gopls-bridge status)");
    return kExitUsage;
  }
  return print(std::to_string(sessions) +
               (sessions == 1 ? " parked session was ended\n" : " parked sessions were ended\n"));
}

}  // namespace bridge::cli
