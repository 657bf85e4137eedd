// A browser on real VS Code: open a Go file, hover, see a diagnostic, reload the window, hover again.
// The server must be the bridge with a gopls behind it, before and after; no restart, no error, no
// toast; the first pair of processes must be gone after the reload, but for a gopls that is shared: that
// serves the reloaded window too. Prints one JSON object; exit code 0 or 1. Environment: set by run.
'use strict';
const assert = require('assert/strict');
const path = require('path');
const { main, servers, status, until } = require('./workbench');
const { RIG_OUT, GOPLS_BRIDGE_SHARE } = process.env;

async function session(workbench, report) {
  const { page } = workbench;
  const start = Date.now();
  await workbench.open();
  report.ms.workbench = Date.now() - start;
  await workbench.openFile('main.go');
  report.hover = await workbench.hover('Println(Greet', 'Greet', 'func Greet');
  report.ms.hover = Date.now() - start;
  assert.match(report.hover, /Greet makes the greeting/);

  await workbench.openFile('faulty.go');
  await page.waitForSelector('.squiggly-error', { timeout: 60000 });
  report.diagnostic = await workbench.hover('not a number', 'number', 'cannot use');
  report.ms.diagnostic = Date.now() - start;
  await workbench.openFile('main.go');
  report.before = servers();
  report.statusBefore = await status(page);
  await page.screenshot({ path: path.join(RIG_OUT, 'before-reload.png') });

  await page.evaluate(() => { window.rigOld = true; });
  await workbench.command('Developer: Reload Window');
  const reload = Date.now();
  await until('a new page', 30000, () => page.evaluate(() => !window.rigOld));
  await workbench.ready();
  report.ms.reloadWorkbench = Date.now() - reload;
  await workbench.hover('Println(Greet', 'Greet', 'func Greet');
  report.ms.reloadHover = Date.now() - reload;
  await until('the first servers gone', 10000, async () => {
    const { bridge, gopls } = servers();
    const ended = GOPLS_BRIDGE_SHARE === 'true' ? bridge : [...bridge, ...gopls];
    return !ended.some((pid) => [...report.before.bridge, ...report.before.gopls].includes(pid));
  });
  report.after = servers();
  if (GOPLS_BRIDGE_SHARE === 'true') assert.deepEqual(report.after.gopls, report.before.gopls);
  report.statusAfter = await status(page);

  for (const pids of [report.before, report.after]) {
    assert.equal(pids.bridge.length, 1, 'one bridge');
    assert.equal(pids.gopls.length, 1, 'one gopls behind it');
  }
  for (const line of [report.statusBefore, report.statusAfter]) {
    assert.equal(line, 'bridge: running starts=1 errors=0 closed=0');
  }
  report.toasts = await page.evaluate(() => [...window.rigToasts]);
  assert.deepEqual(report.toasts, []);
}

main(session);
