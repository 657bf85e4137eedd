// A user who writes Go: types letter by letter, takes letters back, pastes, removes, renames, saves,
// asks. What is done and when comes from a seed. After each step every document parses, so a server
// that refuses it has another text.
//
// Asks only what plain gopls always answers: a request whose place an edit could take away is answered
// before that edit.
'use strict';
const fs = require('fs');
const { setImmediate: turn, setTimeout: delay } = require('timers/promises');
const { fileURLToPath } = require('url');
const { EditedDocument } = require('./edited_document');

// mulberry32: small, and the same everywhere.
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const words = ['naïve', '🙂', 'tea', '𝒳𝒴', 'Grüße', 'x', '日本', '👩‍👩‍👧', '\\\\', '%d'];
const head = (names) => `package main\n\n${names.map((name) => `const ${name} = "top 🙂"\n`).join('\n')}`;

class ScriptedUser {
  // `ask(method, params)` gives a promise of { result } or { error: code }; `tell` notifies.
  constructor({ seed, ask, tell, uriOf }) {
    this.random = randomFrom(seed);
    this.ask = ask;
    this.tell = tell;
    this.number = 0;
    this.pending = new Set();
    this.done = {};
    // `anchors`: constants at the top, which no edit but a rename moves. diary.go is on disk.
    this.documents = ['diary.go', 'unsaved.go'].map((name, n) => {
      const anchors = [`anchorA${n}`, `anchorB${n}`];
      const document = new EditedDocument(uriOf(name), head(anchors), tell);
      return Object.assign(document, { anchors, saves: n === 0, onDisk: false });
    });
  }

  below(n) { return Math.floor(this.random() * n); }
  pick(list) { return list[this.below(list.length)]; }

  async start() {
    for (const document of this.documents) {
      if (document.saves) this.save(document);
      document.open();
    }
  }

  // One thing that users do.
  async step(document = this.pick(this.documents)) {
    const acts = ['type', 'type', 'type', 'paste', 'remove', 'twoPlaces', 'replaceAll', 'rename', 'save', 'reopen', 'look', 'look', 'cancel'];
    const act = this.pick(acts);
    this.done[act] = (this.done[act] ?? 0) + 1;
    await this[act](document);
  }

  // Places between entries, where another may stand: behind an empty line, or at the end.
  gaps(document) {
    const from = head(document.anchors).length;
    const found = [document.text.length];
    for (let at = document.text.indexOf('\n\n', from - 1); at >= 0; at = document.text.indexOf('\n\n', at + 1)) found.push(at + 1);
    return found;
  }

  entry(document) {
    const name = `entry${++this.number}`;
    const said = Array.from({ length: 1 + this.below(4) }, () => this.pick(words)).join(' ');
    return this.pick([
      `\n// ${name} says ${said}.\nconst ${name} = "${said}"\n`,
      `\nfunc ${name}() string {\n\treturn ${this.pick(document.anchors)} + Greet("${said}")\n}\n`,
    ]);
  }

  async type(document) {
    let at = this.pick(this.gaps(document));
    let unfinished;
    const letters = Array.from(this.entry(document)); // never half a surrogate pair
    while (letters.length > 0) {
      const piece = letters.splice(0, 1 + this.below(3)).join('');
      document.edit([at, at, piece]);
      at += piece.length;
      if (this.below(12) === 0) {
        unfinished = this.request('textDocument/completion', { textDocument: document.id, position: document.position(at), context: { triggerKind: 1 } });
      } else if (this.below(12) === 0) {
        await unfinished;
        const typo = this.pick(words);
        document.edit([at, at, typo]);
        document.edit([at, at + typo.length, '']);
      }
      await (this.below(4) === 0 ? delay(this.below(8)) : turn());
    }
    await unfinished;
  }

  async paste(document) {
    const at = this.pick(this.gaps(document));
    document.edit([at, at, this.entry(document)]);
  }

  // Bounds of an entry that is there.
  someEntry(document) {
    const gaps = this.gaps(document).sort((a, b) => a - b);
    const n = this.below(gaps.length - 1);
    return gaps.length < 2 ? undefined : [gaps[n], gaps[n + 1]];
  }

  async remove(document) {
    const entry = this.someEntry(document);
    if (entry && document.text.length > 2000) document.edit([...entry, '']);
    else await this.paste(document);
  }

  // Several changes in one notification; the second is in the text that the first has made.
  async twoPlaces(document) {
    const [first, second] = [this.entry(document), this.entry(document)];
    const at = this.pick(this.gaps(document));
    document.edit([at, at, first], [at + first.length, at + first.length, second]);
    const entry = this.someEntry(document);
    document.edit([document.text.length, document.text.length, this.entry(document)], [...entry, '']);
  }

  async replaceAll(document) {
    document.replaceAll(head(document.anchors) + Array.from({ length: 5 }, () => this.entry(document)).join(''));
  }

  async rename(document) {
    await this.answered();
    const old = this.pick(document.anchors);
    const name = `anchor${++this.number}`;
    const { result, error } = await this.request('textDocument/rename', { ...this.anchorAt(document, old), newName: name });
    if (error) return; // the user sees nothing happen, and goes on
    for (const { textDocument, edits } of result.documentChanges) {
      const changed = this.documents.find(({ uri }) => uri === textDocument.uri);
      if (!changed || textDocument.version !== changed.version) throw new Error(`a rename of ${textDocument.uri} ${textDocument.version}`);
      changed.apply(edits);
    }
    document.anchors[document.anchors.indexOf(old)] = name;
    if (!document.text.startsWith(head(document.anchors))) throw new Error(`the rename gave: ${document.text.slice(0, 200)}`);
  }

  async save(document) {
    if (!document.saves) return;
    fs.writeFileSync(fileURLToPath(document.uri), document.text);
    this.tell('workspace/didChangeWatchedFiles', { changes: [{ uri: document.uri, type: document.onDisk ? 2 : 1 }] });
    if (document.onDisk) this.tell('textDocument/didSave', { textDocument: document.id });
    document.onDisk = true;
  }

  async reopen(document) {
    await this.answered();
    document.close();
    if (this.below(2)) await turn();
    document.version = 1;
    document.open();
  }

  anchorAt(document, name) {
    return { textDocument: document.id, position: document.position(document.text.indexOf(name) + 1) };
  }

  // Asks, and waits for the answer or does not.
  async look(document) {
    const name = this.pick(document.anchors);
    const method = this.pick(['hover', 'hover', 'hover', 'definition', 'references', 'documentHighlight', 'prepareRename', 'documentSymbol', 'semanticTokens/full', 'foldingRange']);
    const asked = this.request(`textDocument/${method}`, { ...this.anchorAt(document, name), context: { includeDeclaration: true } });
    const checked = method === 'hover' ? asked.then(({ result, error }) => {
      if (!error && !result?.contents.value.includes(`const ${name} `)) throw new Error(`hover of ${name}: ${JSON.stringify(result)}`);
    }) : asked;
    this.hold(checked);
    if (this.below(3) === 0) await checked;
  }

  async cancel(document) {
    const name = this.pick(document.anchors);
    const asked = this.request('textDocument/references', { ...this.anchorAt(document, name), context: { includeDeclaration: true } }, true);
    if (this.below(2)) await turn();
    asked.cancel();
    await asked;
  }

  request(method, params, cancelled = false) {
    const asked = this.ask(method, params, cancelled);
    this.hold(asked);
    return asked;
  }
  // Until it has ended; what it throws comes out of answered().
  hold(promise) {
    const held = promise.then(() => this.pending.delete(held), (error) => { this.failure ??= error; });
    this.pending.add(held);
  }
  async answered() {
    await Promise.all(this.pending);
    if (this.failure) throw this.failure;
  }
}

module.exports = { ScriptedUser };
