"""Writes goldens of the models with a GRU: those of docs/model.md in NumPy, float64, without any of
the engine's shortcuts. Gradients are complex-step derivatives (Squire and Trapp 1998), exact to
rounding: every formula is analytic where it is run, so it is run with one parameter at a time moved
along the imaginary axis.

    /usr/bin/python3 make_gru_goldens.py .
"""
import json
import sys

import numpy as np

CONFIG = dict(n_questions=7, n_categories=4, key_dim=6, value_dim=9, final_fc_dim=8,
              ce_weight_logit=0.7, focal_weight_logit=-0.4, label_smoothing=0.1, lr=0.01,
              weight_decay=1e-3, grad_clip=1.0)
LENGTHS = [5, 1, 9, 4]
Q, DK, H, FC = (CONFIG[n] for n in ("n_questions", "key_dim", "value_dim", "final_fc_dim"))
E = 5  # embed_dim
POINTS = 0.15 * (np.arange(64) - 31.5)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def linear(p, name, x):
    y = p[name + ".weight"] @ x
    return y + p[name + ".bias"] if name + ".bias" in p else y


def value_vector(p, q, r, K):
    return p["value.bias"] + sum(max(0, 1 - abs(k - r) / (K - 1)) * p["value.weight"][:, k * Q + q]
                                 for k in range(K))


def gru(i, hidden, h):
    (i_r, i_z, i_n), (h_r, h_z, h_n) = np.split(i, 3), np.split(hidden, 3)
    n, z = np.tanh(i_n + sigmoid(i_r + h_r) * h_n), sigmoid(i_z + h_z)
    return (1 - z) * n + z * h


def gru_gpcm_shapes(K):
    return {
        "question_embedding.weight": (Q, DK),
        "threshold.weight": (K - 1, DK), "threshold.bias": (K - 1,),
        "summary.weight": (FC, H + DK), "summary.bias": (FC,),
        "discrimination.weight": (1, FC + DK), "discrimination.bias": (1,),
        "value.weight": (H, K * Q), "value.bias": (H,),
        "gru.input.weight": (3 * H, H), "gru.input.bias": (3 * H,),
        "gru.hidden.weight": (3 * H, H), "gru.hidden.bias": (3 * H,),
        "ability.weight": (1, FC), "ability.bias": (1,), "ability.scale": (1,),
    }


def gru_gpcm(p, questions, responses, K):
    """Logits, ability, discrimination and thresholds of every step of one learner."""
    h, steps = np.zeros(H, complex), []
    for q, r in zip(questions, responses):
        x = p["question_embedding.weight"][q]
        summary = np.tanh(linear(p, "summary", np.concatenate([h, x])))
        theta = (p["ability.scale"] * linear(p, "ability", summary))[0]
        alpha = np.log1p(np.exp(linear(p, "discrimination", np.concatenate([summary, x]))))[0]
        beta = linear(p, "threshold", x)
        steps.append((np.concatenate([[0], np.cumsum(alpha * (theta - beta))]), theta, alpha, beta))
        h = gru(linear(p, "gru.input", value_vector(p, q, r, K)), linear(p, "gru.hidden", h), h)
    return steps


def residual_gpcm_shapes(K):
    return {
        "core.posterior.weight": (3 * H, 2), "core.history.weight": (3 * H, 4),
        "value.weight": (E, K * Q), "value.bias": (E,),
        "core.input.weight": (3 * H, E), "core.input.bias": (3 * H,),
        "core.hidden.weight": (3 * H, H), "core.hidden.bias": (3 * H,),
        "ability.weight": (1, H), "ability.bias": (1,),
        "item.weight": (Q, K), "readout.weight": (Q, H), "question_embedding.weight": (Q, DK),
        "hidden.question.weight": (FC, DK), "hidden.question.bias": (FC,),
        "hidden.state.weight": (FC, H), "hidden.history.weight": (FC, 4),
        "steps.history.weight": (K - 1, 4),
        "steps.hidden.weight": (K - 1, FC), "steps.hidden.bias": (K - 1,),
        "classical.slope": (Q,), "classical.step": (Q, K - 1),
    }


def residual_gpcm(p, questions, responses, K):
    o, steps = np.zeros(H, complex), []
    log_weight = -POINTS ** 2 / 2
    before = {}  # by question: responses as shares of the highest category, and their steps

    def moments():
        w = np.exp(log_weight - log_weight.max())
        w /= w.sum()
        mean = w @ POINTS
        return w, mean, np.sqrt(w @ (POINTS - mean) ** 2)

    for t, (q, r) in enumerate(zip(questions, responses)):
        w, mean, _ = moments()
        # The classical model is never trained: its part is real.
        slope, step = np.real(p["classical.slope"][q]), np.real(p["classical.step"][q])
        z = np.concatenate([np.zeros((1, 64)), slope * POINTS - step[:, None]]).cumsum(0)
        by_point = np.exp(z) / np.exp(z).sum(0)
        spread = np.diff(np.log(by_point @ w)) - (slope * mean - step)
        past = before.setdefault(q, [])
        got = sum(share for share, _ in past)
        history = np.array([np.log1p(got), np.log1p(len(past) - got), 2 * past[-1][0] - 1,
                            1 / (t - past[-1][1])] if past else [0, 0, 0, 0])

        theta = (mean + linear(p, "ability", o))[0]
        item, x = p["item.weight"][q], p["question_embedding.weight"][q]
        hidden = (linear(p, "hidden.state", o) + linear(p, "hidden.question", x) +
                  linear(p, "hidden.history", history))
        hidden = np.where(hidden.real > 0, hidden, 0)
        z = (item[0] * theta - item[1:] + spread + p["readout.weight"][q] @ o +
             linear(p, "steps.history", history) + linear(p, "steps.hidden", hidden))
        steps.append((np.concatenate([[0], np.cumsum(z)]), theta, item[0], item[1:] / item[0]))

        log_weight = log_weight + np.log(by_point[r])
        past.append((r / (K - 1), t))
        i = (linear(p, "core.input", value_vector(p, q, r, K)) +
             linear(p, "core.posterior", np.array(moments()[1:])) +
             linear(p, "core.history", history))
        o = gru(i, linear(p, "core.hidden", o), o)
    return steps


def trained(name):
    return not name.startswith("classical.")


def loss(logits, y, K):
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


class Case:
    """A model with random weights and a batch."""

    def __init__(self, model, shapes, K, extra, seed):
        self.config = {**CONFIG, "n_categories": K, **extra, "model": model.__name__}
        self.model, self.K = model, K
        random = np.random.default_rng(seed)
        # Biases too, which start as zeros in training: a test of a zero shows little.
        self.p = {n: random.normal(size=s) * np.sqrt(1 / s[-1]) if n.endswith("weight")
                  else random.normal(size=s) * 0.3 + (n in ("ability.scale", "classical.slope"))
                  for n, s in shapes(K).items()}
        self.batch = [(random.integers(0, Q, n), random.integers(0, K, n)) for n in LENGTHS]

    def run(self, p):
        steps = [step for q, r in self.batch for step in self.model(p, q, r, self.K)]
        y = np.concatenate([r for _, r in self.batch])
        return steps, *loss(np.array([s[0] for s in steps]), y, self.K)

    def gradients(self, p):
        moved, result, distance = {n: t.astype(complex) for n, t in p.items()}, {}, 1e-30
        for name, tensor in moved.items():
            result[name], flat = np.zeros(tensor.shape), tensor.reshape(-1)
            for i in range(flat.size if trained(name) else 0):
                flat[i] += 1j * distance
                result[name].reshape(-1)[i] = self.run(moved)[1].imag / distance
                flat[i] = flat[i].real
        return result

    def adam_step(self, p, m, v, number):
        g, c = self.gradients(p), self.config
        norm = np.sqrt(sum((t ** 2).sum() for t in g.values()))
        clip = min(1, c["grad_clip"] / (norm + 1e-6))
        for name in filter(trained, p):
            grad = g[name] * clip + c["weight_decay"] * p[name]
            m[name] = 0.9 * m[name] + 0.1 * grad
            v[name] = 0.999 * v[name] + 0.001 * grad ** 2
            p[name] = p[name] - c["lr"] * m[name] / (1 - 0.9 ** number) / (
                np.sqrt(v[name] / (1 - 0.999 ** number)) + 1e-8)

    def golden(self):
        p = self.p
        steps, value, parts = self.run(p)
        case = dict(config=self.config, lengths=LENGTHS,
                    questions=[q.tolist() for q, _ in self.batch],
                    responses=[r.tolist() for _, r in self.batch],
                    parameters={n: dict(shape=t.shape, data=t.reshape(-1).tolist())
                                for n, t in p.items()},
                    logits=[real(s[0]) for s in steps], theta=[real(s[1]) for s in steps],
                    alpha=[real(s[2]) for s in steps], beta=[real(s[3]) for s in steps],
                    loss=real(value), parts={n: real(x) for n, x in parts.items()},
                    gradients={n: g.reshape(-1).tolist() for n, g in self.gradients(p).items()})
        m, v = ({n: np.zeros(t.shape) for n, t in p.items()} for _ in range(2))
        case["training_losses"] = []
        for number in (1, 2, 3):
            case["training_losses"].append(real(self.run(p)[1]))
            self.adam_step(p, m, v, number)
        case["final_loss"] = real(self.run(p)[1])
        return case


def real(values):
    return np.real(values).tolist()


def main():
    embed = dict(embed_dim=E)
    cases = {"gru_gpcm": Case(gru_gpcm, gru_gpcm_shapes, 4, {}, 1),
             "residual_gpcm": Case(residual_gpcm, residual_gpcm_shapes, 4, embed, 2),
             "residual_gpcm_two_categories": Case(residual_gpcm, residual_gpcm_shapes, 2, embed, 3)}
    for name, case in cases.items():
        with open(f"{sys.argv[1]}/{name}.json", "w") as file:
            json.dump(case.golden(), file)
            file.write("\n")


main()
