// What to do about the figures, and what they don't say: the report's recommendations and caveats.
import { el } from "./dom.js";

export const id = "advice", title = "Recommendations and caveats";

/** The report's sentences are Markdown, of which they use code and escapes. */
function inline(text) {
  return text.split(/(`+)(.+?)\1/).map((part, i) => [part, i % 3])
    .filter(([, kind]) => kind !== 1)
    .map(([part, kind]) => (kind === 2 ? el("code", {}, part.trim()) : part.replace(/\\([^\w\s])|\\(_)/g, "$1$2")));
}

export function create(parent) {
  const pair = el("div", { class: "pair" });
  parent.append(pair);
  return ({ recommendations, next_steps: next, caveats }) => pair.replaceChildren(
    ...[["Recommendations", [...recommendations, ...next]], ["Caveats", caveats]]
      .filter(([, sentences]) => sentences.length > 0)
      .map(([heading, sentences]) => el("div", {}, el("h3", {}, heading),
        el("ul", {}, ...sentences.map((sentence) => el("li", {}, ...inline(sentence)))))));
}
