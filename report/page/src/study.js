// What charts ask of an analysis (docs/analysis_json.md): trials that count, parameters as axes.

export const fixed = (value, digits = 4) =>
  value === null || value === undefined ? "–" : value.toFixed(digits);

/** A value of a parameter as text: four significant digits. */
export const valueText = (value) =>
  typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value ?? "–");

/** A trial's state in words. */
export const stateText = (state) => (state === "pruned" ? "stopped early" : state);

export const successful = (analysis) => analysis.trials.filter((trial) => trial.successful);

/**
 * The trials that the analysis compares, each with `compared`, its score at their common fidelity:
 * the mean over the first folds after so many epochs.
 */
export function comparable(analysis) {
  const { epochs, folds } = analysis.comparable;
  return analysis.trials.flatMap((trial) => {
    const after = (of_folds) => of_folds.slice(0, folds).map((fold) => fold[epochs - 1] ?? null);
    const scores = after(trial.fold_scores_by_epoch), losses = after(trial.fold_losses_by_epoch);
    if (epochs === 0 || scores.length < folds || scores.includes(null) || losses.includes(null)) return [];
    return [{ ...trial, compared: scores.reduce((a, b) => a + b, 0) / folds }];
  });
}

/** What a score is, as an axis' title. */
export const scoreTitle = (analysis) => `Score (${analysis.objective === "qwk" ? "QWK" : analysis.objective})`;

/** What a score of comparable() is, as an axis' title. */
export const comparedTitle = (analysis) =>
  scoreTitle(analysis) + (analysis.trials.every((t) => t.epochs === analysis.comparable.epochs)
    ? "" : ` after epoch ${analysis.comparable.epochs}`);

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

/** Lowest and highest of numbers, a twentieth beyond on either side. */
export function paddedRange(values) {
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values), high = Math.max(...values);
  const pad = (high - low) / 20 || 0.01;
  return [low - pad, high + pad];
}

/** Tics for a logarithmic axis: powers of ten and, where those are few, twice and five times. */
function logTics(low, high) {
  const tics = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
    for (const factor of high / low > 1e3 ? [1] : [1, 2, 5]) tics.push(factor * 10 ** power);
  return tics.filter((tic) => tic >= low * 0.999 && tic <= high * 1.001);
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
