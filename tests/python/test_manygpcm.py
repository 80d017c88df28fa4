"""The Python package, as its users call it."""

import logging
import os
import pickle
import signal
import subprocess
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

    def test_crossvalidates_as_the_program(self):
        responses().to_csv(self.path("data.csv"), index=False)
        subprocess.run([program, "train", "--data", self.path("data.csv"), "--model", "deep_gpcm", "--epochs", "2",
                        "--folds", "3", "--out", self.path("out"), "--quiet"], check=True, capture_output=True)
        import json

        with open(self.path("out/metrics.json"), encoding="utf-8") as file:
            folds = json.load(file)["folds"]
        ours = manygpcm.crossvalidate(self.path("data.csv"), "deep_gpcm", folds=3, epochs=2)
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
        self.refused("score 'x'", manygpcm.Model().fit, frame.assign(score=["0", "x"] * (len(frame) // 2)))
        self.refused("score 9: there is one, though 2 never occurs", manygpcm.Dataset, frame.replace({"score": {2: 9}}))
        self.refused("2 columns 'item'", manygpcm.Dataset, pd.concat([frame, frame[["item"]]], axis=1))
        self.refused("expected a dict", manygpcm.Dataset, frame, columns=["student"])
        self.refused("among those to train on", manygpcm.Dataset, frame, test=frame)
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
        with self.assertRaises(TypeError):
            pickle.dumps(model)

    def test_tells_notices_to_the_log(self):
        frame = responses()
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
        recorded = self.sweep(study=self.path("study.journal"), weights=self.path("best.safetensors"))
        frame = study.trials_frame().drop(columns="seconds")
        pd.testing.assert_frame_equal(recorded.trials_frame().drop(columns="seconds"), frame)
        read = manygpcm.read_study(self.path("study.journal"))
        pd.testing.assert_frame_equal(read.trials_frame().drop(columns="seconds"), frame)
        self.assertEqual(len(study.winner.items()), 8)
        self.refused("no winner's model", lambda: read.winner)
        self.assertEqual(manygpcm.Model.load(self.path("best.safetensors")).description, study.winner.description)

    def test_leaves_a_report(self):
        study = self.sweep()
        study.report(self.path("out"))
        self.assertTrue([name for name in os.listdir(self.path("out")) if name.endswith("_report.md")])

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
