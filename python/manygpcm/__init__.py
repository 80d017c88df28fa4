"""Trains many small Deep-GPCM models at once, searches their hyperparameters and reports on the search.

    import manygpcm

    model = manygpcm.Model("residual_gpcm").fit(frame)   # columns student, item, score
    rows = model.predict(frame)                          # a row a response: p_0 .., ability, discrimination
    study = manygpcm.sweep("data/", model="auto", trials=20)
    study.report("out/")

What is wrong with an argument, a file or what is in it is an `InputError` (a ValueError) of one line; Ctrl-C ends training
with KeyboardInterrupt. What isn't an error and yet worth a line goes to the logger "manygpcm".
"""

from ._core import Error, InputError, Interrupted, version
from ._data import Dataset
from ._model import Model, crossvalidate
from ._study import Study, read_study, sweep

__version__ = version()
__all__ = [
    "Dataset",
    "Error",
    "InputError",
    "Interrupted",
    "Model",
    "Study",
    "crossvalidate",
    "read_study",
    "sweep",
]
