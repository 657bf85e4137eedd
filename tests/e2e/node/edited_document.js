// A document as an editor has it: text, version, and the notifications that tell a server of each
// change. JavaScript counts characters as LSP does (UTF-16), so nothing is converted here.
'use strict';

class EditedDocument {
  // `send(method, params)`: to the server.
  constructor(uri, text, send) {
    this.uri = uri;
    this.text = text;
    this.version = 1;
    this.send = send;
  }

  get id() { return { uri: this.uri }; }

  position(offset) {
    const line = this.text.slice(0, offset).split('\n');
    return { line: line.length - 1, character: line.at(-1).length };
  }

  offset({ line, character }) {
    let start = 0;
    for (let i = 0; i < line; i++) start = this.text.indexOf('\n', start) + 1;
    return start + character;
  }

  open() {
    this.send('textDocument/didOpen', { textDocument: { uri: this.uri, languageId: 'go', version: this.version, text: this.text } });
  }
  close() { this.send('textDocument/didClose', { textDocument: this.id }); }

  // Edits of one notification: [start, end, text], each in the text that those before it have made.
  edit(...edits) {
    const contentChanges = edits.map(([start, end, text]) => {
      const range = { start: this.position(start), end: this.position(end) };
      this.text = this.text.slice(0, start) + text + this.text.slice(end);
      return { range, text };
    });
    this.change(contentChanges);
  }

  replaceAll(text) {
    this.text = text;
    this.change([{ text }]);
  }

  // The TextEdits of a server: all of them in the text as it is.
  apply(textEdits) {
    const edits = textEdits.map(({ range, newText }) => [this.offset(range.start), this.offset(range.end), newText]);
    this.edit(...edits.sort((a, b) => b[0] - a[0])); // from behind: the places before stay where they are
  }

  change(contentChanges) {
    this.version++;
    this.send('textDocument/didChange', { textDocument: { uri: this.uri, version: this.version }, contentChanges });
  }
}

module.exports = { EditedDocument };
