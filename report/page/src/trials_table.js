// All trials, sortable by any column, to be taken along as CSV.
import { compare, el, redraw, scrollable, sortHeading } from "./dom.js";
import {
  counted, fixed, fully, minimizes, scoreText, someOf, stateText, trainedFor, valueText,
} from "./study.js";

export const id = "table", title = "Trials";

const comparedName = ({ comparable: { epochs } }) => `score_after_epoch_${epochs}`;

function columnsOf(analysis) {
  return [
    { name: "trial", value: (t) => t.trial, text: String },
    { name: "state", value: (t) => stateText(t.state), text: String },
    { name: "score", value: (t) => t.score, text: scoreText },
    // After the same training, of all that got so far.
    ...(analysis.comparable.early ? [{ name: comparedName(analysis), value: (t) => t.compared_score, text: scoreText }]
      : []),
    // Of one fold there's no deviation.
    { name: "cv_std", value: (t) => (t.folds > 1 ? t.cv_std : null), text: (v) => fixed(v) },
    { name: "seconds", value: (t) => t.seconds, text: (v) => fixed(v, 1) },
    { name: analysis.foreign ? "reported_values" : "epochs", value: (t) => t.epochs, text: String },
    ...analysis.space.map((p) => ({ name: p.name, value: (t) => t.parameters[p.name], text: valueText })),
  ];
}

/** RFC 4180, with every digit. */
export function csv(columns, trials) {
  const field = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map((c) => c.name), ...trials.map((t) => columns.map((c) => c.value(t)))]
    .map((row) => row.map(field).join(",") + "\r\n").join("");
}

/**
 * Trials whose scores are after equal training, those trained longest first: only within a group do scores compare. Values
 * of a trial of Optuna's that didn't complete are after whatever it had reported.
 */
function groupsByTraining(analysis, trials) {
  const groups = new Map();
  for (const t of trials) {
    const rank = t.successful ? [Infinity, Infinity]
      : t.state !== "failed" && t.score !== null ? [t.epochs, t.folds] : [-1, -1];
    const key = rank.join();
    if (!groups.has(key)) groups.set(key, { rank, trials: [] });
    groups.get(key).trials.push(t);
  }
  return [...groups.values()]
    .sort((a, b) => (b.rank[0] > a.rank[0] ? 1 : b.rank[0] < a.rank[0] ? -1 : b.rank[1] - a.rank[1]))
    .map((group) => ({
      trials: group.trials,
      label: `${counted(group.trials.length, "trial")} ` + (group.rank[0] === Infinity ? fully(analysis)
        : group.rank[0] < 0 ? "without a score to compare" : `after ${trainedFor(group.trials[0], analysis.foreign)}`),
    }));
}

function download(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = el("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function create(parent) {
  const mostRows = 2000;
  let sorted = null;  // by what, once there's something to sort
  const note = el("p", { class: "note" });
  const place = scrollable("All trials");
  place.classList.add("trials");
  let analysis = null;
  const save = el("button", {
    type: "button", id: "csv",
    onclick: () => download(csv(columnsOf(analysis), analysis.trials),
      `${analysis.title.replaceAll(" on ", "_")}_trials.csv`),
  }, "Download as CSV");
  parent.append(el("div", { class: "controls" }, save), note, place);

  const sortBy = (name) => {
    sorted.descending = sorted.column === name ? !sorted.descending
      : name.startsWith("score") && !minimizes(analysis);
    sorted.column = name;
    draw();
  };
  const draw = () => {
    const columns = columnsOf(analysis);
    const by = columns.find((c) => c.name === sorted.column) ?? columns[0];
    const inOrder = (all) => [...all].sort((a, b) => compare(by.value(a), by.value(b), sorted.descending));
    const groups = (by.name === "score" ? groupsByTraining(analysis, analysis.trials)
      : [{ label: "", trials: analysis.trials }]).map((group) => ({ ...group, trials: inOrder(group.trials) }));
    const trials = groups.flatMap((group) => group.trials).slice(0, mostRows), shown = new Set(trials);
    note.textContent = someOf(trials.length, analysis.trials.length, "trial", "shown, the CSV has all");
    const heading = ({ name }) => sortHeading(name,
      name === by.name ? (sorted.descending ? "descending" : "ascending") : undefined, () => sortBy(name));
    const row = (trial) => el("tr", {
      class: trial.trial === analysis.best?.trial ? "best" : trial.state,
    }, ...columns.map((c) => el("td", {}, c.text(c.value(trial)))));
    const body = ({ label, trials: all }) => el("tbody", {},
      ...(groups.length > 1 ? [el("tr", { class: "group" },
        el("th", { colspan: columns.length, scope: "rowgroup" }, el("span", {}, label)))] : []),
      ...all.filter((t) => shown.has(t)).map(row));
    redraw(place, el("table", { id: "trials" },
      el("thead", {}, el("tr", {}, ...columns.map(heading))), ...groups.map(body)));
  };
  return (next) => {
    analysis = next;
    sorted ??= { column: "score", descending: !minimizes(analysis) };
    draw();
  };
}
