#include "proxy/server/share_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "proxy/server/environment_class.h"
#include "proxy/server/share_key_go.h"

namespace bridge::server {
namespace {

// What the key means. Counts up when equal texts no longer mean what they did, so that a gopls
// which an older bridge has started is not shared by a newer one.
constexpr int kKeyVersion = 1;
// Two thirds of a control message (96 KiB, proxy/lease/control_message.h), which also has the
// arguments, the directory and the programs.
constexpr std::size_t kServerEnvironmentBytesMax = std::size_t{64} * 1024;
// gopls looks for nothing but go and a packages driver; these are for what a later one might.
constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";
constexpr std::string_view kDriver = "gopackagesdriver";

struct Variable {
  std::string_view name;
  std::string_view value;
};

// Each name once. Of two entries the first counts, as for Go (syscall.copyenv); what is no
// NAME=value is nobody's.
std::vector<Variable> variables_of(const Environment& environment) {
  std::vector<Variable> variables;
  std::unordered_set<std::string_view> seen;
  for (const char* const* entry = environment.entries(); entry != nullptr && *entry != nullptr;
       ++entry) {
    std::string_view const text = *entry;
    auto const equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos) continue;
    auto const name = text.substr(0, equals);
    if (seen.insert(name).second)
      variables.push_back({.name = name, .value = text.substr(equals + 1)});
  }
  return variables;
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool is_program(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// Windows directories that WSL appends to PATH: a round trip out of the virtual machine for each
// look, and what lies there ends in .exe.
bool is_on_windows_drive(std::string_view directory) {
  return directory.starts_with("/mnt/") && directory.size() > 6 && directory[6] == '/';
}

// As exec.LookPath; empty where it is not there. Relative directories do not count (exec.ErrDot).
std::string find_on_path(std::string_view path, std::string_view program) {
  while (!path.empty()) {
    auto const colon = path.find(':');
    auto const directory = path.substr(0, colon);
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
    if (!directory.starts_with('/') || is_on_windows_drive(directory)) continue;
    std::string candidate(directory);
    candidate.append("/").append(program);
    if (is_program(candidate)) return candidate;
  }
  return {};
}

bool same_file(const std::string& one, const std::string& other) {
  struct stat a;
  struct stat b;
  return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

// Of a byte sequence as JSON can carry it: shortest forms, no surrogates, up to U+10FFFF.
bool is_utf8(std::string_view text) {
  auto const byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t at = 0; at < text.size();) {
    unsigned const first = byte(at);
    if (first < 0x80) {
      ++at;
      continue;
    }
    std::size_t const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || text.size() - at <= more) return false;
    for (std::size_t i = 1; i <= more; ++i)
      if ((byte(at + i) & 0xc0) != 0x80) return false;
    unsigned const second = byte(at + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return false;
    at += more + 1;
  }
  return true;
}

// FNV-1a. Nobody has an interest in a collision, and 64 bits are enough for chance.
std::string digest_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

mode_t current_umask() {
  // There is no way to only read it; the process has one thread.
  mode_t const mask = ::umask(077);
  ::umask(mask);
  return mask;
}

// Which program a path is: a file that was replaced is another.
std::optional<std::string> identity_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  char numbers[128];
  std::snprintf(numbers, sizeof numbers, " %llu:%llu %lld %lld.%09ld",
                static_cast<unsigned long long>(status.st_dev),
                static_cast<unsigned long long>(status.st_ino),
                static_cast<long long>(status.st_size),
                static_cast<long long>(status.st_mtim.tv_sec), status.st_mtim.tv_nsec);
  return path + numbers;
}

// Flags of gopls that concern the one session they were given for. "": all is well.
std::string unshareable_flag(const std::vector<std::string>& args) {
  for (std::size_t at = 0; at < args.size(); ++at) {
    std::string_view flag = args[at];
    if (flag == "serve") continue;
    flag.remove_prefix(std::min(flag.find_first_not_of('-'), flag.size()));
    auto const equals = flag.find('=');
    // The daemon has an idle timeout of its own.
    if (flag.substr(0, equals) != "listen.timeout") return args[at].substr(0, args[at].find('='));
    if (equals == std::string_view::npos) ++at;
  }
  return {};
}

class KeyMaker {
 public:
  KeyMaker(const ShareKeyInput& input, const Environment& environment)
      : input_(input), environment_(environment), variables_(variables_of(environment)) {}

  ShareKey make() {
    // In the order of cost; the first reason is the one.
    if (take_args() && take_gopls() && take_go() && take_environment()) {
      line("umask", current_umask());
      for (auto const& folder : sorted_folders()) line("folder", folder);
      key_.digest = digest_of(key_.text);
    }
    return std::move(key_);
  }

 private:
  bool refuse(std::string reason) {
    key_ = ShareKey{};
    key_.own_reason = std::move(reason);
    return false;
  }
  void line(std::string_view name, std::string_view value) {
    key_.text.append(name).append("=");
    // One line each, so that no value can be taken for another name's.
    for (char const c : value) {
      if (c == '\n' || c == '\\') key_.text += '\\';
      key_.text += c == '\n' ? 'n' : c;
    }
    key_.text += '\n';
  }
  void line(std::string_view name, unsigned number) { line(name, std::to_string(number)); }

  bool take_args() {
    line("share-key", kKeyVersion);
    line("uid", ::geteuid());
    auto const flag = unshareable_flag(input_.args);
    return flag.empty() || refuse("gopls was given " + flag + ", which is for one session alone");
  }

  bool take_gopls() {
    if (!input_.gopls.is_true_gopls)
      return refuse(input_.gopls.path + " is not gopls itself: what it starts may depend on more");
    key_.gopls = real_path(input_.gopls.path);
    return take_program("gopls", key_.gopls, input_.gopls.path);
  }

  bool take_program(std::string_view name, const std::string& real, const std::string& path) {
    auto const identity = identity_of(real);
    if (!identity) return refuse(path + " is gone");
    line(name, *identity);
    return true;
  }

  bool take_go() {
    if (input_.go.empty()) return refuse("no go command was found");
    go_ = resolve_go(input_.go, input_.working_directory, environment_, input_.patience);
    if (!go_.complaint.empty()) return refuse(go_.complaint);
    key_.go = go_.path;
    key_.go_version = go_.version;
    // With another tree's GOROOT, go takes that one's library and tools: two toolchains mixed
    // without a word (golang/go#50991). Alone, it is the user's own doing.
    if (auto const root = environment_.get("GOROOT");
        !root.empty() && !same_file(std::string(root) + "/bin/go", go_.path))
      return refuse("GOROOT is set to another Go than " + go_.path);
    line("go-version", go_.version);
    return take_program("go", key_.go, input_.go);
  }

  bool take_environment() {
    std::string_view path;
    for (auto const& variable : variables_) {
      auto const meaning = classify_variable(variable.name);
      if (meaning != EnvironmentClass::session) continue;
      if (!is_utf8(variable.name)) return refuse("the name of an environment variable is no UTF-8");
      if (!is_utf8(variable.value))
        return refuse("the value of " + std::string(variable.name) +
                      " is no UTF-8 and cannot be told to a shared gopls");
      if (variable.name == "PATH")
        path = variable.value;
      else if (!is_told_by_shim(variable.name))
        key_.session_environment.emplace_back(variable.name, variable.value);
    }
    take_paths(path);
    take_temporary_directory();
    if (!go_.gopath.empty()) key_.session_environment.emplace_back("GOPATH", go_.gopath);
    if (!go_.gobin.empty()) key_.session_environment.emplace_back("GOBIN", go_.gobin);
    return take_keyed();
  }

  bool is_told_by_shim(std::string_view name) const {
    return (name == "GOPATH" && !go_.gopath.empty()) || (name == "GOBIN" && !go_.gobin.empty());
  }

  // gopls looks up `go` in its own PATH, and go's children in the session's: the same go must be
  // first in both. A PATH that finds it already stays as it is.
  void take_paths(std::string_view path) {
    std::string const directory = directory_of(go_.path);
    std::string server = "PATH=" + directory;
    // A session that names a driver is heard; only gopls' own PATH decides otherwise.
    if (environment_.get("GOPACKAGESDRIVER").empty()) {
      if (auto const driver = find_on_path(path, kDriver); !driver.empty()) {
        line("driver", driver);
        server.append(":").append(directory_of(driver));
      }
    }
    server.append(":").append(kUsualPath);
    key_.server_environment.push_back(std::move(server));

    std::string session;
    if (!same_file(find_on_path(path, "go"), go_.path)) session = directory;
    if (!session.empty() && !path.empty()) session += ':';
    key_.session_environment.emplace_back("PATH", session.append(path));
  }

  // Short-lived files of gopls' own go to /tmp: a directory of one window's may be gone before
  // gopls is. Where there is no /tmp to write to (Termux), it is keyed. go gets the session's in
  // any case.
  void take_temporary_directory() {
    auto const directory = environment_.get("TMPDIR");
    if (!directory.empty() && ::access("/tmp", W_OK | X_OK) != 0)
      take_server_value("TMPDIR", directory);
  }

  void take_server_value(std::string_view name, std::string_view value) {
    line(name, value);
    key_.server_environment.push_back(std::string(name).append("=").append(value));
  }

  bool take_keyed() {
    // Empty and missing are the same to those who read them.
    for (auto const name : keyed_variables())
      if (auto const value = environment_.get(name); !value.empty()) take_server_value(name, value);
    std::size_t bytes = 0;
    for (auto const& entry : key_.server_environment) bytes += entry.size() + 1;
    return bytes <= kServerEnvironmentBytesMax ||
           refuse("the environment for gopls is too large to be asked for");
  }

  std::vector<std::string> sorted_folders() const {
    auto folders = input_.folders;
    std::sort(folders.begin(), folders.end());
    folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
    return folders;
  }

  const ShareKeyInput& input_;
  const Environment& environment_;
  std::vector<Variable> variables_;
  GoCommand go_;
  ShareKey key_;
};

}  // namespace

ShareKey make_share_key(const ShareKeyInput& input, const Environment& environment) {
  return KeyMaker(input, environment).make();
}

}  // namespace bridge::server
