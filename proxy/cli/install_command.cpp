#include <cerrno>
#include <cstring>
#include <string>

#include "proxy/cli/commands.h"
#include "proxy/cli/daemon_stop.h"
#include "proxy/cli/install_files.h"
#include "proxy/cli/install_places.h"
#include "proxy/cli/install_program.h"
#include "proxy/cli/install_report.h"
#include "proxy/cli/install_units.h"
#include "proxy/cli/systemctl.h"
#include "proxy/cli/vscode_settings.h"
#include "proxy/exit_codes.h"
#include "proxy/server/go_build_info.h"

namespace bridge::cli {
namespace {

constexpr char kSelf[] = "/proc/self/exe";
constexpr Deed kCopy{.done = "copied", .intended = "would copy"};
constexpr Deed kWrite{.done = "wrote", .intended = "would write"};
constexpr Deed kLink{.done = "linked", .intended = "would link"};
constexpr Deed kEnable{.done = "enabled", .intended = "would enable"};
constexpr Deed kRestart{.done = "restarted", .intended = "would restart"};
constexpr Deed kStop{.done = "stopped", .intended = "would stop"};

class Installation {
 public:
  Installation(const InstallPlaces& places, const server::Environment& environment,
               InstallReport& report)
      : places_(places), environment_(environment), report_(report) {}

  // `go_version` empty: not known. False: without it the rest has no sense.
  bool put_program(const std::string& go_version) {
    if (exists(places_.program) && !is_bridge(places_.program)) {
      report_.problem(places_.program + " is there and is no gopls-bridge: it was left");
      return false;
    }
    auto const image = program_image(kSelf, go_version);
    if (image.content.empty()) {
      report_.problem(image.complaint);
      return false;
    }
    if (read_file(places_.program) == image.content) return true;
    if (!report_.dry_run() && !did(write_file(places_.program, image.content, 0755))) return false;
    report_.changed(kCopy, "this program to " + places_.program +
                               (go_version.empty() ? "" : ", which says " + go_version));
    return true;
  }

  void put_link(const std::string& path, const std::string& target) {
    if (read_link(path) == target) return;
    if (exists(path)) return report_.problem(path + " is there and not ours: it was left");
    if (!report_.dry_run() && !did(make_link(path, target))) return;
    report_.changed(kLink, path + " to " + target);
  }

  void put_units() {
    Systemctl const systemctl(environment_);
    if (!systemctl.absence().empty()) {
      report_.note("No systemd units: " + systemctl.absence() +
                   ". Nothing is lost: the first editor starts the daemon, and it ends by itself.");
      return;
    }
    bool sockets = false, service = false;
    for (auto const& unit : unit_texts()) {
      if (!put_unit(unit)) continue;
      (unit.name.ends_with(".socket") ? sockets : service) = true;
    }
    if (sockets || service) run(systemctl, {"daemon-reload"});
    if (!are_on(systemctl)) {
      if (run(systemctl, {"enable", "--now", kSocketUnits[0], kSocketUnits[1]}))
        report_.changed(kEnable, "both sockets, which start the daemon when it is needed");
    } else if (sockets) {
      // A socket cannot be started while its service runs.
      if (run(systemctl, {"stop", kServiceUnit}) &&
          run(systemctl, {"restart", kSocketUnits[0], kSocketUnits[1]}))
        report_.changed(kRestart, "both sockets; sessions do not notice");
    } else if (service && run(systemctl, {"try-restart", kServiceUnit})) {
      report_.changed(kRestart, "the daemon, if it ran; sessions do not notice");
    }
    // It would hold the daemon's lock; systemd's could not begin.
    if (!report_.dry_run() && stop_on_demand_daemon(environment_))
      report_.changed(kStop, "the daemon that ran on demand: systemd starts the next one");
  }

 private:
  bool did(const std::string& complaint) {
    if (!complaint.empty()) report_.problem(complaint);
    return complaint.empty();
  }

  bool put_unit(const UnitText& unit) {
    auto const path = places_.units + "/" + std::string(unit.name);
    auto const text = unit_file(unit, places_.program);
    auto const present = read_file(path);
    if (present == text) return false;
    if (exists(path) && !(present && present->starts_with(kUnitMark))) {
      report_.problem(path + " is there and not ours: it was left");
      return false;
    }
    if (!report_.dry_run() && !did(write_file(path, text, 0644))) return false;
    report_.changed(kWrite, path);
    return true;
  }

  static bool are_on(const Systemctl& systemctl) {
    auto const shown = systemctl.run(
        {"show", "--property=UnitFileState,ActiveState", kSocketUnits[0], kSocketUnits[1]});
    auto const count = [&](std::string_view line) {
      std::size_t found = 0;
      for (auto at = shown.output.find(line); at != std::string::npos;
           at = shown.output.find(line, at + 1))
        ++found;
      return found;
    };
    return count("UnitFileState=enabled\n") == 2 && count("ActiveState=active\n") == 2;
  }

  // True where it was done, or would be.
  bool run(const Systemctl& systemctl, const std::vector<std::string>& args) {
    if (report_.dry_run()) return true;
    auto const outcome = systemctl.run(args);
    if (outcome.code == 0) return true;
    auto said = outcome.output;
    while (said.ends_with('\n')) said.pop_back();
    report_.problem("systemctl --user " + args.front() + ": " + said);
    return false;
  }

  const InstallPlaces& places_;
  const server::Environment& environment_;
  InstallReport& report_;
};

}  // namespace

int run_install_command(const Invocation& invocation, const Configuration& configuration,
                        const server::Environment& environment) {
  if (!invocation.command_args.empty()) {
    complain("install: unexpected argument: " + invocation.command_args.front());
    return kExitUsage;
  }
  auto const places = install_places(environment, invocation.command_flag("prefix"));
  if (!places.complaint.empty()) {
    complain("install: " + places.complaint);
    return kExitUsage;
  }
  InstallReport report(invocation.command_flag("dry-run") != nullptr);

  std::string go_version;
  if (auto const gopls = server::find_gopls(configuration.program(SettingId::gopls), environment);
      !gopls.found) {
    report.note(
        "No gopls was found; the bridge needs one: go install golang.org/x/tools/gopls@latest");
  } else if (auto const info = server::read_build_info(gopls.found->path)) {
    go_version = info->go_version;
  }

  Installation installation(places, environment, report);
  if (!installation.put_program(go_version)) return report.finish("");
  installation.put_link(places.gopls, "gopls-bridge");
  installation.put_link(places.command, places.program);
  installation.put_units();

  auto const* const vscode = invocation.command_flag("vscode");
  if (vscode == nullptr) {
    report.note("VS Code, in settings.json (install --vscode writes it):\n    " +
                vscode_setting_line(places.gopls));
  } else if (*vscode != "true") {
    set_vscode_setting(*vscode, places.gopls, report);
  } else if (places.settings.empty()) {
    report.problem(
        "install: no VS Code was found in your home directory; name its settings: "
        "--vscode=/path/to/settings.json");
  } else {
    for (auto const& file : places.settings) set_vscode_setting(file, places.gopls, report);
  }
  return report.finish("nothing to change: all is in its place");
}

}  // namespace bridge::cli
