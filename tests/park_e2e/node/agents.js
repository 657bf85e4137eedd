// agents.js GOPLS BRIDGE: equal clients one after the other, at once, and one that restarts its server;
// a gopls that was replaced while a session was parked; parking turned off. Times are only printed.
'use strict';
const fs = require('fs');
const path = require('path');
const { assert, main } = require('../../e2e/node/client');
const { SmallModule } = require('./small_module');
const { Bridge, Place } = require('./window');

const [gopls, bridge] = process.argv.slice(2);

// A window that has begun and hovered right, and what it took.
async function start(way, module, processId) {
  const window = way.window(module.root);
  const began = process.hrtime.bigint();
  await window.begin(processId);
  const initialized = process.hrtime.bigint();
  await module.hover(window);
  const hovered = process.hrtime.bigint();
  window.times = `initialize ${Number(initialized - began) / 1e6} ms, hover ${Number(hovered - began) / 1e6} ms`;
  return window;
}
async function leave(window) {
  const { code, signal } = await window.leave('shutdown and exit');
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, window.stderr);
  assert.equal(window.stderr, '');
  assert.deepEqual(window.messages, []);
}
const pidsOf = (way) => (way.status().servers ?? []).map((each) => Number(each.pid));
const parkedOf = (way) => (way.status().parked ?? []).length;

main(150, async (step) => {
  const place = new Place();
  const module = new SmallModule();
  const own = path.join(place.directory, 'gopls'); // to be replaced
  fs.copyFileSync(gopls, own);
  const way = new Bridge(own, bridge, place);
  try {
    step('one after the other');
    const first = await start(way, module);
    const [pid, ...more] = pidsOf(way);
    assert.equal(more.length, 0);
    console.log(`  first:   ${first.times}`);
    way.resumed();
    await leave(first);
    assert.equal(parkedOf(way), 1, 'parked');
    module.say(1);
    const second = await start(way, module);
    console.log(`  resumed: ${second.times}`);
    assert.equal(way.resumed().more, 1, 'resumed');
    assert.equal(parkedOf(way), 0);
    assert.deepEqual(pidsOf(way), [pid], 'the same gopls');
    assert.deepEqual(second.initializeResult, first.initializeResult);

    step('at once');
    const third = await start(way, module);
    console.log(`  beside:  ${third.times}`);
    assert.equal(way.resumed().more, 0, 'a session of its own');
    assert.deepEqual(pidsOf(way), [pid], 'in the same gopls');
    module.say(2);
    const changes = [{ uri: second.uri('answer/answer.go'), type: 2 }];
    for (const window of [second, third]) await window.notify('workspace/didChangeWatchedFiles', { changes });
    await module.hover(second);
    await module.hover(third);

    step('the same process again');
    second.stays = true;
    await leave(second);
    assert.equal(parkedOf(way), 1, 'parked');
    const restarted = await start(way, module, second.body.pid);
    console.log(`  restarted: ${restarted.times}`);
    assert.equal(way.resumed().more, 0, 'not what it parked itself');
    assert.equal(parkedOf(way), 0, 'which is gone');
    const after = pidsOf(way);
    assert.ok(after.includes(pid), 'the other window keeps its gopls');
    assert.ok(after.some((each) => each !== pid), 'a gopls process of its own');
    await module.hover(third);

    step('another comes for what the restarted one leaves');
    await leave(third);
    await leave(restarted);
    module.say(3);
    const fourth = await start(way, module);
    await leave(fourth);

    step('gopls was replaced');
    const before = parkedOf(way);
    assert.ok(before > 0);
    way.resumed();
    fs.copyFileSync(gopls, `${own}.new`);
    fs.renameSync(`${own}.new`, own);
    const fifth = await start(way, module);
    assert.equal(way.resumed().more, 0, 'not that of the old program');
    await leave(fifth);

    step('dropped');
    way.ask('drop');
    assert.equal(parkedOf(way), 0);

    step('switched off');
    const off = new Bridge(own, bridge, place, { GOPLS_BRIDGE_PARK: 'false' });
    await leave(await start(off, module));
    assert.equal(parkedOf(off), 0);
  } finally {
    way.stop();
    place.remove();
  }
});
