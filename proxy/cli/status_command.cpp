// `gopls-bridge status [--json] [--watch]`. That no daemon runs is an answer too: exit code 0.
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "proxy/cli/commands.h"
#include "proxy/cli/daemon_query.h"
#include "proxy/cli/print.h"
#include "proxy/cli/status_json.h"
#include "proxy/cli/status_page.h"
#include "proxy/cli/terminal_text.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {
namespace {

constexpr int kWatchMs = 1000;

std::string without_a_daemon(const DaemonAnswer& answer, const Configuration& configuration) {
  std::string text = "no daemon runs";
  if (!answer.directory.empty()) text += " in " + shown(answer.directory);
  text += '\n';
  if (!answer.words.empty()) return text + shown(answer.words) + '\n';
  if (!configuration.boolean(SettingId::share)) {
    text += "sharing is switched off (" + configuration[SettingId::share].source + ")\n";
  } else if (answer.systemd_waits) {
    text += "systemd starts one for the next session\n";
  } else if (configuration.boolean(SettingId::start_daemon)) {
    text += "the next session starts one\n";
  } else {
    text += "sessions have a gopls of their own: start_daemon is off (" +
            configuration[SettingId::start_daemon].source + ")\n";
  }
  return text;
}

std::string page(const DaemonAnswer& answer, const Configuration& configuration,
                 const server::Environment& environment) {
  switch (answer.kind) {
    case DaemonAnswer::Kind::answered:
      return status_page(answer.messages, std::chrono::seconds(std::time(nullptr)),
                         environment.get("HOME"));
    case DaemonAnswer::Kind::silent:
      return "a daemon runs in " + shown(answer.directory) + ", but " + shown(answer.words) + '\n';
    case DaemonAnswer::Kind::none:
      break;
  }
  return without_a_daemon(answer, configuration);
}

// In place of the last one, without a flash: each line is cleared behind its text, then what is
// below. Lines that the terminal has no room for are counted.
std::string redrawn(std::string_view text) {
  winsize size{};
  std::size_t rows = 24;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2) rows = size.ws_row;
  auto const lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  std::size_t const room = rows - 1;  // the cursor's line
  std::size_t const drawn = lines <= room ? lines : room - 1;
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i < drawn; ++i) {
    auto const end = text.find('\n');
    out.append(text.substr(0, end)).append("\x1b[K\r\n");
    text.remove_prefix(end + 1);
  }
  if (drawn < lines)
    out += "… and " + std::to_string(lines - drawn) + " lines more (without --watch)\x1b[K\r\n";
  return out + "\x1b[J";
}

}  // namespace

int run_status_command(const Invocation& invocation, const Configuration& configuration,
                       const server::Environment& environment) {
  if (!invocation.command_args.empty()) {
    complain("status: unexpected argument: " + invocation.command_args.front());
    return kExitUsage;
  }
  bool const json = invocation.command_flag("json") != nullptr;
  bool const watch = invocation.command_flag("watch") != nullptr;
  bool const terminal = watch && !json && ::isatty(STDOUT_FILENO) == 1;
  std::string const& instance = configuration[SettingId::instance].text;
  for (bool first = true;; first = false) {
    auto const answer = ask_daemon(environment, instance, {.verb = "status", .fields = {}}, "end");
    std::string text = json ? status_json(answer) : page(answer, configuration, environment);
    if (terminal) {
      text = redrawn(text);
    } else if (watch && !json && !first) {
      text.insert(0, 1, '\n');
    }
    if (int const code = print(text); code != kExitOk) return code;
    if (!watch) return answer.kind == DaemonAnswer::Kind::silent ? kExitNoServer : kExitOk;
    ::poll(nullptr, 0, kWatchMs);
  }
}

}  // namespace bridge::cli
