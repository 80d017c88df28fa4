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


# deep_gpcm's published space: choices by their ascending values, ranges (low, high, logarithmic).
DEEP_GPCM = {"memory_size": [20, 50, 100], "final_fc_dim": [50, 100], "dropout_rate": [0.0, 0.1, 0.2], "key_dim": [32, 50, 64, 128],
             "value_dim": [128, 200, 256, 512], "batch_size": [32, 64, 128, 256], "lr": (1e-4, 1e-2, True),
             "weight_decay": (1e-6, 1e-3, True), "grad_clip": (0.5, 5, False)}


def unit_of(name, value):
    """The place of a value in [0, 1], as search/unit_cube.h has it."""
    spec = DEEP_GPCM[name]
    if isinstance(spec, list):
        return (spec.index(value) + 0.5) / len(spec)
    low, high, log = spec
    return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)


@functools.cache
def table():
    with open(pathlib.Path(__file__).with_name("recorded_trials.csv")) as file:
        rows = list(csv.DictReader(file))
    places = numpy.array([[unit_of(name, float(row[name])) for name in DEEP_GPCM] for row in rows])
    return places, numpy.array([float(row["score"]) for row in rows])


def recorded_trials(trial):
    place = [unit_of(name, trial.suggest_categorical(name, spec) if isinstance(spec, list)
                     else trial.suggest_float(name, spec[0], spec[1], log=spec[2])) for name, spec in DEEP_GPCM.items()]
    places, scores = table()
    return float(scores[((places - place) ** 2).sum(axis=1).argmin()])


@functools.cache
def conditions():
    """The space of recorded_conditions.toml, and the trials."""
    here = pathlib.Path(__file__).parent
    space = tomllib.loads((here / "recorded_conditions.toml").read_text())["parameters"]
    with open(here / "recorded_conditions.csv") as file:
        rows = list(csv.DictReader(file))
    words = [name for name, spec in space.items() if isinstance(spec.get("choices", [0])[0], str)]
    trials = {}
    for row in rows:
        values = {name: row[name] if name in words else float(row[name]) for name in space if row[name]}
        trials.setdefault(tuple(row[name] for name in words), []).append((place_of(space, words, values), float(row["score"])))
    return space, words, trials


def place_of(space, words, values):
    """Without the words; what isn't searched is in the middle."""
    place = []
    for name, spec in space.items():
        if name in words:
            continue
        if name not in values:
            place.append(0.5)
        elif "choices" in spec:
            place.append((spec["choices"].index(values[name]) + 0.5) / len(spec["choices"]))
        else:
            whole = 0.5 if isinstance(spec["low"], int) else 0
            low, high = spec["low"] - whole, spec["high"] + whole
            scale = math.log if spec.get("log") else float
            place.append((scale(values[name]) - scale(low)) / (scale(high) - scale(low)))
    return numpy.array(place)


def recorded_conditions(trial):
    space, words, trials = conditions()
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
    place = place_of(space, words, values)
    return min(trials[tuple(values[name] for name in words)], key=lambda known: ((known[0] - place) ** 2).sum())[1]


FUNCTIONS = {"ackley10": (ackley10, 0), "branin": (branin, -0.39788735772973816), "hartmann6": (hartmann6, 3.32236801141551),
             "levy6": (levy6, 0), "mixed15": (mixed15, 0), "recorded_trials": (recorded_trials, lambda: table()[1].max()),
             "recorded_conditions": (recorded_conditions, lambda: max(score for of in conditions()[2].values() for _, score in of)), "rosenbrock8": (rosenbrock8, 0)}
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
    if callable(best_score):
        best_score = best_score()
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
