// What charts ask of an analysis (docs/analysis_json.md): trials that count, parameters as axes.

/** With so many decimals; zero has no sign. */
export const fixed = (value, digits = 4) =>
  value === null || value === undefined ? "–" : value.toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1");

/** A number with an exponent, which has two digits or more as in the report: 6.35e-06. */
const exponential = (value, digits) =>
  value.toExponential(digits).replace(/\.?0*e/, "e").replace(/e([+-])(\d)$/, "e$10$2");

/**
 * A number of any scale in six significant digits without zeros at the end, as the report's
 * significant() (number_text.cpp) has it.
 */
export function significant(value) {
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(5).split("e")[1]);
  if (exponent < -4 || exponent >= 9) return exponential(value, 5);
  const text = value.toFixed(Math.max(0, 5 - exponent));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

let shown = null;  // the analysis that the page shows

/** Tells the texts below of which analysis they are. */
export const speakOf = (analysis) => { shown = analysis; };

/** A score as text: QWK with four decimals, what Optuna recorded in significant digits. */
export const scoreText = (value) =>
  (typeof value === "number" && shown?.foreign ? significant(value) : fixed(value));

/** A value of a parameter as text: four significant digits, an integer with all of them. */
export function valueText(value) {
  if (typeof value !== "number") return String(value ?? "–");
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const rounded = Number(value.toPrecision(4));
  return rounded !== 0 && Math.abs(rounded) < 1e-4 ? exponential(rounded, 3) : String(rounded);
}

/** Whether scores are the better the lower they are, as of a study that minimizes. */
export const minimizes = (analysis) => analysis.direction === "minimize";

/** The better of two scores. */
export const betterOf = (analysis) => (minimizes(analysis) ? Math.min : Math.max);

/** For sorting trials by a score of theirs, the best first. */
export const bestFirst = (analysis, score) => (a, b) => (score(b) - score(a)) * (minimizes(analysis) ? -1 : 1);

/** What a trial is called that counts: Optuna's needn't have trained anything. */
export const fully = (analysis) => (analysis.foreign ? "complete" : "trained fully");

/** Lowest and highest of any number of numbers. */
export const extent = (values) =>
  values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/** At most `most` of a list, evenly chosen, and those for which `kept` holds: charts draw no more. */
export function thinned(list, most, kept = () => false) {
  if (list.length <= most) return list;
  const every = list.length / most;
  return list.filter((one, i) => Math.floor(i / every) !== Math.floor((i - 1) / every) || kept(one));
}

/** Says where a chart shows fewer than there are, and how; else nothing. */
export const someOf = (shown, all, noun, how = "drawn") =>
  (shown < all ? ` ${shown} of the ${counted(all, noun)} are ${how}.` : "");

/** "1 trial", "2 trials". */
export const counted = (n, noun) => `${n} ${n === 1 ? noun : noun.replace(/([^aeiou])y$/, "$1ie") + "s"}`;

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
export const comparedText = (analysis) => [analysis.score_titles.name, analysis.score_titles.compared_at]
  .filter(Boolean).join(", ");

/** Trials by what became of them, in words; those trained fully are counted elsewhere. */
export const outcomes = ({ summary }) =>
  [["pruned_trials", "stopped early"], ["failed_trials", "failed"], ["unfinished_trials", "running or waiting"]]
    .filter(([count]) => summary[count] > 0).map(([count, what]) => `${summary[count]} ${what}`);

/** Why there's nothing to show of trials trained fully, or of those compared. */
export const whyNone = (analysis, what = `No trial ${analysis.foreign ? "is" : "was"} ${fully(analysis)}`) =>
  [what, ...(outcomes(analysis).length ? [outcomes(analysis).join(", ")] : [])].join(": ") + ".";
export const whyNoneCompared = (analysis) => whyNone(analysis, "No trial has a score to compare");

/** Of what is scored when a search has ended; earlier versions scored less. */
export const notOnRecord = "Not on record: the sweep adds it when it ends, or when its command is given again.";

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

/** The score that a trial had last, whatever became of it; null where it has none. */
export const lastScore = (trial) => meanCurve(trial).at(-1) ?? null;

/** For how long a trial was trained. */
export const trainedFor = ({ epochs, folds }, foreign) => (foreign ? counted(epochs, "reported value")
  : `${counted(epochs, "epoch")} on ${counted(folds, "fold")}`);

/** The unit in which so many seconds read best, and how many seconds it has. */
export const timeUnit = (seconds) => (seconds >= 3 * 3600 ? [3600, "hours"] : seconds >= 180 ? [60, "minutes"]
  : [1, "seconds"]);

/** The quarter of the compared trials that each is in by its score, 0 the best: the best ceil(n/4) first. */
export function quarters(analysis) {
  const ranked = comparable(analysis).sort(bestFirst(analysis, (t) => t.compared_score));
  return new Map(ranked.map((t, rank) => [t.trial, Math.floor((4 * rank) / ranked.length)]));
}

/** Lowest and highest of numbers, a twentieth beyond on either side; where they're equal, of their size. */
export function paddedRange(values) {
  if (values.length === 0) return [0, 1];
  const [low, high] = extent(values);
  const pad = (high - low) / 20 || Math.abs(high) / 20 || 0.01;
  return [low - pad, high + pad];
}

/**
 * Tics for a logarithmic axis: powers of ten and, where those are few, twice and five times; the
 * bounds where not even two of them lie within.
 */
function logTics(low, high) {
  const tics = [], every = Math.ceil((Math.log10(high) - Math.log10(low)) / 12);  // of very many powers, a few
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += Math.max(1, every))
    for (const factor of high / low > 30 ? [1] : [1, 2, 5]) tics.push(factor * 10 ** power);
  const within = tics.filter((tic) => tic >= low * 0.999 && tic <= high * 1.001);
  return within.length >= 2 ? within : [low, high];
}

function linearTics(low, high) {
  const raw = high / 4 - low / 4, magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * magnitude).find((s) => s >= raw);
  const first = Math.ceil(low / step - 1e-9), most = 5;
  const tics = Array.from({ length: most }, (_, i) => Number(((first + i) * step).toPrecision(12)))
    .filter((tic) => tic <= high + 1e-9 * step);
  // A range so narrow that numbers hardly tell its ends apart.
  return new Set(tics).size < 2 ? [low, high] : tics;
}

/**
 * A searched parameter as an axis from 0 to 1: `unit(value)` is where a value lies (NaN where the
 * parameter wasn't searched, or outside of its range), `tics` the positions with labels.
 */
export function parameterAxis(parameter) {
  if (parameter.kind === "choice") {
    const n = parameter.choices.length;
    return {
      ...parameter,
      categorical: true,
      unit(value) {
        const i = parameter.choices.indexOf(value);
        return i < 0 ? NaN : (i + 0.5) / n;
      },
      tics: parameter.choices.map(valueText).map((label, i) => ({ at: (i + 0.5) / n, label })),
    };
  }
  const { low, high, log } = parameter;
  const scale = log ? Math.log : (x) => x / 2;  // the width of no range overflows
  const unit = (value) =>
    value === null || value < low || value > high ? NaN
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
  const ranks = new Map(ranked.map((name, i) => [name, i]));
  const rank = (p) => ranks.get(p.name) ?? ranked.length;
  return [...analysis.space].sort((a, b) => rank(a) - rank(b));
}
