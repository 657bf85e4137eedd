// What happens to a workspace on disk while no editor looks: each operation takes the workspace, does
// one random thing, and says what; nothing where it does not apply. Texts may stop compiling: then both
// gopls must say the same of it.
'use strict';
const fs = require('fs');
const path = require('path');
const { GO_MOD, capital, fileText, functionText } = require('./workspace');

// Not made: an import cycle, and a link that leads nowhere. Of those a gopls says this or that, depending
// on which question came first; two fresh ones differ.

const packageOf = (text) => (text.match(/^package (\w+)/m) ?? [, 'main'])[1];
const functionPattern = /\n\/\/ (\w+) does (\d)\.\nfunc \w+\(n int\) (int|string) \{ return [^\n]*\}\n/g;

// Files that may go: those below _store are what the links lead to.
const removable = (ws) => ws.goFiles().filter((name) => !/^(linked|_store)\//.test(name));

// The text after one small edit.
function edited(random, text, newName) {
  const functions = [...text.matchAll(functionPattern)];
  const one = functions.length > 0 ? random.of(functions) : undefined;
  const kind = random.weighted([[4, 'number'], [3, 'type'], [3, 'add'], [1, 'remove'], [1, 'rename'], [0.5, 'break']]);
  if (kind === 'break') return text.includes('broken(') ? text.replace(/\nfunc broken\(.*\n/, '\n') : `${text}\nfunc broken( { return }\n`;
  if (kind === 'add' || !one) return text + functionText(random, capital(packageOf(text)) + newName());
  const [whole, name, number, type] = one;
  if (kind === 'number') return text.replace(`${name} does ${number}.`, `${name} does ${(Number(number) % 9) + 1}.`); // the same size
  if (kind === 'type') {
    return text.replace(whole, type === 'int'
      ? `\n// ${name} does ${number}.\nfunc ${name}(n int) string { return "${number}" }\n`
      : `\n// ${name} does ${number}.\nfunc ${name}(n int) int { return n + ${number} }\n`);
  }
  if (kind === 'remove') return text.replace(whole, '');
  return text.replaceAll(name, `${name}x`);
}

function edit(ws) {
  const name = ws.random.of(ws.goFiles());
  const text = ws.read(name);
  const after = edited(ws.random, text, () => ws.newName());
  // As editors save: in place, or a new file in the old one's place.
  if (ws.random.chance(0.5)) {
    ws.write(name, after);
    return `edit ${name}`;
  }
  const real = fs.realpathSync(ws.file(name));
  fs.writeFileSync(`${real}~`, after);
  fs.renameSync(`${real}~`, real);
  return `replace ${name}`;
}

function sameSize(ws) {
  const name = ws.random.of(ws.goFiles());
  ws.write(name, ws.read(name).replace(/does (\d)/, (_, digit) => `does ${(Number(digit) % 9) + 1}`));
  return `edit ${name}, same size`;
}

function imports(ws) {
  const name = ws.random.of(ws.goFiles().filter((each) => !/^(linked|_store|vendor|beta\/linked)/.test(each)));
  const line = `import _ "${ws.random.of(['strings', 'os', 'example.com/lib', ...(/^(alpha|nested)\//.test(name) ? [] : ['example.com/app/alpha'])])}"\n`;
  const text = ws.read(name);
  ws.write(name, text.includes(line) ? text.replace(line, '') : text.replace(/^(package \w+\n)/m, `$1\n${line}`));
  return `${line.trim()} in ${name}`;
}

function touch(ws) {
  const name = ws.random.of([...ws.goFiles(), 'go.mod']);
  if (!ws.has(name)) return undefined;
  const now = new Date();
  fs.utimesSync(ws.file(name), now, now);
  return `touch ${name}`;
}

function addFile(ws) {
  const like = ws.random.of(ws.goFiles().filter((name) => !name.startsWith('linked/')));
  const name = path.posix.join(path.posix.dirname(like), `${ws.newName().toLowerCase()}${ws.random.chance(0.2) ? '_test' : ''}.go`);
  const pkg = packageOf(ws.read(like));
  ws.write(name, fileText(ws.random, pkg, [capital(pkg) + ws.newName(), capital(pkg) + ws.newName()]));
  return `add ${name}`;
}

function addPackage(ws) {
  const name = ws.newName().toLowerCase();
  const dir = ws.random.of(['', 'alpha/', 'deep/er/']);
  ws.write(`${dir}${name}/${name}.go`, fileText(ws.random, name, [`${capital(name)}1`]));
  if (!ws.has('main.go') || ws.random.chance(0.4)) return `add package ${dir}${name}`;
  ws.write('main.go', ws.read('main.go')
    .replace('\t"fmt"\n', `\t"fmt"\n\n\t"example.com/app/${dir}${name}"\n`)
    .replace('func main() {\n', `func main() {\n\tfmt.Println(${name}.${capital(name)}1(1))\n`));
  return `add package ${dir}${name}, imported`;
}

function deleteFile(ws) {
  const name = ws.random.of(removable(ws));
  if (!name) return undefined;
  fs.rmSync(ws.file(name));
  return `delete ${name}`;
}

function deleteAndWrite(ws) {
  const name = ws.random.of(ws.goFiles());
  const text = ws.read(name);
  fs.rmSync(ws.file(name));
  ws.write(name, edited(ws.random, text, () => ws.newName()));
  return `delete and write ${name}`;
}

function renameFile(ws) {
  const name = ws.random.of(removable(ws));
  if (!name) return undefined;
  const to = path.posix.join(path.posix.dirname(name), `${ws.newName().toLowerCase()}.go`);
  fs.renameSync(ws.file(name), ws.file(to));
  return `rename ${name} ${to}`;
}

function renameDirectory(ws) {
  const dirs = ['alpha', 'beta', 'deep', 'nested/user'].filter((each) => ws.has(each));
  if (dirs.length === 0) return undefined;
  const dir = ws.random.of(dirs);
  const to = ws.random.chance(0.3) ? `_${dir.replace('/', '')}` : `${dir}${ws.newName().toLowerCase()}`;
  if (ws.has(to)) return undefined;
  fs.renameSync(ws.file(dir), ws.file(to));
  return `rename ${dir}/ ${to}/`;
}

function moveBack(ws) { // what a rename took away
  const away = fs.readdirSync(ws.root).find((each) => /^(_?(alpha|beta))(new\d+)*$/.test(each) && !['alpha', 'beta'].includes(each));
  const to = away?.replace(/^_|new\d+/g, '');
  if (!away || ws.has(to)) return undefined;
  fs.renameSync(ws.file(away), ws.file(to));
  return `rename ${away}/ ${to}/`;
}

function removeDirectory(ws) {
  const dir = ws.random.of(['alpha', 'beta', 'deep', 'nested/user', 'linked'].filter((each) => ws.has(each)));
  if (!dir) return undefined;
  fs.rmSync(ws.file(dir), { recursive: true });
  return `remove ${dir}/`;
}

function goMod(ws) {
  if (!ws.has('go.mod')) {
    ws.write('go.mod', GO_MOD);
    return 'go.mod is back';
  }
  const text = ws.read('go.mod');
  const kind = ws.random.weighted([[2, 'go'], [2, 'lib'], [1, 'unknown'], [1, 'module'], [0.5, 'garbage'], [0.5, 'delete'], [2, 'whole']]);
  if (kind === 'delete') fs.rmSync(ws.file('go.mod'));
  if (kind === 'go') ws.write('go.mod', text.replace(/^go .*$/m, `go 1.${ws.random.of([21, 22, 23, 24, 25])}`));
  if (kind === 'lib') ws.write('go.mod', text.includes('replace') ? text.replace(/\nreplace .*\n/, '\n') : `${text}\nreplace example.com/lib => ../outside/lib\n`);
  if (kind === 'unknown') ws.write('go.mod', `${text}\nrequire example.com/unknown v1.0.0\n`);
  if (kind === 'module') ws.write('go.mod', text.replace(/^module .*$/m, `module example.com/${ws.random.of(['app', 'other'])}`));
  if (kind === 'garbage') ws.write('go.mod', `${text}\ngarbage\n`);
  if (kind === 'whole') ws.write('go.mod', GO_MOD);
  return `go.mod: ${kind}`;
}

function goSum(ws) {
  if (ws.has('go.sum') && ws.random.chance(0.5)) {
    fs.rmSync(ws.file('go.sum'));
    return 'go.sum is gone';
  }
  ws.write('go.sum', 'example.com/unknown v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n');
  return 'go.sum: a line';
}

function goWork(ws) {
  if (!ws.has('go.work')) {
    ws.addWork();
    return 'go.work appears';
  }
  if (ws.random.chance(0.5)) {
    fs.rmSync(ws.file('go.work'));
    return 'go.work vanishes';
  }
  const text = ws.read('go.work');
  ws.write('go.work', text.includes('./nested') ? text.replace('\t./nested\n', '') : text.replace('\t.\n', '\t.\n\t./nested\n'));
  return 'go.work changes';
}

function vendor(ws) {
  if (!ws.has('vendor')) {
    ws.addVendor();
    return 'vendor/ appears';
  }
  if (ws.random.chance(0.4)) {
    fs.rmSync(ws.file('vendor'), { recursive: true });
    return 'vendor/ vanishes';
  }
  if (!ws.has('vendor/example.com/lib/lib.go')) return undefined;
  ws.write('vendor/example.com/lib/lib.go', edited(ws.random, ws.read('vendor/example.com/lib/lib.go'), () => ws.newName()));
  return 'vendor/ changes';
}

function linkFile(ws) {
  if (!ws.has('beta')) return undefined;
  const target = ws.random.of(['../_store/one.go', '../_store/two.go']);
  ws.link('beta/linked.go', target);
  return `beta/linked.go -> ${target}`;
}

function linkDirectory(ws) {
  const target = ws.random.of(['_store/dir1', '_store/dir2', 'alpha']);
  fs.rmSync(ws.file('linked'), { recursive: true, force: true });
  ws.link('linked', target);
  return `linked -> ${target}`;
}

function nested(ws) {
  if (!ws.has('nested/go.mod')) {
    ws.addNested();
    return 'nested/ appears';
  }
  if (ws.random.chance(0.3)) {
    fs.rmSync(ws.file('nested/go.mod'));
    return 'nested/go.mod vanishes';
  }
  if (ws.random.chance(0.5)) {
    fs.rmSync(ws.file('nested'), { recursive: true });
    return 'nested/ vanishes';
  }
  ws.write('nested/nested.go', edited(ws.random, ws.has('nested/nested.go') ? ws.read('nested/nested.go') : 'package nested\n', () => ws.newName()));
  return 'nested/nested.go: edit';
}

function outside(ws) {
  const name = '../outside/lib/lib.go';
  if (ws.random.chance(0.2)) {
    ws.write(`../outside/lib/${ws.newName().toLowerCase()}.go`, fileText(ws.random, 'lib', [`Lib${ws.newName()}`]));
    return 'the replaced module: a new file';
  }
  ws.write(name, edited(ws.random, ws.read(name), () => ws.newName()));
  return 'the replaced module: an edit';
}

function checkout(ws) {
  if (ws.branching) return undefined;
  const branch = ws.random.of(ws.branches);
  ws.git('checkout', '-q', '-f', branch);
  return `git checkout ${branch}`;
}

function buildTag(ws) {
  const name = ws.random.of(ws.goFiles());
  const text = ws.read(name);
  ws.write(name, text.startsWith('//go:build') ? text.replace(/^.*\n\n/, '') : `//go:build ${ws.random.of(['ignore', 'linux', 'windows'])}\n\n${text}`);
  return `a build constraint on ${name}`;
}

const operations = [
  [6, edit], [2, sameSize], [2, imports], [1, touch], [3, addFile], [2, addPackage], [2, deleteFile], [1, deleteAndWrite], [2, renameFile],
  [1, renameDirectory], [1, moveBack], [0.5, removeDirectory], [2, goMod], [1, goSum], [1.5, goWork], [1.5, vendor], [1, linkFile],
  [1, linkDirectory], [1.5, nested], [2, outside], [4, checkout], [1, buildTag],
];

// To look into one kind: PARK_ONLY is a pattern for the names of these functions.
const only = new RegExp(process.env.PARK_ONLY ?? '.');
const possible = operations.filter(([, one]) => only.test(one.name));

// Does `count` of them; what was done.
function operate(ws, count) {
  const done = [];
  for (let tries = 0; done.length < count && tries < 100; tries++) {
    const what = ws.goFiles().length < 4 ? checkout(ws) : ws.random.weighted(possible)(ws);
    if (what) done.push(what);
  }
  return done;
}

// Branches to check out: each some operations away from main.
function makeBranches(ws) {
  for (const name of ['one', 'two']) ws.makeBranch(name, () => operate(ws, 4));
}

module.exports = { edited, makeBranches, operate };
