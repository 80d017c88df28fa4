"""What a call of the core runs on, and whom it tells."""

from __future__ import annotations

import json
import logging
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
    return _core.Call(threads, device, on_progress, _logger.info)


def tell(notices: list[str]) -> None:
    """Lines worth reading, to the log."""
    for line in notices:
        _logger.info("%s", line)


def path_of(path: str | os.PathLike[str]) -> str:
    """@raise InputError for one that the core can't be given"""
    text = os.fsdecode(path)
    try:
        if "\0" not in text and text.encode("utf-8"):
            return text
    except UnicodeEncodeError:
        pass
    raise _core.InputError(f"path {text!r}: expected a path, of UTF-8 and without NUL")


def configuration(**members: Any) -> str:
    """The core's JSON, of the members that are given."""

    def plain(value: Any) -> Any:
        if hasattr(value, "item"):  # NumPy's numbers
            return value.item()
        if hasattr(value, "__fspath__"):
            return value.__fspath__()
        raise _core.InputError(f"{value!r}: expected a number, a text or a path")

    given = {name: value for name, value in members.items() if value is not None}
    try:
        return json.dumps(given, allow_nan=False, default=plain)
    except ValueError as error:
        raise _core.InputError(f"hyperparameters: {error}; expected finite numbers") from None
