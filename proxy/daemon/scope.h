// A systemd scope of its own for a gopls: it then has its share of the processor by itself, and
// outlives the service that started it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "proxy/server/child_process.h"

namespace bridge::daemon {

// "gopls-bridge-gopls-1234.scope"
std::string scope_name(pid_t pid);

// Asks the user's systemd to move the process into a new scope. The process runs on meanwhile:
// nobody waits for it. The one that asks (busctl) is to be reaped; nothing where there is none.
std::optional<server::ChildProcess> start_scope(pid_t pid, int cpu_weight);

// The control group of a process, as /proc names it: "/user.slice/…"; empty: not known.
std::string cgroup_of(pid_t pid);

}  // namespace bridge::daemon
