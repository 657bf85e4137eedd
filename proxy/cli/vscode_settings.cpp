#include "proxy/cli/vscode_settings.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "proxy/cli/install_files.h"
#include "proxy/cli/install_program.h"
#include "proxy/cli/jsonc_edit.h"

namespace bridge::cli {
namespace {

constexpr JsoncPlace kPlace{.outer = "go.alternateTools", .inner = "gopls"};
constexpr Deed kWrite{.done = "wrote", .intended = "would write"};
constexpr Deed kRestore{.done = "restored", .intended = "would restore"};
constexpr Deed kRemove{.done = "removed", .intended = "would remove"};

struct Settings {
  std::string file;  // links resolved: they stay, as those who keep their dotfiles elsewhere want
  std::optional<std::string> text;
  mode_t mode = 0644;
  std::string backup;
};

// nullopt: it cannot be read, which is said.
std::optional<Settings> read_settings(const std::string& file, InstallReport& report) {
  Settings settings;
  settings.file = real_path(file);
  if (settings.file.empty()) settings.file = file;
  settings.backup = settings.file + ".before-gopls-bridge";
  struct stat status;
  if (::stat(settings.file.c_str(), &status) == 0) settings.mode = status.st_mode & 07777;
  settings.text = read_file(settings.file);
  if (!settings.text && errno != ENOENT) {
    report.problem("cannot read " + file + ": " + std::strerror(errno));
    return std::nullopt;
  }
  return settings;
}

bool did(const std::string& complaint, InstallReport& report) {
  if (!complaint.empty()) report.problem(complaint);
  return complaint.empty();
}

void write_settings(const Settings& settings, const std::string& text, InstallReport& report) {
  if (!report.dry_run()) {
    if (settings.text && !did(write_file(settings.backup, *settings.text, settings.mode), report))
      return;
    if (!did(write_file(settings.file, text, settings.mode), report)) return;
  }
  report.changed(
      kWrite, settings.file + (settings.text ? ", as it was: " + settings.backup : std::string()));
}

}  // namespace

std::string vscode_setting_line(const std::string& gopls) {
  return "\"go.alternateTools\": { \"gopls\": " + nlohmann::json(gopls).dump() + " }";
}

void set_vscode_setting(const std::string& file, const std::string& gopls, InstallReport& report) {
  auto const settings = read_settings(file, report);
  if (!settings) return;
  std::string text = settings->text.value_or("");
  auto edit = set_jsonc_member(text, kPlace, gopls);
  // An install with another prefix, or a build that somebody tried.
  if (edit.outcome == JsoncEdit::Outcome::other && is_bridge(edit.value)) {
    text = remove_jsonc_member(text, kPlace, edit.value).text;
    edit = set_jsonc_member(text, kPlace, gopls);
  }
  switch (edit.outcome) {
    case JsoncEdit::Outcome::changed:
      return write_settings(*settings, edit.text, report);
    case JsoncEdit::Outcome::already:
      return;
    case JsoncEdit::Outcome::other:
      return report.problem(
          file + " names another gopls, " + edit.value +
          "; it was left. To use the bridge, write there yourself: " + vscode_setting_line(gopls));
    case JsoncEdit::Outcome::refused:
      return report.problem(file + ": " + edit.complaint +
                            "; it was left. Add yourself: " + vscode_setting_line(gopls));
  }
}

void remove_vscode_setting(const std::string& file, const std::string& gopls,
                           InstallReport& report) {
  auto const settings = read_settings(file, report);
  if (!settings || !settings->text) return;
  auto const edit = remove_jsonc_member(*settings->text, kPlace, gopls);
  if (edit.outcome == JsoncEdit::Outcome::refused)
    return report.problem(file + ": " + edit.complaint + "; look there yourself for " + gopls);
  if (edit.outcome != JsoncEdit::Outcome::changed) return;

  auto const as_made = [&](std::string_view before) {
    return set_jsonc_member(before, kPlace, gopls).text == *settings->text;
  };
  auto const backup = read_file(settings->backup);
  bool const unchanged_since = backup && as_made(*backup);
  if (!backup && as_made("")) {
    if (report.dry_run() || did(remove_file(settings->file), report))
      report.changed(kRemove, settings->file);
    return;
  }
  if (!report.dry_run()) {
    if (!did(write_file(settings->file, unchanged_since ? *backup : edit.text, settings->mode),
             report))
      return;
    if (unchanged_since) did(remove_file(settings->backup), report);
  }
  report.changed(kRestore, settings->file);
  if (backup && !unchanged_since)
    report.note("left " + settings->backup + ": the settings have changed since");
}

}  // namespace bridge::cli
