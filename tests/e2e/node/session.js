// session.js GOPLS BRIDGE private|connect: a whole session as VS Code has it, through the bridge.
'use strict';
const cp = require('child_process');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const { assert, Client, main, makeModule, text } = require('./client');

const [gopls, bridge, mode] = process.argv.slice(2);

// gopls says "listening" before it binds: only a connect() that succeeds is proof.
function connects(socket) {
  return new Promise((done) => {
    const connection = net.connect(socket, () => { connection.destroy(); done(true); });
    connection.on('error', () => done(false));
  });
}

async function startShared() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bridge-gopls-')); // 0700
  const socket = path.join(dir, 'gopls.sock');
  const child = cp.spawn(gopls, ['serve', `-listen=unix;${socket}`], { stdio: 'ignore' });
  process.on('exit', () => { child.kill('SIGKILL'); fs.rmSync(dir, { recursive: true, force: true }); });
  while (!(await connects(socket))) {
    assert.equal(child.exitCode, null, 'gopls serve has ended');
    await new Promise((next) => setTimeout(next, 5));
  }
  return { socket, child };
}

async function session(client, step) {
  step('initialize');
  const { capabilities, serverInfo } = await client.initialize();
  assert.equal(serverInfo.name, 'gopls');
  assert.ok(capabilities.hoverProvider);

  step('hover');
  const main = text('main.go');
  await client.open('main.go');
  const hover = await client.request('textDocument/hover', client.at('main.go', main, 'Greet("', 1));
  assert.match(hover.contents.value, /func Greet\(name string\) string/);
  assert.match(hover.contents.value, /Greet makes the greeting/);

  step('definition');
  const definition = await client.request('textDocument/definition', client.at('main.go', main, 'Greet("', 1));
  const [target] = [definition].flat();
  assert.equal(target.uri ?? target.targetUri, client.uri('main.go'));
  assert.equal((target.range ?? target.targetSelectionRange).start.line, 5);

  step('completion');
  const unfinished = text('unfinished.go.txt');
  await client.open('unfinished.go', unfinished);
  const completion = await client.request('textDocument/completion', {
    ...client.at('unfinished.go', unfinished, 'Printl', 6), context: { triggerKind: 1 },
  });
  assert.ok(completion.items.some((item) => item.label === 'Println'), JSON.stringify(completion.items.map((item) => item.label)));

  step('diagnostics');
  await client.open('faulty.go', text('faulty.go.txt'));
  const published = await client.diagnosticsOf('faulty.go');
  assert.match(published.diagnostics[0].message, /cannot use "not a number"/);

  step('rename');
  const where = client.at('main.go', main, 'Greet(n', 1);
  const prepared = await client.request('textDocument/prepareRename', where);
  assert.equal(prepared.placeholder ?? 'Greet', 'Greet');
  const edit = await client.request('textDocument/rename', { ...where, newName: 'Welcome' });
  const files = (edit.documentChanges ?? []).map((change) => path.basename(change.textDocument.uri)).sort();
  assert.deepEqual(files, ['main.go', 'other.go']);
  assert.ok(client.asked.includes('workspace/configuration'), 'gopls asked for the configuration');
}

main(100, async (step) => {
  const shared = mode === 'connect' ? await startShared() : undefined;
  const client = new Client([bridge, ...(shared ? ['--connect', shared.socket] : ['--gopls', gopls])], makeModule());
  await session(client, step);

  step('shutdown and exit');
  const { answer, code, signal } = await client.stop();
  assert.equal(answer, null);
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, client.stderr);
  assert.equal(client.stderr, '', 'VS Code shows each line on stderr as an error');
  assert.equal(client.failure, undefined);
  if (shared) {
    step('the shared gopls lives on');
    assert.ok(await connects(shared.socket));
    assert.equal(shared.child.exitCode, null);
  }
});
