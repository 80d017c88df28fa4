"""Training epochs of manygpcm against a plain PyTorch implementation, side by side.

Both train at the published best on the same learners, one after the other (torch, ours, torch,
ours, ...), pinned to the same processor, after a warm-up that isn't counted; the table shows
medians.  A second table says what a second thread brings.  An epoch of PyTorch takes up to a
minute, so all of it a few.  compare_torch.sh builds what this needs and runs it.
"""
import argparse
import os
import pathlib
import statistics
import subprocess

import torch

import gpcm_reference
from gpcm_sizes import MODELS

DATA = pathlib.Path(__file__).resolve().parent.parent / "data/synthetic_500_200_4/train.txt"
WARM_UP_SEQUENCES = 64


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="manygpcm_epoch")
    parser.add_argument("--data", default=DATA, help="sequence text (default: the sample data)")
    parser.add_argument("--rounds", type=int, default=3, help="torch and ours this often (default: 3)")
    parser.add_argument("--epochs", type=int, default=3,
                        help="epochs of ours a round, of which the median counts (default: 3)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    return parser.parse_args()


def ours(arguments, model, threads, replicas, cpus):
    """Median seconds of an epoch, and epochs of all replicas per second."""
    command = [arguments.program, model, str(threads), str(replicas), str(arguments.epochs),
               str(arguments.data)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, cpus[:threads])).stdout
    values = dict(line.split() for line in output.splitlines())
    return float(values["median_seconds"]), float(values["replica_epochs_per_second"])


def theirs(arguments, model, n_sequences=None):
    """Seconds of an epoch of PyTorch, on one thread."""
    return gpcm_reference.time_epoch(str(arguments.data), model, n_sequences)


def compare(arguments, model, cpus):
    """Medians of the epochs' seconds: torch, ours."""
    theirs(arguments, model, WARM_UP_SEQUENCES)
    rounds = [(theirs(arguments, model), ours(arguments, model, 1, 1, cpus)[0])
              for _ in range(arguments.rounds)]
    return [statistics.median(seconds) for seconds in zip(*rounds)]


def scaling(arguments, model, cpus):
    """Medians of the throughput of one replica on one thread, two on two, and of their ratio."""
    rounds = []
    for _ in range(arguments.rounds):
        one, two = (ours(arguments, model, n, n, cpus)[1] for n in (1, 2))
        rounds.append((one, two, two / one))
    return [statistics.median(values) for values in zip(*rounds)]


def main():
    arguments = parse_arguments()
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cpus[:1])

    print(f"torch {torch.__version__}, one thread each; seconds an epoch of "
          f"{pathlib.Path(arguments.data).name}, median of {arguments.rounds}")
    print(f"{'model':<18}{'torch':>10}{'manygpcm':>12}{'ratio':>9}")
    for model in arguments.models:
        torch_seconds, our_seconds = compare(arguments, model, cpus)
        print(f"{model:<18}{torch_seconds:>10.3f}{our_seconds:>12.4f}"
              f"{torch_seconds / our_seconds:>8.1f}x", flush=True)

    if len(cpus) < 2:
        print("\none processor only, so nothing to say of two threads")
        return
    print(f"\nreplica epochs a second, median of {arguments.rounds}")
    print(f"{'model':<18}{'1 thread':>10}{'2 threads':>12}{'ratio':>9}")
    for model in arguments.models:
        one, two, ratio = scaling(arguments, model, cpus)
        print(f"{model:<18}{one:>10.3f}{two:>12.3f}{ratio:>8.2f}x", flush=True)


if __name__ == "__main__":
    main()
