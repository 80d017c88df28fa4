"""Lets Optuna choose, with any of its samplers and pruners, what manygpcm cross-validates.

    python3 optuna_drives.py DATA [TRIALS]
"""

import sys

import manygpcm
import optuna


def main(data, n_trials):
    dataset = manygpcm.Dataset(data)

    def objective(trial):
        folds = manygpcm.crossvalidate(
            dataset, "deep_gpcm", folds=3, epochs=5,
            lr=trial.suggest_float("lr", 1e-3, 3e-2, log=True),
            memory_size=trial.suggest_categorical("memory_size", [10, 20, 50]),
            dropout_rate=trial.suggest_float("dropout_rate", 0, 0.4))
        return folds["qwk"].mean()

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.CmaEsSampler(seed=1, warn_independent_sampling=False)
                                if n_trials > 20 else optuna.samplers.TPESampler(seed=1))
    study.optimize(objective, n_trials=n_trials)
    print(f"best QWK {study.best_value:.3f} with {study.best_params}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10)
