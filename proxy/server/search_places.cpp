#include "proxy/server/search_places.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {
namespace {

// `go env -w` writes a line per variable; 64 KiB is a thousand of them.
constexpr std::size_t kGoEnvFileBytesMax = std::size_t{64} * 1024;

bool is_absolute(std::string_view path) { return path.starts_with('/'); }

// WSL appends the Windows PATH: twenty directories on a 9p mount, each stat a round trip out of the
// virtual machine. They hold gopls.exe, never gopls, so they are looked at last.
bool is_on_windows_drive(std::string_view path) {
  return path.starts_with("/mnt/") && path.size() > 6 && path[6] == '/' &&
         std::islower(static_cast<unsigned char>(path[5])) != 0;
}

class Walk {
 public:
  Walk(const Environment& environment, const VisitPlace& visit)
      : environment_(environment), visit_(visit), home_(environment.get("HOME")) {}

  bool path(bool windows_drives) {
    return list(environment_.get("PATH"), "", "PATH", [windows_drives](std::string_view entry) {
      return is_on_windows_drive(entry) == windows_drives;
    });
  }
  // Relative and empty entries are passed over, as Go does (exec.ErrDot).
  template <class Wanted>
  bool list(std::string_view entries, std::string_view below, std::string_view named_by,
            Wanted wanted) {
    while (!entries.empty()) {
      auto const colon = entries.find(':');
      auto const entry = entries.substr(0, colon);
      if (is_absolute(entry) && wanted(entry) && one(entry, below, named_by)) return true;
      entries.remove_prefix(colon == std::string_view::npos ? entries.size() : colon + 1);
    }
    return false;
  }
  bool variable(const char* name, std::string_view below) {
    auto const all = [](std::string_view) { return true; };
    return list(environment_.get(name), below, name, all) ||
           list(go_env_file_value(environment_, name), below, std::string(name) + " of go env",
                all);
  }
  bool in_home(std::initializer_list<const char*> directories) {
    if (!is_absolute(home_)) return false;
    for (auto const* directory : directories)
      if (one(home_, directory, "a usual place")) return true;
    return false;
  }
  bool usual(std::initializer_list<const char*> directories) {
    for (auto const* directory : directories)
      if (one(directory, "", "a usual place")) return true;
    return false;
  }
  // Shims choose a version by the working directory and run it: they come last, and are left to
  // work.
  bool version_manager_shims() {
    return data_directory("ASDF_DATA_DIR", "", "/.asdf", "/shims") ||
           data_directory("MISE_DATA_DIR", "/mise", "/.local/share/mise", "/shims") ||
           data_directory("GOENV_ROOT", "", "/.goenv", "/shims");
  }
  // golang.org/dl puts its toolchains there: the newest first.
  bool home_sdks();

 private:
  bool one(std::string_view directory, std::string_view below, std::string_view named_by) {
    return visit_(std::string(directory).append(below), named_by);
  }
  bool data_directory(const char* variable, std::string_view below_data_home,
                      std::string_view below_home, std::string_view below) {
    if (auto const value = environment_.get(variable); is_absolute(value))
      return one(value, below, variable);
    auto const data_home = environment_.get("XDG_DATA_HOME");
    if (!below_data_home.empty() && is_absolute(data_home))
      return one(std::string(data_home).append(below_data_home), below, "XDG_DATA_HOME");
    return is_absolute(home_) && one(std::string(home_).append(below_home), below, "a usual place");
  }

  const Environment& environment_;
  const VisitPlace& visit_;
  std::string_view home_;
};

bool Walk::home_sdks() {
  if (!is_absolute(home_)) return false;
  std::string const sdk = std::string(home_).append("/sdk");
  std::string newest;
  std::unique_ptr<DIR, int (*)(DIR*)> const listing(::opendir(sdk.c_str()), &::closedir);
  if (!listing) return false;
  while (const dirent* const entry = ::readdir(listing.get())) {
    std::string_view const name = entry->d_name;
    // Releases only: "go1.27.0" or "go1.9", no "gotip" and no release candidates.
    if (!name.starts_with("go1") ||
        name.find_first_not_of("0123456789.", 2) != std::string_view::npos)
      continue;
    if (newest.empty() || ::strverscmp(newest.c_str(), entry->d_name) < 0) newest = name;
  }
  return !newest.empty() && one(sdk + '/' + newest, "/bin", "a usual place");
}

std::string read_small_file(const std::string& path) {
  kernel::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return {};
  std::string content(kGoEnvFileBytesMax, '\0');
  ssize_t const got = ::read(fd.get(), content.data(), content.size());
  content.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return content;
}

std::string go_env_file_path(const Environment& environment) {
  if (auto const file = environment.get("GOENV"); !file.empty())
    return file == "off" ? std::string() : std::string(file);
  if (auto const config = environment.get("XDG_CONFIG_HOME"); is_absolute(config))
    return std::string(config).append("/go/env");
  if (auto const home = environment.get("HOME"); is_absolute(home))
    return std::string(home).append("/.config/go/env");
  return {};
}

}  // namespace

std::string go_env_file_value(const Environment& environment, std::string_view name) {
  std::string const path = go_env_file_path(environment);
  if (path.empty()) return {};
  std::string const content = read_small_file(path);
  std::string_view rest = content;
  while (!rest.empty()) {
    auto const end = rest.find('\n');
    auto const line = rest.substr(0, end);
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == '=')
      return std::string(line.substr(name.size() + 1));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return {};
}

void walk_gopls_places(const Environment& environment, const VisitPlace& visit) {
  Walk walk(environment, visit);
  // Values of go.toolsGopath that vscode-go's users and container images have; then where
  // distributions, snap, Mason (Neovim), Nix and Homebrew put it.
  static_cast<void>(
      walk.path(false) || walk.variable("GOBIN", "") || walk.variable("GOPATH", "/bin") ||
      walk.in_home({"/go/bin"}) ||
      walk.in_home({"/go-tools/bin", "/gotools/bin", "/.go-tools/bin", "/.gotools/bin"}) ||
      walk.usual({"/go/bin", "/usr/local/go/bin"}) || walk.in_home({"/.local/bin"}) ||
      walk.usual({"/usr/local/bin", "/usr/bin", "/snap/bin"}) ||
      walk.in_home({"/.local/share/nvim/mason/bin", "/.nix-profile/bin"}) ||
      walk.usual({"/home/linuxbrew/.linuxbrew/bin"}) || walk.version_manager_shims() ||
      walk.path(true));
}

void walk_go_places(const Environment& environment, const VisitPlace& visit) {
  Walk walk(environment, visit);
  static_cast<void>(walk.path(false) || walk.variable("GOROOT", "/bin") ||
                    walk.usual({"/usr/local/go/bin"}) || walk.home_sdks() ||
                    walk.in_home({"/go/bin"}) ||
                    walk.usual({"/usr/lib/go/bin", "/usr/local/bin", "/usr/bin", "/snap/bin"}) ||
                    walk.in_home({"/.local/go/bin", "/.local/bin", "/.nix-profile/bin"}) ||
                    walk.usual({"/home/linuxbrew/.linuxbrew/bin"}) ||
                    walk.version_manager_shims() || walk.path(true));
}

}  // namespace bridge::server
