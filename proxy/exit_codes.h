// Exit codes of gopls-bridge itself (README.md, "Exit codes"); sysexits(3) where it has a name.
// A command that is handed to the real gopls ends with gopls' own code.
#pragma once

namespace bridge {

inline constexpr int kExitOk = 0;
inline constexpr int kExitWithoutShutdown = 1;  // `exit` came without `shutdown` (LSP), as gopls
inline constexpr int kExitUsage = 64;           // EX_USAGE: our own subcommands and flags
inline constexpr int kExitBadFraming = 65;      // EX_DATAERR: a side sent bytes that are no frames
inline constexpr int kExitNoServer = 69;        // EX_UNAVAILABLE: no gopls found, or it was lost
inline constexpr int kExitInternal = 70;        // EX_SOFTWARE: a fault of ours, or of the kernel's
inline constexpr int kExitConfig = 78;          // EX_CONFIG: the configuration file or environment

}  // namespace bridge
