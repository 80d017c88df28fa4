#!/usr/bin/python3
"""regret_optuna.py FUNCTION SAMPLER TRIALS SEEDS [NOISE [BATCH]]: what manygpcm_regret measures, of Optuna's samplers.

SAMPLER: random, tpe (Optuna's default), tpe_multivariate (with the constant liar), cmaes.
Needs Debian's python3-optuna, and python3-cmaes for cmaes. bench/regret_functions.h has the same functions.
"""

import csv
import functools
import json
import math
import pathlib
import sys
import time
import tomllib
import warnings

import numpy
import optuna


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    a = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return -(a * a + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def values(trial, dimensions, low, high):
    return numpy.array([trial.suggest_float(f"x{d}", low, high) for d in range(dimensions)])


ALPHA = numpy.array([1, 1.2, 3, 3.2])
A = numpy.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14],
                 [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
P = numpy.array([[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
                 [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]])


def hartmann6(trial):
    x = values(trial, 6, 0, 1)
    return float(ALPHA @ numpy.exp(-(A * (x - P) ** 2).sum(axis=1)))


def ackley10(trial):
    x = values(trial, 10, -10, 15)
    return float(20 * math.exp(-0.2 * math.sqrt((x**2).mean())) + math.exp(numpy.cos(2 * math.pi * x).mean()) - 20 - math.e)


def rosenbrock8(trial):
    x = values(trial, 8, -5, 10)
    return -float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def levy6(trial):
    w = 1 + (values(trial, 6, -10, 10) - 1) / 4
    return -float(math.sin(math.pi * w[0]) ** 2 + ((w[:-1] - 1) ** 2 * (1 + 10 * numpy.sin(math.pi * w[:-1] + 1) ** 2)).sum()
                  + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2))


def mixed15(trial):
    lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    decay = math.log10(trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True) / 2e-5)
    dropout, momentum = trial.suggest_float("dropout", 0, 0.5), trial.suggest_float("momentum", 0.8, 1)
    smoothing, mix = trial.suggest_float("smoothing", 0, 0.2), trial.suggest_float("mix", -1, 1)
    layers, batch = trial.suggest_int("layers", 1, 6), trial.suggest_int("batch", 8, 256, log=True)
    trial.suggest_int("cycles", 1, 3)
    heads = trial.suggest_categorical("heads", [1, 2, 4, 8])
    width = trial.suggest_categorical("width", [32, 64, 128, 256])
    memory = trial.suggest_categorical("memory", [20, 50, 100, 200])
    trial.suggest_categorical("key", [32, 64, 128])
    activation = {"relu": 0.1, "tanh": 0.2, "gelu": 0}[trial.suggest_categorical("activation", ["relu", "tanh", "gelu"])]
    sgd = trial.suggest_categorical("optimizer", ["adam", "sgd"]) == "sgd"
    lr = math.log10(lr / (5e-2 if sgd else 1.2e-2))
    return -(lr**2 + 0.1 * (decay + lr) ** 2 + 2 * (dropout - 0.1) ** 2 + 20 * (momentum - 0.95) ** 2 + smoothing
             + 0.01 * mix**2 + 0.05 * abs(layers - 3) + 0.05 * (math.log2(batch) - 6 + lr) ** 2
             + 0.02 * abs(math.log2(width / heads) - 5) + 0.05 * (math.log2(width) - 7) ** 2
             + 0.03 * abs(math.log(memory / 50)) + activation + (0.3 if sgd else 0))


# deep_gpcm's published space, written as recorded_conditions.toml is.
DEEP_GPCM = {"memory_size": {"choices": [20, 50, 100]}, "final_fc_dim": {"choices": [50, 100]},
             "dropout_rate": {"choices": [0.0, 0.1, 0.2]}, "key_dim": {"choices": [32, 50, 64, 128]},
             "value_dim": {"choices": [128, 200, 256, 512]}, "batch_size": {"choices": [32, 64, 128, 256]},
             "lr": {"low": 1e-4, "high": 1e-2, "log": True}, "weight_decay": {"low": 1e-6, "high": 1e-3, "log": True},
             "grad_clip": {"low": 0.5, "high": 5.0}}


def place_of(space, values):
    """In the unit cube, as search/unit_cube.h has it; what isn't searched is in the middle."""
    place = []
    for name, spec in space.items():
        if name not in values:
            place.append(0.5)
        elif "choices" in spec:
            place.append((spec["choices"].index(values[name]) + 0.5) / len(spec["choices"]))
        else:
            whole = 0.5 if isinstance(spec["low"], int) else 0
            low, high = spec["low"] - whole, spec["high"] + whole
            scale = math.log if spec.get("log") else float
            place.append((scale(values[name]) - scale(low)) / (scale(high) - scale(low)))
    return place


N_TREES, LEAST_LEAF = 100, 3


def grown(x, y):
    """A tree of bench/random_forest.cpp: (axis, threshold, what is below, what is above), or the mean."""
    n = len(y)
    if n >= 2 * LEAST_LEAF:
        order = x.argsort(axis=0, kind="stable")
        values, sums = numpy.take_along_axis(x, order, axis=0), y[order].cumsum(axis=0)
        below = numpy.arange(LEAST_LEAF, n - LEAST_LEAF + 1)
        counts = below[:, None]
        explained = sums[below - 1]**2 / counts + (sums[-1] - sums[below - 1])**2 / (n - counts) - sums[-1]**2 / n
        explained[values[below - 1] == values[below]] = 0
        if explained.max() > 1e-9:
            axis, at = numpy.argwhere(explained.T >= explained.max() - 1e-9)[0]
            threshold = (values[below[at] - 1, axis] + values[below[at], axis]) / 2
            is_below = x[:, axis] < threshold
            return axis, threshold, grown(x[is_below], y[is_below]), grown(x[~is_below], y[~is_below])
    return float(y.mean())


def records(file):
    """The space of a file of recorded trials, their places and their scores."""
    path = pathlib.Path(__file__).with_name(file)
    toml = path.with_suffix(".toml")
    space = tomllib.loads(toml.read_text())["parameters"] if toml.exists() else DEEP_GPCM
    with open(path) as lines:
        rows = list(csv.DictReader(lines))

    def value(name, field):
        return field if isinstance(space[name].get("choices", [0])[0], str) else float(field)

    places = [place_of(space, {name: value(name, row[name]) for name in space if row[name]}) for row in rows]
    return space, numpy.array(places), numpy.array([float(row["score"]) for row in rows])


def forest_of(x, y):
    random, trees = 1, []
    for _ in range(N_TREES):
        drawn = []
        for _ in y:
            random = random * 48271 % (2**31 - 1)  # std::minstd_rand
            drawn.append(random % len(y))
        trees.append(grown(x[drawn], y[drawn]))
    return trees


@functools.cache
def forest(file):
    space, places, scores = records(file)
    return space, forest_of(places, scores)


def score_at(trees, place):
    total = 0
    for tree in trees:
        while isinstance(tree, tuple):
            axis, threshold, below, above = tree
            tree = below if place[axis] < threshold else above
        total += tree
    return total / len(trees)


def recorded(file, trial):
    space, trees = forest(file)
    values = {}
    for name, spec in space.items():
        if any(values.get(of) not in required for of, required in spec.get("when", {}).items()):
            continue
        if "choices" in spec:
            values[name] = trial.suggest_categorical(name, spec["choices"])
        elif isinstance(spec["low"], int):
            values[name] = trial.suggest_int(name, spec["low"], spec["high"])
        else:
            values[name] = trial.suggest_float(name, spec["low"], spec["high"], log=spec.get("log", False))
    return score_at(trees, place_of(space, values))


recorded_trials = functools.partial(recorded, "recorded_trials.csv")
recorded_conditions = functools.partial(recorded, "recorded_conditions.csv")


FUNCTIONS = {"ackley10": (ackley10, 0), "branin": (branin, -0.39788735772973816), "hartmann6": (hartmann6, 3.32236801141551),
             "levy6": (levy6, 0), "mixed15": (mixed15, 0), "recorded_trials": (recorded_trials, 0.605078),
             "recorded_conditions": (recorded_conditions, 0.585426),
             "rosenbrock8": (rosenbrock8, 0)}
SAMPLERS = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "tpe_multivariate": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
}


def range_of(function, best_score):
    """From the worst of many points to the best."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    return best_score - min(function(study.ask()) for _ in range(2000))


def main():
    if len(sys.argv) not in (5, 6, 7) or sys.argv[1] not in FUNCTIONS or sys.argv[2] not in SAMPLERS:
        sys.exit(f"usage: regret_optuna.py {'|'.join(FUNCTIONS)} {'|'.join(SAMPLERS)} TRIALS SEEDS [NOISE [BATCH]]")
    (function, best_score), make_sampler = FUNCTIONS[sys.argv[1]], SAMPLERS[sys.argv[2]]
    trials, seeds = int(sys.argv[3]), int(sys.argv[4])
    share = float(sys.argv[5]) if len(sys.argv) > 5 else 0
    batch = int(sys.argv[6]) if len(sys.argv) > 6 else 1
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")

    noise = share * range_of(function, best_score) if share else 0
    regrets, seconds = [], []
    for seed in range(seeds):
        random = numpy.random.default_rng(seed)
        study = optuna.create_study(direction="maximize", sampler=make_sampler(seed))
        seems_best, regret, regret_by_trial = -math.inf, math.inf, []
        while len(regret_by_trial) < trials:
            asked = []
            start = time.process_time()
            for _ in range(min(batch, trials - len(regret_by_trial))):
                trial = study.ask()
                asked.append((trial, function(trial)))  # Optuna samples while the function asks for its parameters
            last = (time.process_time() - start) / len(asked)
            for trial, score in asked:
                seen = score + noise * random.standard_normal()
                study.tell(trial, seen)
                if seen > seems_best:
                    seems_best, regret = seen, best_score - score
                regret_by_trial.append(regret)
        seconds.append(last)
        regrets.append(regret_by_trial)
    regrets = numpy.array(regrets)
    counts = sorted({n for n in (10, 25, 50, trials) if n <= trials})
    print(json.dumps({
        "function": sys.argv[1], "sampler": "optuna " + sys.argv[2], "noise": share, "batch": batch,
        "regret": {str(n): list(numpy.quantile(regrets[:, n - 1], [0.25, 0.5, 0.75])) for n in counts},
        "last_ask_seconds": float(numpy.median(seconds)),
    }))


if __name__ == "__main__":
    main()
