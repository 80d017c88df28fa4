#!/usr/bin/env python3
"""Writes psychometrics.json: drawn responses and what NumPy says of items and persons by the textbooks' formulas.

    python3 make_psychometrics.py > psychometrics.json

Items fit after Wright and Masters (1982) with the standardization of Wilson and Hilferty (1931), persons after Drasgow,
Levine and Williams (1985), Q3 after Yen (1984), information after Muraki (1993), reliability of EAP as TAM and mirt have
it. Integrals over ability are Gauss-Hermite's, with 121 nodes.
"""
import json
import sys

import numpy as np

rng = np.random.default_rng(20)
n_learners, n_questions, n_categories = 160, 5, 3
alpha = np.array([0.6, 1.0, 1.4, 0.8, -0.5])
beta = np.array([[-1.0, 0.5], [-0.2, 0.1], [0.4, -0.3], [0.9, 1.6], [-0.4, 0.8]])
categories = np.arange(n_categories)


def probabilities(theta, q):
    """[..., K] of the generalized partial credit model."""
    steps = alpha[q] * (np.asarray(theta)[..., None] - beta[q])
    logits = np.concatenate([np.zeros(steps.shape[:-1] + (1,)), steps.cumsum(-1)], -1)
    p = np.exp(logits - logits.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


learners = []
for theta in rng.normal(size=n_learners):
    # Some leave questions out, some answer one twice, in any order.
    asked = list(rng.permutation(n_questions)[: rng.integers(3, n_questions + 1)])
    if rng.random() < 0.3:
        asked.append(asked[0])
    responses = [int(rng.choice(n_categories, p=probabilities(theta, q))) for q in asked]
    # Predictions that are a little off: of another ability than the learner's.
    p = np.array([probabilities(theta + rng.normal(0, 0.5), q) for q in asked]).clip(0.001).round(3)
    p = (p / p.sum(1, keepdims=True)).astype(np.float32)
    learners.append({"questions": [int(q) for q in asked], "responses": responses, "p": p})

question = np.concatenate([one["questions"] for one in learners])
response = np.concatenate([one["responses"] for one in learners])
p = np.concatenate([one["p"] for one in learners]).astype(float)
learner = np.repeat(np.arange(n_learners), [len(one["questions"]) for one in learners])

expected = p @ categories
deviations = categories - expected[:, None]
w, c = (p * deviations**2).sum(1), (p * deviations**4).sum(1)
squares = (response - expected) ** 2


def standardized(mean_square, variance):
    q = np.sqrt(variance)
    return (mean_square ** (1 / 3) - 1) * 3 / q + q / 3


def item(q):
    of = question == q
    n = of.sum()
    outfit, infit = (squares[of] / w[of]).mean(), squares[of].sum() / w[of].sum()
    rest, score = [], []
    for row in np.flatnonzero(of):
        others = (learner == learner[row]) & (question != q)
        if others.any():
            rest.append(response[others].mean())
            score.append(response[row])
    return {
        "outfit": outfit, "infit": infit,
        "z_outfit": standardized(outfit, (c[of] / w[of] ** 2).sum() / n**2 - 1 / n),
        "z_infit": standardized(infit, (c[of] - w[of] ** 2).sum() / w[of].sum() ** 2),
        "item_rest": np.corrcoef(score, rest)[0, 1],
    }


log_p = np.log(p)
entropy = (p * log_p).sum(1)
spread = (p * log_p**2).sum(1) - entropy**2
surprise = log_p[np.arange(len(response)), response] - entropy
lz = [surprise[learner == i].sum() / np.sqrt(spread[learner == i].sum()) for i in range(n_learners)]

residual = np.full((n_learners, n_questions), np.nan)
for row in reversed(range(len(response))):  # the first of each remains
    residual[learner[row], question[row]] = response[row] - expected[row]


def q3(a, b):
    both = ~np.isnan(residual[:, a]) & ~np.isnan(residual[:, b])
    return {"pair": [a, b], "learners": int(both.sum()),
            "q3": np.corrcoef(residual[both, a], residual[both, b])[0, 1]}


abilities = np.array([-2.5, -0.3, 0.0, 1.1, 3.0])
information = [[float(alpha[q] ** 2 * (probabilities(t, q) @ categories**2 - (probabilities(t, q) @ categories) ** 2))
                for t in abilities] for q in range(n_questions)]

nodes, weights = np.polynomial.hermite_e.hermegauss(121)
means, variances = [], []
for one in learners:
    posterior = weights.copy()
    for q, x in zip(one["questions"], one["responses"]):
        posterior = posterior * probabilities(nodes, q)[:, x]
    posterior /= posterior.sum()
    means.append(posterior @ nodes)
    variances.append(posterior @ (nodes - means[-1]) ** 2)
reliability = np.var(means) / (np.var(means) + np.mean(variances))

json.dump({
    "n_questions": n_questions, "n_categories": n_categories,
    "learners": [{"questions": one["questions"], "responses": one["responses"],
                  "probabilities": [float(str(x)) for x in one["p"].flatten()]} for one in learners],
    "items": [item(q) for q in range(n_questions)],
    "lz": lz,
    "q3": [q3(a, b) for a in range(n_questions) for b in range(a + 1, n_questions)],
    "alpha": alpha.tolist(), "beta": beta.tolist(),
    "abilities": abilities.tolist(), "information": information,
    "probabilities": [[probabilities(t, q).tolist() for t in abilities] for q in range(n_questions)],
    "eap_mean": means, "reliability": reliability,
}, sys.stdout)
print()
