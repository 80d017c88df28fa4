// All trials, sortable by any column, to be taken along as CSV.
import { el, scrollable } from "./dom.js";
import { fixed, minimizes, scoreText, someOf, stateText, valueText } from "./study.js";

export const id = "table", title = "Trials";

function columnsOf(analysis) {
  return [
    { name: "trial", value: (t) => t.trial, text: String },
    { name: "state", value: (t) => stateText(t.state), text: String },
    { name: "score", value: (t) => t.score, text: scoreText },
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

// Missing scores stay last, whichever way the others go.
function compare(a, b, descending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : a - b;
  return descending ? -order : order;
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
      : name === "score" && !minimizes(analysis);
    sorted.column = name;
    draw();
  };
  const draw = () => {
    const columns = columnsOf(analysis);
    const by = columns.find((c) => c.name === sorted.column) ?? columns[0];
    const trials = [...analysis.trials].sort((a, b) => compare(by.value(a), by.value(b), sorted.descending))
      .slice(0, mostRows);
    note.textContent = someOf(trials.length, analysis.trials.length, "trial", "shown, the CSV has all");
    const heading = ({ name }) => {
      const on = name === by.name;
      return el("th", { scope: "col", "aria-sort": on ? (sorted.descending ? "descending" : "ascending") : "none" },
        el("button", { type: "button", "data-column": name, onclick: () => sortBy(name) },
          name + (on ? (sorted.descending ? " ▼" : " ▲") : "")));
    };
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.column : undefined;
    const row = (trial) => el("tr", {
      class: trial.trial === analysis.best?.trial ? "best" : trial.state,
    }, ...columns.map((c) => el("td", {}, c.text(c.value(trial)))));
    place.replaceChildren(el("table", { id: "trials" },
      el("thead", {}, el("tr", {}, ...columns.map(heading))), el("tbody", {}, ...trials.map(row))));
    if (focused) place.querySelector(`button[data-column="${focused}"]`)?.focus();
  };
  return (next) => {
    analysis = next;
    sorted ??= { column: "score", descending: !minimizes(analysis) };
    draw();
  };
}
