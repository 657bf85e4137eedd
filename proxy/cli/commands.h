// The commands of the executable, each in a file of its own; main.cpp chooses. All return an exit
// code (exit_codes.h).
#pragma once

#include <string>
#include <string_view>

#include "proxy/cli/configuration.h"
#include "proxy/cli/invocation.h"
#include "proxy/server/environment.h"
#include "proxy/server/program_search.h"

namespace bridge::cli {

// An LSP session on stdin and stdout.
int run_session_command(const Invocation& invocation, const Configuration& configuration,
                        const server::Environment& environment);

// Hands the command line to the real gopls, in this process. Returns only on failure.
int run_as_gopls(const Invocation& invocation, const Configuration& configuration,
                 const server::Environment& environment);

// Prints the settings in force and where each came from, and the programs found.
int run_config_command(const Invocation& invocation, const Configuration& configuration,
                       const server::Environment& environment);

// Writes the Go version of the fronted gopls into an executable of ours, for `go version -m`.
int run_stamp_command(const Invocation& invocation, const Configuration& configuration,
                      const server::Environment& environment);

// The broker daemon (proxy/daemon/run_daemon.h), in this process.
int run_daemon_command(const Invocation& invocation, const Configuration& configuration,
                       const server::Environment& environment);

// What the daemon has: itself, its gopls, its sessions. Never starts one.
int run_status_command(const Invocation& invocation, const Configuration& configuration,
                       const server::Environment& environment);

// The daemon's log, or what a gopls of its wrote to stderr.
int run_logs_command(const Invocation& invocation, const Configuration& configuration,
                     const server::Environment& environment);

// Sessions of the daemon take another gopls.
int run_restart_server_command(const Invocation& invocation, const Configuration& configuration,
                               const server::Environment& environment);

// Sessions that are parked at the daemon are ended.
int run_drop_command(const Invocation& invocation, const Configuration& configuration,
                     const server::Environment& environment);

// Puts the program, links and units where they belong, and takes them away again.
int run_install_command(const Invocation& invocation, const Configuration& configuration,
                        const server::Environment& environment);
int run_uninstall_command(const Invocation& invocation, const Configuration& configuration,
                          const server::Environment& environment);

// Measures what the path costs on this machine (bench/METHOD.md). The first one is the command; the
// other, a process that it starts: an echo server.
int run_bench_command(const Invocation& invocation, const Configuration& configuration,
                      const server::Environment& environment);
int run_bench_process_command(const Invocation& invocation);

int print_help();
int print_version();

// "gopls-bridge: …" on stderr, in one write.
void complain(std::string_view message);

// Where there is no gopls to be used: says why and what to do about it. Returns the exit code.
int complain_without_gopls(const server::ProgramSearch& gopls, const Configuration& configuration,
                           const server::Environment& environment);

}  // namespace bridge::cli
