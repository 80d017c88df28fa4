// The first thing on the page: whether the winner is worth using, and the table that says so.
import { el, scrollable, table } from "./dom.js";
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

function rows({ where, winner, others }, metrics) {
  const cells = (one) => metrics.flatMap(({ name }) => {
    const interval = one.winner_differences?.[name];
    const difference = one === winner || !winner ? "" : signed(winner.metrics[name] - one.metrics[name]);
    return [fixed(one.metrics[name], 4), el("span", {}, difference,
      ...(difference && interval ? [el("small", {}, ` ${interval.map(signed).join(" to ")}`)] : []))];
  });
  return [...(winner ? [winner] : []), ...others].map((one) =>
    [where, one === winner ? "winner" : one.name, ...cells(one)]);
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
        scrollable("Scores of the winner and the baselines", table([
          ["Scored", "Predictor", ...metrics.flatMap((metric) => [metric.title, "Difference"])],
          ...boards(analysis).flatMap((board) => rows(board, metrics))]))] : []));
  };
}
