// The first thing on the page: does the winner beat the baselines, on learners it never saw?
import { el, scrollable, table } from "./dom.js";
import { fixed } from "./study.js";

export const id = "verdict", title = "Does the winner beat the baselines?", ofModels = true;

/** The winner and the baselines on the learners that decide, and where those come from. */
function deciding(analysis) {
  if (analysis.held_out?.intervals)
    return {
      winner: analysis.held_out, ceiling: analysis.ceiling.held_out,
      baselines: [...(analysis.folds_average ? [analysis.folds_average] : []), ...analysis.baselines.held_out],
      note: `Scored once on ${analysis.dataset.test_learners} learners held out from the search. In brackets and as ` +
        "differences, which are what the winner has more: 95% intervals by bootstrap over learners.",
    };
  if (!analysis.best) return null;
  return {
    winner: { name: analysis.model, metrics: analysis.best.cross_validated },
    baselines: analysis.baselines.cross_validation, ceiling: analysis.ceiling.cross_validation,
    note: "Scored in cross-validation, " + (analysis.dataset.test_learners === 0
      ? "no learner being held out" : analysis.held_out ? "for too few learners are held out"
        : "until the search has ended and the learners held out are looked at") +
      ". Differences: 95% intervals of what the winner has more, by Student's t over the folds, corrected for the " +
      "training learners that they share.",
  };
}

const range = (interval, digits) => interval.map((end) => fixed(end, digits)).join(" to ");

/** The objective and the cross-entropy are compared with the winner's; the others, of those shown in brief, aren't. */
function scores({ winner, baselines, ceiling }, { metrics, objective }) {
  const plain = (metric) => (one) => fixed(one.metrics[metric], 3);
  const score = (metric) => (one) => plain(metric)(one) +
    (one.intervals?.[metric] ? ` [${range(one.intervals[metric], 3)}]` : "");
  const difference = (metric) => (one) =>
    one.winner_differences?.[metric] ? range(one.winner_differences[metric], 3) : "";
  const shown = metrics.filter(({ name, brief }) =>
    (brief && name !== "qwk_median") || name === objective || name === "expected_calibration_error");
  shown.sort((a, b) => (b.name === objective) - (a.name === objective));
  const columns = [["Model", (one) => one.name], ...shown.flatMap(({ name, title }) =>
    name === objective || name === "cross_entropy"
      ? [[title, score(name)], ["Winner's difference", difference(name)]] : [[title, plain(name)]])];
  return table([columns.map(([name]) => name),
    ...[winner, ...baselines, ...(ceiling ? [ceiling] : [])].map((one) => columns.map(([, cell]) => cell(one)))]);
}

export function create(parent) {
  const content = el("div");
  parent.append(content);
  return (analysis) => {
    const { claim, grounds, outcome } = analysis.verdict, scored = deciding(analysis);
    content.replaceChildren(
      el("p", { class: outcome === "ahead" ? "verdict" : "verdict bad", id: "answer" },
        ...(claim ? [el("strong", {}, claim), " "] : []), grounds),
      ...analysis.warnings.map((warning) => el("p", { class: "warning" }, warning)),
      ...(scored ? [
        scrollable("Scores of the winner and the baselines", scores(scored, analysis)),
        el("p", { class: "note" }, scored.note)] : []));
  };
}
