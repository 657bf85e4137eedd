#include "tests/cli/bridge_home.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bridge::tests {
namespace {

namespace fs = std::filesystem;

fs::path place(const std::string& path) {
  fs::create_directories(fs::path(path).parent_path());
  return path;
}

}  // namespace

BridgeHome::BridgeHome() {
  // A gopls that is run leaves no child behind that writes here while the directory is removed.
  directory_.write("home/.config/go/telemetry/mode", "off");
  fs::create_directories(directory_ / "bin");
  // Whatever the developer's own shell has: a search must stay inside the directory.
  for (const char* const* entry = environ; *entry != nullptr; ++entry) {
    std::string_view const text = *entry;
    if (text.starts_with("GOPLS_BRIDGE_") || text.starts_with("GO") || text.starts_with("XDG_"))
      environment_.emplace_back(text.substr(0, text.find('=')));
  }
  for (auto const* name : {"ASDF_DATA_DIR", "MISE_DATA_DIR"}) environment_.emplace_back(name);
  set("HOME", directory_ / "home");
  set("PATH", directory_ / "bin");
  set("GOPLS_BRIDGE_SHARE", "false");
}

std::string BridgeHome::write_program(std::string_view name, std::string_view text) const {
  auto path = write(name, text);
  fs::permissions(path, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  return path;
}

std::string BridgeHome::copy(const std::string& file, std::string_view name) const {
  auto const path = place(*this / name);
  fs::copy_file(file, path);
  return path;
}

std::string BridgeHome::link(const std::string& file, std::string_view name) const {
  auto const path = place(*this / name);
  fs::create_symlink(file, path);
  return path;
}

void BridgeHome::set(std::string_view variable, std::string_view value) {
  std::string const prefix = std::string(variable) + "=";
  std::erase_if(environment_, [&](const std::string& entry) {
    return entry == variable || entry.starts_with(prefix);
  });
  environment_.push_back(std::string(variable).append("=").append(value));
}

RunResult BridgeHome::run(std::vector<std::string> argv, std::string_view input) const {
  rigs::StdioChild child({.argv = std::move(argv), .env = environment_});
  if (!input.empty()) child.send(input);
  child.close_stdin();
  RunResult result;
  result.output = child.read_to_end();
  result.status = child.wait_exit();
  result.errors = child.errors();
  return result;
}

RunResult BridgeHome::bridge(std::vector<std::string> args, std::string_view input) const {
  args.insert(args.begin(), BRIDGE_BINARY);
  return run(std::move(args), input);
}

std::string read_large_file(const std::string& path) {
  std::string content(fs::file_size(path), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file) throw std::runtime_error("cannot read " + path);
  return content;
}

std::vector<std::string> recorded(const std::string& file, std::string_view word) {
  std::vector<std::string> lines;
  std::istringstream text(rigs::read_file(file));
  for (std::string line; std::getline(text, line);)
    if (line.starts_with(word) && line.size() > word.size() && line[word.size()] == ' ')
      lines.push_back(line.substr(word.size() + 1));
  return lines;
}

}  // namespace bridge::tests
