"""A model: fitted, evaluated, predicting, kept in files."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._call import OnProgress, call, configuration, path_of, tell
from ._data import Dataset, Responses, dataset_of, expect_no_options, responses_of

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from ._data import Data


class Model:
    """One of the program's models, with its hyperparameters (`manygpcm help hyperparameters`).

    @param model    its name, such as "residual_gpcm"
    @param epochs   passes over the learners; None: as many as are best for a tenth of them
    @param device   "cpu" or "cuda:0"
    @param hyperparameters  by name: Model("deep_gpcm", lr=0.01, memory_size=20)
    """

    def __init__(self, model: str = "deep_gpcm", *, epochs: int | None = None, seed: int = 42, device: str = "cpu",
                 **hyperparameters: Any) -> None:
        self._options = {"model": model, "epochs": epochs, "seed": seed, "hyperparameters": hyperparameters or None}
        self._device = device
        self._core: _core.Model | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """A model of a file that the program, this class or the C interface wrote."""
        return cls._of(_core.Model.load(path_of(path)))

    @classmethod
    def _of(cls, core: _core.Model) -> Model:
        model: Model = cls.__new__(cls)
        model._core, model._device = core, "cpu"
        described = json.loads(core.describe())
        model._options = {"model": described["model"], "epochs": None, "seed": 42,
                          "hyperparameters": described["hyperparameters"]}
        return model

    def fit(self, data: Data | Dataset, *, threads: int | None = None, on_progress: OnProgress | None = None,
            **data_options: Any) -> Model:
        """Trains on the training learners. `data` as Dataset takes it, and its options. @return self"""
        dataset = dataset_of(data, **data_options)
        self._core = _core.Model.train(dataset._core, configuration(**self._options),
                                       call(threads, self._device, on_progress))
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a safetensors file, whole or not at all."""
        self._fitted().save(path_of(path))

    @property
    def description(self) -> dict[str, Any]:
        """model, hyperparameters, n_questions, n_categories, question_ids."""
        return json.loads(self._fitted().describe())

    def evaluate(self, data: Data | Dataset, metric: str | None = None, *, test: bool | None = None,
                 **data_options: Any) -> Any:
        """All metrics by name, or one: of the learners held out where the dataset has any, else of all.

        @param test  whether of the learners held out; None: of those if there are any
        """
        dataset = self._dataset(data, data_options)
        if test is None:
            test = dataset._core.shape()["n_test_learners"] > 0
        metrics = json.loads(self._fitted().evaluate(dataset._core, test, call()))
        if metric is None:
            return metrics
        if metric not in metrics:
            raise _core.InputError(f"metric {metric}: expected one of {', '.join(metrics)}")
        return metrics[metric]

    def predict(self, data: Data | Dataset, *, test: bool = False, **data_options: Any) -> pandas.DataFrame:
        """What is predicted of every response, from the learner's ones before it.

        @return a DataFrame, a row a response: learner, item, response, p_0 .. p_{K-1}, expected, ability, discrimination.
                Of a frame it has the frame's index and order; of a path or a Dataset the learners' (`test`: those held out)
        """
        import pandas

        if isinstance(data, (str, os.PathLike, Dataset)):
            dataset, responses = self._dataset(data, data_options), None
            frame = (data if isinstance(data, Dataset) else dataset).responses(test)
        else:
            if test:
                raise _core.InputError("test: a frame or arrays have no learners held out; expected a Dataset with some")
            responses = responses_of(data, **data_options)
            dataset = self._of_responses(responses)
            frame = pandas.DataFrame({"learner": responses.learner, "item": responses.item, "response": responses.score})
        n_categories = self.description["n_categories"]
        predicted = self._fitted().predict(dataset._core, test, n_categories, call())
        for k in range(n_categories):
            frame[f"p_{k}"] = predicted["probabilities"][:, k]
        frame["expected"] = predicted["probabilities"] @ np.arange(n_categories, dtype=np.float32)
        frame["ability"], frame["discrimination"] = predicted["ability"], predicted["discrimination"]
        if responses is not None:
            frame = frame.iloc[np.argsort(responses.rows, kind="stable")]
            rows = np.sort(responses.rows)
            frame.index = responses.index[rows] if responses.index is not None else rows
        return frame

    def predict_proba(self, data: Data | Dataset, **options: Any) -> NDArray[np.float32]:
        """The probabilities of predict(), an array [responses, K]."""
        frame = self.predict(data, **options)
        return frame[[name for name in frame.columns if name.startswith("p_")]].to_numpy()

    def items(self) -> pandas.DataFrame:
        """@return a DataFrame, a row an item: item, discrimination (NaN: never seen), threshold_1 .. threshold_{K-1}"""
        import pandas

        described = self.description
        n_questions, n_categories = described["n_questions"], described["n_categories"]
        slopes, thresholds = self._fitted().items(n_questions, n_categories, call())
        names = described["question_ids"] or list(range(n_questions))
        frame = pandas.DataFrame({"item": names, "discrimination": slopes})
        for k in range(n_categories - 1):
            frame[f"threshold_{k + 1}"] = thresholds[:, k]
        return frame

    def crossvalidate(self, data: Data | Dataset, folds: int = 5, *, threads: int | None = None,
                      on_progress: OnProgress | None = None, **data_options: Any) -> pandas.DataFrame:
        """This model's settings on each of so many parts of the learners, trained on the others.

        @return a DataFrame, a row a fold, a column a metric
        """
        import pandas

        options = dict(self._options, folds=folds)
        text = _core.crossvalidate(dataset_of(data, **data_options)._core, configuration(**options),
                                   call(threads, self._device, on_progress))
        return pandas.DataFrame(json.loads(text), index=pandas.RangeIndex(1, folds + 1, name="fold"))

    def __repr__(self) -> str:
        return f"<manygpcm.Model {self._options['model']}{'' if self._core else ', not fitted'}>"

    def __getstate__(self) -> Any:
        raise TypeError("a Model isn't pickled; expected save() and Model.load()")

    def _fitted(self) -> _core.Model:
        if self._core is None:
            raise _core.InputError("the model isn't fitted; expected fit() or Model.load() before")
        return self._core

    def _items(self) -> list[str]:
        described = self.description
        return described["question_ids"] or [str(number) for number in range(described["n_questions"])]

    def _of_responses(self, responses: Responses, held_out: Responses | None = None) -> Dataset:
        """Responses by the model's numbers of items."""
        described, names = self.description, self._items()
        dataset = Dataset.__new__(Dataset)
        dataset._core = _core.Dataset.create("data", described["n_questions"], described["n_categories"],
                                             responses.learner_number, responses.items_in(names), responses.score, [])
        if held_out is not None:
            dataset._core.hold_out(held_out.learner_number, held_out.items_in(names), held_out.score)
        return dataset

    def _dataset(self, data: Data | Dataset, options: dict[str, Any]) -> Dataset:
        """What is predicted or scored, by the model's items and categories."""
        if isinstance(data, Dataset):
            expect_no_options("a Dataset", options)
            description = data.description
            if (description["question_ids"] or None) == (self.description["question_ids"] or None):
                return data
            # Its items have other numbers.
            parts = [responses_of(tuple(data.responses(test)[name] for name in ("learner", "item", "response")))
                     for test in ((False, True) if description["n_test_learners"] else (False,))]
            return self._of_responses(*parts)
        if isinstance(data, (str, os.PathLike)):
            expect_no_options("a path", options)
            dataset = Dataset.__new__(Dataset)
            dataset._learners = None
            dataset._core = _core.Dataset.read_for(self._fitted(), path_of(data))
            tell(dataset.description["notices"])
            return dataset
        return self._of_responses(responses_of(data, **options))


def crossvalidate(data: Data | Dataset, model: str = "deep_gpcm", folds: int = 5, **options: Any) -> pandas.DataFrame:
    """Model(model, ..).crossvalidate(data, folds)."""
    of_call = ("threads", "on_progress", "columns", "n_categories", "name")
    calls = {name: options.pop(name) for name in of_call if name in options}
    return Model(model, **options).crossvalidate(data, folds, **calls)
