#include <dirent.h>

#include <memory>
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

namespace bridge::cli {
namespace {

constexpr Deed kRemove{.done = "removed", .intended = "would remove"};
constexpr Deed kDisable{.done = "disabled", .intended = "would disable"};
constexpr Deed kStop{.done = "stopped", .intended = "would stop"};

// Sockets of ours that are enabled: instances too, whose names only the links say.
std::vector<std::string> enabled_sockets(const std::string& folder) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, int (*)(DIR*)> const listing(::opendir(folder.c_str()), &::closedir);
  while (auto const* const entry = listing ? ::readdir(listing.get()) : nullptr) {
    std::string name = entry->d_name;
    if (name.starts_with("gopls-bridge") && name.ends_with(".socket"))
      names.push_back(std::move(name));
  }
  return names;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

class Removal {
 public:
  Removal(const InstallPlaces& places, const server::Environment& environment,
          InstallReport& report)
      : places_(places), environment_(environment), report_(report) {}

  void take_units() {
    std::vector<std::string> ours;
    for (auto const& unit : unit_texts()) {
      auto path = places_.units + "/" + std::string(unit.name);
      auto const text = read_file(path);
      if (text && text->starts_with(kUnitMark)) {
        ours.push_back(std::move(path));
      } else if (exists(path)) {
        report_.note(path + " is not ours: it was left");
      }
    }
    if (ours.empty()) return;
    Systemctl const systemctl(environment_);
    bool const present = systemctl.absence().empty();
    auto const wants = places_.units + "/sockets.target.wants";
    auto sockets = enabled_sockets(wants);
    if (!report_.dry_run()) {
      if (present) {
        std::vector<std::string> args = {"disable", "--now"};
        args.insert(args.end(), sockets.begin(), sockets.end());
        if (!sockets.empty()) run(systemctl, args);
        // Sockets that were started and not enabled, and the daemons; servers and sessions live on.
        run(systemctl,
            {"stop", "gopls-bridge*.socket", "gopls-bridge.service", "gopls-bridge@*.service"});
      } else {
        for (auto const& name : sockets) remove_file(std::string(wants).append("/").append(name));
      }
    }
    for (auto const& name : sockets) report_.changed(kDisable, name);
    for (auto const& path : ours) take_file(path);
    if (present && !report_.dry_run()) run(systemctl, {"daemon-reload"});
  }

  void take_daemon() {
    if (!report_.dry_run() && stop_on_demand_daemon(environment_))
      report_.changed(kStop, "the daemon");
  }

  void take_link(const std::string& path, const std::string& target) {
    if (read_link(path) == target) {
      take_file(path);
    } else if (exists(path)) {
      report_.note(path + " is not ours: it was left");
    }
  }

  void take_program() {
    if (is_bridge(places_.program)) {
      take_file(places_.program);
    } else if (exists(places_.program)) {
      report_.note(places_.program + " is no gopls-bridge: it was left");
    }
    if (report_.dry_run()) return;
    auto const own = folder_of(places_.program);
    remove_folder_if_empty(own);
    remove_folder_if_empty(folder_of(own));
  }

 private:
  void take_file(const std::string& path) {
    if (!report_.dry_run()) {
      if (auto const complaint = remove_file(path); !complaint.empty())
        return report_.problem(complaint);
    }
    report_.changed(kRemove, path);
  }

  void run(const Systemctl& systemctl, const std::vector<std::string>& args) {
    auto const outcome = systemctl.run(args);
    if (outcome.code == 0) return;
    auto said = outcome.output;
    while (said.ends_with('\n')) said.pop_back();
    report_.problem("systemctl --user " + args.front() + ": " + said);
  }

  const InstallPlaces& places_;
  const server::Environment& environment_;
  InstallReport& report_;
};

}  // namespace

int run_uninstall_command(const Invocation& invocation, const Configuration&,
                          const server::Environment& environment) {
  if (!invocation.command_args.empty()) {
    complain("uninstall: unexpected argument: " + invocation.command_args.front());
    return kExitUsage;
  }
  auto places = install_places(environment, invocation.command_flag("prefix"));
  if (!places.complaint.empty()) {
    complain("uninstall: " + places.complaint);
    return kExitUsage;
  }
  InstallReport report(invocation.command_flag("dry-run") != nullptr);
  // First what makes others start it.
  if (auto const* const vscode = invocation.command_flag("vscode");
      vscode != nullptr && *vscode != "true")
    places.settings.push_back(*vscode);
  for (auto const& file : places.settings) remove_vscode_setting(file, places.gopls, report);
  Removal removal(places, environment, report);
  removal.take_units();
  removal.take_daemon();
  removal.take_link(places.command, places.program);
  removal.take_link(places.gopls, "gopls-bridge");
  removal.take_program();
  return report.finish("nothing to remove: nothing of ours is there");
}

}  // namespace bridge::cli
