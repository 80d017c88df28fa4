// The page in a browser: node page_test.mjs REPORT_EXAMPLE PACKAGES. Exit 77, which CTest calls
// skipped, where Chromium is missing; MANYGPCM_SCREENSHOTS names a folder for pictures to look at.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findChromium, watchedPage, withBrowser } from "./browser.mjs";

const [example, packages] = process.argv.slice(2);
const sections = ["verdict", "history", "parallel", "importance", "slices", "curves", "predictions",
  "items", "abilities", "table"];

const browser = findChromium();
if (!browser) {
  console.log("skipped: no Chromium in PATH or MANYGPCM_CHROMIUM (Debian: chromium)");
  process.exit(77);
}

const column = (page, name) => page.evaluate((name) => {
  const head = [...document.querySelectorAll("#trials thead th")];
  const at = head.findIndex((th) => th.querySelector("button").dataset.column === name);
  return [...document.querySelectorAll("#trials tbody tr")].map((tr) => tr.children[at].textContent);
}, name);

const sorted = (values, descending) =>
  [...values].map(Number).sort((a, b) => (descending ? b - a : a - b));

const tests = {
  async "every chart is drawn, at 1280 and at 400 pixels"({ page, analysis, name }) {
    for (const width of [1280, 400]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(200);
      const charts = await page.$$eval(".chart:not([hidden])", (places) => places.map((place) => ({
        title: place.getAttribute("aria-label"),
        marks: place.querySelectorAll("svg path").length,
        width: place.querySelector("svg")?.clientWidth,
      })));
      for (const chart of charts) {
        assert.ok(chart.marks > 3, `${chart.title} at ${width}: ${chart.marks} marks`);
        assert.ok(chart.width <= width, `${chart.title} at ${width} is ${chart.width} wide`);
      }
      assert.equal(await page.$$eval(".chart", (all) => all.length),
        await page.$$eval("figure", (all) => all.length));
      const missing = await page.$$eval("figure",
        (all) => all.filter((f) => f.querySelector(".chart").hidden).map((f) => f.querySelector("h3").textContent));
      assert.deepEqual(missing, []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "no sideways scrolling");
      if (process.env.MANYGPCM_SCREENSHOTS)
        await page.screenshot({ path: join(process.env.MANYGPCM_SCREENSHOTS, `${name}_${width}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    assert.deepEqual(await page.$$eval("main > section", (all) => all.map((s) => s.id)), sections);
    assert.equal(await page.textContent("#answer"), analysis.verdict.text.replaceAll("**", ""));
    assert.equal(await page.$$eval("#trials tbody tr", (rows) => rows.length), analysis.trials.length);
  },

  async "the table sorts either way, failed trials last"({ page }) {
    const scores = (await column(page, "score")).filter((text) => text !== "–");
    assert.deepEqual(scores.map(Number), sorted(scores, true), "best first");
    for (const descending of [false, true]) {
      await page.click('#trials button[data-column="lr"]');
      const values = await column(page, "lr");
      assert.deepEqual(values.map(Number), sorted(values, descending));
      assert.equal(await page.getAttribute('#trials th:has(button[data-column="lr"])', "aria-sort"),
        descending ? "descending" : "ascending");
    }
    await page.click('#trials button[data-column="score"]');
    await page.click('#trials button[data-column="score"]');
    const upwards = await column(page, "score");
    assert.equal(upwards.slice(0, -1).includes("–") && upwards.at(-1) !== "–", false);
  },

  async "trials stopped early aren't called failed"({ page, analysis }) {
    const count = (state) => analysis.trials.filter((t) => t.state === state).length;
    const shown = await column(page, "state"), subtitle = await page.textContent("#subtitle");
    for (const [state, text] of [["pruned", "stopped early"], ["failed", "failed"]]) {
      assert.equal(shown.filter((one) => one === text).length, count(state));
      assert.equal(subtitle.includes(`${count(state)} ${text}`), count(state) > 0);
    }
  },

  async "the table comes as CSV with every digit"({ page, analysis }) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#csv")]);
    assert.equal(download.suggestedFilename(), `${analysis.model}_${analysis.dataset.name}_trials.csv`);
    const lines = readFileSync(await download.path(), "utf8").trimEnd().split("\r\n").map((l) => l.split(","));
    assert.equal(lines.length, 1 + analysis.trials.length);
    const lr = lines[0].indexOf("lr");
    assert.deepEqual(lines.slice(1).map((l) => Number(l[lr])), analysis.trials.map((t) => t.parameters.lr));
  },

  async "the keyboard reaches everything and steps through a chart"({ page }) {
    const unreachable = await page.$$eval("select, button, a, summary, .chart",
      (all) => all.filter((e) => e.tabIndex < 0).map((e) => e.outerHTML.slice(0, 80)));
    assert.deepEqual(unreachable, []);
    const unnamed = await page.$$eval("select", (all) => all.filter((e) => !e.labels.length).length);
    assert.equal(unnamed, 0);
    const chart = page.locator("#history .chart");
    await chart.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await chart.getByText(/^trial \d+: 0\.\d{4}$/).waitFor();
    await page.locator("#importance select").focus();
    const before = await page.getAttribute("#importance .chart", "aria-label");
    await page.keyboard.press("ArrowDown");
    assert.notEqual(await page.getAttribute("#importance .chart", "aria-label"), before);
    await page.locator("#history summary").focus();
    await page.keyboard.press("Enter");
    await page.locator("#history details table").waitFor();
  },

  async "selects change their charts"({ page }) {
    for (const select of await page.$$("main figure:has(.chart:not([hidden])) select")) {
      const options = await select.$$eval("option", (all) => all.map((o) => o.value));
      const drawing = () => select.evaluate((s) => s.closest("figure").innerHTML);
      const before = await drawing();
      if (options.length < 2) continue;
      await select.selectOption(options.at(-1));
      assert.notEqual(await drawing(), before);
    }
  },
};

const directory = mkdtempSync(join(tmpdir(), "manygpcm-page-"));
let passed = 0, failed = 0;
try {
  if (process.env.MANYGPCM_SCREENSHOTS) mkdirSync(process.env.MANYGPCM_SCREENSHOTS, { recursive: true });
  execFileSync(example, [directory], { stdio: "inherit" });
  await withBrowser(packages, browser, async (context) => {
    for (const name of readdirSync(directory)) {
      const file = readdirSync(join(directory, name)).find((f) => f.endsWith(".html"));
      const analysis = JSON.parse(readFileSync(join(directory, name,
        readdirSync(join(directory, name)).find((f) => f.endsWith(".json"))), "utf8"));
      const url = pathToFileURL(join(directory, name, file)).href;
      const { page, complaints } = await watchedPage(context,
        (asked) => asked === url || asked.startsWith("data:") || asked.startsWith("blob:"));
      await page.goto(url);
      for (const [title, test] of Object.entries(tests)) {
        try {
          await test({ page, analysis, name });
          assert.deepEqual(complaints, [], "no console error and no network request");
          console.log(`ok: ${name}: ${title}`);
          ++passed;
        } catch (error) {
          console.log(`FAILED: ${name}: ${title}\n${error.stack}`);
          ++failed;
        }
      }
      await page.close();
    }
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
