"""What the PyTorch reference and the JAX model share: shapes, the published best, data.

Plain Python, so that each runs where the other's framework is missing.
"""
import math
import statistics
import time

MODELS = ("attn_gpcm_learn", "deep_gpcm")  # those that are timed
BATCH_SIZE = 32
MOST_BATCHES = 10  # of an epoch that is timed on a GPU: those that manygpcm_steps takes
EPOCHS = 3


def parameter_shapes(cfg):
    """Tensor names and shapes of one model, in the order used everywhere."""
    Q, K, N = cfg["n_questions"], cfg["n_categories"], cfg["memory_size"]
    dk, dv, fc = cfg["key_dim"], cfg["value_dim"], cfg["final_fc_dim"]
    shapes = {
        "question_embedding.weight": (Q, dk),
        "memory.key": (N, dk),
        "memory.initial_value": (N, dv),
        "memory.query.weight": (dk, dk), "memory.query.bias": (dk,),
        "memory.erase.weight": (dv, dv), "memory.erase.bias": (dv,),
        "memory.add.weight": (dv, dv), "memory.add.bias": (dv,),
        "summary.weight": (fc, dv + dk), "summary.bias": (fc,),
        "ability.weight": (1, fc), "ability.bias": (1,), "ability.scale": (1,),
        "threshold.weight": (K - 1, dk), "threshold.bias": (K - 1,),
        "discrimination.weight": (1, fc + dk), "discrimination.bias": (1,),
    }
    if cfg["model"] == "deep_gpcm":
        shapes.update({"value.weight": (dv, K * Q), "value.bias": (dv,)})
        return shapes
    E = cfg["embed_dim"]
    shapes.update({"value.weight": (dv, E), "value.bias": (dv,)})
    if cfg["model"] == "attn_gpcm_learn":
        shapes.update({"response_embedding.decay": (K,),
                       "response_embedding.weight": (E, K), "response_embedding.bias": (E,)})
    else:  # attn_gpcm_linear
        shapes.update({"response_embedding.weight": (E, K * Q), "response_embedding.bias": (E,)})
    for c in range(cfg["n_cycles"]):
        p = f"refine.{c}."
        shapes.update({
            p + "attention.in_proj.weight": (3 * E, E), p + "attention.in_proj.bias": (3 * E,),
            p + "attention.out_proj.weight": (E, E), p + "attention.out_proj.bias": (E,),
            p + "fusion.weight": (E, 2 * E), p + "fusion.bias": (E,),
            p + "fusion_norm.weight": (E,), p + "fusion_norm.bias": (E,),
            p + "gate.weight": (E, E), p + "gate.bias": (E,),
            p + "cycle_norm.weight": (E,), p + "cycle_norm.bias": (E,),
        })
    return shapes


def initial_values(name, shape):
    """How a tensor begins: Kaiming-normal weights, zero biases, unit norms, decay and scale.

    ("constant", value), ("normal", deviation) or ("uniform", bound).
    """
    if name.endswith("in_proj.weight"):
        return "uniform", math.sqrt(6.0 / (shape[0] + shape[1]))
    if "norm.weight" in name or name in ("ability.scale", "response_embedding.decay"):
        return "constant", 1.0
    if name.endswith("bias"):
        return "constant", 0.0
    return "normal", math.sqrt(2.0 / shape[-1])


def published_best(model, sequences):
    """The published search's best trial, for the questions and categories of these sequences."""
    return dict(model=model, memory_size=50, final_fc_dim=50, embed_dim=32, n_heads=4, n_cycles=2,
                key_dim=128, value_dim=256, dropout_rate=0.2, label_smoothing=0.2,
                ce_weight_logit=1.679634, focal_weight_logit=-0.697832, lr=0.005895,
                weight_decay=0.000307, grad_clip=5.0,
                n_questions=max(max(q) for q, _ in sequences) + 1,
                n_categories=max(max(r) for _, r in sequences) + 1)


def read_sequences(path):
    """[(questions, responses)] of sequence text: length, questions and responses, a line each."""
    with open(path) as file:
        lines = file.read().split("\n")
    return [tuple(list(map(int, lines[i + j].rstrip(",").split(","))) for j in (1, 2))
            for i in range(0, len(lines) - 2, 3)]


def timed_sequences(path):
    """Those that manygpcm_steps trains on: whole batches, the first ten at most."""
    sequences = read_sequences(path)
    batches = min(len(sequences) // BATCH_SIZE, MOST_BATCHES)
    return sequences[:batches * BATCH_SIZE]


def time_epochs(what, cfg, replicas, steps, epoch):
    """Prints, after each of EPOCHS calls of `epoch`, the median of seconds so far.

    The kit's run.sh reads these lines; `epoch` returns the loss when all is done.
    """
    seconds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        loss = epoch()
        seconds.append(time.perf_counter() - start)
        print(f"timed: {what}, {cfg['model']}, {replicas} replicas, "
              f"{statistics.median(seconds) / replicas:.6f} s an epoch a replica "
              f"({steps} steps; epochs so far: {len(seconds)}; loss {loss:.3f})", flush=True)
