"""PyTorch reference of the Deep-GPCM model family.

It exists to be read and to be compared with: every formula of the models
stands here once, in the plainest form, with no speed in mind.  It runs on
Debian's python3-torch (1.13) and newer.

    python3 gpcm_reference.py goldens OUT_DIR                     write the golden cases
    python3 gpcm_reference.py time DATASET.txt [cuda] [compiled]  time training epochs, on the CPU or a GPU

Shapes: B sequences, T steps (padded), Q questions, K categories, N memory slots.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

from gpcm_sizes import (BATCH_SIZE, MODELS, initial_values, parameter_shapes, published_best,
                        read_sequences, time_epochs, timed_sequences)


def initialise(cfg, seed):
    g = torch.Generator().manual_seed(seed)
    params = {}
    for name, shape in parameter_shapes(cfg).items():
        kind, value = initial_values(name, shape)
        if kind == "uniform":
            params[name] = (torch.rand(shape, generator=g) * 2 - 1) * value
        elif kind == "normal":
            params[name] = torch.randn(shape, generator=g) * value
        else:
            params[name] = torch.full(shape, value)
    return params


def linear(p, name, x):
    return F.linear(x, p[name + ".weight"], p[name + ".bias"])


def linear_decay_embedding(p, name, q, r, K, Q):
    """sum_k max(0, 1 - |k - r| / (K - 1)) * W[:, k * Q + q] + b, without the one-hot."""
    W, b = p[name + ".weight"], p[name + ".bias"]
    W = W.view(W.shape[0], K, Q)
    k = torch.arange(K, device=r.device)
    weight = (1 - (k - r[..., None]).abs() / (K - 1)).clamp(min=0).to(W.dtype)
    return b + sum(weight[..., j:j + 1] * W[:, j, :].t()[q] for j in range(K))


def refine(p, cfg, e, keep):
    """n_cycles of self-attention, fusion, gate and norm over one padded batch."""
    B, T, E = e.shape
    H, drop = cfg["n_heads"], cfg.get("dropout_rate", 0.0) if cfg.get("training") else 0.0
    mask = keep[:, None, None, :].expand(B, 1, T, T)
    if cfg.get("attention", "causal") == "causal":
        mask = mask & torch.ones(T, T, dtype=torch.bool, device=e.device).tril()
    for c in range(cfg["n_cycles"]):
        n = f"refine.{c}."
        q, k, v = linear(p, n + "attention.in_proj", e).chunk(3, -1)
        q, k, v = (t.view(B, T, H, E // H).transpose(1, 2) for t in (q, k, v))
        score = (q @ k.transpose(-1, -2) / math.sqrt(E // H)).masked_fill(~mask, float("-inf"))
        attended = F.dropout(F.softmax(score, -1), drop, drop > 0) @ v
        attended = linear(p, n + "attention.out_proj", attended.transpose(1, 2).reshape(B, T, E))
        fused = linear(p, n + "fusion", torch.cat([e, attended], -1))
        fused = F.layer_norm(fused, (E,), p[n + "fusion_norm.weight"], p[n + "fusion_norm.bias"])
        fused = F.dropout(F.relu(fused), drop, drop > 0)
        gate = torch.sigmoid(linear(p, n + "gate", e))
        e = F.layer_norm(gate * fused + (1 - gate) * e, (E,),
                         p[n + "cycle_norm.weight"], p[n + "cycle_norm.bias"])
    return e


def forward(p, cfg, q, r, keep):
    """Logits [B, T, K] and the IRT parameters theta, alpha [B, T], beta [B, T, K-1].

    Step t is predicted from questions 0..t and responses 0..t-1: the memory is
    read before response t is written.
    """
    Q, K = cfg["n_questions"], cfg["n_categories"]
    B, T = q.shape
    x = p["question_embedding.weight"][q]
    if cfg["model"] == "deep_gpcm":
        v = linear_decay_embedding(p, "value", q, r, K, Q)
    else:
        if cfg["model"] == "attn_gpcm_learn":
            scaled = F.one_hot(r, K).to(x.dtype) * F.softmax(p["response_embedding.decay"], 0)
            e = linear(p, "response_embedding", scaled)
        else:
            e = linear_decay_embedding(p, "response_embedding", q, r, K, Q)
        v = linear(p, "value", refine(p, cfg, e, keep))
    address = F.softmax(torch.tanh(linear(p, "memory.query", x)) @ p["memory.key"].t(), -1)
    erase, add = torch.sigmoid(linear(p, "memory.erase", v)), torch.tanh(linear(p, "memory.add", v))
    memory, reads = p["memory.initial_value"].expand(B, -1, -1), []
    for t in range(T):
        w = address[:, t, :, None]
        reads.append((w * memory).sum(1))
        memory = memory * (1 - w * erase[:, t, None, :]) + w * add[:, t, None, :]
    h = torch.tanh(linear(p, "summary", torch.cat([torch.stack(reads, 1), x], -1)))
    if cfg.get("training"):
        h = F.dropout(h, cfg.get("dropout_rate", 0.0), True)
    theta = linear(p, "ability", h) * p["ability.scale"]
    beta = linear(p, "threshold", x)
    if cfg.get("threshold_link", "identity") == "tanh":
        beta = torch.tanh(beta)
    alpha = F.softplus(linear(p, "discrimination", torch.cat([h, x], -1)))
    step = torch.cumsum(alpha * (theta - beta), -1)
    logits = torch.cat([torch.zeros_like(step[..., :1]), step], -1)
    return logits, theta[..., 0], alpha[..., 0], beta


def loss(logits, y, cfg):
    """Combined ordinal loss over the n valid steps: logits [n, K], y [n]."""
    K = cfg["n_categories"]
    a = torch.tensor([cfg["ce_weight_logit"], cfg["focal_weight_logit"], 0.0],
                     dtype=logits.dtype, device=logits.device)
    w_ce, w_focal, w_qwk = F.softmax(a, 0)
    log_p = F.log_softmax(logits, -1)
    prob = log_p.exp()
    smooth = cfg.get("label_smoothing", 0.0)
    nll = -log_p.gather(1, y[:, None])[:, 0]
    ce = ((1 - smooth) * nll - smooth / K * log_p.sum(-1)).mean()
    focal = ((1 - (-nll).exp()) ** 2 * nll).mean()
    confusion = F.one_hot(y, K).to(prob.dtype).t() @ prob / y.numel()
    i = torch.arange(K, dtype=prob.dtype, device=prob.device)
    agree = 1 - (i[:, None] - i[None]) ** 2 / (K - 1) ** 2
    observed = (confusion * agree).sum()
    expected = (torch.outer(confusion.sum(1), confusion.sum(0)) * agree).sum()
    qwk = (observed - expected) / (1 - expected + 1e-7)
    return w_ce * ce + w_focal * focal - w_qwk * qwk, {"ce": ce, "focal": focal, "soft_qwk": qwk}


def random_batch(cfg, lengths, seed):
    g = torch.Generator().manual_seed(seed)
    T = max(lengths)
    q = torch.randint(0, cfg["n_questions"], (len(lengths), T), generator=g)
    r = torch.randint(0, cfg["n_categories"], (len(lengths), T), generator=g)
    keep = torch.arange(T)[None] < torch.tensor(lengths)[:, None]
    return q * keep, r * keep, keep


def golden(cfg, lengths, seed, steps=3):
    """One case in float64: weights, batch, outputs, loss, gradients, and `steps` Adam steps."""
    torch.set_default_dtype(torch.float64)
    p = {n: t.double().requires_grad_() for n, t in initialise(cfg, seed).items()}
    q, r, keep = random_batch(cfg, lengths, seed + 1)
    case = {"config": cfg, "lengths": lengths,
            "questions": [q[i, :n].tolist() for i, n in enumerate(lengths)],
            "responses": [r[i, :n].tolist() for i, n in enumerate(lengths)],
            "parameters": {n: {"shape": list(t.shape), "data": t.detach().flatten().tolist()}
                           for n, t in p.items()}}
    logits, theta, alpha, beta = forward(p, cfg, q, r, keep)
    value, parts = loss(logits[keep], r[keep], cfg)
    grads = torch.autograd.grad(value, list(p.values()), allow_unused=True)
    case.update(logits=logits[keep].tolist(), theta=theta[keep].tolist(), alpha=alpha[keep].tolist(),
                beta=beta[keep].tolist(), loss=value.item(), parts={k: v.item() for k, v in parts.items()},
                gradients={n: (torch.zeros_like(t) if g is None else g).flatten().tolist()
                           for (n, t), g in zip(p.items(), grads)})
    optimiser = torch.optim.Adam(p.values(), lr=cfg["lr"], weight_decay=cfg["weight_decay"])
    case["training_losses"] = []
    for _ in range(steps):
        value, _ = loss(forward(p, cfg, q, r, keep)[0][keep], r[keep], cfg)
        optimiser.zero_grad(set_to_none=False)
        value.backward()
        torch.nn.utils.clip_grad_norm_([t for t in p.values() if t.grad is not None], cfg["grad_clip"])
        optimiser.step()
        case["training_losses"].append(value.item())
    case["final_loss"] = loss(forward(p, cfg, q, r, keep)[0][keep], r[keep], cfg)[0].item()
    return case


BASE = dict(n_questions=7, n_categories=4, memory_size=5, key_dim=6, value_dim=9, final_fc_dim=8,
            embed_dim=8, n_heads=2, n_cycles=2, ce_weight_logit=0.7, focal_weight_logit=-0.4,
            label_smoothing=0.1, lr=0.01, weight_decay=1e-3, grad_clip=1.0)
CASES = {
    "deep_gpcm": dict(model="deep_gpcm"),
    "deep_gpcm_tanh_two_categories": dict(model="deep_gpcm", threshold_link="tanh", n_categories=2),
    "attn_gpcm_learn_causal": dict(model="attn_gpcm_learn"),
    "attn_gpcm_learn_bidirectional": dict(model="attn_gpcm_learn", attention="bidirectional",
                                          threshold_link="tanh"),
    "attn_gpcm_linear_causal": dict(model="attn_gpcm_linear", n_cycles=1, n_heads=4),
    "attn_gpcm_learn_six_categories": dict(model="attn_gpcm_learn", n_categories=6, n_cycles=3,
                                           label_smoothing=0.0),
}


def compile_parts():
    """Has torch.compile make refinement and loss; of the memory's loop it would make T copies."""
    global refine, loss
    refine, loss = torch.compile(refine, dynamic=True), torch.compile(loss, dynamic=True)


class Training:
    """A model in training on `sequences`, an epoch at a time."""

    def __init__(self, cfg, sequences, device="cpu"):
        self.cfg, self.device = {**cfg, "training": True}, device
        self.sequences = [tuple(torch.tensor(x, device=device) for x in s) for s in sequences]
        self.p = {n: t.to(device).requires_grad_() for n, t in initialise(cfg, 0).items()}
        self.optimiser = torch.optim.Adam(self.p.values(), lr=cfg["lr"],
                                          weight_decay=cfg["weight_decay"])

    def step(self, chunk):
        lengths = [len(q) for q, _ in chunk]
        T = max(lengths)
        q, r = (torch.stack([F.pad(s[j], (0, T - len(s[j]))) for s in chunk]) for j in (0, 1))
        keep = (torch.arange(T)[None] < torch.tensor(lengths)[:, None]).to(self.device)
        value, _ = loss(forward(self.p, self.cfg, q, r, keep)[0][keep], r[keep], self.cfg)
        self.optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_([t for t in self.p.values() if t.grad is not None],
                                       self.cfg["grad_clip"])
        self.optimiser.step()
        return value

    def epoch(self):
        """The last batch's loss, once the device has computed all of them."""
        for b in range(0, len(self.sequences), BATCH_SIZE):
            value = self.step(self.sequences[b:b + BATCH_SIZE])
        return value.item()


def time_epoch(path, model, n_sequences=None, threads=1):
    """Seconds for one training epoch of this reference over the sequences of `path`, on the CPU."""
    torch.set_num_threads(threads)
    sequences = read_sequences(path)
    training = Training(published_best(model, sequences), sequences[:n_sequences])
    start = time.perf_counter()
    training.epoch()
    return time.perf_counter() - start


def time_models(path, device, compiled):
    """Prints what epochs take that manygpcm_steps times, too."""
    print(f"PyTorch {torch.__version__}")
    if device != "cpu":
        print(torch.cuda.get_device_name(), flush=True)
        torch.cuda.set_per_process_memory_fraction(0.75)
    if compiled:
        compile_parts()
    sequences = timed_sequences(path)
    for model in MODELS:
        cfg = published_best(model, sequences)
        training = Training(cfg, sequences, device)
        for b in (0, BATCH_SIZE):  # the first pass is several times slower
            training.step(training.sequences[b:b + BATCH_SIZE])
        time_epochs("PyTorch compiled parts" if compiled else "PyTorch eager", cfg, 1,
                    len(sequences) // BATCH_SIZE, training.epoch)


if __name__ == "__main__":
    if sys.argv[1:2] == ["goldens"]:
        for name, change in CASES.items():
            cfg = {**BASE, **change}
            with open(f"{sys.argv[2]}/{name}.json", "w") as f:
                json.dump(golden(cfg, [5, 1, 9, 4], seed=len(name)), f)
            print(name)
    elif sys.argv[1:2] == ["time"] and len(sys.argv) > 2:
        time_models(sys.argv[2], "cpu" if "cuda" not in sys.argv[3:] else "cuda",
                    compiled="compiled" in sys.argv[3:])
    else:
        sys.exit(__doc__)
