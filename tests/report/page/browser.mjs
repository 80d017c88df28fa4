// A headless Chromium for the page's tests, driven by playwright-core.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** The browser: MANYGPCM_CHROMIUM, or the first of the usual names in PATH; null if there is none. */
export function findChromium() {
  if (process.env.MANYGPCM_CHROMIUM) return process.env.MANYGPCM_CHROMIUM;
  const directories = (process.env.PATH ?? "").split(delimiter);
  for (const name of ["chromium", "chromium-browser", "google-chrome"])
    for (const directory of directories)
      if (existsSync(join(directory, name))) return join(directory, name);
  return null;
}

/** Calls `use(browser context)`; `packages` holds playwright-core's node_modules. */
export async function withBrowser(packages, executablePath, use) {
  const { chromium } = createRequire(resolve(packages, "package.json"))("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "manygpcm-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, acceptDownloads: true, viewport: { width: 1280, height: 900 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  context.setDefaultTimeout(120_000);  // CI's cores are shared
  try {
    await use(context);
  } finally {
    await context.close();
    // Its processes may write there for a moment yet.
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}

/** A page that remembers what must not be: console errors, exceptions, requests but for `own`. */
export async function watchedPage(context, own) {
  const page = await context.newPage(), complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (!own(request.url())) complaints.push(`request: ${request.url()}`);
  });
  return { page, complaints };
}
