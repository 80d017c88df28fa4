// Bundles the page, its style and its libraries into one template, and that into a C++ source file:
// node build.mjs PACKAGES OUT, where PACKAGES holds node_modules.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [packages, out] = process.argv.slice(2);
const source = join(dirname(fileURLToPath(import.meta.url)), "src");
const modules = join(packages, "node_modules");
const { build } = createRequire(resolve(packages, "package.json"))("esbuild");

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(source, entry)], nodePaths: [modules], bundle: true, minify: true,
    write: false, metafile: true, format: "iife", target: "es2020", charset: "utf8",
    legalComments: "inline", logLevel: "warning",
  });
  return { text: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) };
}

// The licence files of every package that went into the bundle.
function licences(inputs) {
  const names = new Set(inputs.map((input) => input.match(/node_modules\/([^/]+)/)?.[1]).filter(Boolean));
  return [...names].sort().map((name) => {
    const { version, license } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
    const texts = ["LICENSE", "LICENSE.txt", "NOTICE"].flatMap((file) => {
      try {
        return [readFileSync(join(modules, name, file), "utf8").trim()];
      } catch {
        return [];
      }
    });
    if (texts.length === 0) throw new Error(`${name}: no licence file`);
    return `${name} ${version} (${license})\n\n${texts.join("\n\n")}`;
  }).join(`\n\n${"-".repeat(72)}\n\n`);
}

const escapeHtml = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const script = await bundle("main.js"), style = await bundle("style.css");
const code = script.text.replaceAll("</script", "<\\/script");
const parts = {
  style: style.text,
  licences: escapeHtml(licences(script.inputs)),
  script: code,
  // The only script that the page's Content-Security-Policy lets run.
  script_hash: `sha256-${createHash("sha256").update(code, "utf8").digest("base64")}`,
};
const html = readFileSync(join(source, "index.html"), "utf8")
  .replace(/\{\{(style|licences|script_hash|script)\}\}/g, (_, name) => parts[name]);
for (const place of ["{{live}}", "{{analysis}}"])
  if (html.split(place).length !== 2) throw new Error(`${place}: expected once in the page`);

const delimiter = "page_end";
if (html.includes(`)${delimiter}"`)) throw new Error(`the page holds the delimiter ${delimiter}`);
writeFileSync(out, `// Made by report/page/build.mjs.
#include "page/page_template.h"

namespace manygpcm::report {

std::string_view page_template() {
    static constexpr char html[] = R"${delimiter}(${html})${delimiter}";
    return {html, sizeof html - 1};
}

}  // namespace manygpcm::report
`);
