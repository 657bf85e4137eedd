// An editor's window on a workspace, as one process after another has it: each has a process id of its own
// (a child that lives as long as the window), because the bridge tells editors apart by it. And the ways
// to have one: gopls alone, through the bridge with a daemon of this run's, or one gopls that lives on.
'use strict';
const cp = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { pathToFileURL } = require('url');
const { Client } = require('../../e2e/node/client');

process.setMaxListeners(0);
const capabilities = JSON.parse(fs.readFileSync(path.join(__dirname, '../../e2e/node/vscode_capabilities.json'), 'utf8'));
// gopls waits a second before it diagnoses what was not just opened; and the symbols of the whole
// library, of which it gives the best hundred, are no fact of the workspace.
const options = { diagnosticsDelay: '20ms', symbolScope: 'workspace' };

class Window extends Client {
  constructor(argv, root, env) {
    super(argv, root, env);
    this.keepBytes = false;
    this.body = cp.spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    this.open_ = new Map(); // name -> { text, version }
    this.messages = []; // what a user would have been shown
    this.onServerNotification = (method, params) => {
      if (method === 'window/showMessage') this.messages.push(params.message);
    };
    this.exited.then(() => this.stays || this.body.stdin.end()); // `stays`: its process starts another server
  }

  async begin(processId = this.body.pid) {
    const folder = pathToFileURL(this.cwd).href;
    this.initializeResult = await this.request('initialize', {
      processId,
      clientInfo: { name: 'park_e2e', version: '1' },
      rootUri: folder,
      capabilities,
      initializationOptions: options,
      workspaceFolders: [{ uri: folder, name: 'ws' }],
    });
    await this.notify('initialized', {});
  }

  openFile(name) {
    const text = fs.readFileSync(path.join(this.cwd, name), 'utf8');
    this.open_.set(name, { text, version: 1 });
    return this.open(name, text);
  }
  change(name, text) {
    const document = this.open_.get(name);
    document.text = text;
    document.version++;
    return this.notify('textDocument/didChange', {
      textDocument: { uri: this.uri(name), version: document.version },
      contentChanges: [{ text }],
    });
  }
  save(name) {
    fs.writeFileSync(path.join(this.cwd, name), this.open_.get(name).text);
    return this.notify('textDocument/didSave', { textDocument: { uri: this.uri(name) } });
  }
  close(name) {
    this.open_.delete(name);
    return this.notify('textDocument/didClose', { textDocument: { uri: this.uri(name) } });
  }

  // How editors leave: as VS Code quits, as it reloads, as Neovim may, as an agent is ended.
  async leave(how) {
    if (how === 'shutdown and exit' || how === 'shutdown and end of file') {
      await this.request('shutdown');
      if (how === 'shutdown and exit') await this.notify('exit');
    }
    if (how === 'SIGTERM') this.child.kill('SIGTERM');
    else this.child.stdin.end();
    return this.exited;
  }
}
const waysToLeave = ['shutdown and exit', 'shutdown and end of file', 'end of file', 'SIGTERM'];

// A runtime directory and a HOME of their own, with the caches of whoever runs this.
class Place {
  constructor() {
    this.directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'bridge-parked-')));
    const run = path.join(this.directory, 'run');
    fs.mkdirSync(run, { mode: 0o700 });
    const [cache, modules] = cp.execFileSync('go', ['env', 'GOCACHE', 'GOMODCACHE'], { encoding: 'utf8' }).split('\n');
    fs.mkdirSync(path.join(this.directory, '.config/go/telemetry'), { recursive: true });
    fs.writeFileSync(path.join(this.directory, '.config/go/telemetry/mode'), 'off 2020-01-01\n');
    this.env = {
      HOME: this.directory, XDG_RUNTIME_DIR: run, XDG_CONFIG_HOME: path.join(this.directory, '.config'),
      GOCACHE: cache, GOMODCACHE: modules, GOPLSCACHE: process.env.GOPLSCACHE ?? path.join(os.homedir(), '.cache/gopls'),
      GOPROXY: 'off', GOSUMDB: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', GOPLS_BRIDGE_SHARE: 'true',
    };
    delete this.env.GOFLAGS;
  }
  remove() { fs.rmSync(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); }
}

// Through the bridge: each window is a new bridge, and its daemon parks what they leave.
class Bridge {
  constructor(gopls, bridge, place, extra = {}) {
    Object.assign(this, { gopls, bridge, place, env: { ...place.env, ...extra } });
  }
  window(root) { return new Window([this.bridge, '--gopls', this.gopls], root, this.env); }
  ask(...args) { return cp.execFileSync(this.bridge, args, { env: { ...process.env, ...this.env }, encoding: 'utf8' }); }
  // Of the daemon that lives: one that is ending may hang up before it has said all.
  status() {
    for (const end = Date.now() + 10_000; ;) {
      try {
        return JSON.parse(this.ask('status', '--json'));
      } catch (error) {
        if (Date.now() > end) throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
  // Whether windows since the last call have taken up what another left; undefined: no daemon says.
  resumed() {
    const { daemon, parked = [], servers = [] } = this.status();
    const count = Number(daemon?.resumed ?? 0);
    const more = count - (this.counted ?? 0);
    this.counted = count;
    return { more, parked: parked.length, servers: servers.length, count };
  }
  stop() {
    const before = this.status();
    const pids = [before.daemon?.pid, ...(before.servers ?? []).map((each) => each.pid)].map(Number).filter((pid) => pid > 1);
    for (const pid of pids) try { process.kill(pid, 'SIGTERM'); } catch { /* it has ended */ }
  }
}

module.exports = { Bridge, Place, Window, waysToLeave };
