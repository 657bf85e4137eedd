#include "bench/bench.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/version.h"

namespace bridge::cli {

int run_bench_command(const Invocation& invocation, const Configuration& configuration,
                      const server::Environment& environment) {
  bench::Context context;
  context.version = BRIDGE_VERSION;
  context.command = "gopls-bridge bench";
  for (auto const& arg : invocation.command_args) context.command.append(" ").append(arg);
  auto const gopls = server::find_gopls(configuration.program(SettingId::gopls), environment);
  if (gopls.found) context.gopls = gopls.found->path;
  return bench::run_bench(invocation.command_args, context);
}

int run_bench_process_command(const Invocation& invocation) {
  auto const& args = invocation.command_args;
  return bench::run_bench_process(args.front(), {args.begin() + 1, args.end()});
}

}  // namespace bridge::cli
