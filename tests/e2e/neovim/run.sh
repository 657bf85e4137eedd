#!/bin/bash
# run.sh TOOLS_DIR BRIDGE GOPLS_VERSION stop|quit|kills: one session of headless Neovim through the bridge,
# in a module of its own. `stop`: the session stops the server and waits for it; `quit`: it leaves with
# the server running, and Neovim's own exit handler stops it (or, 0.7, leaves first); `kills`: gopls is
# killed five times in it. Fails when a
# step does, when Neovim does, or when the server's end was not exit code 0, which Neovim tells its
# user about.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=$1 bridge=$2 version=$3
export END=$4 HERE=$here
fail() {
  echo "$*" >&2
  exit 1
}
command -v nvim >/dev/null || fail "no nvim here: run scripts/setup"
[ -x "$tools/bin/go" ] || fail "no go in $tools: run scripts/tools"
if [ -e "$tools/gopls-$version/absent" ]; then
  echo "gopls $version is not to be had here: $(cat "$tools/gopls-$version/absent")"
  exit 77
fi
[ -x "$tools/gopls-$version/gopls" ] || fail "no gopls $version in $tools: run scripts/tools"

session=session.lua
[ "$END" != kills ] || session=kills.lua
dir=$(mktemp -d "${TMPDIR:-/tmp}/bridge-nvim-XXXXXX")
trap 'rm -rf "$dir"' EXIT
cp -r "$here/../module" "$dir/module"
cd "$dir/module"
share=${GOPLS_BRIDGE_SHARE:-false} # private, unless the test says otherwise
for name in $(compgen -e GOPLS_BRIDGE_ || true); do unset "$name"; done
export GOPLS_BRIDGE_SHARE=$share
export PATH=$tools/bin:$PATH RESULT=$dir/result
export XDG_CONFIG_HOME=$dir/config XDG_DATA_HOME=$dir/data XDG_STATE_HOME=$dir/state NVIM_LOG_FILE=$dir/log
BRIDGE_COMMAND=$(printf '%s\n%s\n%s' "$bridge" --gopls "$tools/gopls-$version/gopls")
export BRIDGE_COMMAND
rc=0
timeout 100 nvim --headless -u NONE -i NONE -n --cmd 'lua vim.lsp.set_log_level("ERROR")' \
  -c "luafile $here/$session" >"$dir/output" 2>&1 </dev/null || rc=$?
cat "$dir/result" "$dir/output"
[ "$rc" = 0 ] || fail "Neovim ended with $rc"
! grep -q FAILED "$dir/result" || fail "a step failed"
grep -q '^session ok' "$dir/result" || fail "the session did not come to its end"
ended=$(grep '^server ended:' "$dir/result" || true)
case $END:$ended in
  'stop:server ended: exit code 0 signal 0' | 'kills:server ended: exit code 0 signal 0' | 'quit:server ended: exit code 0 signal 0' | quit:) ;;
  *) fail "the server did not end in order: $ended" ;;
esac
! grep -q 'quit with exit code' "$dir/output" || fail "Neovim complained about the server's end"
