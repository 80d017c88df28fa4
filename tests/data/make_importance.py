#!/usr/bin/env python3
"""Writes importance.json: a study with known effects and what other programs say of it.

fANOVA is Optuna's evaluator (Debian: python3-optuna 3.1.0, python3-sklearn 1.2.1), the mean over
five seeds; its figures are fractions of the sum over the parameters. PED-ANOVA, which that version
lacks, is calculated here from the paper (Watanabe et al. 2023) with SciPy's distributions.

    python3 tests/data/make_importance.py > tests/data/importance.json
"""
import json
import math

import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator
from scipy.stats import norm

N_TRIALS = 150
DISTRIBUTIONS = {
    "lr": optuna.distributions.FloatDistribution(0.0, 1.0),
    "grad_clip": optuna.distributions.FloatDistribution(-2.0, 2.0),
    "memory_size": optuna.distributions.IntDistribution(1, 8),
    "optimizer": optuna.distributions.CategoricalDistribution(["a", "b", "c"]),
    "weight_decay": optuna.distributions.FloatDistribution(0.0, 1.0),
}


def draw(rng):
    return {
        "lr": round(rng.uniform(0, 1), 9),
        "grad_clip": round(rng.uniform(-2, 2), 9),
        "memory_size": int(rng.integers(1, 9)),
        "optimizer": "abc"[int(rng.integers(3))],
        "weight_decay": round(rng.uniform(0, 1), 9),
    }


def score(p, rng):
    word = {"a": 0.0, "b": 0.1, "c": -0.15}[p["optimizer"]]
    return (
        -1.2 * (p["lr"] - 0.7) ** 2
        + 0.05 * p["grad_clip"]
        + 0.02 * p["memory_size"]
        + word
        + 0.1 * p["grad_clip"] * (p["lr"] - 0.5)
        + 0.01 * rng.normal()
    )


def grid(name, values):
    """How often each point of the parameter's grid occurs."""
    d = DISTRIBUTIONS[name]
    if isinstance(d, optuna.distributions.CategoricalDistribution):
        return np.array([sum(v == c for v in values) for c in d.choices], float)
    points = 50 if isinstance(d, optuna.distributions.FloatDistribution) else d.high - d.low + 1
    step = (d.high - d.low) / (points - 1)
    places = np.linspace(d.low, d.high, points)
    counts = np.zeros(points)
    for v in values:
        counts[np.searchsorted(places, v - step / 2)] += 1
    return counts


def density(name, values):
    counts = grid(name, values)
    n, points = counts.sum(), len(counts)
    if name == "optimizer":
        return (counts + 1 / points) / (n + 1)
    observed = np.repeat(np.arange(points), counts.astype(int))
    lower = observed[max(0, int(n // 4) - 1)]
    upper = observed[min(len(observed) - 1, int(3 * n // 4))]
    width = 1.059 * min((upper - lower) / 1.34, observed.std(ddof=1)) * n**-0.2
    width = max(width, 0.5 / 1.64)
    at = np.arange(points)

    def kernel(center, width):
        mass = norm.cdf(at + 0.5, center, width) - norm.cdf(at - 0.5, center, width)
        return mass / mass.sum()

    kernels = [kernel(m, width) for m in observed] + [kernel((points - 1) / 2, points)]
    return np.mean(kernels, axis=0)


def ped_anova(points, scores):
    n_top = max(2, math.ceil(0.1 * len(scores)))
    top = np.argsort(scores)[::-1][:n_top]
    divergence = {}
    for name in DISTRIBUTIONS:
        values = [p[name] for p in points]
        p, q = density(name, [values[i] for i in top]) + 1e-12, density(name, values) + 1e-12
        divergence[name] = float(q @ (p / q - 1) ** 2)
    total = sum(divergence.values())
    return {name: value / total for name, value in divergence.items()}


def fanova(points, scores):
    study = optuna.create_study(direction="maximize")
    for p, s in zip(points, scores):
        study.add_trial(optuna.trial.create_trial(params=p, distributions=DISTRIBUTIONS, value=s))
    figures = [FanovaImportanceEvaluator(seed=seed).evaluate(study) for seed in range(5)]
    return {name: float(np.mean([f[name] for f in figures])) for name in DISTRIBUTIONS}


def main():
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rng = np.random.default_rng(42)
    points = [draw(rng) for _ in range(N_TRIALS)]
    scores = [float(score(p, rng)) for p in points]
    rows = [["abc".index(v) if isinstance(v, str) else v for v in p.values()] for p in points]
    print(json.dumps({"parameters": list(DISTRIBUTIONS), "points": rows, "scores": scores,
                      "fanova": fanova(points, scores), "ped_anova": ped_anova(points, scores)}))


if __name__ == "__main__":
    main()
