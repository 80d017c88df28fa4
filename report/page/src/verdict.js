// The first thing on the page: does the winner beat the baselines, on learners it never saw?
import { el, table } from "./dom.js";
import { fixed } from "./study.js";

export const title = "Does the winner beat the baselines?";

/** The winner and the baselines on the learners that decide, and where those come from. */
function deciding(analysis) {
  if (analysis.held_out)
    return {
      winner: analysis.held_out, baselines: analysis.baselines.held_out,
      where: `on ${analysis.dataset.test_learners} learners held out from the search`,
    };
  if (!analysis.best) return null;
  const metrics = analysis.best.cross_validated, error = analysis.best.standard_error;
  return {
    winner: {
      name: analysis.model, metrics,
      intervals: { qwk: [metrics.qwk - error, metrics.qwk + error] },
    },
    baselines: analysis.baselines.cross_validation,
    where: `in cross-validation, no learner being held out; ± one standard error over the folds`,
  };
}

/** @return whether every baseline stays below the winner's interval, and that in words. */
export function verdict(analysis) {
  const scored = deciding(analysis);
  if (!scored) return { good: false, text: "No trial has succeeded yet: there is no winner." };
  const { winner, baselines, where } = scored;
  if (baselines.length === 0)
    return { good: true, text: `Baselines haven't been scored yet; the best trial so far reaches QWK ${fixed(winner.metrics.qwk)} in cross-validation.` };
  const strongest = baselines.reduce((a, b) => (b.metrics.qwk > a.metrics.qwk ? b : a));
  const [low, high] = winner.intervals.qwk, score = strongest.metrics.qwk;
  const figures = `QWK ${fixed(winner.metrics.qwk)} against ${fixed(score)} of ${strongest.name}, ${where}`;
  if (score > high) return { good: false, text: `No: ${strongest.name} is better. ${figures}.` };
  if (score >= low) return { good: false, text: `Not beyond chance: a tie with ${strongest.name}. ${figures}.` };
  return { good: true, text: `Yes: ${winner.name} beats every baseline. ${figures}.` };
}

function scores({ winner, baselines }) {
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
    ...[winner, ...baselines].map((one) => [one.name, ...columns.map(([, m]) => cell(one, m))])]);
}

export function create(parent) {
  const content = el("div");
  parent.append(content);
  return (analysis) => {
    const { good, text } = verdict(analysis), scored = deciding(analysis);
    content.replaceChildren(
      el("p", { class: good ? "verdict" : "verdict bad", id: "verdict" }, text),
      ...analysis.warnings.map((warning) => el("p", { class: "warning" }, warning)),
      ...(scored ? [
        el("div", { class: "scroll" }, scores(scored)),
        el("p", { class: "note" }, analysis.held_out
          ? "Scored once on learners held out; 95% intervals by bootstrap over learners."
          : `Scored ${scored.where}.`)] : []));
  };
}
