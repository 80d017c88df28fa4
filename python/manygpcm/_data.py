"""Learners and their graded answers, from what people have: a path, a pandas frame, arrays."""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from . import _core
from ._call import call, counted, path_of, tell, text_of, whole

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
    """Responses in their order within each learner, learner by learner, and where they come from.

    learner, item, score: arrays, a row a response (score -1: not given yet); rows: the number in the source that each is
    from; index: the frame's, or None; learner_number, item_number: arrays of numbers among learner_names and item_names, of
    which some may be unused.

    @param last_may_lack_score  whether a learner's last response without a score is kept; others without one never are
    """

    def __init__(self, learner, item, score, order=None, index=None, last_may_lack_score=False):
        known = ~_missing(score)
        for what, part in (("learner", learner), ("item", item)):
            without = np.flatnonzero(known & _missing(part))
            if without.size:
                raise _core.InputError(f"row {without[0]}: no {what}; expected one with every score")
        # Numbers are by all rows, those without a score, too: learners are taken in the order of their first.
        learner_number, self.learner_names = _numbered(learner, "learner")
        item_number, self.item_names = _numbered(item, "item")
        kept = known
        if last_may_lack_score:
            kept = known | ((learner_number >= 0) & (item_number >= 0))
            if order is not None and not _missing(order)[known].all():
                kept &= known | ~_missing(order)
        rows = np.flatnonzero(kept)
        if order is not None:
            rows = rows[_argsort(order[rows], rows)]
        rows = rows[np.argsort(learner_number[rows], kind="stable")]
        is_last = np.append(np.diff(learner_number[rows]) != 0, True)[:len(rows)]
        self.rows = rows = rows[known[rows] | is_last]
        self.index = index
        self.learner, self.item = learner[rows], item[rows]
        self.score = np.full(len(rows), -1, np.int64)
        answered = rows[known[rows]]
        numbers, bad = _whole_scores(score[answered])
        if bad.size:
            row = answered[bad[0]]
            raise _core.InputError(f"row {row}: score {_shown(score[row])} of learner {_shown(learner[row])} and item "
                                   f"{_shown(item[row])}; expected a whole number from 0")
        self.score[known[rows]] = numbers
        self.learner_number, self.item_number = learner_number[rows], item_number[rows]

    def in_rows(self, text):
        """What the core says of an element of the arrays that it was given, said of the row."""
        names = {"learner": "learner", "question": "item", "response": "score"}
        return re.sub(r"^(learner|question|response)\[(\d+)\]( = )?",
                      lambda found: f"row {self.rows[int(found[2])]}" + (f": {names[found[1]]} " if found[3] else ""), text)

    @contextlib.contextmanager
    def said_in_rows(self):
        try:
            yield
        except _core.InputError as error:
            raise _core.InputError(self.in_rows(str(error))) from None

    def items_in(self, names):
        """Each response's number of its item among the names. @raise InputError for an item that isn't there"""
        numbers = {name: i for i, name in enumerate(names)}
        ours = np.array([numbers.get(name, -1) for name in self.item_names], np.int64)[self.item_number]
        unknown = np.flatnonzero(ours < 0)
        if unknown.size:
            name = self.item_names[self.item_number[unknown[0]]]
            raise _core.InputError(f"item {name!r}: expected one of the {len(names)} that the model knows")
        return ours


class Dataset:
    """Learners to train on and, maybe, learners held out.

    @param data    a path (a file, or a directory with train and test: `manygpcm help data`), a pandas DataFrame, or a tuple
                   of three arrays (learner, item, score); rows without a score are left out
    @param test    learners held out, in the same form (not of a path)
    @param columns the names of a frame's columns: {"learner": .., "item": .., "score": .., "order": ..}; None: as in a CSV
    @param n_categories  K; None: one more than the largest score, and each from 0 must occur
    @raise InputError for what can't be learned from, such as a single item, and for a learner in both
    """

    def __init__(self, data: Data, test: Data | None = None, columns: dict[str, str] | None = None, name: str | None = None,
                 n_categories: int | None = None) -> None:
        if isinstance(data, (str, os.PathLike)):
            if test is not None or columns is not None or n_categories is not None:
                raise _core.InputError("data: a path; test, columns and n_categories are of frames and arrays")
            self._core = _core.Dataset.read(path_of(data), call())
            return
        parts = [responses_of(part, columns) for part in ((data,) if test is None else (data, test))]
        names = natural_order(part_name for part in parts for part_name in part.item_names)
        if not all(part.rows.size for part in parts):
            raise _core.InputError("data: no responses; expected one or more, to train on and held out")
        items = [part.items_in(names) for part in parts]
        names = names[: max(int(numbers.max()) for numbers in items) + 1]
        n_categories = 0 if n_categories is None else whole("n_categories", n_categories)
        with parts[0].said_in_rows():
            self._core = _core.Dataset.create(text_of("name", name or "data"), len(names), n_categories, parts[0].learner_number,
                                              parts[0].learner_names, items[0], parts[0].score, names)
        if test is not None:
            with parts[1].said_in_rows():
                self._core.hold_out(parts[1].learner_number, parts[1].learner_names, items[1], parts[1].score)
            tell([parts[1].in_rows(line) for line in self.description["notices"]])

    def __repr__(self) -> str:
        d = self.description
        return (f"<manygpcm.Dataset {d['name']}: {counted(d['n_learners'], 'learner')}, {d['n_test_learners']} held out, "
                f"{counted(d['n_questions'], 'question')}, {counted(d['n_categories'], 'category')}>")

    @property
    def description(self) -> dict[str, Any]:
        """n_questions, n_categories, n_learners, n_responses, n_test_learners, n_test_responses; name, question_ids (none
        where questions are numbers), notices (lines worth reading)."""
        return {**self._core.shape(), **json.loads(self._core.describe())}

    def responses(self, test: bool = False) -> pandas.DataFrame:
        """@return a DataFrame, a row a response, learner by learner: learner, item, response (-1: not given yet)"""
        return frame_of(self._core, test)


def frame_of(core: _core.Dataset, test: bool) -> pandas.DataFrame:
    """Dataset.responses()"""
    import pandas

    ids, learner, question, response = core.responses(test)
    names = json.loads(core.describe())["question_ids"]
    item = np.asarray(names, dtype=object)[question] if names else question
    return pandas.DataFrame({"learner": np.asarray(ids, dtype=object)[learner], "item": item, "response": response})


def dataset_of(data: Data | Dataset, **options: Any) -> Dataset:
    """A Dataset as it is, else one of it."""
    if not isinstance(data, Dataset):
        return Dataset(data, **options)
    expect_no_options("a Dataset", options)
    return data


def expect_no_options(what: str, options: dict[str, Any]) -> None:
    """@raise InputError for options of frames and arrays that were given with something else"""
    for name, value in options.items():
        if value is not None:
            raise _core.InputError(f"data: {what}; {name} is of frames and arrays")


def responses_of(data: Any, columns: dict[str, str] | None = None, last_may_lack_score: bool = False) -> Responses:
    """The responses of a frame or of three arrays, those without a score left out as Responses does."""
    if isinstance(data, tuple):
        if len(data) != 3:
            raise _core.InputError(f"data: a tuple of {len(data)}; expected (learner, item, score)")
        if columns is not None:
            raise _core.InputError("data: a tuple; columns are of frames")
        learner, item, score = (_array(part) for part in data)
        if len({part.shape for part in (learner, item, score)}) != 1 or learner.ndim != 1:
            raise _core.InputError(
                f"data: arrays of shapes {learner.shape}, {item.shape}, {score.shape}; expected three of one size")
        return Responses(learner, item, score, last_may_lack_score=last_may_lack_score)
    if not hasattr(data, "columns"):
        raise _core.InputError(
            f"data: {type(data).__name__}; expected a path, a pandas DataFrame or a tuple (learner, item, score)")
    if columns is not None and not isinstance(columns, dict):
        raise _core.InputError(f'columns: {columns!r}; expected a dict such as {{"learner": "who"}}')
    for role in columns or {}:
        if role not in ("learner", "item", "score", "order"):
            raise _core.InputError(f"columns: {role!r}; expected learner, item, score or order")
    named = dict(columns or {})
    learner = _column(data, named.get("learner"), _learner_columns, "learner")
    item = _column(data, named.get("item"), _item_columns, "item")
    score = _column(data, named.get("score"), _score_columns, "score")
    order = _column(data, named.get("order"), _order_columns, "order", needed=False)
    if order is not None and getattr(order.dtype, "ordered", False):
        order = order.cat.codes.where(order.notna())
    return Responses(learner.to_numpy(), item.to_numpy(), score.to_numpy(), None if order is None else order.to_numpy(),
                     data.index, last_may_lack_score)


def natural_order(names):
    """Each once, as the program numbers them: as numbers if all are whole, else as texts."""
    different = set(names)
    if all(re.fullmatch("-?[0-9]{1,18}", name) for name in different):
        return sorted(different, key=lambda name: (int(name), name))
    return sorted(different)


def _column(frame, named, usual, what, needed=True):
    if named is not None and named not in frame.columns:
        raise _core.InputError(f"columns: no {named!r} for {what}; expected one of {', '.join(map(str, frame.columns))}")
    name = named if named is not None else next((name for name in usual if name in frame.columns), None)
    if name is None:
        if not needed:
            return None
        raise _core.InputError(
            f"data: no column for {what} among {', '.join(map(str, frame.columns))}; expected {usual[0]}, "
            f'or columns={{"{what}": ...}}')
    column = frame[name]
    if column.ndim != 1:
        raise _core.InputError(f"data: {column.shape[1]} columns {name!r} for {what}; expected one")
    return column


def _array(values):
    """What is masked is missing."""
    if isinstance(values, np.ma.MaskedArray):
        return values.astype(object).filled(np.nan)
    if hasattr(values, "__array__"):
        return np.asarray(values)
    try:
        return np.asarray(list(values), dtype=object)
    except (TypeError, ValueError):
        raise _core.InputError(f"data: {type(values).__name__}; expected an array of one dimension") from None


def _missing(values):
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind == "O":
        na = _na()
        # None, NaN, NaT and pandas.NA are what doesn't equal itself, or isn't there.
        return np.fromiter((value is None or value is na or value != value for value in values), bool, len(values))
    return np.zeros(len(values), bool)


def _na():
    try:
        from pandas import NA
    except ImportError:
        return None
    return NA


def _argsort(order, rows):
    """@param rows  the numbers of the rows, for errors"""
    missing = _missing(order)
    if missing.all():
        return np.arange(len(order))
    if missing.any():
        raise _core.InputError(f"row {rows[missing][0]}: no order; expected one with every score, or in none")
    if isinstance(order[0], str):
        order = _numbers_or_times(order, rows)
    try:
        return np.argsort(order, kind="stable")
    except TypeError as error:
        raise _core.InputError(f"order: {error}; expected numbers alone or dates alone") from None


def _numbers_or_times(order, rows):
    """Of texts, as the program reads them."""
    try:
        return order.astype(np.float64)
    except ValueError:
        pass
    for row, text in zip(rows, order):
        if not isinstance(text, str) or not re.match(r"\d{4}-\d{2}-\d{2}", text):
            raise _core.InputError(f"row {row}: order {text!r}; expected numbers alone, or dates alone, as 2024-05-01")
    import pandas

    try:
        return pandas.to_datetime(order, utc=True).to_numpy()
    except ValueError as error:
        raise _core.InputError(f"order: {' '.join(str(error).split())}; expected dates such as 2024-05-01T09:30") from None


def _whole_scores(score):
    """The numbers, and where there are none: what isn't a whole number from 0."""
    if score.dtype.kind == "b":
        return score.astype(np.int64), np.empty(0, np.int64)
    if score.dtype.kind in "iufOUS":
        try:
            numbers = score.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            numbers = np.array([_number(value) for value in score])
    else:
        numbers = np.full(len(score), np.nan)
    bad = np.flatnonzero((numbers != np.floor(numbers)) | (numbers < 0) | ~(numbers < 2**31))
    return numbers if bad.size else numbers.astype(np.int64), bad


def _number(value):
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _shown(value):
    return repr(value) if isinstance(value, (str, bytes)) else str(value)


def _numbered(values, what):
    """Numbers of the different values as they first come (-1: missing), and their names."""
    if values.dtype.kind in "mM":
        values = np.where(np.isnat(values), None, values.astype(str))
    there = np.flatnonzero(~_missing(values))
    number = {}
    try:
        codes = np.fromiter((number.setdefault(value, len(number)) for value in values[there].tolist()), np.int64,
                            len(there))
    except TypeError:
        raise _core.InputError(f"{what}: a list or the like; expected texts or numbers") from None
    # 1, 1.0 and "1" are one name.
    names = {}
    merged = np.array([names.setdefault(_name(value, what), len(names)) for value in number], np.int64)
    numbers = np.full(len(values), -1, np.int64)
    numbers[there] = merged[codes]
    return numbers, list(names)


def _name(value, what):
    """@raise InputError for one that no file could have"""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    name = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if not name:
        raise _core.InputError(f"{what} '': expected a text")
    return text_of(what, name)
