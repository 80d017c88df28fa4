// What charts ask of an analysis (docs/analysis_json.md): trials that count, parameters as axes.

export const fixed = (value, digits = 4) =>
  value === null || value === undefined ? "–" : value.toFixed(digits);

/** A score as text: four decimals, or seven significant digits where those say too little or too much. */
export const scoreText = (value) =>
  (typeof value !== "number" || value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4)
    ? fixed(value) : String(Number(value.toPrecision(7))));

/** A value of a parameter as text: four significant digits. */
export function valueText(value) {
  if (typeof value !== "number") return String(value ?? "–");
  const rounded = Number(value.toPrecision(4));
  return rounded !== 0 && Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded);
}

/** "1 trial", "2 trials". */
export const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

/**
 * `text` in lines of at most `length` characters: broken after "_" and spaces, else with an ellipsis
 * for the rest of a line and for lines beyond `most`.
 */
export function wrapped(text, length, most = Infinity) {
  const lines = [""];
  for (const word of text.match(/[^_ ]*[_ ]?/g)) {
    if (lines.at(-1) && (lines.at(-1) + word).length > length) lines.push("");
    lines[lines.length - 1] += word;
  }
  if (lines.length > most) lines[most - 1] += "…";
  return lines.slice(0, most)
    .map((line) => (line.length > length + 1 ? `${line.slice(0, length - 1)}…` : line)).join("\n");
}

/** A trial's state in words. */
export const stateText = (state) => (state === "pruned" ? "stopped early" : state);

export const successful = (analysis) => analysis.trials.filter((trial) => trial.successful);

/** The trials that the analysis compares. */
export const comparable = (analysis) => analysis.trials.filter((trial) => trial.compared_score !== null);

/** What their scores are, in a line. */
export const comparedText = (analysis) => analysis.score_titles.compared.replace("\n", ", ");

/** Trials by what became of them, in words; those trained fully are counted elsewhere. */
export const outcomes = ({ summary }) =>
  [["pruned_trials", "stopped early"], ["failed_trials", "failed"], ["unfinished_trials", "running or waiting"]]
    .filter(([count]) => summary[count] > 0).map(([count, what]) => `${summary[count]} ${what}`);

/** Why there's nothing to show of trials trained fully, or of those compared. */
export const whyNone = (analysis, what = "No trial was trained fully") =>
  [what, ...(analysis.trials.length ? [outcomes(analysis).join(", ")] : [])].join(": ") + ".";
export const whyNoneCompared = (analysis) => whyNone(analysis, "No trial has a score to compare");

/** Mean over the folds that a trial was trained on of the score after each epoch that all of them reached. */
export function meanCurve(trial) {
  const folds = trial.fold_scores_by_epoch.filter((fold) => fold.length > 0);
  const epochs = Math.min(...folds.map((fold) => fold.length));
  if (!Number.isFinite(epochs)) return [];
  return Array.from({ length: epochs }, (_, epoch) => {
    const scores = folds.map((fold) => fold[epoch]);
    return scores.includes(null) ? null : scores.reduce((a, b) => a + b, 0) / scores.length;
  });
}

/** Lowest and highest of numbers, a twentieth beyond on either side; where they're equal, of their size. */
export function paddedRange(values) {
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values), high = Math.max(...values);
  const pad = (high - low) / 20 || Math.abs(high) / 20 || 0.01;
  return [low - pad, high + pad];
}

/**
 * Tics for a logarithmic axis: powers of ten and, where those are few, twice and five times; the
 * bounds where not even two of them lie within.
 */
function logTics(low, high) {
  const tics = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
    for (const factor of high / low > 30 ? [1] : [1, 2, 5]) tics.push(factor * 10 ** power);
  const within = tics.filter((tic) => tic >= low * 0.999 && tic <= high * 1.001);
  return within.length >= 2 ? within : [low, high];
}

function linearTics(low, high) {
  const raw = (high - low) / 4, magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * magnitude).find((s) => s >= raw);
  const tics = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i)
    tics.push(Number((i * step).toPrecision(12)));
  return tics;
}

/**
 * A searched parameter as an axis from 0 to 1: `unit(value)` is where a value lies (NaN where the
 * parameter wasn't searched), `tics` the positions with labels.
 */
export function parameterAxis(parameter) {
  if (parameter.kind === "choice") {
    const texts = parameter.choices.map(valueText), n = texts.length;
    return {
      ...parameter,
      categorical: true,
      unit(value) {
        const i = texts.indexOf(valueText(value));
        return i < 0 ? NaN : (i + 0.5) / n;
      },
      tics: texts.map((label, i) => ({ at: (i + 0.5) / n, label })),
    };
  }
  const { low, high, log } = parameter;
  const scale = log ? Math.log : (x) => x;
  const unit = (value) =>
    value < low || value > high ? NaN
      : high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 0.5;
  const values = high > low ? (log ? logTics(low, high) : linearTics(low, high)) : [low];
  return {
    ...parameter,
    categorical: false,
    unit,
    tics: values.map((value) => ({ at: unit(value), label: valueText(value) }))
      .filter((tic) => !Number.isNaN(tic.at)),
  };
}

/** Parameters by importance, the most important first; the others behind in the space's order. */
export function parametersByImportance(analysis) {
  const ranked = analysis.parameter_importance.map((entry) => entry.name);
  const rank = (p) => (ranked.includes(p.name) ? ranked.indexOf(p.name) : ranked.length);
  return [...analysis.space].sort((a, b) => rank(a) - rank(b));
}
