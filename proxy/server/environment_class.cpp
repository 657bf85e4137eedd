#include "proxy/server/environment_class.h"

#include <algorithm>
#include <array>

namespace bridge::server {
namespace {

// gopls reads these of its own process, also where a session says otherwise (gopls v0.23, v0.24:
// the caches, the Go runtime, telemetry), or they decide what `go` is. Sorted.
constexpr std::array<std::string_view, 13> kKeyed = {
    "GODEBUG",         "GOENV",           "GOGC",       "GOMAXPROCS",
    "GOMEMLIMIT",      "GOPACKAGESDEBUG", "GOPLSCACHE", "GOPLS_CONFIG_DIR",
    "GOROOT",          "GOTRACEBACK",     "HOME",       "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
};

// Sorted.
constexpr std::array<std::string_view, 58> kIgnored = {
    "ALACRITTY_LOG",
    "ALACRITTY_SOCKET",
    "ALACRITTY_WINDOW_ID",
    "ATUIN_SESSION",
    "COLORTERM",
    "COLUMNS",
    "DESKTOP_STARTUP_ID",
    "GIO_LAUNCHED_DESKTOP_FILE",
    "GIO_LAUNCHED_DESKTOP_FILE_PID",
    "GOMOD",
    "GOTOOLDIR",
    "GOVERSION",
    "HISTFILE",
    "HISTFILESIZE",
    "HISTSIZE",
    "INSIDE_EMACS",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LINES",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LS_COLORS",
    "MAINPID",
    "MANAGERPID",
    "MCFLY_SESSION_ID",
    "MYVIMRC",
    "NOTIFY_SOCKET",
    "NVIM",
    "NVIM_LISTEN_ADDRESS",
    "NVIM_LOG_FILE",
    "OLDPWD",
    "PROMPT_COMMAND",
    "PS1",
    "PS2",
    "PWD",
    "SESSION_MANAGER",
    "SHELL_SESSION_ID",
    "SHLVL",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STARSHIP_SESSION_KEY",
    "STY",
    "SYSTEMD_EXEC_PID",
    "TERM",
    "TERMCAP",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "WINDOWID",
    "WT_PROFILE_ID",
    "WT_SESSION",
    "XDG_ACTIVATION_TOKEN",
    "XDG_SESSION_ID",
    "_",
};

// Of editors, agents and terminals that number their windows, and of the bridge itself.
constexpr std::array<std::string_view, 13> kIgnoredPrefixes = {
    "CLAUDE_CODE_", "ELECTRON_", "GNOME_TERMINAL_", "GOPLS_BRIDGE_", "ITERM_",
    "KITTY_",       "KONSOLE_",  "OPENCODE_",       "TERM_",         "VSCODE_",
    "WARP_",        "WEZTERM_",  "ZELLIJ"};

// VS Code's GIT_ASKPASS script is nothing without them.
constexpr std::string_view kKeptPrefix = "VSCODE_GIT_";

static_assert(std::is_sorted(kKeyed.begin(), kKeyed.end()));
static_assert(std::is_sorted(kIgnored.begin(), kIgnored.end()));

}  // namespace

EnvironmentClass classify_variable(std::string_view name) noexcept {
  if (std::binary_search(kKeyed.begin(), kKeyed.end(), name)) return EnvironmentClass::keyed;
  if (std::binary_search(kIgnored.begin(), kIgnored.end(), name)) return EnvironmentClass::ignored;
  auto const starts = [name](std::string_view prefix) { return name.starts_with(prefix); };
  if (starts(kKeptPrefix)) return EnvironmentClass::session;
  return std::any_of(kIgnoredPrefixes.begin(), kIgnoredPrefixes.end(), starts)
             ? EnvironmentClass::ignored
             : EnvironmentClass::session;
}

std::span<const std::string_view> keyed_variables() noexcept { return kKeyed; }

}  // namespace bridge::server
