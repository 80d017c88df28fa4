"""PyTorch reference of the Deep-GPCM model family.

It exists to be read and to be compared with: every formula of the models
stands here once, in the plainest form, with no speed in mind.  It runs on
Debian's python3-torch (1.13) and newer.

    python3 gpcm_reference.py goldens OUT_DIR          write the golden cases
    python3 gpcm_reference.py time DATASET.txt [cuda]  time one training epoch, on the CPU or a GPU

Shapes: B sequences, T steps (padded), Q questions, K categories, N memory slots.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F


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


def initialise(cfg, seed):
    """Kaiming-normal weights, zero biases, unit norms, decay and scale."""
    g = torch.Generator().manual_seed(seed)
    params = {}
    for name, shape in parameter_shapes(cfg).items():
        if name.endswith("in_proj.weight"):
            bound = math.sqrt(6.0 / (shape[0] + shape[1]))
            params[name] = (torch.rand(shape, generator=g) * 2 - 1) * bound
        elif "norm.weight" in name or name in ("ability.scale", "response_embedding.decay"):
            params[name] = torch.ones(shape)
        elif name.endswith("bias"):
            params[name] = torch.zeros(shape)
        else:
            params[name] = torch.randn(shape, generator=g) * math.sqrt(2.0 / shape[-1])
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


def read_sequences(path):
    lines = open(path).read().split("\n")
    return [(torch.tensor(list(map(int, lines[i + 1].rstrip(",").split(",")))),
             torch.tensor(list(map(int, lines[i + 2].rstrip(",").split(",")))))
            for i in range(0, len(lines) - 2, 3)]


def time_epoch(path, cfg=None, batch_size=32, n_sequences=None, threads=1, device="cpu"):
    """Seconds for one training epoch of this reference over the sequences of `path`."""
    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(threads)
    data = read_sequences(path)[:n_sequences]
    cfg = {**dict(model="attn_gpcm_learn", memory_size=50, final_fc_dim=50, embed_dim=32, n_heads=4,
                  n_cycles=2, key_dim=128, value_dim=256, dropout_rate=0.2, label_smoothing=0.2,
                  ce_weight_logit=1.679634, focal_weight_logit=-0.697832, training=True), **(cfg or {})}
    cfg["n_questions"] = int(max(q.max() for q, _ in data)) + 1
    cfg["n_categories"] = int(max(r.max() for _, r in data)) + 1
    p = {n: t.to(device).requires_grad_() for n, t in initialise(cfg, 0).items()}
    data = [(q.to(device), r.to(device)) for q, r in data]
    optimiser = torch.optim.Adam(p.values(), lr=0.005895, weight_decay=0.000307)
    start = time.perf_counter()
    for b in range(0, len(data), batch_size):
        chunk = data[b:b + batch_size]
        T = max(len(q) for q, _ in chunk)
        q, r = (torch.stack([F.pad(s[j], (0, T - len(s[j]))) for s in chunk]) for j in (0, 1))
        keep = (torch.arange(T)[None] < torch.tensor([len(s[0]) for s in chunk])[:, None]).to(device)
        value, _ = loss(forward(p, cfg, q, r, keep)[0][keep], r[keep], cfg)
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_([t for t in p.values() if t.grad is not None], 5.0)
        optimiser.step()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    if sys.argv[1:2] == ["goldens"]:
        for name, change in CASES.items():
            cfg = {**BASE, **change}
            with open(f"{sys.argv[2]}/{name}.json", "w") as f:
                json.dump(golden(cfg, [5, 1, 9, 4], seed=len(name)), f)
            print(name)
    elif sys.argv[1:2] == ["time"]:
        device = sys.argv[3] if len(sys.argv) > 3 else "cpu"
        time_epoch(sys.argv[2], n_sequences=64, device=device)  # warm-up: the first pass is several times slower
        seconds = time_epoch(sys.argv[2], device=device)
        steps = math.ceil(len(read_sequences(sys.argv[2])) / 32)
        print(f"{seconds:.2f} s, {steps / seconds:.1f} steps/s")
    else:
        sys.exit(__doc__)
