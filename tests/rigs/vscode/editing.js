// Some minutes of a developer's work in real VS Code, at a typist's pace, for `record`: reads, hovers,
// goes to definitions, types with completion, saves, looks at an error, mends it, finds references.
// Works on the generated module of bench/gopls. It checks no more than that each step was answered.
'use strict';
const { main, until } = require('./workbench');

const pause = (ms) => new Promise((next) => setTimeout(next, ms));
const kKeyMs = 150; // 80 words a minute

async function editing(workbench, report) {
  const { page } = workbench;
  const keys = page.keyboard;
  const type = (text) => keys.type(text, { delay: kKeyMs });
  const press = async (key, times = 1) => {
    for (let i = 0; i < times; i++) { await keys.press(key); await pause(kKeyMs); }
  };
  const quickOpen = async (text, wanted) => {
    await keys.press('Control+p');
    await type(text);
    await page.locator('.quick-input-list .monaco-list-row').first().waitFor({ timeout: 20000 });
    await pause(400);
    await keys.press('Enter');
    await page.locator('.tab.active', { hasText: wanted }).first().waitFor({ timeout: 20000 });
    await pause(1500);
  };
  const goToLine = async (line) => {
    await keys.press('Control+g');
    await type(`${line}`);
    await keys.press('Enter');
    await pause(700);
  };
  const suggestion = (text) => page.locator('.suggest-widget.visible .monaco-list-row', { hasText: text }).first()
    .waitFor({ timeout: 20000 });
  const click = async (line, word, options = {}) => {
    const at = await until(`the line ${line}`, 20000, () => workbench.place(line, word));
    await page.mouse.click(at.x, at.y, options);
    await pause(500);
  };
  const steps = report.steps = [];
  const step = async (name, work) => { await work(); steps.push(name); };

  await workbench.open();
  await step('read main.go', async () => {
    await workbench.openFile('main.go');
    await goToLine(93);
    report.hover = await workbench.hover('Println(Greeting', 'Greeting', 'func Greeting');
    await pause(2000);
    await goToLine(58);
    await workbench.hover('http.NewServeMux()', 'NewServeMux', 'func http.NewServeMux');
    await pause(1500);
  });
  await step('go to a definition', async () => {
    await quickOpen('stock03/store', 'store.go');
    await workbench.hover('watchers []func', 'watchers', 'field watchers');
    await pause(1000);
    await click('var _ Reader', 'Reader');
    await keys.press('F12');
    await pause(2500);
  });
  await step('type with completion', async () => {
    await goToLine(35); // NewStore's closing brace
    await press('End');
    await press('Enter', 2);
    await type('// Count tells how many articles there are.');
    await press('Enter');
    await keys.press('Home');
    await type('func (s *Store) Count(ctx context.Context) int {');
    await press('Enter');
    await type('s.mu.RL');
    await suggestion('RLock');
    await pause(500);
    await press('Enter', 2); // takes it, with its brackets; a new line
    await type('defer s.mu.RUn');
    await suggestion('RUnlock');
    await press('Tab');
    await press('Enter');
    await type('return len(s.ar');
    await suggestion('articles');
    await press('Tab');
    await type(')');
    await pause(1500);
    await keys.press('Control+s');
    await pause(2500);
  });
  await step('an error, and mended', async () => {
    await click('return len(s.articles)', 'articles');
    await press('End');
    await press('Enter');
    await type('var wrong int = "text"');
    await page.waitForSelector('.squiggly-error', { timeout: 60000 });
    await pause(1500);
    await workbench.hover('var wrong', 'text', 'cannot use');
    await click('var wrong', 'wrong');
    await press('End');
    await press('Backspace', 22);
    await press('Backspace', 2);
    await until('no error', 30000, async () => (await page.locator('.squiggly-error').count()) === 0);
    await keys.press('Control+s');
    await pause(2500);
  });
  await step('use it elsewhere', async () => {
    await quickOpen('stock03/handler', 'handler.go');
    await goToLine(45);
    await click('func (h *Handler) get', 'get');
    await press('End');
    await press('Enter');
    await type('h.Log.Printf');
    await suggestion('Printf');
    await pause(400);
    await press('Enter');
    await type('"of %d articles", h.Store.Cou'); // gopls put the cursor between brackets
    await suggestion('Count');
    await press('Enter');
    await type('r.Con');
    await suggestion('Context');
    await press('Enter');
    await pause(1000);
    await keys.press('Control+s');
    await pause(3000);
  });
  await step('find references', async () => {
    await click('h.Log.Printf("of', 'Log');
    await keys.press('Shift+F12');
    await page.locator('.peekview-widget').first().waitFor({ timeout: 20000 });
    await pause(2500);
    await keys.press('Escape');
    await pause(800);
  });
  await step('read on', async () => {
    await quickOpen('stock01/types', 'types.go');
    await goToLine(50);
    await workbench.hover('func (p Price) String', 'Price', 'type Price');
    await pause(1200);
    await workbench.hover('return fmt.Sprintf("%d.%02d', 'Sprintf', 'func fmt.Sprintf');
    await pause(1200);
    await click('strings.ToUpper(p.Currency)', 'ToUpper');
    await keys.press('F12');
    await page.locator('.tab.active', { hasText: 'strings.go' }).first().waitFor({ timeout: 20000 });
    await pause(3000);
    await keys.press('Control+Alt+-');
    await pause(2500);
  });
  // The way in which a user's window ends for gopls: shutdown and exit.
  await page.evaluate(() => { window.rigOld = true; });
  await workbench.command('Developer: Reload Window');
  await until('a new page', 30000, () => page.evaluate(() => !window.rigOld));
  await workbench.ready();
}

main(editing);
