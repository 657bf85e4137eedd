// Kills the server behind a bridge: a child of that bridge, found through /proc, never by its name.
'use strict';
const fs = require('fs');
const { setTimeout: delay } = require('timers/promises');

// Children of a process that have not ended: pid, and when each began, because pids are used again.
function childrenOf(parent) {
  const found = [];
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // proc(5): "PID (NAME) STATE PARENT …", and NAME may hold anything; the start is the 22nd.
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
      if (fields[1] === String(parent) && !'ZX'.includes(fields[0])) found.push({ pid: Number(pid), began: fields[19] });
    } catch { /* it has ended meanwhile */ }
  }
  return found;
}

class ServerKiller {
  constructor(bridge) {
    this.bridge = bridge;
    this.kills = 0;
    this.killed = new Set();
  }

  // Kills the present server; if there is none at this moment, the next one as soon as it is there.
  async kill() {
    for (;;) {
      const child = childrenOf(this.bridge).find(({ pid, began }) => !this.killed.has(`${pid} ${began}`));
      if (child) {
        this.killed.add(`${child.pid} ${child.began}`);
        this.kills++;
        process.kill(child.pid, 'SIGKILL');
        return;
      }
      await delay(1);
    }
  }
}

module.exports = { ServerKiller };
