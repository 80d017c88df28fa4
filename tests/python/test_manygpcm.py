"""The Python package, as its users call it."""

import copy
import inspect
import logging
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy as np
import pandas as pd

import manygpcm

program = os.environ["MANYGPCM_PROGRAM"]


def responses(learners=60, items=8, categories=3, seed=1):
    """A frame of drawn responses, learners mixed, in the order of `order`."""
    random = np.random.default_rng(seed)
    ability, difficulty = random.normal(size=learners), random.normal(size=items)
    rows = []
    for learner in range(learners):
        for place, item in enumerate(random.permutation(items)):
            score = np.clip(np.round(1 + ability[learner] - difficulty[item] + random.normal(scale=0.5)), 0, categories - 1)
            rows.append((f"learner-{learner}", f"item-{item + 1}", int(score), place))
    frame = pd.DataFrame(rows, columns=["student", "item", "score", "order"])
    return frame.sample(frac=1, random_state=seed)


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)

    def path(self, name):
        return os.path.join(self._directory.name, name)

    def refused(self, words, call, *arguments, **options):
        with self.assertRaises(manygpcm.InputError) as caught:
            call(*arguments, **options)
        self.assertIn(words, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))


class Models(ProgramTest):
    def test_is_the_programs_model(self):
        responses().to_csv(self.path("data.csv"), index=False)
        subprocess.run([program, "train", "--data", self.path("data.csv"), "--model", "deep_gpcm", "--epochs", "2",
                        "--set", "lr=0.01", "--out", self.path("out"), "--quiet"], check=True, capture_output=True)
        model = manygpcm.Model("deep_gpcm", epochs=2, lr=0.01).fit(self.path("data.csv"))
        model.save(self.path("ours.safetensors"))
        with open(self.path("out/model.safetensors"), "rb") as theirs, open(self.path("ours.safetensors"), "rb") as ours:
            self.assertEqual(ours.read(), theirs.read())

    def test_a_frame_is_what_its_csv_is(self):
        # Of a model that the order of learners, items and responses matters to; item-10 comes before item-2.
        for name, change in {
            "texts": lambda frame: frame,
            "numbers": lambda frame: frame.assign(item=frame["item"].str[5:].astype(int)),
            "numbers and texts": lambda frame: frame.assign(item=frame["item"].str.replace("item-1", "1", regex=False)),
            "unanswered": lambda frame: frame.assign(score=frame["score"].where(frame["order"] != 3)),
            "order of texts": lambda frame: frame.assign(order=(frame["order"] + 5).astype(str)),
            "dates": lambda frame: frame.assign(order=pd.Timestamp("2024-05-01") + pd.to_timedelta(frame["order"], "D")),
        }.items():
            with self.subTest(name):
                frame = change(responses(items=12))
                frame.to_csv(self.path("data.csv"), index=False)
                from_file = manygpcm.Model("deep_gpcm", epochs=1).fit(self.path("data.csv")).items()
                from_frame = manygpcm.Model("deep_gpcm", epochs=1).fit(frame).items()
                pd.testing.assert_frame_equal(from_frame, from_file)

    def test_items_have_the_models_numbers(self):
        frame = responses()
        model = manygpcm.Model("gpcm").fit(frame)
        few = frame[frame["item"] != "item-1"]
        of_few = manygpcm.Dataset(few)
        np.testing.assert_array_equal(np.sort(model.predict_proba(of_few), axis=0), np.sort(model.predict_proba(few), axis=0))
        self.assertEqual(model.evaluate(of_few), model.evaluate(few))
        self.refused("item 'item-99'", model.predict, manygpcm.Dataset(frame.replace("item-1", "item-99")))

    def test_takes_ids_of_any_type(self):
        frame = responses()
        numbers = frame.assign(item=frame["item"].str[5:].astype(int))
        expected = manygpcm.Model("gpcm").fit(numbers).items()
        for item in (numbers["item"].astype(float), numbers["item"].astype(str), numbers["item"].astype("category"),
                     numbers["item"].astype("Int64"), numbers["item"].where(frame["order"] > 3, numbers["item"].astype(str))):
            pd.testing.assert_frame_equal(manygpcm.Model("gpcm").fit(frame.assign(item=item)).items(), expected)
        self.assertEqual(set(manygpcm.Dataset(frame).responses()["learner"]), set(frame["student"]))
        ordered = frame.assign(order=pd.Categorical(7 - frame["order"], categories=range(7, -1, -1), ordered=True))
        pd.testing.assert_frame_equal(manygpcm.Dataset(ordered).responses(), manygpcm.Dataset(frame).responses())

    def test_predicts_in_the_rows_of_the_frame(self):
        frame = responses()
        model = manygpcm.Model("gpcm").fit(frame)
        frame.loc[frame.index[5], "score"] = np.nan
        predicted = model.predict(frame)
        self.assertEqual(list(predicted.index), [i for i in frame.index if i != frame.index[5]])
        self.assertEqual(list(predicted["item"]), list(frame.loc[predicted.index, "item"]))
        probabilities = predicted[["p_0", "p_1", "p_2"]].to_numpy()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(predicted["expected"], probabilities @ [0, 1, 2], rtol=1e-5)
        # Nothing is known of a learner before the first response.
        first = predicted[frame.loc[predicted.index, "order"] == 0]
        self.assertLess(first["ability"].abs().max(), 1e-5)
        self.assertGreater(predicted["ability"].std(), 0.1)

    def test_predicts_what_comes_before_alone(self):
        frame = responses()
        model = manygpcm.Model("deep_gpcm", epochs=1).fit(frame)
        changed = frame.copy()
        late = changed["order"] >= 5
        changed.loc[late, "score"] = 2 - changed.loc[late, "score"]
        early = frame["order"] <= 5
        np.testing.assert_array_equal(model.predict_proba(frame)[early.to_numpy()],
                                      model.predict_proba(changed)[early.to_numpy()])

    def test_is_loaded_as_it_was_saved(self):
        frame = responses()
        model = manygpcm.Model("deep_gpcm", epochs=1, memory_size=10).fit(frame)
        model.save(self.path("model.safetensors"))
        loaded = manygpcm.Model.load(self.path("model.safetensors"))
        self.assertEqual(loaded.description, model.description)
        self.assertEqual(loaded.description["hyperparameters"]["memory_size"], 10)
        pd.testing.assert_frame_equal(loaded.predict(frame), model.predict(frame))
        # Another frame of the same items, in other numbers.
        few = frame[frame["item"] != "item-1"]
        self.assertEqual(len(loaded.predict(few)), len(few))

    def test_takes_arrays(self):
        frame = responses()
        arrays = tuple(frame.sort_values("order")[name].to_numpy() for name in ("student", "item", "score"))
        pd.testing.assert_frame_equal(manygpcm.Model("gpcm").fit(arrays).items(),
                                      manygpcm.Model("gpcm").fit(frame).items())
        booleans = manygpcm.Dataset((np.array([7, 7, 9]), np.array([0, 1, 0]), np.array([True, False, True])))
        described = booleans.description
        self.assertEqual((described["n_learners"], described["n_questions"], described["n_categories"]), (2, 2, 2))

    def test_evaluates_those_held_out(self):
        frame = responses()
        held_out = frame["student"].isin([f"learner-{i}" for i in range(15)])
        data = manygpcm.Dataset(frame[~held_out], test=frame[held_out])
        self.assertEqual((data.description["n_learners"], data.description["n_test_learners"]), (45, 15))
        model = manygpcm.Model("gpcm").fit(data)
        metrics = model.evaluate(data)
        self.assertEqual(metrics["qwk"], model.evaluate(frame[held_out], "qwk"))
        self.assertNotEqual(metrics["qwk"], model.evaluate(data, "qwk", test=False))
        predicted = model.predict(data, test=True)
        self.assertEqual(len(predicted), held_out.sum())

    def test_items_are_the_programs(self):
        frame = responses()
        frame.loc[(frame["item"] == "item-3") & (frame["score"] == 2), "score"] = 1
        model = manygpcm.Model("gpcm").fit(frame)
        items = model.items()
        model.save(self.path("new/model.safetensors"))
        subprocess.run([program, "items", "--weights", self.path("new/model.safetensors"), "--out", self.path("items.csv")],
                       check=True, capture_output=True)
        columns = ["item", "discrimination", "threshold_1", "threshold_2", "discrimination_error", "threshold_1_error",
                   "threshold_2_error", "information", "information_at", "n", "n0", "n1", "n2", "marks"]
        self.assertEqual(list(items.columns), columns)
        theirs = pd.read_csv(self.path("items.csv"), header=0, names=columns).fillna({"marks": ""})
        pd.testing.assert_frame_equal(items, theirs, rtol=1e-6)  # a file has float32
        third = items[items["item"] == "item-3"].iloc[0]
        self.assertTrue(np.isnan(third["threshold_2"]) and np.isfinite(third["threshold_1"]))
        self.assertEqual(third["marks"], "category 2 never seen")

    def test_crossvalidates_as_the_program(self):
        responses().to_csv(self.path("data.csv"), index=False)
        subprocess.run([program, "train", "--data", self.path("data.csv"), "--model", "deep_gpcm", "--epochs", "2",
                        "--folds", "3", "--out", self.path("out"), "--quiet"], check=True, capture_output=True)
        import json

        with open(self.path("out/metrics.json"), encoding="utf-8") as file:
            folds = json.load(file)["folds"]
        ours = manygpcm.crossvalidate(self.path("data.csv"), "deep_gpcm", folds=3, epochs=2)
        model = manygpcm.Model("deep_gpcm", epochs=2)
        pd.testing.assert_frame_equal(manygpcm.crossvalidate(self.path("data.csv"), model, folds=3), ours)
        self.refused("epochs: beside a Model", manygpcm.crossvalidate, self.path("data.csv"), model, epochs=2)
        self.refused("not fitted>: expected a name", manygpcm.sweep, self.path("data.csv"), model)
        self.assertEqual(list(ours.index), [1, 2, 3])
        np.testing.assert_array_equal(ours["qwk"], [fold["qwk"] for fold in folds])
        np.testing.assert_array_equal(ours["cross_entropy"], [fold["cross_entropy"] for fold in folds])

    def test_says_what_is_wrong(self):
        frame = responses()
        self.refused("model=deep: expected one of", manygpcm.Model("deep").fit, frame)
        self.refused("lr", manygpcm.Model("deep_gpcm", lr=-1).fit, frame)
        self.refused("learning_rate", manygpcm.Model("deep_gpcm", learning_rate=1).fit, frame)
        self.refused("expected finite numbers", manygpcm.Model("deep_gpcm", lr=float("nan")).fit, frame)
        self.refused("no-such", manygpcm.Model().fit, self.path("no-such.csv"))
        self.refused("no column for score", manygpcm.Model().fit, frame.drop(columns="score"))
        self.refused("no 'points' for score", manygpcm.Model().fit, frame, columns={"score": "points"})
        self.refused("score 0.5", manygpcm.Model().fit, frame.assign(score=0.5))
        self.refused("score 'a'", manygpcm.Model().fit, frame.assign(score="a"))
        one_word = frame.assign(score=frame["score"].astype(object))
        one_word.iat[7, 2] = "x"
        self.refused(f"row 7: score 'x' of learner {frame['student'].iat[7]!r} and item {frame['item'].iat[7]!r}; expected",
                     manygpcm.Model().fit, one_word)
        nines = frame.replace({"score": {2: 9}})
        self.refused("category 9 of learner 'learner-", manygpcm.Dataset, nines)
        self.refused("though category 2 never occurs", manygpcm.Dataset, nines)
        self.refused("or give n_categories", manygpcm.Dataset, nines)
        self.assertEqual(manygpcm.Dataset(nines, n_categories=10).description["n_categories"], 10)
        self.refused("expected at least two questions", manygpcm.Dataset, frame[frame["item"] == "item-1"])
        self.refused("2 columns 'item'", manygpcm.Dataset, pd.concat([frame, frame[["item"]]], axis=1))
        self.refused("expected a dict", manygpcm.Dataset, frame, columns=["student"])
        self.refused("row 2: learner 'learner-7' is in the training part", manygpcm.Dataset, frame,
                     test=pd.DataFrame({"student": ["ana", "bo", "learner-7"], "item": "item-1", "score": 1}))
        gap = pd.DataFrame({"student": ["bo", "ana", "ana", "ana"], "item": ["a", "a", "b", "c"], "score": [0, 1, 3, 0]})
        self.refused("row 2: category 3 of learner 'ana', though category 2 never occurs", manygpcm.Dataset, gap)
        self.refused("row 2: score 3: expected a whole number from 0 to 1", manygpcm.Dataset, gap, n_categories=2)
        self.refused("without NUL", manygpcm.Dataset, frame.assign(item="a\0b"))
        self.refused("without NUL", manygpcm.Dataset, "a\0b")
        self.refused("order 'soon'", manygpcm.Dataset, frame.assign(order="soon"))
        self.refused("columns is of frames", manygpcm.Model().fit, manygpcm.Dataset(frame), columns={"item": "item"})
        self.refused("isn't fitted", manygpcm.Model().predict, frame)
        self.refused("expected a path", manygpcm.Model().fit, 3)
        self.refused("arrays of shapes", manygpcm.Model().fit, (np.zeros(2), np.zeros(3), np.zeros(2)))
        nameless = frame.copy()
        nameless.loc[nameless.index[3], "item"] = None
        self.refused("row 3: no item", manygpcm.Model().fit, nameless)
        model = manygpcm.Model("gpcm").fit(frame)
        self.refused("item 'item-99'", model.predict, frame.assign(item="item-99"))
        self.refused("metric nonsense", model.evaluate, frame, "nonsense")
        self.refused("device", manygpcm.Model("gpcm", device="tpu").fit, frame)
        self.refused("device 0: expected a text", manygpcm.Model("gpcm", device=0).fit, frame)
        self.refused("threads '2': expected a whole", manygpcm.Model("gpcm").fit, frame, threads="2")
        self.refused("on_progress 3: expected a function", manygpcm.Model("gpcm").fit, frame, on_progress=3)
        self.refused("name 3: expected a text", manygpcm.Dataset, frame, name=3)
        self.refused("expected a number below", manygpcm.Dataset, frame, n_categories=2**70)
        self.refused("array([1, 2]): expected a number", manygpcm.Model("deep_gpcm", lr=np.array([1, 2])).fit, frame)

    def test_predicts_next_as_the_program(self):
        frame = responses(items=5).sort_values("order")
        last = frame["order"] == 4
        frame.loc[last & frame["student"].isin(["learner-3", "learner-8"]), "score"] = np.nan
        frame = pd.concat([frame, pd.DataFrame({"student": ["new"], "item": ["item-2"], "score": [np.nan], "order": [9]})])
        frame.to_csv(self.path("data.csv"), index=False)
        model = manygpcm.Model("residual_gpcm", epochs=1).fit(frame.dropna())
        model.save(self.path("model.safetensors"))
        subprocess.run([program, "predict", "--weights", self.path("model.safetensors"), "--data", self.path("data.csv"), "--next",
                        "--abilities", self.path("abilities.csv"), "--out", self.path("next.csv"), "--quiet"], check=True,
                       capture_output=True)
        expected, abilities = pd.read_csv(self.path("next.csv")), pd.read_csv(self.path("abilities.csv"))
        arrays = tuple(frame[name].to_numpy() for name in ("student", "item", "score"))
        for name, data in {"frame": frame, "arrays": arrays, "path": self.path("data.csv")}.items():
            with self.subTest(name):
                predicted = model.predict_next(data)
                self.assertEqual(list(predicted["learner"]), list(expected["learner"]))
                self.assertEqual(list(predicted["item"]), list(expected["question"]))
                for ours, theirs in {"p_0": "p0", "p_2": "p2", "expected": "expected", "ability": "theta",
                                     "ability_sd": "theta_sd"}.items():
                    np.testing.assert_allclose(predicted[ours], expected[theirs], rtol=1e-6)
                after = model.abilities(data)
                self.assertEqual(list(after["learner"]), list(abilities["learner"]))
                self.assertEqual(list(after["responses"]), list(abilities["responses"]))
                np.testing.assert_allclose(after["ability"], abilities["theta"], rtol=1e-6)
                np.testing.assert_allclose(after["ability_sd"], abilities["theta_sd"], rtol=1e-6)
        # Last questions without a score are predicted, too, and aren't scored.
        predicted = model.predict(frame)
        self.assertEqual(len(predicted), len(frame))
        self.assertEqual((predicted["response"] == -1).sum(), 3)
        self.assertEqual(model.evaluate(frame)["n"], frame["score"].notna().sum())
        pd.testing.assert_frame_equal(predicted.reset_index(drop=True).sort_values(["learner", "item"], ignore_index=True),
                                      model.predict(self.path("data.csv")).sort_values(["learner", "item"], ignore_index=True),
                                      check_dtype=False)
        self.refused("have no learners held out", model.abilities, frame, test=True)

    def test_is_copied_as_scikit_learn_copies(self):
        values = {"memory_size": 10, "lr": 0.015}
        model = manygpcm.Model("deep_gpcm", epochs=2, seed=7, **values)
        # What sklearn.base.clone() does, to the identity of what the constructor was given.
        params = {name: copy.deepcopy(value) for name, value in model.get_params(deep=False).items()}
        clone = type(model)(**params)
        for name, value in clone.get_params(deep=False).items():
            self.assertIs(value, params[name])
        self.assertEqual(clone.get_params(), {"model": "deep_gpcm", "epochs": 2, "seed": 7, "device": "cpu", **values})
        frame = responses()
        expected = model.fit(frame).predict_proba(frame)
        for other in (clone, copy.deepcopy(clone), pickle.loads(pickle.dumps(clone)),
                      manygpcm.Model("gpcm").set_params(**model.get_params())):
            np.testing.assert_array_equal(other.fit(frame).predict_proba(frame), expected)
        for fitted in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            self.assertEqual(fitted.get_params(), model.get_params())
            np.testing.assert_array_equal(fitted.predict_proba(frame), expected)

    def test_resident_memory_stays(self):
        frame, model = responses(learners=20), manygpcm.Model("deep_gpcm", epochs=1)

        def resident_mib():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

        for fit in range(200):
            model.fit(frame).predict(frame)
            if fit == 50:
                before = resident_mib()
        self.assertLess(resident_mib() - before, 8)

    def test_tells_notices_to_the_log(self):
        frame = responses()
        with self.assertLogs("manygpcm", logging.INFO) as logs:
            manygpcm.Dataset(frame, test=pd.DataFrame({"student": "new", "item": ["item-1", "item-x"], "score": [0, 1]}))
        self.assertIn("row 1: no training learner has 1 question of the test learners ('item-x')", "".join(logs.output))
        frame[:100].assign(score=frame["score"][:100].where(frame["order"] > 0)).to_csv(self.path("data.csv"), index=False)
        with self.assertLogs("manygpcm", logging.INFO) as logs:
            manygpcm.Dataset(self.path("data.csv"))
        self.assertIn("without a score, left out", "".join(logs.output))
        long = pd.concat([frame.assign(student="one", order=range(k * len(frame), (k + 1) * len(frame))) for k in range(20)])
        with self.assertLogs("manygpcm", logging.INFO) as logs:
            manygpcm.Model("attn_gpcm_learn", epochs=1).fit(pd.concat([frame, long]))
        self.assertTrue(logs.output)


class Calls(ProgramTest):
    endless = 100_000

    def test_ctrl_c_ends_training(self):
        timer = threading.Timer(0.5, signal.raise_signal, (signal.SIGINT,))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            manygpcm.Model("deep_gpcm", epochs=self.endless).fit(responses())
        timer.join()

    def test_ctrl_c_ends_reading(self):
        os.mkfifo(self.path("pipe"))  # that nobody ever writes to
        timer = threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            manygpcm.Dataset(self.path("pipe"))
        timer.join()

    def in_python(self, script):
        """A script of its own; it ends well, and in time."""
        with open(self.path("script.py"), "w") as file:
            file.write("import os, sys, threading\nimport manygpcm\nsys.path.insert(0, os.environ['TESTS'])\n"
                       "from test_manygpcm import responses\nframe = responses(learners=20)\n" + script)
        done = subprocess.run([sys.executable, self.path("script.py")], capture_output=True, text=True, timeout=100,
                              env={**os.environ, "TESTS": os.path.dirname(os.path.abspath(__file__))})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_the_interpreter_ends_while_threads_train(self):
        self.in_python(f"""
begun = threading.Event()
for _ in range(3):
    def train():
        while True:
            try:
                manygpcm.Model("deep_gpcm", epochs={self.endless}).fit(frame, on_progress=lambda state: begun.set())
            except manygpcm.Interrupted:
                pass
    threading.Thread(target=train, daemon=True).start()
begun.wait()
""")

    def test_a_fork_trains_as_its_parent(self):
        # After a training of the parent's, and during one in another thread of it.
        said = self.in_python(f"""
import multiprocessing
def fit(_=None):
    return manygpcm.Model("deep_gpcm", epochs=2).fit(frame).predict_proba(frame).tobytes()
expected = fit()
begun, stop = threading.Event(), threading.Event()
def train():
    def hear(state):
        begun.set()
        return not stop.is_set()
    try:
        manygpcm.Model("deep_gpcm", epochs={self.endless}).fit(frame, on_progress=hear)
    except manygpcm.Interrupted:
        pass
def expect_children_train():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(fit, range(4)) == [expected] * 4
    child = os.fork()
    if child == 0:
        sys.exit(0 if fit() == expected else 1)  # not os._exit(): the interpreter ends as usual
    assert os.waitpid(child, 0)[1] == 0
expect_children_train()
other = threading.Thread(target=train)
other.start()
begun.wait()
expect_children_train()
stop.set()
other.join()
print("trained")
""")
        self.assertEqual(said, "trained\n")

    def test_other_threads_go_on_meanwhile(self):
        counted, done = [0], threading.Event()

        def count():
            while not done.is_set():
                counted[0] += 1
                time.sleep(0.001)

        counter = threading.Thread(target=count)
        counter.start()
        # Nobody would ever set this one if the others stood still.
        with self.assertRaises(manygpcm.Interrupted):
            manygpcm.Model("deep_gpcm", epochs=self.endless).fit(responses(), on_progress=lambda state: counted[0] < 20)
        done.set()
        counter.join()

    def test_a_callback_hears_of_every_epoch(self):
        states = []
        manygpcm.Model("deep_gpcm", epochs=3).fit(responses(), on_progress=states.append)
        self.assertEqual([state["epochs_done"] for state in states], [1, 2, 3])
        self.assertEqual(states[-1]["fraction"], 1)

    def test_what_a_callback_raises_comes_through(self):
        def fail(state):
            raise KeyError("mine")

        manygpcm.Model("deep_gpcm", epochs=1).fit(responses(), on_progress=lambda state: "true")
        with self.assertRaises(ValueError):  # of no truth
            manygpcm.Model("deep_gpcm", epochs=self.endless).fit(responses(), on_progress=lambda state: np.zeros(2))

        with self.assertRaises(KeyError):
            manygpcm.Model("deep_gpcm", epochs=self.endless).fit(responses(), on_progress=fail)

    def test_two_trainings_at_once(self):
        frame = responses()
        alone = manygpcm.Model("deep_gpcm", epochs=3).fit(frame).predict_proba(frame)
        models = [manygpcm.Model("deep_gpcm", epochs=3) for _ in range(4)]
        threads = [threading.Thread(target=model.fit, args=(frame,)) for model in models]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for model in models:
            np.testing.assert_array_equal(model.predict_proba(frame), alone)


class Studies(ProgramTest):
    def sweep(self, **options):
        return manygpcm.sweep(responses(), model="deep_gpcm", trials=3, folds=2, epochs=2, seed=7, **options)

    def test_in_memory_is_that_of_a_file(self):
        study = self.sweep()
        self.assertEqual(len(study.trials), 3)
        recorded = self.sweep(study=self.path("new/study.journal"), weights=self.path("out/best.safetensors"))
        frame = study.trials_frame().drop(columns="seconds")
        pd.testing.assert_frame_equal(recorded.trials_frame().drop(columns="seconds"), frame)
        read = manygpcm.read_study(self.path("new/study.journal"))
        pd.testing.assert_frame_equal(read.trials_frame().drop(columns="seconds"), frame)
        self.assertEqual(len(study.winner.items()), 8)
        self.refused("no winner's model", lambda: read.winner)
        self.assertEqual(manygpcm.Model.load(self.path("out/best.safetensors")).description, study.winner.description)

    def test_leaves_a_report(self):
        study = self.sweep()
        study.report(self.path("out"))
        self.assertTrue([name for name in os.listdir(self.path("out")) if name.endswith("_report.md")])

    def test_takes_the_cores_members(self):
        of_python = {"data", "threads", "device", "on_progress", "data_options"}
        options = set(inspect.signature(manygpcm.sweep).parameters) - of_python
        with self.assertRaises(manygpcm.InputError) as caught:
            manygpcm._core.Study.sweep(manygpcm.Dataset(responses())._core, '{"nonsense": 1}', manygpcm._core.Call())
        self.assertEqual(options, set(str(caught.exception).split("expected ")[1].split(", ")))

    def test_says_what_is_wrong(self):
        self.refused("expected a whole number from 1", manygpcm.sweep, responses(), trials=0)
        self.refused("sampler", manygpcm.sweep, responses(), model="deep_gpcm", sampler="grid")
        self.refused("no-such", manygpcm.read_study, self.path("no-such.journal"))

    def test_goes_on_after_a_stop(self):
        options = {"study": self.path("study.journal"), "weights": self.path("best.safetensors")}
        with self.assertRaises(manygpcm.Interrupted):
            self.sweep(**options, on_progress=lambda state: state["epochs_done"] < 3)
        frame = self.sweep(**options).trials_frame().drop(columns="seconds")
        pd.testing.assert_frame_equal(frame, self.sweep().trials_frame().drop(columns="seconds"))


if __name__ == "__main__":
    unittest.main()
