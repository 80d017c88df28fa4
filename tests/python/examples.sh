#!/usr/bin/env bash
# examples/python with Optuna: examples.sh PYTHON PROGRAM SOURCES. 77: there is no Optuna.
set -euo pipefail
python=$1 program=$2 sources=$3
"$python" -c 'import optuna' 2>/dev/null || { echo "no Optuna for $python (Debian: python3-optuna)"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

"$program" simulate --learners 60 --questions 10 --categories 3 --length 12:12 --out "$out/data" --seed 1 >/dev/null
"$python" "$sources/examples/python/optuna_drives.py" "$out/data" 2 | grep '^best QWK [0-9.]* with .*memory_size'
"$program" sweep --data "$out/data" --model deep_gpcm --trials 2 --folds 2 --epochs 1 --scheduler fixed --quiet \
    --out "$out/sweep" >/dev/null
"$python" "$sources/examples/python/read_with_optuna.py" "$out/sweep/study.journal" |
    grep '^deep_gpcm_data: 2 trials, 2 of them complete'
