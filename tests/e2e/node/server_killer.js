// Kills the server behind a bridge: a child of that bridge, found through /proc, never by its name.
'use strict';
const fs = require('fs');
const { setTimeout: delay } = require('timers/promises');

// Children of a process that have not ended.
function childrenOf(parent) {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      // "PID (NAME) STATE PARENT …", and NAME may hold anything.
      const [state, ppid] = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
      return ppid === String(parent) && !'ZX'.includes(state);
    } catch { return false; } // it has ended meanwhile
  }).map(Number);
}

class ServerKiller {
  constructor(bridge) {
    this.bridge = bridge;
    this.killed = new Set();
  }

  // Kills the present server; if there is none at this moment, the next one as soon as it is there.
  async kill() {
    for (;;) {
      const pid = childrenOf(this.bridge).find((child) => !this.killed.has(child));
      if (pid !== undefined) {
        this.killed.add(pid);
        process.kill(pid, 'SIGKILL');
        return pid;
      }
      await delay(1);
    }
  }
}

module.exports = { ServerKiller, childrenOf };
