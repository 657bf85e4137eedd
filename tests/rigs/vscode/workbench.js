// A browser on real VS Code, and what a user does there: open a file, hover, type, run a command. What
// the sessions beside this file share. Environment: set by run.
'use strict';
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');
const { RIG_URL, RIG_WORKSPACE, RIG_BRIDGE, RIG_GOPLS, RIG_OUT, RIG_MARK, HOME, PATH } = process.env;

// Pids of this run whose executable is the program.
function pidsOf(program) {
  const marks = [`RIG_MARK=${RIG_MARK}\0`, `HOME=${HOME}\0`]; // a shared gopls has only the second
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/exe`) === program &&
        marks.some((mark) => fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) &&
        // gopls starts itself again for its telemetry; the daemon is no session.
        !/\*\* telemetry \*\*|\0daemon\0/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    } catch { return false; }
  }).map(Number);
}
const servers = () => ({ bridge: pidsOf(RIG_BRIDGE), gopls: pidsOf(RIG_GOPLS) });

// What the extension has counted.
async function status(page) {
  const texts = await page.locator('.statusbar-item').allInnerTexts();
  return texts.map((each) => each.trim()).find((each) => each.startsWith('bridge:'));
}

async function until(what, ms, test) {
  for (const end = Date.now() + ms; ;) {
    const got = await test().catch(() => undefined);
    if (got) return got;
    if (Date.now() > end) throw new Error(`not seen within ${ms} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

class Workbench {
  constructor(page) { this.page = page; }

  ready() { return this.page.waitForSelector('.monaco-workbench .statusbar-item', { timeout: 60000 }); }

  async open() {
    await this.page.goto(`${RIG_URL}/?folder=${encodeURIComponent(RIG_WORKSPACE)}`, { waitUntil: 'domcontentloaded', timeout: 60000 });
    await this.ready();
  }

  // The middle of a word on the first shown line that has the text.
  place(line, word) {
    return this.page.evaluate(([wantedLine, wantedWord]) => {
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

  async openFile(name) {
    await this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first().dblclick({ timeout: 60000 });
    await this.page.locator('.tab.active', { hasText: name }).first().waitFor({ timeout: 30000 });
  }

  // Hovers again and again until the text shows: the first ones may come before gopls is ready.
  async hover(line, word, wanted) {
    const at = await until(`the line ${line}`, 30000, () => this.place(line, word));
    const any = this.page.locator('.monaco-hover:visible');
    const shown = this.page.locator('.monaco-hover:visible', { hasText: wanted }).first();
    return until(`a hover with "${wanted}"`, 60000, async () => {
      await this.page.mouse.move(at.x + 300, at.y + 300);
      await until('no old hover', 5000, async () => (await any.count()) === 0);
      await this.page.mouse.move(at.x, at.y, { steps: 4 });
      await shown.waitFor({ timeout: (await any.count()) ? 10000 : 1000 });
      return (await shown.innerText()).trim();
    });
  }

  async command(title) {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input').first().fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor({ timeout: 10000 });
    await this.page.keyboard.press('Enter');
  }
}

// Runs the session with a fresh browser; what it puts into the report is printed as one JSON object.
// Ends the process with exit code 0, or 1 if the session threw.
async function main(session) {
  const report = { ok: false, ms: {} };
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
  const page = context.pages()[0] || await context.newPage();
  try {
    await session(new Workbench(page), report);
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
}

module.exports = { Workbench, main, servers, status, until };
