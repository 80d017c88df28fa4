"""Optuna's side of the tests: writes a storage, or says what one holds. FILE is a journal or, by its
URI, a database.

usage: optuna_journal.py write FILE | append FILE STUDY | enqueue FILE STUDY |
    rename FILE STUDY NAME | read FILE STUDY... | importance FILE STUDY
"""

import json
import math
import sys
import warnings

import optuna
from optuna.distributions import distribution_to_json

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def open_storage(path):
    if path.startswith("postgresql://"):
        return optuna.storages.RDBStorage(path, skip_compatibility_check=True)
    return optuna.storages.JournalStorage(optuna.storages.JournalFileStorage(path))


def objective(trial):
    """Every kind of distribution, intermediate values and every way to end."""
    x = trial.suggest_float("x", -1, 1)
    rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    grid = trial.suggest_float("grid", 0, 1, step=0.25)
    depth = trial.suggest_int("depth", 1, 6)
    width = trial.suggest_categorical("width", [64, 16, 32])
    kind = trial.suggest_categorical("kind", ["plain", "gated"])
    trial.suggest_categorical("odd", [None, True, 3])
    if kind == "gated":
        trial.suggest_float("gate", 0, 1)
    if trial.number == 3:
        raise ValueError("a trial that fails")
    value = x**2 + abs(math.log10(rate) + 2) / 10 + grid / 20 + depth / 100 + width / 1000
    trial.report(float("nan"), 1)
    trial.report(value + 0.5, 2)
    if trial.number == 5:
        raise optuna.TrialPruned()
    trial.report(value, 10)
    return value


def write(path):
    for direction in ("minimize", "maximize"):
        study = optuna.create_study(
            storage=open_storage(path),
            study_name=direction,
            direction=direction,
            sampler=optuna.samplers.RandomSampler(seed=1),
        )
        study.optimize(objective, n_trials=12, catch=(ValueError,))
    study.enqueue_trial({"x": 0.5})
    study.set_user_attr("note", "from Optuna")
    optuna.create_study(storage=open_storage(path), study_name="two", directions=["minimize"] * 2)
    optuna.create_study(storage=open_storage(path), study_name="deleted")
    optuna.delete_study(storage=open_storage(path), study_name="deleted")


def append(path, name):
    """A worker of Optuna's beside ours."""
    study = optuna.load_study(storage=open_storage(path), study_name=name)
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    study.set_user_attr("note", "from Optuna")


def enqueue(path, name):
    optuna.load_study(storage=open_storage(path), study_name=name).enqueue_trial({"lr": 0.004})


def rename(path, name, other):
    """As the dashboard does it."""
    storage = open_storage(path)
    optuna.copy_study(
        from_study_name=name, from_storage=storage, to_storage=storage, to_study_name=other
    )
    optuna.delete_study(storage=storage, study_name=name)


def read(path, *names):
    return [describe(optuna.load_study(storage=open_storage(path), study_name=n)) for n in names]


def describe(study):
    complete = [t for t in study.trials if t.state == optuna.trial.TrialState.COMPLETE]
    return {
        "direction": study.direction.name,
        "user_attrs": study.user_attrs,
        "best_trial": study.best_trial.number if complete else None,
        "best_params": study.best_params if complete else None,
        "trials": [
            {
                "number": t.number,
                "state": t.state.name,
                "value": t.value,
                "params": t.params,
                "distributions": {k: distribution_to_json(d) for k, d in t.distributions.items()},
                "intermediate_values": {
                    k: v if math.isfinite(v) else None for k, v in t.intermediate_values.items()
                },
                "user_attrs": t.user_attrs,
                "duration": t.duration.total_seconds() if t.duration else None,
            }
            for t in study.trials
        ],
    }


def importance(path, name):
    study = optuna.load_study(storage=open_storage(path), study_name=name)
    return optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.FanovaImportanceEvaluator(n_trees=8, seed=0)
    )


if __name__ == "__main__":
    command = {
        "write": write,
        "append": append,
        "enqueue": enqueue,
        "rename": rename,
        "read": read,
        "importance": importance,
    }
    print(json.dumps(command[sys.argv[1]](*sys.argv[2:])))
