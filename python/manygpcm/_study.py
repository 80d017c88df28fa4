"""A search of hyperparameters: swept, read from its record, reported."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Union

from . import _core
from ._call import OnProgress, call, configuration, counted, path_of
from ._data import Dataset, dataset_of
from ._model import Model

if TYPE_CHECKING:
    import pandas

    from ._data import Data

Path = Union[str, "os.PathLike[str]"]


def sweep(data: Data | Dataset, model: str = "auto", *, trials: int | None = None, folds: int | None = None,
          epochs: int | None = None, sampler: str | None = None, scheduler: str | None = None, objective: str | None = None,
          patience: int | None = None, seed: int | None = None, cv_on: str | None = None, space: Path | None = None,
          study: Path | None = None, study_name: str | None = None, weights: Path | None = None,
          fold_weights: Path | None = None, workers: int | None = None, threads: int | None = None, device: str = "cpu", on_progress: OnProgress | None = None,
          hyperparameters: dict[str, Any] | None = None, **data_options: Any) -> Study:
    """What `manygpcm sweep` does, with its options; None: the program's default.

    @param hyperparameters  {name: value}: not searched
    @param study    the file of the study's record or a database's URI, which goes on if it is there; None: it is in memory
                    alone. @param study_name  which of a database's
    @param weights  a file for the winner
    @return a Study
    """
    if not isinstance(model, str):
        raise _core.InputError(f"model {model!r}: expected a name, such as 'auto'")
    text = configuration(model=model, trials=trials, folds=folds, epochs=epochs, sampler=sampler, scheduler=scheduler,
                         objective=objective, patience=patience, seed=seed, cv_on=cv_on, space=space, study=study,
                         study_name=study_name, weights=weights, fold_weights=fold_weights, workers=workers,
                         hyperparameters=hyperparameters)
    return Study(_core.Study.sweep(dataset_of(data, **data_options)._core, text, call(threads, device, on_progress)))


def read_study(path: Path, name: str | None = None) -> Study:
    """A study on record, of ours or Optuna's. @param name  which; None: the only one"""
    return Study(_core.Study.read(path_of(path), name, call()))


class Study:
    """Trials and what they came to."""

    def __init__(self, core: _core.Study) -> None:
        self._core = core
        self._analysis: dict[str, Any] | None = None

    @property
    def analysis(self) -> dict[str, Any]:
        """Every figure of the report, as docs/analysis_json.md has them."""
        if self._analysis is None:
            self._analysis = json.loads(self._core.analysis(call()))
        return self._analysis

    @property
    def trials(self) -> list[dict[str, Any]]:
        """A dict a trial: trial (from 1), state, score, parameters, fold_scores_by_epoch and so on."""
        return self.analysis["trials"]

    def trials_frame(self) -> pandas.DataFrame:
        """@return a DataFrame, a row a trial: trial, state, score, cv_std, epochs, seconds, and the parameters"""
        import pandas

        fields = ("trial", "state", "score", "cv_std", "epochs", "seconds")
        return pandas.DataFrame([{**{name: trial[name] for name in fields}, **trial["parameters"]} for trial in self.trials])

    @property
    def winner(self) -> Model:
        """The best trial's model, trained on all learners of the search; of a study of sweep()."""
        return Model._of(self._core.winner())

    def report(self, directory: Path) -> None:
        """Writes the report, its pictures, page and JSON."""
        self._core.report(path_of(directory), call())

    def __repr__(self) -> str:
        return f"<manygpcm.Study {self.analysis['title']}: {counted(len(self.trials), 'trial')}>"
