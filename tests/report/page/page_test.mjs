// The page in a browser: node page_test.mjs REPORT_EXAMPLE PACKAGES. Exit 77, which CTest calls
// skipped, where Chromium is missing; MANYGPCM_SCREENSHOTS names a folder for pictures to look at.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findChromium, watchedPage, withBrowser } from "./browser.mjs";
import { naturally } from "../../../report/page/src/dom.js";
import { categoryProbabilities } from "../../../report/page/src/gpcm.js";

// A threshold of null parts the categories: probabilities are within the largest part.
assert.deepEqual(categoryProbabilities(0, 1, [null, 0, null, null]), [null, 0.5, 0.5, null, null]);
assert.deepEqual(categoryProbabilities(0, 1, [null, null]), [null, null, null]);

assert.deepEqual(["10", "q2", "2", "q10"].sort(naturally), ["2", "10", "q2", "q10"]);

const [example, packages] = process.argv.slice(2);
const sections = ["verdict", "advice", "history", "distribution", "parallel", "importance", "slices", "curves",
  "predictions", "positions", "items", "psychometrics", "item-table", "abilities", "table"];

const browser = findChromium();
if (!browser) {
  console.log("skipped: no Chromium in PATH or MANYGPCM_CHROMIUM (Debian: chromium)");
  process.exit(77);
}

const column = (page, name) => page.evaluate((name) => {
  const head = [...document.querySelectorAll("#trials thead th")];
  const at = head.findIndex((th) => th.querySelector("button").dataset.column === name);
  return [...document.querySelectorAll("#trials tbody tr:not(.group)")].map((tr) => tr.children[at].textContent);
}, name);

/** The same of each group of trials that were trained alike. */
const columnByGroup = async (page, name) => {
  const all = await column(page, name), sizes = await page.$$eval("#trials tbody",
    (bodies) => bodies.map((body) => body.querySelectorAll("tr:not(.group)").length));
  return sizes.map((n) => all.splice(0, n));
};

const sorted = (values, descending) =>
  [...values].map(Number).sort((a, b) => (descending ? b - a : a - b));

/** Texts of a chart that its edges cut, and pairs that overlap. */
const clashes = (place) => {
  const room = place.querySelector("svg").getBoundingClientRect(), found = [];
  const texts = [...place.querySelectorAll("svg text")].filter((t) => t.textContent.trim()).map((t) => {
    const { left, right, top, bottom } = t.getBoundingClientRect();
    return { text: t.textContent, left, right, top, bottom };
  });
  texts.forEach((a, i) => {
    if (a.left < room.left - 1 || a.right > room.right + 1 || a.top < room.top - 1 || a.bottom > room.bottom + 1)
      found.push(`${a.text} is cut`);
    // Boxes are higher than their letters: lines of a label may touch.
    for (const b of texts.slice(i + 1)) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 2 && height > 5) found.push(`${a.text} on ${b.text}`);
    }
  });
  return found;
};

const texts = (page, selector) => page.$$eval(`${selector} svg text`, (all) => all.map((t) => t.textContent));

/** Of a study in whatever state. */
const anyState = {
  async "a figure has a chart, no label cut or on another, or says why not, at 1280 and 400 pixels"({ page, name }) {
    for (const width of [1280, 400]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(200);
      for (const figure of await page.$$("figure")) {
        const title = await figure.$eval("h3", (h) => h.textContent), chart = await figure.$(".chart:not([hidden])");
        if (chart) assert.deepEqual(await chart.evaluate(clashes), [], `${title} at ${width}`);
        else assert.match(await figure.$eval("p:not([hidden])", (p) => p.textContent), /.+\.$/, title);
      }
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "no sideways scrolling");
      const scrolled = await page.$$eval(".scroll", (all) => all.map((place) =>
        [place.scrollWidth > place.clientWidth + 1, place.hasAttribute("data-wider"), place.ariaLabel]));
      for (const [wider, says, label] of scrolled) assert.equal(says, wider, `${label} at ${width}`);
      if (process.env.MANYGPCM_SCREENSHOTS)
        await page.screenshot({ path: join(process.env.MANYGPCM_SCREENSHOTS, `${name}_${width}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  },

  async "is dark where the reader's system is, and light on paper"({ page, name }) {
    // What is written on cells has their colours, not the page's.
    const inks = () => page.$$eval("svg", (all) => [...new Set(all.flatMap((svg) => [...svg.querySelectorAll("text")]
      .filter((t) => !t.closest("figure").querySelector("h3").textContent.startsWith("Confusion"))
      .map((t) => getComputedStyle(t).fill)))]);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const level = (text) => Math.max(...text.match(/[\d.]+/g).slice(0, 3).map(Number));
    // Charts are drawn anew when the system's scheme changes, which may take a while.
    const redrawn = async (is) => {
      for (let i = 0; i < 100 && !(await inks()).every(is); ++i) await page.waitForTimeout(100);
    };
    const light = async (what) => {
      for (const ink of await inks()) assert.ok(level(ink) < 0x88, `${what}: ${ink} on ${await ground()}`);
    };
    await light("before");
    await page.emulateMedia({ colorScheme: "dark" });
    await redrawn((ink) => level(ink) > 0x88);
    assert.ok(level(await ground()) < 0x30);
    for (const ink of await inks()) assert.ok(level(ink) > 0x88, `${ink} on ${await ground()}`);
    if (process.env.MANYGPCM_SCREENSHOTS)
      await page.screenshot({ path: join(process.env.MANYGPCM_SCREENSHOTS, `${name}_dark.png`), fullPage: true });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await light("on paper");
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    await page.emulateMedia({ colorScheme: "light" });
    await redrawn((ink) => level(ink) < 0x88);
    await light("again");
  },

  async "axes say what their scores are"({ page, analysis, whole }) {
    const { epochs, folds } = analysis.comparable, { settings } = analysis;
    const full = `mean of ${settings.folds} folds after epoch ${settings.epochs}`;
    const compared = `${folds === settings.folds ? `mean of ${folds} folds` : "fold 1"} after epoch ${epochs}`;
    const words = analysis.foreign ? [null, null] : [full, compared];
    for (const [place, expected] of [["#history", words[0]], ["#slices figure:first-child", words[1]]]) {
      const shown = await page.$(`${place} .chart:not([hidden])`);
      if (whole) assert.ok(shown, `${place} is shown`);
      const stopped = place === "#history" && analysis.trials.some((t) => t.state === "pruned" && t.score !== null);
      if (expected && shown)
        assert.ok((await texts(page, place)).includes(expected + (stopped ? ", or when stopped" : "")), `${place}: ${expected}`);
    }
    if (analysis.foreign)
      assert.doesNotMatch(await page.$eval("body", (body) => body.innerText), /\b(epoch|fold)s?\b/i);
  },
};

/** Points to all that the keyboard reaches of a chart, `most` steps at most, and gathers the tips. */
async function tips(page, chart, most) {
  const seen = [];
  await chart.focus();
  for (let i = 0; i < most; ++i) {
    await page.keyboard.press(i % 4 === 3 ? "ArrowDown" : "ArrowRight");
    seen.push(...await page.$$eval(".tip", (all) => all.map((tip) => tip.textContent)));
  }
  return seen;
}

/** Of studies that Optuna wrote. */
const ofOptunas = {
  async "scores are shown as they are, the best of them first"({ page, analysis }) {
    const sign = analysis.direction === "minimize" ? 1 : -1, scores = (await column(page, "score")).filter((s) => s !== "–");
    for (const group of await columnByGroup(page, "score"))
      assert.deepEqual(group, [...group].sort((a, b) => (a === "–") - (b === "–") || sign * (a - b)));
    const best = analysis.trials.find((t) => t.trial === analysis.best.trial);
    assert.match(await page.getAttribute("#history .chart", "aria-label"),
      new RegExp(`the best, trial ${best.trial}, has `));
    const shown = (await column(page, "trial"))[(await column(page, "state")).indexOf("complete")];
    assert.equal(Number(shown), best.trial);
    assert.ok(scores.every((s) => Number.parseFloat(s) !== 0 || s === "0"), `told apart from 0: ${scores}`);
  },

  async "no text is nan or infinite"({ page }) {
    await page.$$eval("figure details", (all) => all.forEach((details) => { details.open = true; }));
    await page.waitForTimeout(200);
    const text = await page.evaluate(() => document.body.innerText +
      [...document.querySelectorAll("svg text, [aria-label]")]
        .map((e) => `${e.textContent} ${e.getAttribute("aria-label") ?? ""}`).join("\n"));
    assert.doesNotMatch(text, /\b(nan|infinity|inf|undefined|null)\b/i);
  },

  async "names are text in tips, and no script but the page's runs"({ page, complaints }) {
    const title = await page.title(), shown = [];
    for (const chart of await page.$$(".chart:not([hidden])")) shown.push(...await tips(page, chart, 8));
    assert.ok(shown.length > 0, "there are tips");
    assert.equal(await page.$$eval("img, iframe, main script", (all) => all.length), 0);
    await page.evaluate(() => {
      document.body.insertAdjacentHTML("beforeend", `<img id="hostile" src="x" onerror="document.title = 'ran'">`);
      document.body.append(Object.assign(document.createElement("script"), { text: "document.title = 'ran'" }));
    });
    await page.waitForTimeout(200);
    await page.$eval("#hostile", (element) => element.remove());
    assert.equal(await page.title(), title, "the policy stops what would get in");
    const refused = complaints.splice(0);
    assert.ok(refused.some((one) => one.includes("Content Security Policy")), "and says so");
  },
};

/** Of studies in which there's everything to see. */
const tests = {
  async "every chart is drawn, at 1280 and at 400 pixels"({ page, analysis }) {
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
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    assert.deepEqual(await page.$$eval("main > section", (all) => all.map((s) => s.id)), sections);
    assert.equal(await page.textContent("#answer"), analysis.verdict.text.replaceAll("**", ""));
    assert.equal(await page.$$eval("#trials tbody tr:not(.group)", (rows) => rows.length), analysis.trials.length);
  },

  async "the best so far goes on to the last trial"({ page, analysis }) {
    const right = await page.$eval('#history path[stroke="#d55e00"][fill="none"]',
      (path) => path.getBoundingClientRect().right);
    const [first, last] = await page.$eval("#history svg", (svg) => {
      const labels = [...svg.querySelectorAll("text")].filter((t) => /^\d+$/.test(t.textContent));
      return [labels[0], labels.at(-1)].map((t) => {
        const { left, right } = t.getBoundingClientRect();
        return { trial: Number(t.textContent), x: (left + right) / 2 };
      });
    });
    const perTrial = (last.x - first.x) / (last.trial - first.trial);
    const expected = last.x + (analysis.trials.at(-1).trial + 0.5 - last.trial) * perTrial;
    assert.ok(Math.abs(right - expected) < 4, `ends at ${right}, the last trial is at ${expected}`);
  },

  async "trials that were stopped stand at their scores"({ page, analysis }) {
    const stopped = analysis.trials.filter((t) => t.state === "pruned");
    const tips = (await page.$$eval("#history details", (all) => {
      all[0].open = true;
    }), await page.waitForTimeout(100), await page.$$eval("#history details tbody tr",
      (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))));
    for (const t of stopped) {
      const [, state, epochs, score] = tips.find(([trial]) => trial === String(t.trial));
      assert.deepEqual([state, epochs, score], ["stopped early", String(t.epochs), t.score.toFixed(4)]);
    }
    await page.$$eval("#history details", (all) => { all[0].open = false; });
    const heights = await page.$$eval("#history svg path[fill=none][stroke='#1a1a1a']",
      (all) => new Set(all.map((path) => Math.round(path.getBoundingClientRect().top))).size);
    assert.ok(stopped.length < 2 || heights > 2, `${stopped.length} stopped at ${heights} heights`);
  },

  async "the best trial is the strongest line through the parameters"({ page }) {
    const widths = await page.$$eval("#parallel svg polyline, #parallel svg path", (all) => all
      .filter((line) => line.getBoundingClientRect().width > 500 && line.getAttribute("fill") === "none")
      .map((line) => Number(line.getAttribute("stroke-width"))));
    assert.equal(widths.filter((width) => width === Math.max(...widths)).length, 1, String(widths));
  },

  async "any two parameters have a surface in the colours of the points"({ page, analysis }) {
    const selects = await page.$$("#slices figure:last-child select");
    for (const pair of [0, -2]) {
      const names = await selects[0].$$eval("option", (all) => all.map((o) => o.value));
      await selects[0].selectOption(names.at(pair));
      await selects[1].selectOption(names.at(pair + 1));
      // Larger than a point.
      const fills = await page.$$eval("#slices figure:last-child svg g[clip-path] path", (all) =>
        [...new Set(all.filter((p) => p.getBBox().width > 30).map((p) => p.getAttribute("fill")))]);
      assert.ok(fills.length > 1, `${names.at(pair)}, ${names.at(pair + 1)}: ${fills}`);
    }
    assert.ok(analysis.contours.length < analysis.space.length * (analysis.space.length - 1) / 2);
  },

  async "the table sorts either way, failed trials last"({ page }) {
    // Scores compare only after equal training.
    const trained = await columnByGroup(page, "epochs"), scored = await columnByGroup(page, "score");
    const expectSorted = (groups, descending) => groups.forEach((group, i) => {
      if (group.every((text) => text === "–")) return assert.equal(i, groups.length - 1, "missing scores last");
      return assert.deepEqual(group.map(Number), sorted(group, descending));
    });
    trained.forEach((group, i) => assert.ok(scored[i].includes("–") || new Set(group).size === 1, String(group)));
    expectSorted(scored, true);
    for (const descending of [false, true]) {
      await page.click('#trials button[data-column="lr"]');
      const values = await column(page, "lr");
      assert.deepEqual(values.map(Number), sorted(values, descending));
      assert.equal(await page.getAttribute('#trials th:has(button[data-column="lr"])', "aria-sort"),
        descending ? "descending" : "ascending");
    }
    await page.click('#trials button[data-column="score"]');
    await page.click('#trials button[data-column="score"]');
    expectSorted(await columnByGroup(page, "score"), false);
  },

  async "every caveat and recommendation of the report is there, and no markup"({ page, analysis }) {
    const shown = await page.$$eval("#advice li", (all) => all.map((li) => li.textContent));
    assert.equal(shown.length, [analysis.recommendations, analysis.next_steps, analysis.caveats].flat().length);
    assert.ok(shown.every((text) => !/[`\\]/.test(text)), shown.join("\n"));
  },

  async "questions sort by any column, what is missing last"({ page }) {
    const heading = (name) => `#item-statistics button[data-column="${name}"]`;
    for (const descending of [false, true]) {
      await page.click(heading("α (error)"));
      const values = await page.$$eval("#item-statistics tbody tr", (rows) => rows.map((row) => row.children[3].textContent));
      const known = values.filter((text) => text !== "–").map(Number.parseFloat);
      assert.deepEqual(known, sorted(known, descending));
      assert.ok(known.length > 1 && values.slice(known.length).every((text) => text === "–"));
      assert.equal(await page.getAttribute(`#item-statistics th:has(button[data-column="α (error)"])`, "aria-sort"),
        descending ? "descending" : "ascending");
    }
    assert.equal(await page.$eval("#item-statistics thead th:last-child", (th) => th.textContent.trim()).then(
      (text) => text.startsWith("Mark")), true);  // behind all figures
    await page.click(heading("Mark"));
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
    await page.locator("#parallel .chart").focus();
    await page.keyboard.press("ArrowRight");
    await page.locator("#parallel figure").getByText(/^trial \d+: -?0\.\d{4}$/).waitFor();
    await page.locator("#curves .chart").focus();
    await page.keyboard.press("ArrowRight");
    await page.locator("#curves .chart").getByText(/^trial \d+, epoch 1: -?0\.\d{4}$/).waitFor();
    await page.setViewportSize({ width: 700, height: 900 });
    await page.waitForTimeout(200);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 700, "no chart that stays wide");
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const widths = await page.$$eval(".chart svg", (all) => all.map((svg) => svg.clientWidth));
    assert.ok(Math.max(...widths) <= 680, `on paper: ${widths}`);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    await page.setViewportSize({ width: 1280, height: 900 });
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
      const other = await select.evaluate((s) => [...s.options].map((o) => o.value).find((value) => value !== s.value));
      const drawing = () => select.evaluate((s) => s.closest("figure").innerHTML);
      const before = await drawing();
      if (other === undefined) continue;
      await select.selectOption(other);
      assert.ok(await drawing() !== before, `nothing changes with ${other}`);
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
      const whole = ["large", "small", "rungs"].includes(name);
      for (const [title, test] of Object.entries(
        { ...anyState, ...(whole ? tests : {}), ...(analysis.foreign ? ofOptunas : {}) })) {
        try {
          await test({ page, analysis, name, whole, complaints });
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
