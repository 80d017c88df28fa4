"""The benchmarks of single operations as a Markdown table: python3 roofline_table.py AFTER.json [BEFORE.json]

The files are what `manygpcm_bench --benchmark_format=json` prints.  A row is an operation and a size: microseconds a call
(before, where there is such a file, and now), what it computes and moves a call, and its shares of the machine's rates.
"""
import json
import sys


def benchmarks(path):
    with open(path) as file:
        return {b["name"]: b for b in json.load(file)["benchmarks"] if "product%" in b}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    now = benchmarks(sys.argv[1])
    before = benchmarks(sys.argv[2]) if len(sys.argv) == 3 else {}
    columns = ["before, µs"] * bool(before) + ["now, µs", "MFLOP", "MB", "GFLOP/s", "% of a product", "GB/s", "% of a copy"]
    print("| operation | size |", " | ".join(columns), "|")
    print("| --- | --- |", " | ".join("---:" for _ in columns), "|")
    for name, b in now.items():
        operation, size = name.removesuffix("/manual_time").rsplit("/", 1)
        seconds = b["real_time"] * 1e-9
        old = f" {before[name]['real_time'] * 1e-3:.0f} |" if name in before else " |" if before else ""
        print(f"| {operation} | {size.replace('_', ' ')} |{old} {seconds * 1e6:.1f} "
              f"| {b['GFLOP/s'] * seconds * 1e3:.1f} | {b['GB/s'] * seconds * 1e3:.1f} "
              f"| {b['GFLOP/s']:.1f} | {b['product%']:.0f} | {b['GB/s']:.1f} | {b['copy%']:.0f} |")


if __name__ == "__main__":
    main()
