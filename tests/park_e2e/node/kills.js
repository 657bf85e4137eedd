// kills.js GOPLS BRIDGE ROUNDS [SEED]: kill -9 of daemon or gopls while a session is parked, in the middle of
// parking and of resuming, at random moments. The editor never sees an error, and hover is right.
'use strict';
const { assert, main } = require('../../e2e/node/client');
const { Random } = require('./random');
const { SmallModule } = require('./small_module');
const { Bridge, Place, waysToLeave } = require('./window');

const [gopls, bridge, rounds = '20', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const kMomentMs = 25; // parking and resuming take about that

const later = (ms) => new Promise((next) => setTimeout(next, ms));
function kill(pid) {
  try { process.kill(pid, 'SIGKILL'); } catch (error) { if (error.code !== 'ESRCH') throw error; }
}

// The daemon may be one that has just been started in a dead one's place.
async function processes(way) {
  for (const end = Date.now() + 10_000; ; await later(20)) {
    const { daemon, servers = [] } = way.status();
    const pids = { daemon: Number(daemon?.pid ?? 0), servers: servers.map((each) => Number(each.pid)) };
    if (pids.daemon > 1 && pids.servers.every((pid) => pid > 1)) return pids;
    assert.ok(Date.now() < end, JSON.stringify(pids));
  }
}

async function round(way, module, random, step) {
  const victim = random.of(['daemon', 'gopls']);
  const moment = random.of(['while it parks', 'while parked', 'while it resumes']);
  const how = random.of(waysToLeave);
  const delay = random.next() * kMomentMs;
  step(`kill -9 of ${victim} ${moment}, ${delay.toFixed(1)} ms, left by ${how}`);
  const shoot = () => {
    if (victim === 'daemon') kill(pids.daemon);
    else pids.servers.forEach(kill);
  };
  let window = way.window(module.root);
  await window.begin();
  await module.hover(window);
  const pids = await processes(way);
  const shot = moment === 'while it parks' && later(delay).then(shoot);
  const { code, signal } = await window.leave(how);
  if (how !== 'SIGTERM') assert.deepEqual({ code, signal }, { code: 0, signal: null }, window.stderr);
  await shot;
  module.say(module.number + 1);
  if (moment === 'while parked') shoot();
  window = way.window(module.root);
  const second = moment === 'while it resumes' && later(delay).then(shoot);
  await window.begin();
  await module.hover(window);
  await second;
  await module.hover(window);
  assert.deepEqual(window.messages, []);
  await window.leave('shutdown and exit');
}

main(60 + Number(rounds) * 8, async (step) => {
  const place = new Place();
  const module = new SmallModule();
  const random = new Random(Number(seed));
  const way = new Bridge(gopls, bridge, place);
  console.log(`seed ${seed}`);
  try {
    for (let number = 1; number <= Number(rounds); number++) {
      await round(way, module, random, (what) => step(`${number}: ${what}`));
    }
  } finally {
    way.stop();
    place.remove();
  }
  console.log(`${rounds} rounds`);
});
