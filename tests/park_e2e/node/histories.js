// histories.js GOPLS BRIDGE COUNT [FIRST]: is a resumed session ever stale? COUNT random histories: an editor
// works on a generated workspace and leaves; then its files change; an editor that comes back is compared
// with a gopls that has just been started: hovers, definitions, references, symbols, diagnostics. Five
// histories in a row are of one seed, from FIRST (1) on; a seed repeats all of them. For BRIDGE also
// `fresh`: gopls alone, each time anew; `told` and `untold`: one gopls that lives on, with and without
// file events; of the last differences are wanted, and it fails without.
'use strict';
const { assert, main } = require('../../e2e/node/client');
const { answersOf, diagnosticsOf, differences, positions } = require('./answers');
const { edited, makeBranches, operate } = require('./operations');
const { AllFresh, LivingOn } = require('./told');
const { Random } = require('./random');
const { Bridge, Place, Window, waysToLeave } = require('./window');
const { Workspace } = require('./workspace');

const kPerSeed = 5;
const [gopls, bridge, count = '10', first = '1'] = process.argv.slice(2);
// Long beside what gopls takes: waited for in vain only where the two differ.
const kSettleMs = bridge === 'untold' ? 1_000 : 5_000;

const later = (ms) => new Promise((next) => setTimeout(next, ms));

// What a user does before leaving: edits, some of them saved; a file changed by another program.
async function work(window, ws, done) {
  const { random } = ws;
  for (const name of random.some([...window.open_.keys()], random.below(3))) {
    await window.change(name, edited(random, window.open_.get(name).text, () => ws.newName()));
    const saved = random.chance(0.5);
    if (saved) await window.save(name);
    done.push(`typed into ${name}${saved ? ', saved' : ''}`);
    if (random.chance(0.3)) await window.request('textDocument/hover', { textDocument: { uri: window.uri(name) }, position: { line: 0, character: 9 } }).catch(() => {}); // gopls may refuse
  }
  if (random.chance(0.3) && window.open_.size > 1) {
    const name = random.of([...window.open_.keys()]);
    await window.close(name);
    done.push(`closed ${name}`);
  }
  if (random.chance(0.3)) done.push(...operate(ws, 1).map((what) => `${what} (nobody tells)`));
}

const cut = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 1500);
const reported = ({ key, resumed, fresh, later: after }) => `  * ${key}\n      resumed: ${cut(resumed)}\n      fresh:   ${cut(fresh)}` +
  (after ? `\n      asked again: ${after === 'equal' ? 'equal' : `${cut(after.resumed)}\n      and:         ${cut(after.fresh)}`}` : '');

// Opens the same files in both and asks both the same at once.
async function compare(ws, resumed, fresh, step) {
  const { random } = ws;
  const all = ws.goFiles();
  const names = [...new Set([...all.filter((name) => name === 'main.go'), ...random.some(all, 3)])];
  const places = positions(random, names.map((name) => [name, ws.read(name)]), 12);
  const asked = async (window) => {
    for (const name of names) await window.openFile(name);
    return answersOf(window, places, names);
  };
  step('first answers');
  const [ours, theirs] = await Promise.all([asked(resumed), asked(fresh)]);
  step('settled diagnostics');
  const end = Date.now() + kSettleMs;
  let found;
  for (let pause = 10; ; pause = 50) {
    found = differences(diagnosticsOf(resumed), diagnosticsOf(fresh));
    if (Date.now() > end) break;
    if (found.length === 0) break;
    await later(pause);
  }
  found.push(...differences(ours, theirs));
  if (found.length === 0) return found;
  // For the report: what passes, and on which side.
  const [again, theirsAgain] = await Promise.all([answersOf(resumed, places, names), answersOf(fresh, places, names)]);
  for (const each of found) {
    if (!(each.key in ours || each.key in theirs)) continue;
    each.later = JSON.stringify(again[each.key]) === JSON.stringify(theirsAgain[each.key]) ? 'equal' : { resumed: again[each.key], fresh: theirsAgain[each.key] };
    each.passes = JSON.stringify(theirs[each.key]) !== JSON.stringify(theirsAgain[each.key]) ? 'the fresh one changed its mind' : undefined;
  }
  return found.filter((each) => each.passes === undefined || each.later !== 'equal');
}

async function seedOf(seed, histories, way, place, tally, step) {
  const ws = new Workspace(new Random(seed));
  makeBranches(ws);
  let window = way.window(ws.root);
  const done = [];
  try {
    step(`seed ${seed}, first start`);
    await window.begin();
    for (const name of ws.random.some(ws.goFiles(), 3)) await window.openFile(name);
    await window.request('workspace/symbol', { query: 'Alpha' });
    for (let number = 1; number <= histories; number++) {
      const what = (text) => step(`seed ${seed}, history ${number}: ${text}`);
      what('works');
      way.resumed();
      await work(window, ws, done);
      const how = ws.random.of(waysToLeave);
      what(`leaves by ${how}`);
      const { code, signal } = await window.leave(how);
      assert.ok(signal === null || how === 'SIGTERM', `ended by ${signal}`);
      assert.ok(code === 0 || how === 'SIGTERM', `exit code ${code}: ${window.stderr}`);
      done.push(`left by ${how}`);
      const changes = operate(ws, 1 + ws.random.below(6));
      done.push(...changes);
      what(`comes back after ${changes.join('; ')}`);
      window = way.window(ws.root);
      const fresh = new Window([gopls], ws.root, place.env);
      await Promise.all([window.begin(), fresh.begin()]);
      const found = await compare(ws, window, fresh, what);
      const resumed = way.resumed().more > 0;
      tally.histories++;
      if (resumed) tally.resumed++;
      done.push(resumed ? '-- resumed' : '-- not resumed');
      what('the fresh one leaves');
      await fresh.leave('shutdown and exit');
      if (found.length > 0) {
        if (bridge !== 'untold') {
          console.log(`DIFFERENT: seed ${seed}, history ${number}\n  ${done.join('\n  ')}`);
          for (const each of found) console.log(reported(each).replaceAll(ws.top, ''));
        }
        tally.different.push(`${seed}/${number}`);
      }
    }
    await window.leave('shutdown and exit');
    await way.done?.();
  } finally {
    ws.remove();
  }
}

main(Number(count) * 12 + 60, async (say) => {
  let at = '';
  const step = (text) => { at = text; if (process.env.VERBOSE) say(text); };
  const place = new Place();
  const way = bridge === 'fresh' ? new AllFresh(gopls, place)
    : ['told', 'untold'].includes(bridge) ? new LivingOn(gopls, place, bridge === 'told') : new Bridge(gopls, bridge, place);
  const tally = { histories: 0, resumed: 0, different: [] };
  const began = Date.now();
  try {
    for (let seed = Number(first); tally.histories < Number(count); seed++) {
      await seedOf(seed, Math.min(kPerSeed, Number(count) - tally.histories), way, place, tally, step);
    }
  } catch (error) {
    console.log(`in: ${at}`);
    throw error;
  } finally {
    way.stop();
    place.remove();
  }
  console.log(`seeds from ${first} on: ${tally.histories} histories, ${tally.resumed} resumed, ${tally.different.length} different, ${Math.round((Date.now() - began) / 1000)} s`);
  if (bridge === 'untold') return assert.ok(tally.different.length > 0, 'the comparison sees nothing');
  assert.deepEqual(tally.different, []);
  return assert.ok(tally.resumed * 2 >= tally.histories, 'fewer than half were resumed');
});
