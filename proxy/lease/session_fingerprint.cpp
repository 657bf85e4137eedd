#include "proxy/lease/session_fingerprint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/session_links.h"

namespace bridge::lease {
namespace {

// Far more than `go env -w` writes; of a longer file the beginning and its stat count.
constexpr std::size_t kFileBytesMax = std::size_t{64} * 1024;

// Two FNV-1a with different beginnings, each text with its length before it. Nobody has an interest
// in a collision; 128 bits because these decide what an editor is shown.
class Digest {
 public:
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    for (char const c : text) add_byte(static_cast<unsigned char>(c));
  }
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) add_byte(static_cast<unsigned char>(number >> (8 * i)));
  }
  std::string text() const {
    std::array<char, 33> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(one_), static_cast<unsigned long long>(other_));
    return digits.data();
  }

 private:
  static constexpr std::uint64_t kPrime = 0x100000001b3;
  void add_byte(unsigned char byte) {
    one_ = (one_ ^ byte) * kPrime;
    other_ = (other_ ^ byte ^ (other_ >> 32)) * kPrime;
  }
  std::uint64_t one_ = 0xcbf29ce484222325;
  std::uint64_t other_ = 0x84222325cbf29ce4;
};

// Its stat too: one that was changed and changed back may have been read in between.
void add_file(Digest& digest, const std::string& path) {
  digest.add(path);
  kernel::UniqueFd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0) return digest.add("none");
  for (auto const number :
       {static_cast<std::uint64_t>(facts.st_dev), facts.st_ino,
        static_cast<std::uint64_t>(facts.st_size), static_cast<std::uint64_t>(facts.st_mtim.tv_sec),
        static_cast<std::uint64_t>(facts.st_mtim.tv_nsec),
        static_cast<std::uint64_t>(facts.st_ctim.tv_sec),
        static_cast<std::uint64_t>(facts.st_ctim.tv_nsec)})
    digest.add(number);
  std::string text(kFileBytesMax, '\0');
  ssize_t const size =
      S_ISREG(facts.st_mode) ? ::pread(file.get(), text.data(), text.size(), 0) : 0;
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  digest.add(text);
}

// As cmd/go finds it (cfg.EnvFile): empty where there is none.
std::string goenv_file(const server::Environment& environment) {
  auto const named = environment.get("GOENV");
  if (named == "off") return {};
  if (!named.empty()) return std::string(named);
  if (auto const config = environment.get("XDG_CONFIG_HOME"); !config.empty())
    return config.starts_with('/') ? std::string(config) + "/go/env" : std::string();
  auto const home = environment.get("HOME");
  return home.empty() ? std::string() : std::string(home) + "/.config/go/env";
}

std::string why_not(const SessionNeeds& needs, const server::ShareKey& key,
                    const server::Environment& environment) {
  if (needs.identity.empty()) return "what the editor wants is not known";
  if (needs.parker.empty()) return "which process the editor is is not known";
  // What a driver reads, nobody can watch.
  auto const driver = environment.get("GOPACKAGESDRIVER");
  bool const keyed = key.text.find("\ndriver=") != std::string::npos;
  if ((!driver.empty() && driver != "off") || (keyed && driver != "off"))
    return "a packages driver is in use";
  auto const flags = environment.get("GOFLAGS");
  if (flags.find("-modfile") != flags.npos || flags.find("-overlay") != flags.npos)
    return "GOFLAGS names files that are not looked at";
  if (environment.get("GO111MODULE") == "off") return "GO111MODULE is off";
  return {};
}

}  // namespace

SessionFingerprint session_fingerprint(const SessionNeeds& needs, const server::ShareKey& key,
                                       const server::Environment& environment) {
  SessionFingerprint fingerprint{.digest = {}, .why_not = why_not(needs, key, environment)};
  if (!fingerprint.why_not.empty()) return fingerprint;
  Digest digest;
  digest.add(needs.identity);
  digest.add(std::uint64_t{needs.folders.size()});
  for (std::string const& folder : needs.folders) digest.add(folder);
  auto variables = key.session_environment;
  std::sort(variables.begin(), variables.end());
  digest.add(std::uint64_t{variables.size()});
  for (auto const& [name, value] : variables) {
    digest.add(name);
    // Another front's is as good: what gopls is told is a link that leads there.
    digest.add(server::SessionLinks::is_linked(name, value) ? "a link" : value);
  }
  if (auto const file = goenv_file(environment); !file.empty()) add_file(digest, file);
  // GOROOT/bin/go: the real one, behind links and shims.
  std::string const root = key.go.substr(0, key.go.rfind("/bin/"));
  add_file(digest, root + "/go.env");
  add_file(digest, root + "/VERSION");
  // This build: what another one writes into a parked session need not mean the same here.
  struct stat own {};
  if (::stat("/proc/self/exe", &own) != 0) {
    fingerprint.why_not = "this program's own file cannot be seen";
    return fingerprint;
  }
  digest.add(std::uint64_t{own.st_dev});
  digest.add(std::uint64_t{own.st_ino});
  digest.add(static_cast<std::uint64_t>(own.st_mtim.tv_sec));
  digest.add(static_cast<std::uint64_t>(own.st_mtim.tv_nsec));
  fingerprint.digest = digest.text();
  return fingerprint;
}

}  // namespace bridge::lease
