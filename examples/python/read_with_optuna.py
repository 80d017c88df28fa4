"""Reads a study of `manygpcm sweep` with Optuna: its record is a journal of Optuna's.

    python3 read_with_optuna.py OUT/study.journal
"""

import sys

import optuna


def main(journal):
    try:
        from optuna.storages.journal import JournalFileBackend
    except ImportError:  # before Optuna 4
        from optuna.storages import JournalFileStorage as JournalFileBackend
    storage = optuna.storages.JournalStorage(JournalFileBackend(journal))
    (summary,) = optuna.get_all_study_summaries(storage)
    study = optuna.load_study(study_name=summary.study_name, storage=storage)
    complete = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    print(f"{study.study_name}: {len(study.trials)} trials, {len(complete)} of them complete")
    print(f"best {study.best_value:.3f} with {study.best_params}")


if __name__ == "__main__":
    main(sys.argv[1])
