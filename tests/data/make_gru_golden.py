"""Writes gru_gpcm.json: the model of docs/model.md in NumPy, float64, without any of the engine's
shortcuts. Gradients are complex-step derivatives (Squire and Trapp 1998), exact to rounding: every
formula is analytic, so it is run with one parameter at a time moved along the imaginary axis.

    /usr/bin/python3 make_gru_golden.py > gru_gpcm.json
"""
import json

import numpy as np

CONFIG = dict(n_questions=7, n_categories=4, key_dim=6, value_dim=9, final_fc_dim=8,
              ce_weight_logit=0.7, focal_weight_logit=-0.4, label_smoothing=0.1, lr=0.01,
              weight_decay=1e-3, grad_clip=1.0, model="gru_gpcm")
LENGTHS = [5, 1, 9, 4]
Q, K, DK, H, FC = (CONFIG[n] for n in ("n_questions", "n_categories", "key_dim", "value_dim",
                                       "final_fc_dim"))
SHAPES = {
    "question_embedding.weight": (Q, DK),
    "threshold.weight": (K - 1, DK), "threshold.bias": (K - 1,),
    "summary.weight": (FC, H + DK), "summary.bias": (FC,),
    "discrimination.weight": (1, FC + DK), "discrimination.bias": (1,),
    "value.weight": (H, K * Q), "value.bias": (H,),
    "gru.input.weight": (3 * H, H), "gru.input.bias": (3 * H,),
    "gru.hidden.weight": (3 * H, H), "gru.hidden.bias": (3 * H,),
    "ability.weight": (1, FC), "ability.bias": (1,), "ability.scale": (1,),
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def linear(p, name, x):
    return p[name + ".weight"] @ x + p[name + ".bias"]


def predict(p, questions, responses):
    """Logits, ability, discrimination and thresholds of every step of one learner."""
    h, steps = np.zeros(H, complex), []
    for q, r in zip(questions, responses):
        x = p["question_embedding.weight"][q]
        summary = np.tanh(linear(p, "summary", np.concatenate([h, x])))
        theta = (p["ability.scale"] * linear(p, "ability", summary))[0]
        alpha = np.log1p(np.exp(linear(p, "discrimination", np.concatenate([summary, x]))))[0]
        beta = linear(p, "threshold", x)
        steps.append((np.concatenate([[0], np.cumsum(alpha * (theta - beta))]), theta, alpha, beta))
        v = p["value.bias"] + sum(max(0, 1 - abs(k - r) / (K - 1)) * p["value.weight"][:, k * Q + q]
                                  for k in range(K))
        i_r, i_z, i_n = np.split(linear(p, "gru.input", v), 3)
        h_r, h_z, h_n = np.split(linear(p, "gru.hidden", h), 3)
        n = np.tanh(i_n + sigmoid(i_r + h_r) * h_n)
        z = sigmoid(i_z + h_z)
        h = (1 - z) * n + z * h
    return steps


def loss(logits, y):
    a = np.exp([CONFIG["ce_weight_logit"], CONFIG["focal_weight_logit"], 0])
    w_ce, w_focal, w_qwk = a / a.sum()
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    nll, smooth = -log_p[np.arange(len(y)), y], CONFIG["label_smoothing"]
    ce = ((1 - smooth) * nll - smooth / K * log_p.sum(1)).mean()
    focal = ((1 - np.exp(-nll)) ** 2 * nll).mean()
    confusion = np.eye(K)[y].T @ np.exp(log_p) / len(y)
    i = np.arange(K)
    agree = 1 - (i[:, None] - i) ** 2 / (K - 1) ** 2
    observed = (confusion * agree).sum()
    expected = (np.outer(confusion.sum(1), confusion.sum(0)) * agree).sum()
    qwk = (observed - expected) / (1 - expected + 1e-7)
    return w_ce * ce + w_focal * focal - w_qwk * qwk, dict(ce=ce, focal=focal, soft_qwk=qwk)


def run(p, batch):
    steps = [step for q, r in batch for step in predict(p, q, r)]
    y = np.concatenate([r for _, r in batch])
    return steps, *loss(np.array([s[0] for s in steps]), y)


def gradients(p, batch):
    moved, result, distance = {n: t.astype(complex) for n, t in p.items()}, {}, 1e-30
    for name, tensor in moved.items():
        result[name], flat = np.empty(tensor.shape), tensor.reshape(-1)
        for i in range(flat.size):
            flat[i] += 1j * distance
            result[name].reshape(-1)[i] = run(moved, batch)[1].imag / distance
            flat[i] = flat[i].real
    return result


def adam_step(p, m, v, number, batch):
    g = gradients(p, batch)
    norm = np.sqrt(sum((t ** 2).sum() for t in g.values()))
    clip = min(1, CONFIG["grad_clip"] / (norm + 1e-6))
    for name in p:
        grad = g[name] * clip + CONFIG["weight_decay"] * p[name]
        m[name] = 0.9 * m[name] + 0.1 * grad
        v[name] = 0.999 * v[name] + 0.001 * grad ** 2
        p[name] = p[name] - CONFIG["lr"] * m[name] / (1 - 0.9 ** number) / (
            np.sqrt(v[name] / (1 - 0.999 ** number)) + 1e-8)


def real(values):
    return np.real(values).tolist()


def main():
    random = np.random.default_rng(1)
    # Biases too, which start as zeros in training: a test of a zero shows little.
    p = {n: random.normal(size=s) * np.sqrt(1 / s[-1]) if n.endswith("weight")
         else random.normal(size=s) * 0.3 + (n == "ability.scale") for n, s in SHAPES.items()}
    batch = [(random.integers(0, Q, n), random.integers(0, K, n)) for n in LENGTHS]
    steps, value, parts = run(p, batch)
    case = dict(config=CONFIG, lengths=LENGTHS, questions=[q.tolist() for q, _ in batch],
                responses=[r.tolist() for _, r in batch],
                parameters={n: dict(shape=t.shape, data=t.reshape(-1).tolist())
                            for n, t in p.items()},
                logits=[real(s[0]) for s in steps], theta=[real(s[1]) for s in steps],
                alpha=[real(s[2]) for s in steps], beta=[real(s[3]) for s in steps],
                loss=real(value), parts={n: real(x) for n, x in parts.items()},
                gradients={n: g.reshape(-1).tolist() for n, g in gradients(p, batch).items()})
    m, v = ({n: np.zeros(t.shape) for n, t in p.items()} for _ in range(2))
    case["training_losses"] = []
    for number in (1, 2, 3):
        case["training_losses"].append(real(run(p, batch)[1]))
        adam_step(p, m, v, number, batch)
    case["final_loss"] = real(run(p, batch)[1])
    print(json.dumps(case))


main()
