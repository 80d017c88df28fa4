import numpy as np


def PRNGKey(seed):
    return np.array([0, seed])


def split(key, n):
    return np.array([[key[1] + 1, i] for i in range(n)])


def fold_in(key, number):
    return np.array([1 + key[0] + 31 * key[1], number])


def _draws(key):
    return np.random.default_rng([int(k) for k in key])


def bernoulli(key, p, shape):
    return _draws(key).random(shape) < p


def uniform(key, shape, minval, maxval):
    return _draws(key).uniform(minval, maxval, shape).astype(np.float32)


def normal(key, shape):
    return _draws(key).normal(size=shape).astype(np.float32)


def permutation(key, n):
    return _draws(key).permutation(n)
