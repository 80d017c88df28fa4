#!/usr/bin/python3
"""What samplers and schedulers bring for the processor time they take.

Runs `manygpcm sweep` with every sampler, scheduler and seed, one thread each, on some of the training learners,
and reads from each study how good the best trial was, of those trained fully, after how many processor seconds.
Writes OUT/curves.csv and, with gnuplot, OUT/curves.png: the median over the seeds, and between which values half of
them lie. Prints a table of the ends: processor seconds, the best score, the score held out of its refit.
A sweep that is in OUT already is not run again, so what was stopped goes on with the same command.
"""
import argparse
import collections
import concurrent.futures
import csv
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

SAMPLERS = ("random", "sobol", "tpe", "gp", "gp_per_second")
SCHEDULERS = ("halving", "fixed")
EPOCH = re.compile(r"manygpcm:fold_\d+_epoch_\d+$")
STATE_COMPLETE, MAXIMIZE = 1, 2
OP_FINISHED, OP_STUDY_ATTRIBUTES, OP_TRIAL_SYSTEM_ATTRIBUTES = 6, 2, 9  # of Optuna's journals
COLOURS = {"random": "#000000", "sobol": "#009E73", "tpe": "#E69F00", "gp": "#0072B2",
           "gp_per_second": "#CC79A7"}

Run = collections.namedtuple("Run", "sampler scheduler seed")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="build/manygpcm", help="(default: build/manygpcm)")
    parser.add_argument("--data", required=True, help="directory with train.txt and test.txt")
    parser.add_argument("--learners", type=int, help="of train.txt, evenly spread over it (default: all)")
    parser.add_argument("--model", default="deep_gpcm")
    parser.add_argument("--samplers", nargs="+", choices=SAMPLERS, default=SAMPLERS[:4])
    parser.add_argument("--schedulers", nargs="+", choices=SCHEDULERS, default=SCHEDULERS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="sweeps at a time (default: one per core)")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("options", nargs="*", metavar="-- OPTION",
                        help="options of manygpcm sweep, for all, after --")
    return parser.parse_args()


def sample(data, learners, into):
    """A directory with evenly spread learners of train.txt, three lines each (how many, questions, scores), and those of
    test.txt; without their responses to questions that no learner chosen was asked, of which nothing can be learned."""
    data = pathlib.Path(data)
    if learners is None:
        return data
    into = into / data.name
    into.mkdir(parents=True, exist_ok=True)
    lines = (data / "train.txt").read_text().splitlines(keepends=True)
    all_learners = len(lines) // 3
    if not 0 < learners <= all_learners:
        sys.exit(f"--learners {learners}: expected 1 to {all_learners}, the learners of {data / 'train.txt'}")
    chosen = [lines[3 * i:3 * i + 3] for i in (k * all_learners // learners for k in range(learners))]
    (into / "train.txt").write_text("".join("".join(learner) for learner in chosen))
    asked = {question.strip() for learner in chosen for question in learner[1].split(",")}
    test = (data / "test.txt").read_text().splitlines()
    with (into / "test.txt").open("w") as file:
        for questions, scores in zip(test[1::3], test[2::3]):
            known = [(question, score) for question, score in zip(questions.split(","), scores.split(","))
                     if question.strip() in asked]
            if known:
                print(len(known), *(",".join(column) for column in zip(*known)), sep="\n", file=file)
    return into


def sweep(arguments, data, run):
    """Runs one, unless it is there. Its processor seconds stand beside it when it has come to its end."""
    directory = arguments.out / f"{run.sampler}_{run.scheduler}_{run.seed}"
    seconds = directory / "processor_seconds"
    if not seconds.exists():
        shutil.rmtree(directory, ignore_errors=True)  # what it took wouldn't be known
        command = [arguments.program, "sweep", "--quiet", "--data", str(data), "--model", arguments.model,
                   "--sampler", run.sampler, "--scheduler", run.scheduler, "--seed", str(run.seed), "--jobs", "1",
                   "--device", "cpu", "--out", str(directory), *arguments.options]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
        seconds.write_text(f"{usage.ru_utime + usage.ru_stime}\n")
    return read(directory / "study.journal", float(seconds.read_text()))


def read(journal, processor_seconds):
    """The curve, [(processor seconds, best score so far)], and the objective held out of the winner's refit.

    The journal has the seconds of every epoch on its thread; what else the sweep took (the sampler, the record) is
    spread over them, and so is what the machine took from the thread.
    """
    spent, scores, direction, objective, held_out = 0, [], MAXIMIZE, None, None
    with open(journal) as lines:
        for record in map(json.loads, lines):
            if record["op_code"] == 0:
                direction = record["directions"][0]
            elif record["op_code"] == OP_TRIAL_SYSTEM_ATTRIBUTES:
                spent += sum(epoch["seconds"] for name, epoch in record["system_attr"].items() if EPOCH.match(name))
            elif record["op_code"] == OP_FINISHED and record["state"] == STATE_COMPLETE:
                scores.append((spent, record["values"][0]))
            elif record["op_code"] == OP_STUDY_ATTRIBUTES:
                objective = record["user_attr"].get("objective", objective)
                winner = record["user_attr"].get("winner")
                held_out = winner["metrics"][objective] if winner else held_out
    better = max if direction == MAXIMIZE else min
    curve = []
    for seconds, score in scores:
        best = better(curve[-1][1], score) if curve else score
        curve.append((seconds * processor_seconds / spent, best))
    return {"curve": curve, "seconds": processor_seconds, "best": curve[-1][1], "held_out": held_out}


def at(curve, seconds):
    """The best score after so many seconds; none before the first."""
    reached = [score for when, score in curve if when <= seconds]
    return reached[-1] if reached else None


def write_curves(results, path):
    """Rows of the seconds where all seeds have a score: the median over them and the quartiles."""
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sampler", "scheduler", "seconds", "low", "median", "high"])
        for (sampler, scheduler), runs in results.items():
            for seconds in sorted({when for run in runs for when, _ in run["curve"]}):
                scores = [at(run["curve"], seconds) for run in runs]
                if None not in scores:
                    low, median, high = quartiles(scores)
                    rows.writerow([sampler, scheduler, f"{seconds:.2f}", f"{low:.6f}", f"{median:.6f}", f"{high:.6f}"])


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else 3 * list(values)


def draw(results, arguments, curves, picture):
    """A panel for each scheduler, on the same axes."""
    every = [row for row in csv.DictReader(curves.open())]
    seconds, scores = [float(row["seconds"]) for row in every], [float(row["median"]) for row in every]
    margin = 0.05 * (max(scores) - min(scores)) or 0.001  # of one score
    panels = []
    for scheduler in arguments.schedulers:
        plots = []
        for sampler in arguments.samplers:
            chosen = f"'< grep \"^{sampler},{scheduler},\" {curves}'"
            colour = COLOURS[sampler]
            plots.append(f"{chosen} using 3:4:6 with filledcurves fs transparent solid 0.1 lc rgb '{colour}' notitle")
            plots.append(f"{chosen} using 3:5 with steps lw 2.5 lc rgb '{colour}' title '{sampler}'")
        panels.append(f"set title '--scheduler {scheduler}'\nplot {', '.join(plots)}")
    data = pathlib.Path(arguments.data).name
    script = f"""
        set terminal pngcairo size {600 * len(panels)},520 font 'Sans,11' noenhanced
        set output '{picture}'
        set multiplot layout 1,{len(panels)} title '{arguments.model} on {data}: median of {arguments.seeds} seeds, and \
where half of them lie'
        set datafile separator ','
        set xlabel 'Processor time (s)'
        set ylabel 'Best score so far of trials trained fully'
        set logscale x
        set xrange [{min(seconds)}:{1.01 * max(seconds)}]
        set yrange [{min(scores) - margin}:{max(scores) + margin}]
        set border 3
        set tics nomirror
        set grid lc rgb '#e0e0e0'
        set key bottom right Left reverse
        """
    subprocess.run(["gnuplot"], input=script + "\n".join(panels), text=True, check=True)


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    data = sample(arguments.data, arguments.learners, arguments.out)
    runs = [Run(sampler, scheduler, seed) for seed in range(1, arguments.seeds + 1)
            for scheduler in arguments.schedulers for sampler in arguments.samplers]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as threads:
        found = list(threads.map(lambda run: sweep(arguments, data, run), runs))
    results = collections.defaultdict(list)
    for run, result in zip(runs, found):
        results[run.sampler, run.scheduler].append(result)
    curves = arguments.out / "curves.csv"
    write_curves(results, curves)
    draw(results, arguments, curves, arguments.out / "curves.png")
    print("| sampler | scheduler | processor time, s | best score: mean (sd) | held out: mean (sd) |")
    print("| --- | --- | ---: | ---: | ---: |")
    for (sampler, scheduler), of_seeds in results.items():
        def mean_and_spread(name):
            values = [result[name] for result in of_seeds]
            spread = statistics.stdev(values) if len(values) > 1 else 0
            return f"{statistics.mean(values):.4f} ({spread:.4f})"
        seconds = statistics.mean(result["seconds"] for result in of_seeds)
        print(f"| {sampler} | {scheduler} | {seconds:.0f} | {mean_and_spread('best')} | {mean_and_spread('held_out')} |")


if __name__ == "__main__":
    main()
