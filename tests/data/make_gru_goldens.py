"""Writes goldens of the models with a GRU, and of those whose ability is read from the learner's state
alone or that have a history: those of docs/model.md in NumPy, float64, without any of the engine's shortcuts. Gradients are complex-step derivatives (Squire and Trapp 1998), exact to
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
N, EA, HEADS, CYCLES = 5, 6, 2, 2  # of the models with a memory; EA is their embed_dim
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


def ascending(x):
    return np.cumsum(np.concatenate([x[:1], np.log1p(np.exp(x[1:]))]))


def histories(questions, responses, K):
    """What a learner has done with each step's question before."""
    before, result = {}, []  # by question: responses as shares of the highest category, their steps
    for t, (q, r) in enumerate(zip(questions, responses)):
        past = before.setdefault(q, [])
        got = sum(share for share, _ in past)
        result.append(np.array([np.log1p(got), np.log1p(len(past) - got), 2 * past[-1][0] - 1,
                                1 / (t - past[-1][1])] if past else [0, 0, 0, 0]))
        past.append((r / (K - 1), t))
    return result


def with_history(p, name, x, history):
    """x, and what the history adds to it where there are weights for that."""
    name = "history." + name
    return x + linear(p, name, history) if name + ".weight" in p else x


def history_shapes(**rows):
    return {f"history.{name}.weight": (n, 4) for name, n in rows.items()}


def head(p, q, state, learner, history, ordered=False):
    """Logits, ability, discrimination and thresholds of a step. `learner`: its state, where ability is
    read from that alone."""
    x = p["question_embedding.weight"][q]
    summary = np.tanh(with_history(p, "summary",
                                   linear(p, "summary", np.concatenate([state, x])), history))
    alone = "ability.summary.weight" in p
    of_ability = np.tanh(linear(p, "ability.summary", learner)) if alone else summary
    theta = (p["ability.scale"] * linear(p, "ability", of_ability))[0]
    alpha = np.log1p(np.exp(linear(p, "discrimination", np.concatenate([summary, x]))))[0]
    beta = linear(p, "threshold", x)
    if ordered:
        beta = np.tanh(ascending(beta))
    return np.concatenate([[0], np.cumsum(alpha * (theta - beta))]), theta, alpha, beta


def gru_gpcm(p, questions, responses, K, ordered=False):
    h, steps = np.zeros(H, complex), []
    for q, r, history in zip(questions, responses, histories(questions, responses, K)):
        steps.append(head(p, q, h, h, history, ordered))
        seen = linear(p, "gru.input", value_vector(p, q, r, K))
        h = gru(with_history(p, "gru", seen, history), linear(p, "gru.hidden", h), h)
    return steps


def gru_gpcm_of_state_shapes(K):
    return {**gru_gpcm_shapes(K),
            "ability.summary.weight": (FC, H), "ability.summary.bias": (FC,)}


def memory_shapes(K):
    shapes = {"memory.key": (N, DK), "memory.initial_value": (N, H)}
    maps = {"memory.query": (DK, DK), "memory.erase": (H, H), "memory.add": (H, H),
            "ability.input": (3 * FC, H), "ability.hidden": (3 * FC, FC),
            "ability.summary": (FC, FC)}
    for name, shape in maps.items():
        shapes[name + ".weight"], shapes[name + ".bias"] = shape, shape[:1]
    common = {n: s for n, s in gru_gpcm_shapes(K).items() if not n.startswith(("gru.", "value."))}
    return {**common, **shapes}


def remember(p, questions, values, past):
    """The steps of a model with a memory that is written what `values` and the histories `past` say."""
    M, s, steps = p["memory.initial_value"], np.zeros(FC, complex), []
    for q, v, history in zip(questions, values, past):
        x = p["question_embedding.weight"][q]
        w = softmax(p["memory.key"] @ np.tanh(linear(p, "memory.query", x)))
        steps.append(head(p, q, w @ M, s, history))
        e = sigmoid(with_history(p, "erase", linear(p, "memory.erase", v), history))
        a = np.tanh(with_history(p, "add", linear(p, "memory.add", v), history))
        M = M * (1 - np.outer(w, e)) + np.outer(w, a)
        if "ability.input.weight" in p:
            seen = with_history(p, "ability", linear(p, "ability.input", v), history)
            s = gru(seen, linear(p, "ability.hidden", s), s)
    return steps


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def deep_gpcm_shapes(K):
    return {**memory_shapes(K), "value.weight": (H, K * Q), "value.bias": (H,)}


def deep_gpcm(p, questions, responses, K):
    return remember(p, questions,
                    [value_vector(p, q, r, K) for q, r in zip(questions, responses)],
                    histories(questions, responses, K))


def of_question_too(shapes):
    """Those of a model with a memory whose ability isn't the learner's alone."""
    return {n: s for n, s in shapes.items()
            if not n.startswith(("ability.input", "ability.hidden", "ability.summary"))}


def deep_gpcm_of_history_shapes(K):
    return {**of_question_too(deep_gpcm_shapes(K)), **history_shapes(erase=H, add=H, summary=FC)}


def gru_gpcm_of_history_shapes(K):
    return {**gru_gpcm_shapes(K), **history_shapes(gru=3 * H, summary=FC)}


def attn_gpcm_linear_of_history_shapes(K):
    return {**attn_gpcm_linear_shapes(K), **history_shapes(erase=H, add=H, ability=3 * FC)}


def attn_gpcm_linear_shapes(K):
    shapes = {"response_embedding.weight": (EA, K * Q), "response_embedding.bias": (EA,),
              "value.weight": (H, EA), "value.bias": (H,)}
    for cycle in range(CYCLES):
        for name, size in {"attention.in_proj": (3 * EA, EA), "attention.out_proj": (EA, EA),
                           "fusion": (EA, 2 * EA), "gate": (EA, EA),
                           "fusion_norm": (EA,), "cycle_norm": (EA,)}.items():
            name = f"refine.{cycle}.{name}"
            shapes[name + ".weight"], shapes[name + ".bias"] = size, size[:1]
    return {**memory_shapes(K), **shapes}


def layer_norm(p, name, x):
    centred = x - x.mean()
    return centred / np.sqrt((centred ** 2).mean() + 1e-5) * p[name + ".weight"] + p[name + ".bias"]


def attend(p, name, e):
    """Causal self-attention over the embeddings of one learner."""
    q, k, v = np.split(np.array([linear(p, name + ".in_proj", x) for x in e]), 3, axis=1)
    size, attended = EA // HEADS, []
    for t in range(len(e)):
        parts = []
        for h in range(0, EA, size):
            columns = slice(h, h + size)
            weights = softmax(k[:t + 1, columns] @ q[t, columns] / np.sqrt(size))
            parts.append(weights @ v[:t + 1, columns])
        attended.append(linear(p, name + ".out_proj", np.concatenate(parts)))
    return attended


def attn_gpcm_linear(p, questions, responses, K):
    embedding = {"value.weight": p["response_embedding.weight"],
                 "value.bias": p["response_embedding.bias"]}
    e = [value_vector(embedding, q, r, K) for q, r in zip(questions, responses)]
    for cycle in range(CYCLES):
        name, refined = f"refine.{cycle}.", []
        for x, a in zip(e, attend(p, f"refine.{cycle}.attention", e)):
            f = layer_norm(p, name + "fusion_norm",
                           linear(p, name + "fusion", np.concatenate([x, a])))
            f, g = np.where(f.real > 0, f, 0), sigmoid(linear(p, name + "gate", x))
            refined.append(layer_norm(p, name + "cycle_norm", g * f + (1 - g) * x))
        e = refined
    return remember(p, questions, [linear(p, "value", x) for x in e],
                    histories(questions, responses, K))


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


def residual_gpcm_of_memory_shapes(K):
    shapes = {n: s for n, s in residual_gpcm_shapes(K).items() if not n.startswith("core.")}
    for gate in ("core.erase", "core.add"):
        shapes |= {gate + ".posterior.weight": (H, 2), gate + ".history.weight": (H, 4),
                   gate + ".weight": (H, E), gate + ".bias": (H,)}
    return {**shapes, "core.key": (N, DK), "core.initial_value": (N, H),
            "core.query.weight": (DK, DK), "core.query.bias": (DK,)}


def residual_gpcm(p, questions, responses, K, ordered=False):
    o, M, steps = np.zeros(H, complex), p.get("core.initial_value"), []
    log_weight = -POINTS ** 2 / 2

    def moments():
        w = np.exp(log_weight - log_weight.max())
        w /= w.sum()
        mean = w @ POINTS
        return w, mean, np.sqrt(w @ (POINTS - mean) ** 2)

    for q, r, history in zip(questions, responses, histories(questions, responses, K)):
        w, mean, _ = moments()
        # The classical model is never trained: its part is real.
        slope, step = np.real(p["classical.slope"][q]), np.real(p["classical.step"][q])
        z = np.concatenate([np.zeros((1, 64)), slope * POINTS - step[:, None]]).cumsum(0)
        by_point = np.exp(z) / np.exp(z).sum(0)
        spread = np.diff(np.log(by_point @ w)) - (slope * mean - step)
        if M is not None:
            x = p["question_embedding.weight"][q]
            w = softmax(p["core.key"] @ np.tanh(linear(p, "core.query", x)))
            o = w @ M
        theta = (mean + linear(p, "ability", o))[0]
        item, x = p["item.weight"][q], p["question_embedding.weight"][q]
        if ordered:
            item = np.concatenate([item[:1], ascending(item[1:])])
        hidden = (linear(p, "hidden.state", o) + linear(p, "hidden.question", x) +
                  linear(p, "hidden.history", history))
        hidden = np.where(hidden.real > 0, hidden, 0)
        z = (item[0] * theta - item[1:] + spread + p["readout.weight"][q] @ o +
             linear(p, "steps.history", history) + linear(p, "steps.hidden", hidden))
        steps.append((np.concatenate([[0], np.cumsum(z)]), theta, item[0], item[1:] / item[0]))

        log_weight = log_weight + np.log(by_point[r])

        def seen(name, of_pair):
            return (linear(p, name + of_pair, value_vector(p, q, r, K)) +
                    linear(p, name + ".posterior", np.array(moments()[1:])) +
                    linear(p, name + ".history", history))

        if M is None:
            o = gru(seen("core", ".input"), linear(p, "core.hidden", o), o)
        else:
            e, a = sigmoid(seen("core.erase", "")), np.tanh(seen("core.add", ""))
            M = M * (1 - np.outer(w, e)) + np.outer(w, a)
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
        self.options = dict(ordered=True) if "ordered_thresholds" in extra else {}
        random = np.random.default_rng(seed)
        # Biases too, which start as zeros in training: a test of a zero shows little.
        self.p = {n: random.normal(size=s) * np.sqrt(1 / s[-1]) if n.endswith("weight")
                  else random.normal(size=s) * 0.3 + (n in ("ability.scale", "classical.slope"))
                  for n, s in shapes(K).items()}
        self.batch = [(random.integers(0, Q, n), random.integers(0, K, n)) for n in LENGTHS]

    def run(self, p):
        steps = [step for q, r in self.batch for step in self.model(p, q, r, self.K, **self.options)]
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
    of_state, memory = dict(ability_from="state"), dict(ability_from="state", memory_size=N)
    attention = dict(embed_dim=EA, n_heads=HEADS, n_cycles=CYCLES, attention="causal")
    ordered = dict(ordered_thresholds="on")
    cases = {"gru_gpcm_ordered_tanh": Case(gru_gpcm, gru_gpcm_shapes, 4,
                                           {**ordered, "threshold_link": "tanh"}, 7),
             "residual_gpcm_ordered": Case(residual_gpcm, residual_gpcm_shapes, 4,
                                           {**ordered, **embed}, 8),
             "gru_gpcm": Case(gru_gpcm, gru_gpcm_shapes, 4, {}, 1),
             "gru_gpcm_of_state": Case(gru_gpcm, gru_gpcm_of_state_shapes, 4, of_state, 4),
             "deep_gpcm_of_state": Case(deep_gpcm, deep_gpcm_shapes, 3, memory, 5),
             "attn_gpcm_linear_of_state": Case(attn_gpcm_linear, attn_gpcm_linear_shapes, 4,
                                               {**memory, **attention}, 6),
             "gru_gpcm_of_history": Case(gru_gpcm, gru_gpcm_of_history_shapes, 4,
                                         dict(history="both"), 9),
             "deep_gpcm_of_history": Case(deep_gpcm, deep_gpcm_of_history_shapes, 3,
                                          dict(history="both", memory_size=N), 10),
             "attn_gpcm_linear_of_history": Case(attn_gpcm_linear,
                                                 attn_gpcm_linear_of_history_shapes, 4,
                                                 {**memory, **attention, "history": "input"}, 11),
             "residual_gpcm": Case(residual_gpcm, residual_gpcm_shapes, 4, embed, 2),
             "residual_gpcm_two_categories": Case(residual_gpcm, residual_gpcm_shapes, 2, embed, 3),
             "residual_gpcm_of_memory": Case(residual_gpcm, residual_gpcm_of_memory_shapes, 3,
                                             {**embed, "core": "memory", "memory_size": N}, 7)}
    for name, case in cases.items():
        with open(f"{sys.argv[1]}/{name}.json", "w") as file:
            json.dump(case.golden(), file)
            file.write("\n")


main()
