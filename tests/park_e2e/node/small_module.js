// A module of two packages, of which a hover tells which text it has seen.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { assert } = require('../../e2e/node/client');

class SmallModule {
  constructor() {
    this.root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'bridge-park-')));
    process.on('exit', () => this.remove());
    fs.mkdirSync(path.join(this.root, 'answer'));
    fs.writeFileSync(path.join(this.root, 'go.mod'), 'module example.com/small\n\ngo 1.24\n');
    fs.writeFileSync(path.join(this.root, 'main.go'), 'package main\n\nimport "example.com/small/answer"\n\nfunc main() { println(answer.Answer(1)) }\n');
    this.say(0);
  }
  remove() { fs.rmSync(this.root, { recursive: true, force: true }); }
  // On disk only: nobody tells.
  say(number) {
    this.number = number;
    fs.writeFileSync(path.join(this.root, 'answer/answer.go'), `package answer\n\n// Answer says ${number}.\nfunc Answer(n int) int { return n }\n`);
  }
  // Opens main.go where it is not open, and hovers over what answer.go says.
  async hover(window) {
    if (!window.open_.has('main.go')) await window.openFile('main.go');
    const answer = await window.request('textDocument/hover', window.at('main.go', window.open_.get('main.go').text, 'Answer(', 1));
    assert.match(answer?.contents.value ?? 'no hover', new RegExp(`Answer says ${this.number}\\.`));
  }
}

module.exports = { SmallModule };
