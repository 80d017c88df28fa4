// The first thing on the page: whether the winner is worth using, and the table that says so.
import { el, scrollable } from "./dom.js";
import { fixed } from "./study.js";

export const id = "verdict", title = "Verdict", ofModels = true;

const signed = (x) => (x >= 0 ? "+" : "") + fixed(x, 4);

/** What the winner is compared by: of two categories the AUC first, then the objective, then cross-entropy. */
function comparedBy({ metrics, objective }) {
  const shown = new Set(["auc", objective, "cross_entropy"]);
  return [...shown].map((name) => metrics.find((metric) => metric.name === name)).filter(Boolean);
}

/** Who was scored on the same responses: where, the winner and the others. */
function boards({ held_out, folds_average, baselines, ceiling, best, verdict }) {
  const board = (where, winner, others) => ({ where, winner, others: others.filter(Boolean) });
  return [
    ...(held_out ? [board("held out", held_out, [folds_average, ...baselines.held_out, ceiling.held_out])] : []),
    ...(verdict.decided_on_held_out ? [] : [board("cross-validation", best && { metrics: best.cross_validated },
      [...baselines.cross_validation, ceiling.cross_validation])]),
  ];
}

/** A predictor's row: each figure with what the winner has more in small below it, so that all have room at 400 pixels. */
function row(one, winner, metrics) {
  const cell = ({ name }) => {
    const interval = one.winner_differences?.[name];
    return el("td", {}, fixed(one.metrics[name], 4), ...(one === winner || !winner ? []
      : [el("small", {}, signed(winner.metrics[name] - one.metrics[name]) +
          (interval ? ` (${interval.map(signed).join(" to ")})` : ""))]));
  };
  return el("tr", {}, el("td", {}, one === winner ? "winner" : one.name), ...metrics.map(cell));
}

function scores(analysis, metrics) {
  const all = boards(analysis);
  return el("table", { class: "scores" },
    el("thead", {}, el("tr", {}, ...["Predictor", ...metrics.map((metric) => metric.title)]
      .map((text) => el("th", { scope: "col" }, text)))),
    ...all.map(({ where, winner, others }) => el("tbody", {},
      el("tr", { class: "group" }, el("th", { colspan: metrics.length + 1, scope: "rowgroup" }, el("span", {}, where))),
      ...[...(winner ? [winner] : []), ...others].map((one) => row(one, winner, metrics)))));
}

export function create(parent) {
  const content = el("div");
  parent.append(content);
  return (analysis) => {
    const { claim, grounds, note, worst_outcome } = analysis.verdict, metrics = comparedBy(analysis);
    const good = worst_outcome === "ahead" && !analysis.warnings.length;
    content.replaceChildren(
      el("div", { class: good ? "verdict" : "verdict bad" },
        ...analysis.warnings.map((warning) => el("p", {}, el("strong", {}, warning))),
        el("p", { id: "answer" }, ...(claim ? [el("strong", {}, claim), " "] : []), grounds)),
      ...(analysis.baselines.cross_validation.length ? [
        el("p", { class: "note" }, note),
        scrollable("Scores of the winner and the baselines", scores(analysis, metrics))] : []));
  };
}
