// kills.js GOPLS BRIDGE KILLS [SEED]: the server is killed again and again while a user works; does the
// user see anything of it? KILLS 0: the same work, and no kill. BRIDGE "": gopls alone (only without kills).
//
// After each kill: every request is answered, none with an error but ContentModified and
// RequestCancelled; no message is shown; each document of the server's is the editor's, letter by
// letter; diagnostics come and go; the bridge is the process that it was. The moments of the kills are
// drawn from the seed; nothing else waits for time.
'use strict';
const fs = require('fs');
const { setTimeout: delay } = require('timers/promises');
const { assert, Client, lsp, main, makeModule } = require('./client');
const { ScriptedUser } = require('./scripted_user');
const { ServerKiller } = require('./server_killer');

const [gopls, bridge, killsText, seedText] = process.argv.slice(2);
const kills = Number(killsText);
const seed = Number(seedText ?? Math.floor(Math.random() * 2 ** 32));
const ContentModified = -32801, RequestCancelled = -32800;

// The editor with an eye on what its user would see.
class WatchedClient extends Client {
  listen(readable, writable) {
    super.listen(readable, writable);
    this.keepBytes = false; // hours of it
    this.losses = 0; // kills so far
    this.restored = true; // the server has answered since the last one
    this.shown = [];
    this.registered = new Set();
    this.progress = new Set();
    this.errors = {};
    this.onServerRequest = (method, params) => {
      if (method === 'client/registerCapability') {
        for (const { id } of params.registrations) {
          if (this.registered.has(id)) this.shown.push(`registered twice: ${id}`);
          this.registered.add(id);
        }
      }
      if (method === 'client/unregisterCapability') {
        for (const { id } of params.unregisterations) {
          if (!this.registered.delete(id)) this.shown.push(`unregistered, but never registered: ${id}`);
        }
      }
      if (method === 'window/showMessageRequest') this.shown.push(params.message);
      if (method === 'workspace/applyEdit') { this.applied = params.edit; return { applied: true }; }
      return undefined;
    };
    this.onServerNotification = (method, params) => {
      if (method === 'window/showMessage') this.shown.push(`type ${params.type}: ${params.message}`);
    };
    this.connection.onUnhandledProgress(({ token, value }) => {
      if (value.kind === 'begin') this.progress.add(token);
      if (value.kind === 'end') this.progress.delete(token);
    });
  }

  // As Client.request, for the user: an error that VS Code is silent about is { error: code }.
  ask(method, params, cancels) {
    const cancellation = new lsp.CancellationTokenSource();
    const losses = this.losses, restored = this.restored;
    const answer = this.connection.sendRequest(method, params, cancellation.token).then((result) => ({ result }), (error) => {
      const during = this.losses - losses;
      // Plain gopls, too, answers some cancelled requests with code 0.
      const meant = error.code === RequestCancelled || error.message === 'context canceled' ? cancels
        : error.code === ContentModified && (during > 0 || !restored);
      if (!meant) throw new Error(`${method}: ${error.code} ${error.message} (${during} kills since it was asked)`);
      this.errors[error.code] = (this.errors[error.code] ?? 0) + 1;
      return { error: error.code };
    });
    answer.cancel = () => cancellation.cancel();
    return answer;
  }

  // Until it is answered with a result.
  async insist(method, params) {
    for (;;) {
      const { result, error } = await this.ask(method, params);
      if (!error) return result;
    }
  }

  // The text that the server has: gopls gives away whatever one moves to another file.
  async serverText(document) {
    const first = document.text.indexOf('const');
    this.applied = undefined;
    await this.insist('workspace/executeCommand', {
      command: 'gopls.extract_to_new_file',
      arguments: [{ uri: document.uri, range: { start: document.position(first), end: document.position(document.text.length) } }],
    });
    const [left, , moved] = this.applied.documentChanges;
    return { version: left.textDocument.version, text: moved.edits[0].newText };
  }

  errorsOf(document) {
    return (this.diagnostics.get(document.uri)?.diagnostics ?? []).filter(({ severity }) => severity === 1);
  }
  until(test) {
    return new Promise((done) => {
      const check = () => { const seen = test(); if (seen) done(); return seen; };
      if (!check()) this.waiting.push(check);
    });
  }
}

async function checkTexts(client, user, step) {
  await user.answered();
  for (const document of user.documents) {
    step(`the text of ${document.uri}`);
    assert.deepEqual(await client.serverText(document), { version: document.version, text: document.text });
  }
  assert.deepEqual(client.shown, []);
}

// An error in the text is reported at its place, and taken back when it has gone. `meanwhile`: with the
// other document.
async function checkDiagnostics(client, user, step, meanwhile) {
  const [document, other] = user.below(2) ? user.documents : [...user.documents].reverse();
  const at = document.text.length;
  const wrong = `\nvar wrong${++user.number} int = "🙂"\n`;
  document.edit([at, at, wrong]);
  await meanwhile(other);
  step('a diagnostic');
  const start = document.position(at + wrong.indexOf('"'));
  await client.until(() => client.errorsOf(document).some(({ range, message }) =>
    message.includes('cannot use') && range.start.line === start.line && range.start.character === start.character));
  document.edit([at, at + wrong.length, '']);
  await meanwhile(other);
  step('no diagnostic');
  await client.until(() => user.documents.every((each) => client.errorsOf(each).length === 0));
}

const memory = (pid) => fs.readFileSync(`/proc/${pid}/status`, 'latin1').match(/^VmRSS:\s*(.*)$/m)[1];

console.log(`seed ${seed}`);
const bound = 100 + kills * 8; // seconds; bounds a wait that never ends
main(bound, async (step) => {
  const client = new WatchedClient(bridge ? [bridge, '--gopls', gopls] : [gopls], makeModule());
  const user = new ScriptedUser({
    seed,
    ask: (...args) => client.ask(...args),
    tell: (method, params) => { void client.notify(method, params); },
    uriOf: (name) => client.uri(name),
  });
  const killer = new ServerKiller(client.child.pid);
  const kill = async () => {
    client.restored = false;
    client.losses++; // before the deed: its consequences come at once
    await killer.kill();
  };
  // The server of now has answered: one that is lost before that counts as a start that failed.
  const alive = async () => {
    await client.insist('textDocument/foldingRange', { textDocument: user.documents[0].id });
    client.restored = true;
  };
  await client.initialize();
  await user.start();
  await checkTexts(client, user, step);

  const rounds = kills || 20;
  const memoryAtFirst = memory(client.child.pid);
  for (let round = 1; killer.kills < kills || (kills === 0 && round <= rounds); round++) {
    step(`round ${round}, ${killer.kills} kills`);
    if (user.below(12) === 0) await delay(2200 + user.below(500)); // a user who reads: the server settles
    const killed = (async () => {
      if (kills === 0) return;
      await delay(user.below(150));
      await kill();
      if (user.below(5) === 0) { // and the next one, wherever it has got to
        await delay(user.below(600));
        await kill();
      }
    })();
    if (round % 5 === 0) await checkDiagnostics(client, user, step, (other) => user.step(other));
    for (let steps = 1 + user.below(6); steps > 0; steps--) await user.step();
    await killed;
    step('the server answers');
    await alive();
    await checkTexts(client, user, step);
    assert.equal(client.child.exitCode, null, client.stderr);
  }

  await checkDiagnostics(client, user, step, () => {});
  await checkTexts(client, user, step);
  step('progress ends');
  await client.until(() => client.progress.size === 0);
  const memoryAtLast = memory(client.child.pid);
  step('shutdown and exit');
  const { code, signal } = await client.stop();
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, client.stderr);
  assert.equal(client.failure, undefined);
  assert.deepEqual(client.shown, []);
  console.log(`${killer.kills} kills; ${JSON.stringify(user.done)}; errors ${JSON.stringify(client.errors)}; ` +
    `memory ${memoryAtFirst} at first, ${memoryAtLast} at last; ${client.stderr.split('\n').length - 1} lines on stderr`);
});
