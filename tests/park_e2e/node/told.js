// One gopls that lives on while windows come and go, and is told of what happened on disk by file events,
// or, on purpose, is not: what a resumed session can be at best, and at worst. Tests the comparison itself.
'use strict';
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { Window } = require('./window');

const watched = /\.(go|mod|sum|work|s)$/;

// Facts of all files below, links followed as gopls would when it opens them.
function snapshot(top) {
  const found = new Map();
  const visit = (dir) => {
    for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
      const name = path.join(dir, entry.name);
      if (entry.name === '.git') continue;
      let facts;
      try { facts = fs.statSync(name, { bigint: true }); } catch { continue; }
      if (entry.isDirectory() || (entry.isSymbolicLink() && facts.isDirectory())) visit(name);
      else if (watched.test(name)) found.set(name, `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}`);
    }
  };
  visit(top);
  return found;
}

class LivingOn {
  constructor(gopls, place, told) { Object.assign(this, { gopls, place, told }); }

  window(root) {
    const way = this;
    if (this.living) {
      const living = this.living;
      living.begin = async () => {
        const now = snapshot(path.dirname(root));
        const changes = [];
        for (const [name, facts] of now) {
          if (!this.before.has(name)) changes.push({ uri: pathToFileURL(name).href, type: 1 });
          else if (this.before.get(name) !== facts) changes.push({ uri: pathToFileURL(name).href, type: 2 });
        }
        for (const name of this.before.keys()) if (!now.has(name)) changes.push({ uri: pathToFileURL(name).href, type: 3 });
        this.before = now;
        if (this.told && changes.length > 0) await living.notify('workspace/didChangeWatchedFiles', { changes });
        if (process.env.PARK_FIRST) await living.request('workspace/symbol', { query: 'main' });
      };
      return living;
    }
    const window = new Window([this.gopls], root, this.place.env);
    this.before = snapshot(path.dirname(root));
    window.leave = async function leave() {
      for (const name of [...this.open_.keys()]) await this.close(name);
      way.living = this;
      return { code: 0, signal: null };
    };
    return window;
  }
  resumed() { return { more: this.living ? 1 : 0, parked: 1 }; }
  async done() {
    const living = this.living;
    this.living = undefined;
    if (living) await Window.prototype.leave.call(living, 'end of file');
  }
  stop() {}
}

// Each window has a gopls of its own: what two fresh ones do not agree on is nobody's staleness.
class AllFresh {
  constructor(gopls, place) { Object.assign(this, { gopls, place }); }
  window(root) { return new Window([this.gopls], root, this.place.env); }
  resumed() { return { more: 1 }; }
  stop() {}
}

module.exports = { AllFresh, LivingOn };
