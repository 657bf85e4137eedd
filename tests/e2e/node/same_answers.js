// same_answers.js GOPLS BRIDGE: the same session with gopls alone and through the bridge, in two
// modules of their own. Equal after replacing what differs from run to run: the module's path, and the
// order of the edits of a rename, which gopls takes from a map. Of the notifications the diagnostics of
// the two faulty files are compared; which others come, and when, is gopls' to choose.
'use strict';
const { assert, Client, main, makeModule } = require('./client');
const { fixedSession } = require('./steps');

const [gopls, bridge] = process.argv.slice(2);

async function run(argv, name, step) {
  const root = makeModule();
  const client = new Client(argv, root);
  const answers = await fixedSession(client, (what) => step(`${name}: ${what}`));
  step(`${name}: shutdown`);
  answers.stop = await client.stop();
  answers.asked = [...new Set(client.asked)].sort();
  answers.stderr = client.stderr;
  for (const change of answers.rename.documentChanges) {
    change.edits.sort((a, b) => a.range.start.line - b.range.start.line || a.range.start.character - b.range.start.character);
  }
  answers.rename.documentChanges.sort((a, b) => a.textDocument.uri.localeCompare(b.textDocument.uri));
  return JSON.parse(JSON.stringify(answers).replaceAll(root, '/module'));
}

main(100, async (step) => {
  const direct = await run([gopls], 'gopls alone', step);
  const bridged = await run([bridge, '--gopls', gopls], 'through the bridge', step);
  step('compare');
  assert.ok(direct.hover && direct.rename && direct.completion.items.length > 0);
  assert.equal(direct.error.code, -32601);
  assert.deepEqual(bridged, direct);
});
