// What two windows on the same files say of them, made comparable: only the order of what has none is
// changed. Positions are the same for both: they come from the text.
'use strict';

const sortKey = (value) => JSON.stringify(value);
const sorted = (list) => (Array.isArray(list) ? [...list].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)) : list);

// Files of which gopls speaks unasked only because one like them is open or was: those of a package that
// no pattern names, which it remembers for as long as it lives, and those of the module inside, which it
// has a view of while a file of it is open; a saved one still is, for a while after a resume. What it says
// of them tells what was looked at, not what there is.
function ofTheModules(uri, window) {
  if (/\/(_[^/]*|linked|vendor)\//.test(uri)) return false;
  return !uri.includes('/ws/nested/') || [...window.open_.keys()].some((name) => name.startsWith('nested/'));
}

// Up to `count` places of identifiers worth asking about: calls and declarations.
function positions(random, texts, count) {
  const found = [];
  for (const [name, text] of texts) {
    text.split('\n').forEach((line, number) => {
      if (line.startsWith('//') || line.startsWith('import')) return;
      for (const match of line.matchAll(/\b([A-Z]\w*)\b|"(example\.com[^"]*)"/g)) {
        found.push({ name, position: { line: number, character: match.index + 1 }, word: match[0] });
      }
    });
  }
  return random.some(found, count);
}

async function ask(window, method, params) {
  try {
    return await window.request(method, params);
  } catch (error) {
    if (error.code === undefined) throw error; // no answer at all
    return { error: error.code, message: error.message };
  }
}

function symbolsOfTheModules(found, window) {
  return sorted((Array.isArray(found) ? found : []).filter(({ location }) => ofTheModules(location.uri, window)));
}

// All of it at once: the first answers of a session count.
async function answersOf(window, places, names) {
  const questions = [];
  const put = (key, method, params, of = (answer) => answer) =>
    questions.push(ask(window, method, params).then((answer) => [key, of(answer)]));
  places.forEach(({ name, position, word }, index) => {
    const at = { textDocument: { uri: window.uri(name) }, position };
    const label = `${name}:${position.line + 1}:${position.character} ${word}`;
    put(`hover ${label}`, 'textDocument/hover', at);
    put(`definition ${label}`, 'textDocument/definition', at, sorted);
    if (index % 3 === 0) put(`references ${label}`, 'textDocument/references', { ...at, context: { includeDeclaration: true } }, sorted);
  });
  for (const name of names) put(`symbols of ${name}`, 'textDocument/documentSymbol', { textDocument: { uri: window.uri(name) } });
  for (const query of ['Alpha', 'New', 'Linked']) put(`symbols like ${query}`, 'workspace/symbol', { query }, (found) => symbolsOfTheModules(found, window));
  return Object.fromEntries(await Promise.all(questions));
}

// Of every file that has some, without the version, which is the window's.
function diagnosticsOf(window) {
  const found = {};
  const open = new Set([...window.open_.keys()].map((name) => window.uri(name)));
  for (const [uri, { diagnostics }] of window.diagnostics) {
    if (diagnostics.length > 0 && (open.has(uri) || ofTheModules(uri, window))) found[`diagnostics of ${uri}`] = sorted(diagnostics.map(withoutOrder));
  }
  return found;
}
function withoutOrder(diagnostic) {
  return { ...diagnostic, relatedInformation: sorted(diagnostic.relatedInformation) };
}

// Keys whose values differ, with both.
function differences(one, other) {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].filter((key) => sortKey(one[key]) !== sortKey(other[key])).sort()
    .map((key) => ({ key, resumed: one[key], fresh: other[key] }));
}

module.exports = { answersOf, diagnosticsOf, differences, positions };
