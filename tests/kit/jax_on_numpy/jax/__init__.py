"""As much of JAX as bench/gpcm_jax.py uses, on NumPy, for tests where JAX isn't installed.

Gradients are central differences, so they say whether a model's formulas and its optimizer are
right, not whether JAX can differentiate them.  A model too large for that gets zeros.
"""
import sys
import types

import numpy as np

from . import lax, random  # noqa: F401

numpy = sys.modules["jax.numpy"] = np

__version__ = "stand-in on NumPy"
MOST_PARAMETERS = 5000
config = types.SimpleNamespace(update=lambda name, value: None)


def devices():
    return [types.SimpleNamespace(platform="cpu")]


def jit(function):
    return function


def checkpoint(function, prevent_cse=True):
    return function


def _map(function, trees):
    """function(leaves) of trees of one shape: dicts, tuples and arrays."""
    first = trees[0]
    if isinstance(first, dict):
        return {n: _map(function, [t[n] for t in trees]) for n in first}
    if isinstance(first, tuple):
        return tuple(_map(function, list(parts)) for parts in zip(*trees))
    return function(trees)


def vmap(function):
    def mapped(*arguments):
        leaf = arguments[0]
        while isinstance(leaf, dict):
            leaf = next(iter(leaf.values()))
        return _map(np.stack, [function(*(_map(lambda x: x[0][i], [a]) for a in arguments))
                               for i in range(len(leaf))])
    return mapped


def value_and_grad(function):
    def both(p, h=1e-5):
        if sum(x.size for x in p.values()) > MOST_PARAMETERS:
            return function(p), {n: np.zeros_like(x) for n, x in p.items()}
        gradients = {}
        for n, x in p.items():
            g = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                near = [x.copy(), x.copy()]
                near[0][i] -= h
                near[1][i] += h
                below, above = (function({**p, n: y}) for y in near)
                g[i] = (above - below) / (2 * h)
            gradients[n] = g
        return function(p), gradients
    return both
