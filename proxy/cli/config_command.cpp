#include "proxy/cli/commands.h"
#include "proxy/cli/print.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {
namespace {

std::string line(std::string_view name, std::string_view value, std::string_view source) {
  std::string text(name);
  text.resize(std::max<std::size_t>(text.size() + 1, 26), ' ');
  text.append("= ").append(value.empty() ? "(not set)" : value);
  text.resize(std::max<std::size_t>(text.size() + 2, 58), ' ');
  return text.append("# ").append(source).append("\n");
}

std::string describe(std::string_view name, const server::ProgramSearch& search) {
  if (search.found) return line(name, search.found->path, search.found->place);
  return line(name, "(none)", search.complaint.empty() ? "not found" : search.complaint);
}

}  // namespace

int run_config_command(const Invocation& invocation, const Configuration& configuration,
                       const server::Environment& environment) {
  if (!invocation.command_args.empty()) {
    complain("config: unexpected argument: " + invocation.command_args.front());
    return kExitUsage;
  }
  std::string text = "# settings, and where each came from\n";
  text += line("file", configuration.file, configuration.file_exists ? "read" : "not there");
  for (auto const& key : kSettingKeys)
    text += line(key.key, configuration[key.id].text, configuration[key.id].source);
  text += "\n# programs found with them\n";
  text +=
      describe("gopls", server::find_gopls(configuration.program(SettingId::gopls), environment));
  text += describe("go", server::find_go(configuration.program(SettingId::go), environment));
  return print(text);
}

}  // namespace bridge::cli
