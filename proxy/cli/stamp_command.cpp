#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "proxy/cli/commands.h"
#include "proxy/cli/print.h"
#include "proxy/exit_codes.h"
#include "proxy/server/go_build_info.h"
#include "proxy/server/stamp_file.h"

namespace bridge::cli {
namespace {

// Links resolved: the file is replaced, not the link. Empty: errno says why.
std::string real_file(const std::string& path) {
  std::unique_ptr<char, void (*)(void*)> const resolved(::realpath(path.c_str(), nullptr),
                                                        &std::free);
  return resolved ? std::string(resolved.get()) : std::string();
}

}  // namespace

int run_stamp_command(const Invocation& invocation, const Configuration& configuration,
                      const server::Environment& environment) {
  auto const& args = invocation.command_args;
  if (args.size() > 1) {
    complain("stamp: unexpected argument: " + args[1]);
    return kExitUsage;
  }
  std::string const named = args.empty() ? "/proc/self/exe" : args.front();
  std::string const file = real_file(named);
  if (file.empty()) {
    complain("stamp: " + named + ": " + std::strerror(errno));
    return kExitUsage;
  }
  auto const gopls = server::find_gopls(configuration.program(SettingId::gopls), environment);
  if (!gopls.found) return complain_without_gopls(gopls, configuration, environment);
  auto const info = server::read_build_info(gopls.found->path);
  if (!info) {
    complain("stamp: " + gopls.found->path +
             " holds no Go build information (a script or a shim?); name the gopls that it runs: "
             "gopls-bridge stamp --gopls PATH");
    return kExitNoServer;
  }
  auto const result = server::stamp_file(file, info->go_version);
  using Outcome = server::StampResult::Outcome;
  switch (result.outcome) {
    case Outcome::written:
      return print(file + " now says " + info->go_version + ", as " + gopls.found->path + "\n");
    case Outcome::already:
      return print(file + " already says " + info->go_version + ", as " + gopls.found->path + "\n");
    case Outcome::refused:
      break;
  }
  complain("stamp: " + result.complaint);
  return kExitInternal;
}

}  // namespace bridge::cli
