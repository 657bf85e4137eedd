# Sourced by the scripts here: where the repository is, how to say things, how to become root.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools
me=$(basename "$0")

say() { echo "$me: $*"; }
warn() { echo "$me: $*" >&2; }
die() {
  warn "$*"
  exit 1
}

# Whether as_root() will work: we are root, or sudo asks for nothing, or somebody is there to be asked.
can_be_root() {
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs packages by apt, quietly. Without root: says the command to run, and stops.
# --no-remove: what something else here needs must not vanish on our account.
install_packages() {
  local log options=(-y -q --no-install-recommends --no-remove)
  can_be_root || die "this needs root, and there is no sudo that works here. Run this as root, then $me again:
    apt-get update && apt-get install --no-install-recommends $*"
  log=$(mktemp)
  if ! as_root apt-get update -q >"$log" 2>&1 ||
    ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    die "apt-get failed"
  fi </dev/null
  rm -f "$log"
}

# Preset bench, built; its output only where that fails.
build_bench_preset() {
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  mkdir -p build/bench
  cmake --preset bench >build/bench/configure.log 2>&1 || {
    cat build/bench/configure.log >&2
    die "cannot configure preset bench"
  }
  cmake --build --preset bench -- --quiet
}

# 126 for "go version go1.26.8 linux/amd64". Never switches toolchains.
go_number() {
  GOTOOLCHAIN=local "$1" version 2>/dev/null |
    sed -nE 's/^go version go([0-9]+)\.([0-9]+).*/\1 \2/p' | { read -r a b && echo $((a * 100 + b)); } || echo 0
}

# The first go of 1.21 or newer (those switch toolchains by themselves) among those that an
# interactive shell would have and a bare one may not; else the first of any age; empty if none.
find_go() {
  local candidate old=
  for candidate in "$(command -v go || true)" "$tools/go/bin/go" /usr/local/go/bin/go \
    "$HOME"/sdk/go*/bin/go "$HOME/go/bin/go" /usr/lib/go/bin/go; do
    [ -x "$candidate" ] && [ "$candidate" != "$tools/bin/go" ] || continue
    if [ "$(go_number "$candidate")" -ge 121 ]; then
      echo "$candidate"
      return
    fi
    old=${old:-$candidate}
  done
  echo "$old"
}
