"""What a call of the core runs on, and whom it tells."""

from __future__ import annotations

import json
import logging
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
