// The generalized partial credit model (Muraki 1992), as docs/model.md has it.

/** Probabilities of the categories 0..K-1 at ability `theta`. */
export function categoryProbabilities(theta, alpha, beta) {
  const logits = [0];
  for (const threshold of beta) logits.push(logits.at(-1) + alpha * (theta - threshold));
  const largest = Math.max(...logits), powers = logits.map((l) => Math.exp(l - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / total);
}
