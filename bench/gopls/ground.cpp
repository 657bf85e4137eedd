#include "bench/gopls/ground.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "bench/gopls/module_generator.h"
#include "bench/process.h"
#include "proxy/server/environment.h"
#include "proxy/server/program_search.h"

namespace bridge::bench {
namespace {

std::string absolute(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) fail(path);
  return resolved;
}

std::string make_directory(std::string path) {
  if (::mkdir(path.c_str(), 0700) != 0) fail("mkdir " + path);
  return path;
}

// What `go env NAME…` prints, a line each. In the user's environment: these are the user's
// settings.
std::vector<std::string> go_env(const std::string& go, const std::string& directory,
                                std::vector<std::string> names) {
  names.insert(names.begin(), {go, "env"});
  std::string const output = directory + "/go-env";
  {
    kernel::UniqueFd const out(::open(output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    kernel::UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    Process const process(names, {.in = null.get(), .out = out.get(), .err = null.get()});
  }
  std::vector<std::string> lines;
  std::string const text = read_text(output);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  lines.resize(names.size() - 2);
  return lines;
}

}  // namespace

Ground make_ground(const GoplsOptions& options, const std::string& directory) {
  server::Environment const own(environ);
  std::optional<server::ExplicitProgram> chosen;
  if (!options.gopls.empty()) chosen = {options.gopls, "--gopls"};
  auto const go = server::find_go({}, own);
  auto const gopls = server::find_gopls(chosen, own);
  if (!gopls.complaint.empty()) throw Broken(gopls.complaint);
  if (!gopls.found) throw Broken(server::describe_missing_gopls(gopls, go));
  if (!go.found) throw Broken("gopls needs go, and there is none (https://go.dev/dl)");

  Ground ground;
  ground.gopls = gopls.found->path;
  ground.bridge = options.bridge;
  ground.directory = directory;
  auto const settings =
      go_env(go.found->path, directory, {"GOMODCACHE", "GOPATH", "GOENV", "GOCACHE"});
  if (options.module.empty()) {
    ground.module = directory + "/module";
    write_module(ground.module, generate_module());
  } else {
    ground.module = absolute(options.module);
    if (read_text(ground.module + "/go.mod").empty()) throw Broken("no go.mod in " + ground.module);
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view const text(*entry);
    if (!text.starts_with("GOPLS_BRIDGE_")) ground.environment.emplace_back(text);
  }
  auto const set = [&](const char* name, const std::string& value) {
    ground.environment = with(std::move(ground.environment), name, value);
  };
  set("GOPLS_BRIDGE_SHARE", "false");  // unless a way says otherwise
  set("HOME", make_directory(directory + "/home"));
  set("XDG_CONFIG_HOME", make_directory(directory + "/config"));
  set("XDG_CACHE_HOME", make_directory(directory + "/cache"));
  set("XDG_RUNTIME_DIR", make_directory(directory + "/run"));
  set("GOMODCACHE", settings[0]);
  set("GOPATH", settings[1]);
  set("GOENV", settings[2]);
  // Empty, it would be filled with half of the standard library first, which is Go's work alone.
  set("GOCACHE", settings[3].empty() ? directory + "/go-build" : settings[3]);
  // What the module cache lacks is missing in each way alike; nothing is downloaded meanwhile.
  set("GOPROXY", "off");
  // gopls finds go there only.
  std::string const go_directory = go.found->path.substr(0, go.found->path.rfind('/'));
  set("PATH", go_directory + ":" + std::string(own.get("PATH")));
  ground.target = choose_target(ground.module);
  return ground;
}

std::vector<std::string> cold_environment(const Ground& ground, int number) {
  std::string const directory = ground.directory + "/cold" + std::to_string(number);
  make_directory(directory);
  auto environment = with(ground.environment, "XDG_CACHE_HOME", make_directory(directory + "/c"));
  return with(std::move(environment), "XDG_RUNTIME_DIR", make_directory(directory + "/r"));
}

}  // namespace bridge::bench
