"""deep_gpcm and attn_gpcm_learn in JAX, to be timed beside ours on a GPU.

The model of gpcm_reference.py, where the formulas are explained, in JAX's idiom: one jitted
optimizer step at one padded shape, the memory a lax.scan with a checkpoint every 16 responses,
replicas by vmap.  Products are float32, as ours are: JAX's own choice on a GPU is TF32.

    python3 gpcm_jax.py check GOLDEN.json...                compare with the PyTorch reference
    python3 gpcm_jax.py time DATASET.txt REPLICAS [cuda]    time training epochs

Shapes as there: B sequences, T steps (padded), Q questions, K categories, N memory slots, and R
replicas.  `keep` [B, T] says which steps are no padding.
"""
import json
import math
import sys
import time

import jax
import jax.numpy as jnp
from jax import lax

from gpcm_sizes import (BATCH_SIZE, MODELS, initial_values, parameter_shapes, published_best,
                        time_epochs, timed_sequences)

CHECKPOINT = 16  # steps; T is a multiple of it
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam's


def linear(p, name, x):
    return x @ p[name + ".weight"].T + p[name + ".bias"]


def softmax(x):
    e = jnp.exp(x - lax.stop_gradient(jnp.max(x, axis=-1, keepdims=True)))
    return e / jnp.sum(e, axis=-1, keepdims=True)


def sigmoid(x):
    return 0.5 * (1 + jnp.tanh(0.5 * x))


def layer_norm(p, name, x):
    centred = x - jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.mean(centred ** 2, axis=-1, keepdims=True)
    return centred / jnp.sqrt(variance + 1e-5) * p[name + ".weight"] + p[name + ".bias"]


def dropout(x, cfg, key, use):
    """Each use in a step has a number of its own; without a key nothing is dropped."""
    if key is None:
        return x
    kept = 1 - cfg["dropout_rate"]
    drawn = jax.random.bernoulli(jax.random.fold_in(key, use), kept, x.shape)
    return jnp.where(drawn, x / kept, 0.0)


def linear_decay_embedding(p, name, q, r, K):
    W, b = p[name + ".weight"], p[name + ".bias"]
    W = W.reshape(W.shape[0], K, -1)
    weight = jnp.maximum(1 - jnp.abs(jnp.arange(K) - r[..., None]) / (K - 1), 0)
    return b + sum(weight[..., j:j + 1] * W[:, j, :].T[q] for j in range(K))


def refine(p, cfg, e, keep, key):
    B, T, E = e.shape
    H = cfg["n_heads"]
    causal = jnp.arange(T)[:, None] >= jnp.arange(T)[None]
    mask = keep[:, None, None, :] & causal[None, None]
    for c in range(cfg["n_cycles"]):
        n = f"refine.{c}."
        q, k, v = (jnp.swapaxes(x.reshape(B, T, H, E // H), 1, 2)
                   for x in jnp.split(linear(p, n + "attention.in_proj", e), 3, axis=-1))
        score = q @ jnp.swapaxes(k, -1, -2) / math.sqrt(E // H)
        weight = dropout(softmax(jnp.where(mask, score, -jnp.inf)), cfg, key, 2 * c)
        attended = jnp.swapaxes(weight @ v, 1, 2).reshape(B, T, E)
        attended = linear(p, n + "attention.out_proj", attended)
        fused = linear(p, n + "fusion", jnp.concatenate([e, attended], axis=-1))
        fused = jnp.maximum(layer_norm(p, n + "fusion_norm", fused), 0)
        fused = dropout(fused, cfg, key, 2 * c + 1)
        gate = sigmoid(linear(p, n + "gate", e))
        e = layer_norm(p, n + "cycle_norm", gate * fused + (1 - gate) * e)
    return e


def read_memory(initial, address, erase, add):
    """What is read before each write: address [B, T, N], erase and add [B, T, V] -> [B, T, V]."""
    B, T, _ = address.shape

    def step(memory, at):
        w, e, a = at
        w = w[:, :, None]
        read = jnp.sum(w * memory, axis=1)
        return memory * (1 - w * e[:, None, :]) + w * a[:, None, :], read

    def chunk(memory, steps):
        return lax.scan(step, memory, steps)

    def chunks(x):  # [B, T, ...] -> [T / CHECKPOINT, CHECKPOINT, B, ...]
        return jnp.swapaxes(x, 0, 1).reshape(T // CHECKPOINT, CHECKPOINT, B, x.shape[-1])

    memory = jnp.broadcast_to(initial, (B,) + initial.shape)
    _, reads = lax.scan(jax.checkpoint(chunk, prevent_cse=False), memory,
                        (chunks(address), chunks(erase), chunks(add)))
    return jnp.swapaxes(reads.reshape(T, B, -1), 0, 1)


def forward(p, cfg, q, r, keep, key=None):
    """Logits [B, T, K], theta, alpha [B, T] and beta [B, T, K-1].  @param key of the dropout"""
    K = cfg["n_categories"]
    x = p["question_embedding.weight"][q]
    if cfg["model"] == "deep_gpcm":
        v = linear_decay_embedding(p, "value", q, r, K)
    else:
        one_hot = (r[..., None] == jnp.arange(K)).astype(x.dtype)
        e = linear(p, "response_embedding", one_hot * softmax(p["response_embedding.decay"]))
        v = linear(p, "value", refine(p, cfg, e, keep, key))
    address = softmax(jnp.tanh(linear(p, "memory.query", x)) @ p["memory.key"].T)
    erase, add = sigmoid(linear(p, "memory.erase", v)), jnp.tanh(linear(p, "memory.add", v))
    read = read_memory(p["memory.initial_value"], address, erase, add)
    h = jnp.tanh(linear(p, "summary", jnp.concatenate([read, x], axis=-1)))
    h = dropout(h, cfg, key, 2 * cfg.get("n_cycles", 0))
    theta = linear(p, "ability", h) * p["ability.scale"]
    beta = linear(p, "threshold", x)
    if cfg.get("threshold_link", "identity") == "tanh":
        beta = jnp.tanh(beta)
    alpha = jnp.logaddexp(linear(p, "discrimination", jnp.concatenate([h, x], axis=-1)), 0.0)
    step = jnp.cumsum(alpha * (theta - beta), axis=-1)
    logits = jnp.concatenate([jnp.zeros_like(step[..., :1]), step], axis=-1)
    return logits, theta[..., 0], alpha[..., 0], beta


def loss(logits, y, keep, cfg):
    """Combined ordinal loss over the steps that are kept: logits [B, T, K], y, keep [B, T]."""
    K = cfg["n_categories"]
    a = [cfg["ce_weight_logit"], cfg["focal_weight_logit"], 0.0]
    total = sum(map(math.exp, a))
    w_ce, w_focal, w_qwk = (math.exp(x) / total for x in a)
    kept = keep.astype(logits.dtype)
    n = jnp.sum(kept)

    def mean(x):
        return jnp.sum(x * kept) / n

    top = lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True))
    log_p = logits - top - jnp.log(jnp.sum(jnp.exp(logits - top), axis=-1, keepdims=True))
    prob = jnp.exp(log_p)
    one_hot = (y[..., None] == jnp.arange(K)).astype(logits.dtype)
    smooth = cfg.get("label_smoothing", 0.0)
    nll = -jnp.sum(one_hot * log_p, axis=-1)
    ce = mean((1 - smooth) * nll - smooth / K * jnp.sum(log_p, axis=-1))
    focal = mean((1 - jnp.exp(-nll)) ** 2 * nll)
    confusion = (one_hot * kept[..., None]).reshape(-1, K).T @ prob.reshape(-1, K) / n
    i = jnp.arange(K)
    agree = 1 - (i[:, None] - i[None]) ** 2 / (K - 1) ** 2
    observed = jnp.sum(confusion * agree)
    expected = jnp.sum(jnp.outer(jnp.sum(confusion, axis=1), jnp.sum(confusion, axis=0)) * agree)
    qwk = (observed - expected) / (1 - expected + 1e-7)
    return w_ce * ce + w_focal * focal - w_qwk * qwk


def loss_and_gradients(p, cfg, q, r, keep, key=None):
    return jax.value_and_grad(lambda p: loss(forward(p, cfg, q, r, keep, key)[0], r, keep, cfg))(p)


def begin(p):
    """A model and its optimizer before the first step."""
    return {"p": p, "m": {n: jnp.zeros_like(x) for n, x in p.items()},
            "v": {n: jnp.zeros_like(x) for n, x in p.items()}, "steps": jnp.zeros((), jnp.int32)}


def optimizer_step(state, gradients, cfg):
    """Clips the gradients' common norm, then Adam with the weight decay in the gradient, as torch's."""
    norm = jnp.sqrt(sum(jnp.sum(g ** 2) for g in gradients.values()))
    scale = jnp.minimum(cfg["grad_clip"] / (norm + 1e-6), 1.0)
    steps = state["steps"] + 1
    p, m, v = {}, {}, {}
    for n, old in state["p"].items():
        g = gradients[n] * scale + cfg["weight_decay"] * old
        m[n] = BETA1 * state["m"][n] + (1 - BETA1) * g
        v[n] = BETA2 * state["v"][n] + (1 - BETA2) * g ** 2
        mean, square = m[n] / (1 - BETA1 ** steps), v[n] / (1 - BETA2 ** steps)
        p[n] = old - cfg["lr"] * mean / (jnp.sqrt(square) + EPSILON)
    return {"p": p, "m": m, "v": v, "steps": steps}


def train_step(state, cfg, q, r, keep, key=None):
    """The model after a step, and the loss before it."""
    value, gradients = loss_and_gradients(state["p"], cfg, q, r, keep, key)
    return optimizer_step(state, gradients, cfg), value


def pad(sequences):
    """Questions, responses and keep [B, T], T a multiple of CHECKPOINT."""
    longest = max(len(q) for q, _ in sequences)
    T = -(-longest // CHECKPOINT) * CHECKPOINT
    q, r = (jnp.array([s[j] + [0] * (T - len(s[j])) for s in sequences]) for j in (0, 1))
    return q, r, jnp.array([[t < len(s[0]) for t in range(T)] for s in sequences])


# Comparing with the PyTorch reference.

def difference(actual, expected):
    """The largest, relative to the largest magnitude that was expected."""
    expected = jnp.array(expected)
    return float(jnp.max(jnp.abs(actual - expected)) / jnp.maximum(jnp.max(jnp.abs(expected)), 1e-300))


def check(path, tolerance=1e-6):
    """Whether a golden case (gpcm_reference.py goldens) comes out, in float64."""
    with open(path) as file:
        case = json.load(file)
    cfg = case["config"]
    p = {n: jnp.array(t["data"]).reshape(t["shape"]) for n, t in case["parameters"].items()}
    sequences = list(zip(case["questions"], case["responses"]))
    q, r, keep = pad(sequences)
    outputs = jax.jit(lambda p: forward(p, cfg, q, r, keep))(p)
    found = {name: difference(jnp.concatenate([x[b, :len(s[0])] for b, s in enumerate(sequences)]),
                              case[name])
             for name, x in zip(("logits", "theta", "alpha", "beta"), outputs)}
    value, gradients = jax.jit(lambda p: loss_and_gradients(p, cfg, q, r, keep))(p)
    found["loss"] = difference(value, case["loss"])
    # Relative to the largest of all gradients: some are 0 but for rounding.
    found["gradients"] = difference(
        jnp.concatenate([gradients[n].reshape(-1) for n in p]),
        [x for n in p for x in case["gradients"][n]])
    step = jax.jit(lambda state: train_step(state, cfg, q, r, keep))
    state, losses = begin(p), []
    for _ in case["training_losses"]:
        state, value = step(state)
        losses.append(float(value))
    found["losses of training"] = difference(jnp.array(losses), case["training_losses"])
    agrees = all(d <= tolerance for d in found.values())  # not so for NaN
    print(f"{cfg['model']}: {'agrees with' if agrees else 'DIFFERS from'} the PyTorch reference, to "
          + ", ".join(f"{d:.1e} in {name}" for name, d in found.items()), flush=True)
    return agrees


# Timing.

def initialise(cfg, key):
    p = {}
    for i, (name, shape) in enumerate(parameter_shapes(cfg).items()):
        kind, value = initial_values(name, shape)
        if kind == "uniform":
            p[name] = jax.random.uniform(jax.random.fold_in(key, i), shape, minval=-value, maxval=value)
        elif kind == "normal":
            p[name] = jax.random.normal(jax.random.fold_in(key, i), shape) * value
        else:
            p[name] = jnp.full(shape, value, jnp.float32)
    return p


def time_model(model, sequences, replicas):
    cfg = published_best(model, sequences)
    data = pad(sequences)  # on the device, where each replica takes its own learners from it

    def step(state, key, learners):
        """One replica's: `learners` [B] are their numbers."""
        batch = (x[learners] for x in data)
        return train_step(state, cfg, *batch, key=jax.random.fold_in(key, state["steps"]))

    keys = jax.random.split(jax.random.PRNGKey(0), replicas)
    orders = jnp.stack([jax.random.permutation(key, len(sequences)) for key in keys])
    steps = len(sequences) // BATCH_SIZE
    if replicas == 1:
        state, keys, orders = begin(initialise(cfg, keys[0])), keys[0], orders[0]
    else:
        state = jax.vmap(lambda key: begin(initialise(cfg, key)))(keys)
        step = jax.vmap(step)
    step = jax.jit(step)
    current = [state]

    def epoch(batches=steps):
        for b in range(batches):
            learners = orders[..., b * BATCH_SIZE:(b + 1) * BATCH_SIZE]
            current[0], value = step(current[0], keys, learners)
        return float(jnp.mean(value))

    start = time.perf_counter()
    epoch(2)
    print(f"{model}, {replicas} replicas: {time.perf_counter() - start:.1f} s to compile and begin",
          flush=True)
    time_epochs("JAX jit" if replicas == 1 else "JAX vmap", cfg, replicas, steps, epoch)


def main():
    if sys.argv[1:2] == ["check"] and len(sys.argv) > 2:
        global CHECKPOINT
        CHECKPOINT = 4  # the cases are short
        jax.config.update("jax_enable_x64", True)
        sys.exit(not all([check(path) for path in sys.argv[2:]]))
    if sys.argv[1:2] != ["time"] or len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    jax.config.update("jax_default_matmul_precision", "float32")
    device = jax.devices()[0]
    print(f"JAX {jax.__version__}, {device}", flush=True)
    if sys.argv[4:] == ["cuda"] and device.platform == "cpu":
        sys.exit(f"gpcm_jax.py: JAX has no GPU here, its device is {device}")
    sequences = timed_sequences(sys.argv[2])
    for model in MODELS:
        time_model(model, sequences, int(sys.argv[3]))


if __name__ == "__main__":
    main()
