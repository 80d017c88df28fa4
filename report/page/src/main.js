// The page: sections in order, each of which shows an analysis and may be shown another.
import * as abilities from "./abilities.js";
import * as classification from "./classification.js";
import * as contour from "./contour.js";
import * as curves from "./curves.js";
import { el } from "./dom.js";
import * as history from "./history.js";
import * as importance from "./importance.js";
import * as items from "./items.js";
import { follow } from "./live.js";
import * as parallel from "./parallel.js";
import * as slice from "./slice.js";
import { counted, fully, outcomes, speakOf } from "./study.js";
import * as trialsTable from "./trials_table.js";
import * as verdict from "./verdict.js";

const sections = [
  ["verdict", verdict.title, [verdict]], ["history", history.title, [history]],
  ["parallel", parallel.title, [parallel]], ["importance", importance.title, [importance]],
  ["slices", slice.title, [slice, contour]], ["curves", curves.title, [curves]],
  ["predictions", classification.title, [classification]], ["items", items.title, [items]],
  ["abilities", abilities.title, [abilities]], ["table", trialsTable.title, [trialsTable]],
];

const byId = (id) => document.getElementById(id);

/** Sections about models and learners, of which a study that Optuna wrote tells nothing. */
const ofModels = ["verdict", "predictions", "items", "abilities"];

function build({ foreign }) {
  const updates = [];
  for (const [id, title, parts] of sections) {
    if (foreign && ofModels.includes(id)) continue;
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
    `${trials} · ${counted(settings.folds, "fold")} · ` +
    `${dataset.learners} learners cross-validated, ${dataset.test_learners} held out · ` +
    `${dataset.questions} questions, ${dataset.categories} categories · ` +
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
