// A browser on real VS Code whose window is reloaded while its gopls is shared (GOPLS_BRIDGE_SHARE=true):
// the reloaded window takes up the session of the one before it, hover is right at once, also for what
// was edited on disk meanwhile; VS Code counts one start and shows nothing. The restart command gives
// another gopls process. Prints one JSON object; exit code 0 or 1. Environment: set by run.
'use strict';
const assert = require('assert/strict');
const cp = require('child_process');
const fs = require('fs');
const path = require('path');
const { main, servers, status, until } = require('./workbench');
const { RIG_OUT, RIG_BRIDGE, RIG_WORKSPACE } = process.env;

const kReloads = 3;
const resumed = () => {
  const { daemon } = JSON.parse(cp.execFileSync(RIG_BRIDGE, ['status', '--json'], { encoding: 'utf8' }));
  return Number(daemon?.resumed ?? 0);
};

async function reloads(workbench, report) {
  const { page } = workbench;
  await workbench.open();
  // Greet is called here and described in main.go, which is not open.
  await workbench.openFile('other.go');
  await workbench.hover('return Greet', 'Greet', 'Greet makes the greeting');
  report.before = servers();
  assert.equal(report.before.bridge.length, 1, 'one bridge');
  assert.equal(report.before.gopls.length, 1, 'one gopls behind it');

  report.ms.reloadHover = [];
  for (let number = 1; number <= kReloads; number++) {
    await page.evaluate(() => { window.rigOld = true; });
    await workbench.command('Developer: Reload Window');
    const described = path.join(RIG_WORKSPACE, 'main.go');
    fs.writeFileSync(described, fs.readFileSync(described, 'utf8').replace(/Greet makes.*/, `Greet makes text of reload ${number}.`));
    const start = Date.now();
    await until('a new page', 30000, () => page.evaluate(() => !window.rigOld));
    await workbench.ready();
    const shown = await workbench.hover('return Greet', 'Greet', 'Greet makes');
    report.ms.reloadHover.push(Date.now() - start);
    assert.match(shown, new RegExp(`text of reload ${number}`)); // the first that shows
    await until('the old bridge gone', 10000, async () => servers().bridge.length === 1);
    assert.deepEqual(servers().gopls, report.before.gopls, 'the same gopls');
    assert.equal(resumed(), number, 'the session was taken up');
    assert.equal(await status(page), 'bridge: running starts=1 errors=0 closed=0');
    await page.screenshot({ path: path.join(RIG_OUT, `after-reload-${number}.png`) });
  }

  await workbench.command('Bridge: Restart Language Server');
  const restart = Date.now();
  report.after = await until('another gopls', 30000, async () => {
    const found = servers();
    return found.gopls.some((pid) => !report.before.gopls.includes(pid)) && found;
  });
  await workbench.hover('return Greet', 'Greet', `text of reload ${kReloads}`);
  report.ms.restartHover = Date.now() - restart;
  report.status = await status(page);
  report.toasts = await page.evaluate(() => [...window.rigToasts]);
  assert.equal(resumed(), kReloads, 'not what it parked itself');
  assert.equal(report.status, 'bridge: running starts=2 errors=0 closed=0');
  assert.deepEqual(report.toasts, []);
  await page.screenshot({ path: path.join(RIG_OUT, 'after-restart.png') });
}

main(reloads);
