// The page: sections in order, each of which shows an analysis and may be shown another.
import { el } from "./dom.js";
import { follow } from "./live.js";
import { counted, fully, outcomes, speakOf } from "./study.js";

/**
 * In the order of the page; required, so that a section stands here and nowhere else (the bundler
 * takes it for an import). A module's create(parent) makes its chart or table and returns what shows
 * an analysis in it; the first of a section also has its id, its title and, where a study that Optuna
 * wrote tells nothing of it, ofModels.
 */
const sections = [
  [require("./verdict.js")],
  [require("./advice.js")],
  [require("./history.js")],
  [require("./cumulative.js"), require("./timeline.js")],
  [require("./parallel.js")],
  [require("./importance.js")],
  [require("./slice.js"), require("./rank.js"), require("./contour.js")],
  [require("./curves.js")],
  [require("./classification.js")],
  [require("./positions.js")],
  [require("./items.js"), require("./information.js")],
  [require("./wright.js"), require("./item_compare.js")],
  [require("./item_table.js")],
  [require("./abilities.js")],
  [require("./trials_table.js")],
];

const byId = (id) => document.getElementById(id);

function build({ foreign }) {
  const updates = [];
  for (const parts of sections) {
    const { id, title, ofModels } = parts[0];
    if (foreign && ofModels) continue;
    byId("contents").append(el("li", {}, el("a", { href: `#${id}` }, title)));
    const section = el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title));
    byId("content").append(section);
    let place = section;
    if (parts.length > 1) section.append((place = el("div", { class: "pair" })));
    for (const part of parts) updates.push(part.create(place));
  }
  return updates;
}

const embedded = JSON.parse(byId("analysis").textContent);
const updates = build(embedded);

function show(analysis) {
  const { dataset, settings, summary, title } = analysis;
  speakOf(analysis);
  byId("title").textContent = title;
  document.title = `${title}: hyperparameter search`;
  const trials = [`${summary.successful_trials} of ${counted(summary.total_trials, "trial")} ${fully(analysis)}`,
    ...outcomes(analysis)].join(", ");
  byId("subtitle").textContent = analysis.foreign ? `${trials} · a study of Optuna` :
    `${trials} · ${summary.pruned_trials ? "up to " : ""}${counted(settings.folds, "fold")} × ` +
    `${counted(settings.epochs, "epoch")} · ` +
    `${counted(dataset.learners, "learner")} cross-validated, ${dataset.test_learners} held out · ` +
    `${counted(dataset.questions, "question")}, ${counted(dataset.categories, "category")} · ` +
    `sampler ${settings.sampler}, scheduler ${settings.scheduler}`;
  byId("program").textContent = `Made by ${analysis.program}.`;
  for (const update of updates) update(analysis);
}

show(embedded);

if (document.documentElement.dataset.live === "true")
  follow(show, (text) => {
    const live = byId("live");
    live.hidden = false;
    if (live.textContent !== text) live.textContent = text;
  });
