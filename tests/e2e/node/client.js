// An LSP client made of the libraries that VS Code's own is made of, started the way
// vscode-languageclient starts a server: cp.spawn without `stdio`, which gives three socketpairs.
// Answers what a server asks a client. Every test of this folder uses it.
'use strict';
const assert = require('assert/strict');
const cp = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { pathToFileURL } = require('url');
const rpc = require('vscode-jsonrpc/node');
const lsp = require('vscode-languageserver-protocol/node');

const moduleFiles = path.join(__dirname, '..', 'module');
const text = (name) => fs.readFileSync(path.join(moduleFiles, name), 'utf8');

// A copy of ../module in a directory of its own; the faulty files are only ever open, not on disk.
function makeModule() {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'bridge-e2e-')));
  process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }));
  for (const name of ['go.mod', 'main.go', 'other.go']) fs.writeFileSync(path.join(root, name), text(name));
  return root;
}

class Client {
  // argv: program and arguments. Bytes in both directions are kept in sentBytes and receivedBytes.
  constructor(argv, cwd, env = {}) {
    this.child = cp.spawn(argv[0], argv.slice(1), { cwd, env: { ...process.env, ...env } });
    this.exited = new Promise((done) => this.child.on('close', (code, signal) => done({ code, signal })));
    this.stderr = '';
    this.child.stderr.on('data', (chunk) => { this.stderr += chunk; });
    process.on('exit', () => this.child.kill('SIGKILL'));
    this.cwd = cwd;
    this.listen(this.child.stdout, this.child.stdin);
  }

  listen(readable, writable) {
    this.keepBytes = true;
    this.onServerRequest = () => undefined; // its result, where a test has one of its own
    this.onServerNotification = () => {};
    this.sentBytes = [];
    this.receivedBytes = [];
    const write = writable.write.bind(writable);
    writable.write = (chunk, encoding, ...rest) => {
      if (this.keepBytes) this.sentBytes.push(Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8'));
      return write(chunk, encoding, ...rest);
    };
    readable.on('data', (chunk) => { if (this.keepBytes) this.receivedBytes.push(chunk); });
    this.connection = lsp.createProtocolConnection(
      new rpc.StreamMessageReader(readable), new rpc.StreamMessageWriter(writable));
    this.diagnostics = new Map(); // uri -> the last published params
    this.asked = [];
    this.waiting = [];
    this.connection.onRequest((method, params) => {
      this.asked.push(method);
      const own = this.onServerRequest(method, params);
      if (own !== undefined) return own;
      if (method === 'workspace/configuration') return params.items.map(() => ({}));
      if (method === 'workspace/workspaceFolders') return null;
      return null;
    });
    this.connection.onNotification((method, params) => {
      if (method === 'textDocument/publishDiagnostics') this.diagnostics.set(params.uri, params);
      this.onServerNotification(method, params);
      this.waiting = this.waiting.filter((check) => !check());
    });
    this.connection.onError(([error]) => { this.failure = error; });
    this.connection.listen();
  }

  uri(name) { return pathToFileURL(path.join(this.cwd, name)).href; }

  // Also ends when the server does, with what it wrote to stderr.
  request(method, params) {
    const gone = this.exited.then((status) => {
      throw new Error(`ended before it answered ${method}: ${JSON.stringify(status)}\n${this.stderr}`);
    });
    return Promise.race([this.connection.sendRequest(method, params), gone]);
  }
  notify(method, params) { return this.connection.sendNotification(method, params); }

  async initialize() {
    const capabilities = JSON.parse(fs.readFileSync(path.join(__dirname, 'vscode_capabilities.json'), 'utf8'));
    this.initializeResult = await this.request('initialize', {
      processId: process.pid,
      clientInfo: { name: 'Visual Studio Code', version: '1.100.0' },
      locale: 'en',
      rootPath: this.cwd,
      rootUri: pathToFileURL(this.cwd).href,
      capabilities,
      initializationOptions: {},
      trace: 'off',
      workspaceFolders: [{ uri: pathToFileURL(this.cwd).href, name: 'sample' }],
    });
    await this.notify('initialized', {});
    return this.initializeResult;
  }

  open(name, content = text(name)) {
    return this.notify('textDocument/didOpen', {
      textDocument: { uri: this.uri(name), languageId: 'go', version: 1, text: content },
    });
  }

  // Position of the n-th occurrence of `word` in `content`, plus `offset` characters.
  at(name, content, word, offset = 0, n = 1) {
    let index = -1;
    for (let i = 0; i < n; i++) index = content.indexOf(word, index + 1);
    assert.notEqual(index, -1, `${word} is not in ${name}`);
    const before = content.slice(0, index + offset).split('\n');
    return {
      textDocument: { uri: this.uri(name) },
      position: { line: before.length - 1, character: before.at(-1).length },
    };
  }

  // The last published diagnostics of a file, once there are any.
  diagnosticsOf(name) {
    const uri = this.uri(name);
    return new Promise((done) => {
      const check = () => {
        const found = this.diagnostics.get(uri);
        if (found && found.diagnostics.length > 0) done(found);
        return Boolean(found && found.diagnostics.length > 0);
      };
      if (!check()) this.waiting.push(check);
    });
  }

  // As vscode-languageclient stops a server: shutdown, exit, then the end of its input.
  async stop() {
    const answer = await this.request('shutdown');
    await this.notify('exit');
    this.child.stdin.end();
    const status = await this.exited;
    return { answer, ...status };
  }
}

// Runs a test with a bound, so that a wait that never ends says where it stood.
function main(seconds, test) {
  const step = { name: 'start' };
  const timer = setTimeout(() => {
    console.error(`nothing came within ${seconds} s; waited in: ${step.name}`);
    process.exit(1);
  }, seconds * 1000);
  test((name) => { step.name = name; console.log(`- ${name}`); }).then(
    () => { clearTimeout(timer); process.exit(0); },
    (error) => { console.error(`failed in: ${step.name}\n`, error); process.exit(1); });
}

module.exports = { assert, Client, lsp, main, makeModule, text };
