"""Learners and their graded answers, from what people have: a path, a pandas frame, arrays."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from . import _core

if TYPE_CHECKING:
    import pandas
    from numpy.typing import ArrayLike

    # A path, a frame, or three arrays: learner, item, score.
    Data = Union[str, "os.PathLike[str]", pandas.DataFrame, tuple[ArrayLike, ArrayLike, ArrayLike]]

# Where no column is named: those of the program's CSV (`manygpcm help data`), the first that there is.
_learner_columns = ("student", "learner", "user", "person", "student_id", "user_id", "learner_id", "uid")
_item_columns = ("item", "question", "problem", "item_id", "question_id", "problem_id")
_score_columns = ("score", "response", "correct", "category")
_order_columns = ("order", "timestamp")


class Responses:
    """Responses in their order within each learner, and where they come from.

    learner, item, score: arrays, a row a response; `rows`: the number in the source that each is from, None where it is
    the place itself; index: the frame's.
    """

    def __init__(self, learner, item, score, rows=None, index=None):
        self.learner, self.item, self.score, self.rows, self.index = learner, item, score, rows, index


class Dataset:
    """Learners to train on and, maybe, learners held out.

    @param data    a path (a file, or a directory with train and test: `manygpcm help data`), a pandas DataFrame, or a tuple
                   of three arrays (learner, item, score); rows without a score are left out
    @param test    learners held out, in the same form (not of a path)
    @param columns the names of a frame's columns: {"learner": .., "item": .., "score": .., "order": ..}; None: as in a CSV
    @param n_categories  K; None: one more than the largest score
    """

    def __init__(self, data: Data, test: Data | None = None, columns: dict[str, str] | None = None, name: str | None = None,
                 n_categories: int | None = None) -> None:
        if isinstance(data, (str, os.PathLike)):
            if test is not None or columns is not None or n_categories is not None:
                raise _core.InputError("data: a path; test, columns and n_categories are of frames and arrays")
            self._core = _core.Dataset.read(os.fspath(data))
        else:
            train = responses_of(data, columns)
            held_out = None if test is None else responses_of(test, columns)
            items = train.item if held_out is None else np.concatenate([_objects(train.item), _objects(held_out.item)])
            names = natural_order(items)
            scores = [_whole_scores(part.score) for part in (train, held_out) if part is not None]
            largest = max(int(score.max()) if score.size else 0 for score in scores)
            self._core = _core.Dataset.create(
                name or "data", len(names), n_categories or max(2, largest + 1),
                _codes(train.learner), numbers_in(train.item, names), scores[0], [str(name) for name in names])
            if held_out is not None:
                self._core.hold_out(_codes(held_out.learner), numbers_in(held_out.item, names), scores[1])

    def __repr__(self) -> str:
        return ("<manygpcm.Dataset {name}: {n_learners} learners, {n_test_learners} held out, {n_questions} questions, "
                "{n_categories} categories>").format(**self.description)

    @property
    def description(self) -> dict[str, Any]:
        """n_questions, n_categories, n_learners, n_responses, n_test_learners, n_test_responses; name, question_ids (none
        where questions are numbers), notices (lines worth reading)."""
        return {**self._core.shape(), **json.loads(self._core.describe())}

    def responses(self, test: bool = False) -> pandas.DataFrame:
        """@return a DataFrame, a row a response, learner by learner: learner, item, response (-1: not given yet)"""
        import pandas

        ids, learner, question, response = self._core.responses(test)
        names = self.description["question_ids"]
        item = np.asarray(names, dtype=object)[question] if names else question
        return pandas.DataFrame({"learner": np.asarray(ids, dtype=object)[learner], "item": item, "response": response})


def dataset_of(data: Data | Dataset, **options: Any) -> Dataset:
    """A Dataset as it is, else one of it."""
    return data if isinstance(data, Dataset) else Dataset(data, **options)


def responses_of(data: Any, columns: dict[str, str] | None = None) -> Responses:
    """The responses of a frame or of three arrays, those without a score left out."""
    if isinstance(data, tuple):
        if len(data) != 3:
            raise _core.InputError(f"data: a tuple of {len(data)}; expected (learner, item, score)")
        learner, item, score = (np.asarray(part) for part in data)
        sizes = {part.shape for part in (learner, item, score)}
        if len(sizes) != 1 or learner.ndim != 1:
            raise _core.InputError(
                f"data: arrays of shapes {learner.shape}, {item.shape}, {score.shape}; expected three of one size")
        order, index = None, None
    elif hasattr(data, "columns"):
        columns = dict(columns or {})
        unknown = set(columns) - {"learner", "item", "score", "order"}
        if unknown:
            raise _core.InputError(f"columns: {sorted(unknown)[0]}; expected learner, item, score or order")
        learner = data[_column(data, columns.get("learner"), _learner_columns, "learner")].to_numpy()
        item = data[_column(data, columns.get("item"), _item_columns, "item")].to_numpy()
        score = data[_column(data, columns.get("score"), _score_columns, "score")].to_numpy()
        name = _column(data, columns.get("order"), _order_columns, "order", needed=False)
        order, index = None if name is None else data[name].to_numpy(), data.index
    else:
        raise _core.InputError(
            f"data: {type(data).__name__}; expected a path, a pandas DataFrame or a tuple (learner, item, score)")
    known = ~_missing(score)
    for what, part in (("learner", learner), ("item", item)):
        without = np.flatnonzero(known & _missing(part))
        if without.size:
            raise _core.InputError(f"row {without[0]}: no {what}; expected one with every score")
    rows = np.flatnonzero(known)
    if order is not None:
        without = rows[_missing(order[rows])]
        if without.size:
            raise _core.InputError(f"row {without[0]}: no order; expected one with every score, or in none")
        rows = rows[np.argsort(order[rows], kind="stable")]
    # Learners one after the other, as they first come: the core's order.
    codes = _codes(learner[rows])
    rows = rows[np.argsort(codes, kind="stable")]
    return Responses(learner[rows], item[rows], score[rows], rows, index)


def natural_order(items):
    """The different ones: numbers by size, texts so that item-2 comes before item-10."""
    import re

    different = set(np.asarray(items).tolist())

    def key(value):
        if not isinstance(value, str):
            return (0, value, "")
        return (1, 0, [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", value) if part])

    return sorted(different, key=key)


def numbers_in(items, names):
    """Each item's number among the names. @raise InputError for one that isn't there"""
    number = {str(name): i for i, name in enumerate(names)}
    try:
        return np.fromiter((number[str(item)] for item in np.asarray(items).tolist()), np.int64, len(items))
    except KeyError as error:
        raise _core.InputError(f"item {error.args[0]}: expected one of the {len(names)} that the model knows") from None


def _column(frame, named, usual, what, needed=True):
    if named is not None:
        if named not in frame.columns:
            raise _core.InputError(f"columns: no {named!r} for {what}; expected one of {', '.join(map(str, frame.columns))}")
        return named
    for name in usual:
        if name in frame.columns:
            return name
    if needed:
        raise _core.InputError(
            f"data: no column for {what} among {', '.join(map(str, frame.columns))}; expected {usual[0]}, "
            f'or columns={{"{what}": ...}}')
    return None


def _objects(values):
    return np.asarray(values, dtype=object)


def _missing(values):
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind == "O":
        # None, NaN and pandas.NA are what doesn't equal itself, or isn't there.
        return np.fromiter((value is None or value is _na() or value != value for value in values), bool, len(values))
    return np.zeros(len(values), bool)


def _na():
    try:
        from pandas import NA
    except ImportError:
        return None
    return NA


def _whole_scores(score):
    """@raise InputError for what isn't a whole number"""
    score = np.asarray(score)
    if score.dtype.kind == "b":
        return score.astype(np.int64)
    try:
        numbers = score.astype(np.float64)
    except (TypeError, ValueError):
        bad = next(value for value in score.tolist() if not isinstance(value, (int, float)))
        raise _core.InputError(f"score {bad!r}: expected a whole number from 0") from None
    bad = np.flatnonzero((numbers != np.floor(numbers)) | (numbers < 0) | ~np.isfinite(numbers))
    if bad.size:
        raise _core.InputError(f"score {score[bad[0]]}: expected a whole number from 0")
    return numbers.astype(np.int64)


def _codes(values):
    """Numbers of the different values as they first come."""
    number = {}
    return np.fromiter((number.setdefault(value, len(number)) for value in np.asarray(values).tolist()), np.int64,
                       len(values))
