// bytes.js GOPLS BRIDGE RECORDER private|connect: are the bytes on both sides of the bridge the same? The
// recorder stands between bridge and gopls; the client keeps what it wrote and read. One run, no
// normalising. Exceptions (DESIGN.md, "Invariants"): `exit` does not reach a server behind --connect.
// A frame that gopls left unfinished when it ended does not reach the editor.
'use strict';
const cp = require('child_process');
const fs = require('fs');
const path = require('path');
const { assert, Client, main, makeModule } = require('./client');
const { fixedSession } = require('./steps');

const [gopls, bridge, recorder, mode] = process.argv.slice(2);

// The bytes of the last frame, if it is the method's; else nothing.
function lastFrame(bytes, method) {
  const start = bytes.lastIndexOf('Content-Length: ');
  return bytes.subarray(start).toString().includes(`"method":"${method}"`) ? bytes.subarray(start) : Buffer.alloc(0);
}

// gopls writes header and body apart and may end in between, after `exit`: the bridge sends on whole frames.
function wholeFrames(bytes) {
  let end = 0;
  for (;;) {
    const header = /^Content-Length: (\d+)\r\n\r\n/.exec(bytes.subarray(end, end + 60).toString('latin1'));
    if (!header || end + header[0].length + Number(header[1]) > bytes.length) return bytes.subarray(0, end);
    end += header[0].length + Number(header[1]);
  }
}

function assertSame(what, actual, expected) {
  if (actual.equals(expected)) return;
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at++;
  assert.fail(`${what}: ${actual.length} against ${expected.length} bytes, different from byte ${at} on:\n` +
    `got:      ${actual.subarray(Math.max(0, at - 60), at + 100)}\nexpected: ${expected.subarray(Math.max(0, at - 60), at + 100)}`);
}

main(100, async (step) => {
  const root = makeModule();
  // gopls v0.23 may take a second to answer `shutdown`; here it shall be its own answer.
  const env = { RECORDER_SERVER: gopls, RECORDER_DIR: root, GOPLS_BRIDGE_SHUTDOWN_ANSWER_AFTER_MS: '20000' };
  let argv = [bridge, '--gopls', recorder];
  if (mode === 'connect') {
    const socket = path.join(root, 'socket');
    const server = cp.spawn(recorder, ['--recorder-listen', socket], { env: { ...process.env, ...env }, stdio: 'ignore' });
    process.on('exit', () => server.kill('SIGKILL'));
    while (!fs.existsSync(socket)) await new Promise((next) => setTimeout(next, 5));
    argv = [bridge, '--connect', socket];
  }
  const client = new Client(argv, root, env);
  await fixedSession(client, step);

  step('shutdown');
  const { code } = await client.stop();
  assert.equal(code, 0, client.stderr);
  const sent = Buffer.concat(client.sentBytes);
  const received = Buffer.concat(client.receivedBytes);
  const exit = lastFrame(sent, 'exit');
  assert.notEqual(exit.length, 0);
  const expected = mode === 'connect' ? sent.subarray(0, sent.length - exit.length) : sent;
  assertSame('to gopls', fs.readFileSync(path.join(root, 'to_server')), expected);
  assertSame('to the editor', received, wholeFrames(fs.readFileSync(path.join(root, 'to_editor'))));
  console.log(`equal: ${sent.length} bytes to gopls, ${received.length} to the editor`);
});
