// A browser on real VS Code: open a Go file, hover, see a diagnostic, reload the window, hover again.
// The server must be the bridge with a gopls behind it, before and after; no restart, no error, no
// toast; the first pair of processes must be gone after the reload. Prints one JSON object; exit code
// 0 or 1. Environment: set by run.
'use strict';
const assert = require('assert/strict');
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');
const { RIG_URL, RIG_WORKSPACE, RIG_BRIDGE, RIG_GOPLS, RIG_OUT, RIG_MARK, HOME, PATH } = process.env;

const report = { ok: false, ms: {} };
let page;

async function until(what, ms, test) {
  for (const end = Date.now() + ms; ;) {
    const got = await test().catch(() => undefined);
    if (got) return got;
    if (Date.now() > end) throw new Error(`not seen within ${ms} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

// Pids of this run whose executable is the program.
function pidsOf(program) {
  const mark = `RIG_MARK=${RIG_MARK}\0`;
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/exe`) === program &&
        fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark) &&
        // gopls starts itself again for its telemetry.
        !fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('** telemetry **');
    } catch { return false; }
  }).map(Number);
}
const servers = () => ({ bridge: pidsOf(RIG_BRIDGE), gopls: pidsOf(RIG_GOPLS) });

// The middle of a word on the first shown line that has the text.
function place(line, word) {
  return page.evaluate(([wantedLine, wantedWord]) => {
    for (const element of document.querySelectorAll('.view-lines .view-line')) {
      const content = element.textContent.replace(/\u00a0/g, ' ');
      if (!content.includes(wantedLine)) continue;
      const start = content.indexOf(wantedWord, content.indexOf(wantedLine));
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node, seen = 0; (node = walker.nextNode()); seen += node.length) {
        if (start >= seen + node.length) continue;
        const range = document.createRange();
        range.setStart(node, start - seen);
        range.setEnd(node, Math.min(node.length, start - seen + wantedWord.length));
        const box = range.getBoundingClientRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      }
    }
    return undefined;
  }, [line, word]);
}

async function openFile(name) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first().dblclick({ timeout: 60000 });
  await page.locator('.tab.active', { hasText: name }).first().waitFor({ timeout: 30000 });
}

// Hovers again and again until the text shows: the first ones may come before gopls is ready.
async function hover(line, word, wanted) {
  const at = await until(`the line ${line}`, 30000, () => place(line, word));
  const any = page.locator('.monaco-hover:visible');
  const shown = page.locator('.monaco-hover:visible', { hasText: wanted }).first();
  return until(`a hover with "${wanted}"`, 60000, async () => {
    await page.mouse.move(at.x + 300, at.y + 300);
    await until('no old hover', 5000, async () => (await any.count()) === 0);
    await page.mouse.move(at.x, at.y, { steps: 4 });
    await shown.waitFor({ timeout: (await any.count()) ? 10000 : 1000 });
    return (await shown.innerText()).trim();
  });
}

async function command(title) {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input').first().fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor({ timeout: 10000 });
  await page.keyboard.press('Enter');
}

async function status() {
  const texts = await page.locator('.statusbar-item').allInnerTexts();
  return texts.map((each) => each.trim()).find((each) => each.startsWith('bridge:'));
}

const workbench = () => page.waitForSelector('.monaco-workbench .statusbar-item', { timeout: 60000 });

async function session() {
  const start = Date.now();
  await page.goto(`${RIG_URL}/?folder=${encodeURIComponent(RIG_WORKSPACE)}`, { waitUntil: 'domcontentloaded', timeout: 60000 });
  await workbench();
  report.ms.workbench = Date.now() - start;
  await openFile('main.go');
  report.hover = await hover('Println(Greet', 'Greet', 'func Greet');
  report.ms.hover = Date.now() - start;
  assert.match(report.hover, /Greet makes the greeting/);

  await openFile('faulty.go');
  await page.waitForSelector('.squiggly-error', { timeout: 60000 });
  report.diagnostic = await hover('not a number', 'number', 'cannot use');
  report.ms.diagnostic = Date.now() - start;
  await openFile('main.go');
  report.before = servers();
  report.statusBefore = await status();
  await page.screenshot({ path: path.join(RIG_OUT, 'before-reload.png') });

  await page.evaluate(() => { window.rigOld = true; });
  await command('Developer: Reload Window');
  const reload = Date.now();
  await until('a new page', 30000, () => page.evaluate(() => !window.rigOld));
  await workbench();
  report.ms.reloadWorkbench = Date.now() - reload;
  await hover('Println(Greet', 'Greet', 'func Greet');
  report.ms.reloadHover = Date.now() - reload;
  await until('the first servers gone', 10000, async () => {
    const { bridge, gopls } = servers();
    return ![...bridge, ...gopls].some((pid) => [...report.before.bridge, ...report.before.gopls].includes(pid));
  });
  report.after = servers();
  report.statusAfter = await status();

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

(async () => {
  const executablePath = PATH.split(':').map((dir) => path.join(dir, 'chromium')).find((file) => fs.existsSync(file));
  const context = await chromium.launchPersistentContext(path.join(HOME, 'browser'), {
    executablePath,
    headless: true,
    viewport: { width: 1400, height: 900 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  await context.addInitScript(() => { // toasts vanish: keep their texts
    window.rigToasts = new Set();
    setInterval(() => document.querySelectorAll('.notification-list-item-message').forEach((e) => window.rigToasts.add(e.innerText)), 100);
  });
  page = context.pages()[0] || await context.newPage();
  try {
    await session();
    report.ok = true;
  } catch (error) {
    report.error = error.message;
  }
  await page.screenshot({ path: path.join(RIG_OUT, 'end.png') }).catch(() => {});
  await context.close().catch(() => {});
  const text = JSON.stringify(report, null, 1);
  fs.writeFileSync(path.join(RIG_OUT, 'report.json'), text);
  console.log(text);
  process.exit(report.ok ? 0 : 1);
})();
