#!/usr/bin/env python3
"""Writes metrics.json: random predictions and their metrics as NumPy, SciPy and scikit-learn have them.

    python3 make_metrics.py > metrics.json
"""
import json
import sys

import numpy as np
from scipy import stats
from sklearn import metrics as sk


def case(name, n, n_categories, used, seed):
    """n steps whose observed categories come from `used`; probabilities lean towards them."""
    rng = np.random.default_rng(seed)
    categories = np.arange(n_categories)
    observed = rng.choice(used, n)
    logits = rng.normal(size=(n, n_categories)) - 0.4 * np.abs(categories - observed[:, None])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    p = np.round(p, 4)
    p = (p / p.sum(1, keepdims=True)).astype(np.float32)
    argmax = p.argmax(1)
    median = (p.astype(float).cumsum(1) >= 0.5).argmax(1)
    expected = np.rint(p.astype(float) @ categories).astype(int)

    def qwk(predicted):
        return sk.cohen_kappa_score(observed, predicted, labels=categories, weights="quadratic")

    confidence = p.max(1).astype(float)
    bins = np.minimum((confidence * 10).astype(int), 9)
    calibration = sum(abs(confidence[bins == b].sum() - (argmax == observed)[bins == b].sum()) for b in range(10)) / n
    precision, recall, f1, count = sk.precision_recall_fscore_support(
        observed, argmax, labels=categories, zero_division=0)
    return {
        "name": name, "n_categories": n_categories, "responses": observed.tolist(),
        "probabilities": [float(str(x)) for x in p.flatten()],
        "scalars": {
            "qwk": qwk(argmax), "qwk_median": qwk(median), "qwk_expected": qwk(expected),
            "accuracy": sk.accuracy_score(observed, argmax),
            "accuracy_within_one": float((np.abs(observed - argmax) <= 1).mean()),
            "mae": sk.mean_absolute_error(observed, argmax),
            "rmse": float(np.sqrt(sk.mean_squared_error(observed, argmax))),
            "kappa": sk.cohen_kappa_score(observed, argmax, labels=categories),
            "kendall_tau": stats.kendalltau(observed, argmax).correlation,
            "spearman": stats.spearmanr(observed, argmax).correlation,
            "pearson": stats.pearsonr(observed, argmax)[0],
            "cross_entropy": float(-np.log(p.astype(float)[np.arange(n), observed]).mean()),
            "expected_calibration_error": float(calibration),
            **({"auc": sk.roc_auc_score(observed, p[:, 1])} if n_categories == 2 else {}),
        },
        "confusion": sk.confusion_matrix(observed, argmax, labels=categories).flatten().tolist(),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "count": count.tolist(),
    }


json.dump([case("two categories", 60, 2, [0, 1], 1),
           case("four categories", 150, 4, [0, 1, 2, 3], 2),
           case("six categories, one never observed", 90, 6, [0, 1, 2, 4, 5], 3)], sys.stdout)
print()
