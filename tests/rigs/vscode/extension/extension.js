// Starts the language server that bridgeE2e.alternateTools names, exactly as the Go extension starts
// gopls: { command: path, args: [], options: { env } }, no transport, so no argument is added. Its
// status bar item "bridge: <state> starts=N errors=N closed=N" is what the test reads.
'use strict';
const vscode = require('vscode');
const { LanguageClient, State } = require('vscode-languageclient/node');

let client;

exports.activate = (context) => {
  const item = vscode.window.createStatusBarItem('bridgeE2e.status', vscode.StatusBarAlignment.Left, 1000);
  const seen = { state: 'none', starts: 0, errors: 0, closed: 0 };
  const show = () => {
    item.text = `bridge: ${seen.state} starts=${seen.starts} errors=${seen.errors} closed=${seen.closed}`;
    item.show();
  };
  context.subscriptions.push(item);
  show();

  // The library's own error handler decides; this one only counts.
  let usual;
  const command = vscode.workspace.getConfiguration('bridgeE2e').get('alternateTools').gopls;
  client = new LanguageClient('go', 'gopls', { command, args: [], options: { env: process.env } }, {
    documentSelector: [{ language: 'go', scheme: 'file' }],
    errorHandler: {
      error(...args) { seen.errors++; show(); return usual.error(...args); },
      closed(...args) { seen.closed++; show(); return usual.closed(...args); },
    },
  });
  usual = client.createDefaultErrorHandler();
  context.subscriptions.push(client.onDidChangeState(({ newState }) => {
    if (newState === State.Starting) seen.starts++;
    seen.state = State[newState].toLowerCase();
    show();
  }));
  context.subscriptions.push(vscode.commands.registerCommand('bridgeE2e.restart', () => client.restart()));
  client.start().catch((error) => { seen.state = `failed: ${error.message}`; show(); });
};

exports.deactivate = () => client?.stop();
