import numpy as np


def stop_gradient(x):
    return x


def scan(function, carry, xs):
    outputs = []
    for i in range(len(xs[0])):
        carry, y = function(carry, tuple(x[i] for x in xs))
        outputs.append(y)
    return carry, np.stack(outputs)
