// The first thing on the page: does the winner beat the baselines, on learners it never saw?
import { el, scrollable, table } from "./dom.js";
import { fixed } from "./study.js";

export const title = "Does the winner beat the baselines?";

/** The winner and the baselines on the learners that decide, and where those come from. */
function deciding(analysis) {
  if (analysis.held_out)
    return {
      winner: analysis.held_out, baselines: analysis.baselines.held_out, ceiling: analysis.ceiling.held_out,
      where: `on ${analysis.dataset.test_learners} learners held out from the search`,
    };
  if (!analysis.best) return null;
  const metrics = analysis.best.cross_validated, error = analysis.best.standard_error;
  return {
    winner: {
      name: analysis.model, metrics,
      intervals: { qwk: [metrics.qwk - error, metrics.qwk + error] },
    },
    baselines: analysis.baselines.cross_validation, ceiling: analysis.ceiling.cross_validation,
    where: `in cross-validation, no learner being held out; ± one standard error over the folds`,
  };
}

/** The analysis' sentence as elements: ** marks emphasis. */
function sentence(text) {
  return text.split("**").map((part, i) => (i % 2 ? el("strong", {}, part) : part));
}

function scores({ winner, baselines, ceiling }) {
  const columns = [
    ["QWK", "qwk"], ["Accuracy", "accuracy"], ["Within one", "accuracy_within_one"],
    ["Cross-entropy", "cross_entropy"], ["Calibration error", "expected_calibration_error"],
  ];
  const cell = (one, metric) => {
    const interval = one.intervals?.[metric];
    return fixed(one.metrics[metric], 3) +
      (interval ? ` [${fixed(interval[0], 3)}, ${fixed(interval[1], 3)}]` : "");
  };
  return table([["Model", ...columns.map(([name]) => name)],
    ...[winner, ...baselines, ...(ceiling ? [ceiling] : [])].map((one) => [one.name, ...columns.map(([, m]) => cell(one, m))])]);
}

export function create(parent) {
  const content = el("div");
  parent.append(content);
  return (analysis) => {
    const { text, outcome } = analysis.verdict, scored = deciding(analysis);
    content.replaceChildren(
      el("p", { class: outcome === "ahead" ? "verdict" : "verdict bad", id: "answer" }, ...sentence(text)),
      ...analysis.warnings.map((warning) => el("p", { class: "warning" }, warning)),
      ...(scored ? [
        scrollable("Scores of the winner and the baselines", scores(scored)),
        el("p", { class: "note" }, analysis.held_out
          ? "Scored once on learners held out; 95% intervals by bootstrap over learners."
          : `Scored ${scored.where}.`)] : []));
  };
}
