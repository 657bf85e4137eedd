// A browser on real VS Code whose gopls is killed ten times in a window's life (plain: the fifth time is
// the last). After each kill hover works, also on text that is not saved; VS Code counts one start and no
// end of its server, and shows no toast; the bridge is the same process throughout. Prints one JSON object;
// exit code 0 or 1. Environment: set by run.
'use strict';
const assert = require('assert/strict');
const path = require('path');
const { main, servers, status, until } = require('./workbench');
const { RIG_OUT } = process.env;

const kKills = 10;

async function kills(workbench, report) {
  const { page } = workbench;
  await workbench.open();
  await workbench.openFile('faulty.go');
  await page.waitForSelector('.squiggly-error', { timeout: 60000 });
  await workbench.openFile('main.go');
  await workbench.hover('Println(Greet', 'Greet', 'func Greet');
  report.before = servers();
  assert.equal(report.before.bridge.length, 1, 'one bridge');
  report.ms.hoverAfter = [];
  const killed = new Set();
  for (let number = 1; number <= kKills; number++) {
    const [gopls] = await until('a gopls', 30000, async () => {
      const found = servers().gopls.filter((pid) => !killed.has(pid));
      return found.length === 1 && found;
    });
    killed.add(gopls);
    process.kill(gopls, 'SIGKILL');
    const start = Date.now();
    await page.locator('.view-line', { hasText: 'fmt.Println' }).first().click();
    await page.keyboard.press('Control+End');
    // As one piece of text: letters would have brackets closed behind them.
    await page.keyboard.insertText(`\nfunc typed${number}() string { return "🙂" }\n`);
    await workbench.hover(`func typed${number}()`, `typed${number}`, `func typed${number}() string`);
    await workbench.hover('Println(Greet', 'Greet', 'func Greet');
    report.ms.hoverAfter.push(Date.now() - start);
  }
  // The errors of a file that was not touched are still there.
  await workbench.openFile('faulty.go');
  report.diagnostic = await workbench.hover('not a number', 'number', 'cannot use');
  await workbench.openFile('main.go');
  report.after = servers();
  report.status = await status(page);
  report.toasts = await page.evaluate(() => [...window.rigToasts]);
  await page.screenshot({ path: path.join(RIG_OUT, 'after-kills.png') });
  assert.equal(killed.size, kKills);
  assert.deepEqual(report.after.bridge, report.before.bridge);
  assert.equal(report.after.gopls.length, 1, 'one gopls behind it');
  assert.equal(report.status, 'bridge: running starts=1 errors=0 closed=0');
  assert.deepEqual(report.toasts, []);
}

main(kills);
