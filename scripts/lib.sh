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

# Runs a command as root: as we are, or by sudo. Where neither works, says the command and stops.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo that works here. Run it yourself, then start $me again:
    $*"
  fi
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
