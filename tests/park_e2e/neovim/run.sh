#!/bin/bash
# run.sh TOOLS_DIR BRIDGE GOPLS_VERSION again|restart: headless Neovim with its gopls shared, by a daemon of
# this run's. `again`: it quits with the server running, and another Neovim on the same module takes up
# what it left. `restart`: the server is stopped and started inside one Neovim, as :LspRestart does, which
# gives another gopls process.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=$1 bridge=$2 version=$3 what=$4
fail() {
  echo "$*" >&2
  exit 1
}
command -v nvim >/dev/null || fail "no nvim here: run scripts/setup"
[ -x "$tools/bin/go" ] || fail "no go in $tools: run scripts/tools"
gopls=$tools/gopls-$version
if [ -e "$gopls/absent" ]; then
  echo "gopls $version is not to be had here: $(cat "$gopls/absent")"
  exit 77
fi
[ -x "$gopls/gopls" ] || fail "no gopls $version in $tools: run scripts/tools"

dir=$(mktemp -d "${TMPDIR:-/tmp}/bridge-nvim-XXXXXX")
for name in $(compgen -e GOPLS_BRIDGE_ || true); do unset "$name"; done
PATH=$tools/bin:$PATH
GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE)
export PATH GOCACHE GOMODCACHE
export GOPLS_BRIDGE_SHARE=true GOPROXY=off XDG_RUNTIME_DIR=$dir/run HOME=$dir/home
export XDG_CONFIG_HOME=$dir/config XDG_DATA_HOME=$dir/data XDG_STATE_HOME=$dir/state XDG_CACHE_HOME=$dir/cache
mkdir -m 700 "$dir/run" "$dir/home" "$dir/config" "$dir/cache"
cp -r "$here/../../e2e/module" "$dir/module"
cd "$dir/module"

status() { "$bridge" status --json; }
pids() { # pids daemon|servers
  status | node -e 'const s = JSON.parse(require("fs").readFileSync(0));
    console.log((process.argv[1] === "daemon" ? [s.daemon ?? {}] : s.servers ?? []).map((one) => one.pid ?? "").join(" "))' "$1"
}
resumed() { status | node -e 'console.log(JSON.parse(require("fs").readFileSync(0)).daemon?.resumed ?? 0)'; }
finish() {
  trap - EXIT
  for pid in $(pids daemon) $(pids servers); do kill "$pid" 2>/dev/null || true; done
  for _ in $(seq 50); do rm -rf "$dir" 2>/dev/null && break || sleep .1; done
}
trap finish EXIT

BRIDGE_COMMAND=$(printf '%s\n%s\n%s' "$bridge" --gopls "$gopls/gopls")
export BRIDGE_COMMAND HERE="$here/../../e2e/neovim"
edit() { # edit SESSION.lua
  local rc=0
  RESULT=$dir/result NVIM_LOG_FILE=$dir/log timeout 100 nvim --headless -u NONE -i NONE -n \
    --cmd 'lua vim.lsp.set_log_level("ERROR")' -c "luafile $here/$1" >"$dir/output" 2>&1 </dev/null || rc=$?
  cat "$dir/result" "$dir/output"
  [ "$rc" = 0 ] || fail "Neovim ended with $rc"
  ! grep -q FAILED "$dir/result" || fail "a step failed"
  grep -q '^session ok' "$dir/result" || fail "the session did not come to its end"
  ! grep -q 'quit with exit code' "$dir/output" || fail "Neovim complained about the server's end"
}

# By a file: another environment would be another session.
export SAYS=$dir/says
echo 'Greet makes the greeting' >"$SAYS"
if [ "$what" = again ]; then
  edit hover.lua
  first=$(pids servers)
  sed -i 's/Greet makes the greeting/Greet was changed meanwhile/' main.go
  echo 'Greet was changed meanwhile' >"$SAYS"
  edit hover.lua
  [ "$(resumed)" = 1 ] || fail "not resumed: $(status)"
  [ "$(pids servers)" = "$first" ] || fail "another gopls: $first, then $(pids servers)"
else
  BRIDGE=$bridge edit restart.lua
  [ "$(resumed)" = 0 ] || fail "the same process got back what it had parked: $(status)"
fi
