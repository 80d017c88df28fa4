// The generalized partial credit model (Muraki 1992), as docs/model.md has it.

/** The first category and the last of the most that have a known threshold between all neighbours. */
function connected(beta) {
  let best = [0, 0];
  for (let from = 0, to = 0; to <= beta.length; to++) {
    if (to - from > best[1] - best[0]) best = [from, to];
    if (beta[to] === null) from = to + 1;
  }
  return best;
}

/**
 * Probabilities of the categories 0..K-1 at ability `theta`. Thresholds that are null, as no answer tells of them, part the
 * categories: the probabilities are then those of an answer within the largest part, and null of the others.
 */
export function categoryProbabilities(theta, alpha, beta) {
  const [first, last] = connected(beta), logits = [0];
  if (first === last) return [...beta, 0].map(() => null);
  for (const threshold of beta.slice(first, last)) logits.push(logits.at(-1) + alpha * (theta - threshold));
  const largest = Math.max(...logits), powers = logits.map((l) => Math.exp(l - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return [...beta, 0].map((_, k) => (k < first || k > last ? null : powers[k - first] / total));
}

/**
 * A model's scale of ability, by the learners' mean and standard deviation: charts show abilities in such deviations about
 * the mean, so that models compare. As it is where abilities aren't on record.
 */
export function scaleOf({ psychometrics }, model) {
  const { mean, sd } = psychometrics?.[model]?.ability ?? {};
  return sd > 0 && typeof mean === "number" ? { mean, sd } : { mean: 0, sd: 1 };
}

/** Parameters of an item on that scale. */
export const standardized = ({ alpha, beta }, { mean, sd }) => ({
  alpha: alpha === null ? null : alpha * sd, beta: beta.map((b) => (b === null ? null : (b - mean) / sd)),
});

/** Log odds of neighbouring categories at ability 0. */
export const intercepts = ({ alpha, beta }) => beta.map((b) => (b === null || alpha === null ? null : -alpha * b));

/** The title of an axis of ability. */
export const abilityTitle = ({ psychometrics }) =>
  `Ability${psychometrics ? ", in standard deviations of the learners'" : ""}`;
