#!/usr/bin/python3
"""recorded_forest.py: how much of the scores of recorded trials that were left out (ten folds) the nearest other trial
explains, and how much the random forest that bench/random_forest.cpp grows. Needs what regret_optuna.py needs.
"""

import numpy

from regret_optuna import forest_of, records, score_at


def nearest(space, x, y, place):
    """Trials of other words are further away than any of the same."""
    words = [isinstance(spec.get("choices", [0])[0], str) for spec in space.values()]
    distances = ((x - place) ** 2).sum(axis=1) + len(words) * (x != place)[:, words].sum(axis=1)
    return y[distances.argmin()]


def main():
    for file in ("recorded_trials.csv", "recorded_conditions.csv"):
        space, x, y = records(file)
        fold_of = numpy.random.default_rng(0).permutation(len(y)) % 10
        by_nearest, by_forest = numpy.zeros(len(y)), numpy.zeros(len(y))
        for fold in range(10):
            others = fold_of != fold
            trees = forest_of(x[others], y[others])
            for i in numpy.flatnonzero(~others):
                by_nearest[i] = nearest(space, x[others], y[others], x[i])
                by_forest[i] = score_at(trees, x[i])
        for name, predicted in (("nearest", by_nearest), ("forest", by_forest)):
            explained = 1 - ((predicted - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
            print(f"{file} {name}: {explained:.2f} of the variance, root mean square error {((predicted - y) ** 2).mean() ** 0.5:.3f}")


if __name__ == "__main__":
    main()
