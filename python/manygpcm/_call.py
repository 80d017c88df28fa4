"""What a call of the core runs on, and whom it tells."""

from __future__ import annotations

import json
import logging
import operator
import os
from collections.abc import Callable
from typing import Any

from . import _core

OnProgress = Callable[[dict[str, Any]], "bool | None"]
_logger = logging.getLogger("manygpcm")


def call(threads: int | None = None, device: str = "cpu", on_progress: OnProgress | None = None) -> _core.Call:
    """@param threads      models trained at once on the CPU; None: as many as it has cores
    @param on_progress  called after every epoch with a dict of fraction, seconds_elapsed, seconds_left, epochs_done, epochs,
                        trials_done, trials, best_score; what it raises, or False, ends the work"""
    if threads is not None:
        threads = whole("threads", threads)
    if not isinstance(device, str):
        raise _core.InputError(f"device {device!r}: expected a text, such as 'cpu' or 'cuda:0'")
    if on_progress is not None and not callable(on_progress):
        raise _core.InputError(f"on_progress {on_progress!r}: expected a function")
    return _core.Call(threads, device, on_progress, _logger.info)


def tell(notices: list[str]) -> None:
    """Lines worth reading, to the log."""
    for line in notices:
        _logger.info("%s", line)


def whole(what: str, value: Any) -> int:
    """@raise InputError for what isn't a whole number, or none that anything has so many of"""
    try:
        number = operator.index(value)
    except TypeError:
        raise _core.InputError(f"{what} {value!r}: expected a whole number") from None
    if abs(number) >= 2**31:
        raise _core.InputError(f"{what} {number}: expected a number below 2^31")
    return number


def text_of(what: str, value: Any) -> str:
    """@raise InputError for what isn't a text, or none that the core can be given"""
    if isinstance(value, str) and "\0" not in value:
        try:
            value.encode("utf-8")
            return value
        except UnicodeEncodeError:
            pass
    raise _core.InputError(f"{what} {value!r}: expected a text, of UTF-8 and without NUL")


def counted(n: int, noun: str) -> str:
    """A count with its noun: "1 learner", "2 categories"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun[:-1]}ies" if noun.endswith("y") else f"{n} {noun}s"


def path_of(path: str | os.PathLike[str]) -> str:
    """@raise InputError for one that the core can't be given"""
    return text_of("path", os.fsdecode(path))


def configuration(**members: Any) -> str:
    """The core's JSON, of the members that are given."""

    def plain(value: Any) -> Any:
        if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:  # NumPy's numbers
            return value.item()
        if hasattr(value, "__fspath__"):
            return os.fsdecode(value)
        raise _core.InputError(f"{value!r}: expected a number, a text or a path")

    given = {name: value for name, value in members.items() if value is not None}
    try:
        return json.dumps(given, allow_nan=False, default=plain)
    except _core.InputError:
        raise
    except ValueError as error:
        raise _core.InputError(f"hyperparameters: {error}; expected finite numbers") from None
