"""A model: fitted, evaluated, predicting, kept in files."""

from __future__ import annotations

import json
import os
import re
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _core
from ._call import OnProgress, call, configuration, path_of
from ._data import Dataset, Responses, dataset_of, expect_no_options, frame_of, responses_of

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
        if not isinstance(model, str):
            raise _core.InputError(f"model {model!r}: expected a name, such as 'residual_gpcm'")
        self._params: dict[str, Any] = {"model": model, "epochs": epochs, "seed": seed, "device": device, **hyperparameters}
        self._core: _core.Model | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """A model of a file that the program, this class or the C interface wrote."""
        return cls._of(_core.Model.load(path_of(path)))

    @classmethod
    def _of(cls, core: _core.Model) -> Model:
        described = json.loads(core.describe())
        model = cls(described["model"], **described["hyperparameters"])
        model._core = core
        return model

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """What the constructor was given, as scikit-learn asks for it: model, epochs, seed, device, hyperparameters."""
        return dict(self._params)

    def set_params(self, **params: Any) -> Model:
        """Changes what the next fit() does. @return self"""
        self._params.update(params)
        return self

    def fit(self, data: Data | Dataset, *, threads: int | None = None, on_progress: OnProgress | None = None,
            **data_options: Any) -> Model:
        """Trains on the training learners. `data` as Dataset takes it, and its options. @return self"""
        dataset = dataset_of(data, **data_options)
        self._core = _core.Model.train(dataset._core, self._configuration(), call(threads, self._params["device"], on_progress))
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
        if test is None:
            test = isinstance(data, Dataset) and data._core.shape()["n_test_learners"] > 0
        given = self._given(data, data_options, test)
        metrics = json.loads(self._fitted().evaluate(given.core, given.test, call()))
        if metric is None:
            return metrics
        if metric not in metrics:
            raise _core.InputError(f"metric {metric}: expected one of {', '.join(metrics)}")
        return metrics[metric]

    def predict(self, data: Data | Dataset, *, test: bool = False, **data_options: Any) -> pandas.DataFrame:
        """What is predicted of every response, from the learner's ones before it. A learner's last may have no score yet.

        @return a DataFrame, a row a response: learner, item, response (-1: not given yet), p_0 .. p_{K-1}, expected, ability,
                discrimination. Of a frame it has the frame's index and order; of a path or a Dataset the learners' (`test`:
                those held out)
        """
        given = self._given(data, data_options, test)
        frame = given.frame()
        predicted = self._fitted().predict(given.core, given.test, call())
        _add_probabilities(frame, predicted["probabilities"])
        frame["ability"], frame["discrimination"] = predicted["ability"], predicted["discrimination"]
        if given.responses is not None and not isinstance(data, Dataset):
            responses = given.responses
            frame = frame.iloc[np.argsort(responses.rows, kind="stable")]
            rows = np.sort(responses.rows)
            frame.index = responses.index[rows] if responses.index is not None else rows
        return frame

    def predict_next(self, data: Data | Dataset, *, test: bool = False, **data_options: Any) -> pandas.DataFrame:
        """What is predicted of every item, each as a learner's next one: `manygpcm predict --next`.

        @return a DataFrame, a row an item of a learner: learner, item, p_0 .. p_{K-1}, expected, ability, ability_sd (NaN where
                the model has none)
        """
        import pandas

        given, names = self._given(data, data_options, test), self._items()
        learners = given.learners()
        predicted = self._fitted().predict_next(given.core, given.test, call())
        frame = pandas.DataFrame({"learner": np.repeat(learners, len(names)),
                                  "item": np.tile(np.asarray(names, dtype=object), len(learners))})
        _add_probabilities(frame, predicted["probabilities"])
        frame["ability"], frame["ability_sd"] = predicted["ability"], predicted["ability_sd"]
        return frame

    def abilities(self, data: Data | Dataset, *, test: bool = False, **data_options: Any) -> pandas.DataFrame:
        """Ability after all responses of each learner: `manygpcm predict --abilities`.

        @return a DataFrame, a row a learner: learner, responses (how many), ability, ability_sd (NaN where the model has none)
        """
        import pandas

        given = self._given(data, data_options, test)
        learners = given.learners()
        _, learner, _, response = given.core.responses(given.test)
        ability, deviation = self._fitted().abilities(given.core, given.test, call())
        return pandas.DataFrame({"learner": learners, "responses": np.bincount(learner[response >= 0], minlength=len(learners)),
                                 "ability": ability, "ability_sd": deviation})

    def predict_proba(self, data: Data | Dataset, **options: Any) -> NDArray[np.float32]:
        """The probabilities of predict(), an array [responses, K]."""
        frame = self.predict(data, **options)
        return frame[[name for name in frame.columns if name.startswith("p_")]].to_numpy()

    def items(self) -> pandas.DataFrame:
        """What `manygpcm items` writes: discrimination and thresholds with, where the model has them, their standard errors.

        @return a DataFrame, a row an item: item, discrimination (NaN: never seen), threshold_1 .. threshold_{K-1} (NaN: no
                training response tells of it), maybe discrimination_error, threshold_1_error .., information, information_at,
                maybe n, n0 .. (training responses, in all and by category), marks ("": none)
        """
        import pandas

        described = self.description
        table = json.loads(self._fitted().items(call()))
        frame = pandas.DataFrame({"item": described["question_ids"] or list(range(described["n_questions"]))})
        for column in table["columns"]:
            name = re.sub("^beta", "threshold_", re.sub("^alpha", "discrimination", column["name"]))
            frame[name] = np.asarray(column["values"], np.int64 if name.startswith("n") else np.float64)
        frame["marks"] = ["; ".join(marks) for marks in table["marks"]]
        return frame

    def crossvalidate(self, data: Data | Dataset, folds: int = 5, *, threads: int | None = None,
                      on_progress: OnProgress | None = None, **data_options: Any) -> pandas.DataFrame:
        """This model's settings on each of so many parts of the learners, trained on the others.

        @return a DataFrame, a row a fold, a column a metric
        """
        import pandas

        text = _core.crossvalidate(dataset_of(data, **data_options)._core, self._configuration(folds=folds),
                                   call(threads, self._params["device"], on_progress))
        return pandas.DataFrame(json.loads(text), index=pandas.RangeIndex(1, folds + 1, name="fold"))

    def __repr__(self) -> str:
        return f"<manygpcm.Model {self._params['model']}{'' if self._core else ', not fitted'}>"

    def __getstate__(self) -> dict[str, Any]:
        if self._core is None:
            return {"params": self._params, "file": None}
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "model.safetensors")
            self._core.save(file)
            with open(file, "rb") as content:
                return {"params": self._params, "file": content.read()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._params, self._core = state["params"], None
        if state["file"] is None:
            return
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "model.safetensors")
            with open(file, "wb") as content:
                content.write(state["file"])
            self._core = _core.Model.load(file)

    def _configuration(self, **more: Any) -> str:
        own = ("model", "epochs", "seed", "device")
        hyperparameters = {name: value for name, value in self._params.items() if name not in own}
        return configuration(model=self._params["model"], epochs=self._params["epochs"], seed=self._params["seed"],
                             hyperparameters=hyperparameters or None, **more)

    def _fitted(self) -> _core.Model:
        if self._core is None:
            raise _core.InputError("the model isn't fitted; expected fit() or Model.load() before")
        return self._core

    def _items(self) -> list[str]:
        described = self.description
        return described["question_ids"] or [str(number) for number in range(described["n_questions"])]

    def _given(self, data: Data | Dataset, options: dict[str, Any], test: bool) -> _Given:
        """What is predicted or scored, by the model's items and categories. @param test  the learners held out"""
        if isinstance(data, Dataset):
            expect_no_options("a Dataset", options)
            if (data.description["question_ids"] or None) == (self.description["question_ids"] or None):
                return _Given(data._core, test, None)
            # Its items have other numbers.
            frame = data.responses(test)
            return self._of_responses(responses_of(tuple(frame[name] for name in ("learner", "item", "response"))))
        if test:
            raise _core.InputError("test: a path, a frame or arrays have no learners held out; expected a Dataset with some")
        if isinstance(data, (str, os.PathLike)):
            expect_no_options("a path", options)
            return _Given(_core.Dataset.read_for(self._fitted(), path_of(data), call()), False, None)
        return self._of_responses(responses_of(data, last_may_lack_score=True, **options))

    def _of_responses(self, responses: Responses) -> _Given:
        items = responses.items_in(self._items())
        with responses.said_in_rows():
            core = _core.Dataset.create_for(self._fitted(), "data", responses.learner_number, responses.learner_names, items,
                                            responses.score)
        return _Given(core, False, responses)


class _Given(NamedTuple):
    """Learners that a model is asked about. Of those that Python held, `responses` has what they are called there."""

    core: _core.Dataset
    test: bool
    responses: Responses | None

    def frame(self) -> pandas.DataFrame:
        """A row a response: learner, item, response."""
        import pandas

        if self.responses is None:
            return frame_of(self.core, self.test)
        own = self.responses
        return pandas.DataFrame({"learner": own.learner, "item": own.item, "response": own.score})

    def learners(self) -> NDArray[Any]:
        """By the core's numbers."""
        if self.responses is None:
            return np.asarray(self.core.responses(self.test)[0], dtype=object)
        return self.responses.learner[np.unique(self.responses.learner_number, return_index=True)[1]]


def _add_probabilities(frame: pandas.DataFrame, probabilities: NDArray[np.float32]) -> None:
    """p_0 .. p_{K-1} and expected. @param probabilities  [.., K], a row of the frame each"""
    n_categories = probabilities.shape[-1]
    probabilities = probabilities.reshape(-1, n_categories)
    for k in range(n_categories):
        frame[f"p_{k}"] = probabilities[:, k]
    frame["expected"] = probabilities @ np.arange(n_categories, dtype=np.float32)


def crossvalidate(data: Data | Dataset, model: str | Model = "deep_gpcm", folds: int = 5, **options: Any) -> pandas.DataFrame:
    """Model(model, ..).crossvalidate(data, folds). @param model  a name, or a Model, whose settings it is then"""
    of_call = ("threads", "on_progress", "columns", "n_categories", "name")
    calls = {name: options.pop(name) for name in of_call if name in options}
    if not isinstance(model, Model):
        model = Model(model, **options)
    elif options:
        raise _core.InputError(f"{next(iter(options))}: beside a Model; expected it among the Model's own settings")
    return model.crossvalidate(data, folds, **calls)
