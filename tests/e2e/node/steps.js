// A fixed session for the tests that compare: what it asks, in order, and the answers it got.
'use strict';
const { text } = require('./client');

async function fixedSession(client, step) {
  const answers = {};
  const ask = async (name, method, params) => {
    step(name);
    answers[name] = await client.request(method, params);
  };
  step('initialize');
  answers.initialize = await client.initialize();
  const main = text('main.go');
  await client.open('main.go');
  const call = client.at('main.go', main, 'Greet("', 1);
  const file = { textDocument: call.textDocument };
  await ask('hover', 'textDocument/hover', call);
  await ask('definition', 'textDocument/definition', call);
  await ask('references', 'textDocument/references', { ...call, context: { includeDeclaration: true } });
  await ask('documentSymbol', 'textDocument/documentSymbol', file);
  await ask('foldingRange', 'textDocument/foldingRange', file);
  await ask('semanticTokens', 'textDocument/semanticTokens/full', file);
  await ask('signatureHelp', 'textDocument/signatureHelp', client.at('main.go', main, '"bridge"', 1));
  await ask('prepareRename', 'textDocument/prepareRename', call);
  await ask('rename', 'textDocument/rename', { ...call, newName: 'Begrüße' });
  const unfinished = text('unfinished.go.txt');
  await client.open('unfinished.go', unfinished);
  await ask('completion', 'textDocument/completion', {
    ...client.at('unfinished.go', unfinished, 'Printl', 6), context: { triggerKind: 1 },
  });
  await client.open('faulty.go', text('faulty.go.txt'));
  step('diagnostics');
  answers.diagnostics = [await client.diagnosticsOf('faulty.go'), await client.diagnosticsOf('unfinished.go')];
  step('an error');
  answers.error = await client.request('no/such/method', {}).catch(({ code, message }) => ({ code, message }));
  return answers;
}

module.exports = { fixedSession };
