#!/usr/bin/env bash
# A sweep of four ranks under Open MPI: mpi.sh PROGRAM SOURCES. 77: there is no mpirun.
set -euo pipefail
program=$1
command -v mpirun >/dev/null || { echo "no mpirun (Debian: openmpi-bin)"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fail() {
    echo "mpi.sh: $*" >&2
    exit 1
}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl=self OMPI_MCA_rmaps_base_oversubscribe=1

"$program" simulate --learners 60 --questions 10 --categories 3 --length 12:12 --out "$out/data" --seed 1 >/dev/null
sweep=("$program" sweep --data "$out/data" --model deep_gpcm --folds 2 --epochs 3 --patience 0 --trials)
ranks=(mpirun --oversubscribe -np 4)

"${ranks[@]}" "${sweep[@]}" 6 --out "$out/ranks" >"$out/printed" 2>"$out/errors" || fail "$(cat "$out/errors")"
# One speaks.
[ "$(grep -c '^best trial: ' "$out/printed")" = 1 ] || fail "expected one report, not: $(cat "$out/printed")"
[ -s "$out/ranks/deep_gpcm_data_hyperopt_report.md" ] || fail "no report"
[ -s "$out/ranks/best.safetensors" ] || fail "no model"
# And it is the study of one process, whose --workers says how much is assigned at once.
"${sweep[@]}" 6 --workers 4 --jobs 1 --quiet --out "$out/alone" >"$out/alone.printed"
diff <(grep '^best trial' "$out/printed") <(grep '^best trial' "$out/alone.printed") || fail "another winner than alone"
cmp "$out/ranks/best.safetensors" "$out/alone/best.safetensors" || fail "another model than alone"

# Others train, too: with more to do than one gets done before the slowest has started, however busy the machine is.
for trials in 8 32 128 512; do
    "${ranks[@]}" "${sweep[@]}" "$trials" --out "$out/$trials" >"$out/printed" 2>"$out/errors" || fail "$(cat "$out/errors")"
    workers=$(grep -o '"manygpcm:worker": *"[^"]*"' "$out/$trials/study.journal" | sort -u | wc -l)
    [ "$workers" -eq 1 ] || break
done
[ "$workers" -gt 1 ] || fail "one process trained all"

# A rank that is killed takes the job with it, as Open MPI has it; the same command goes on.
timeout 60 "${ranks[@]}" "${sweep[@]}" 30 --out "$out/killed" >"$out/printed" 2>&1 &
job=$!
for _ in $(seq 600); do
    [ -s "$out/killed/study.journal" ] && break
    sleep 0.1
done
pgrep -f "^$program sweep .*$out/killed" | head -n 1 | xargs -r kill -KILL
wait "$job" || true
"${ranks[@]}" "${sweep[@]}" 30 --out "$out/killed" >"$out/printed" 2>"$out/errors" || fail "$(cat "$out/errors")"
grep -q '^best trial: [0-9]* of 30,' "$out/printed" || fail "not all trials: $(cat "$out/printed")"
[ ! -e "$out/killed/study.journal.checkpoints" ] || fail "checkpoints were left"

# Nonsense in the environment is one line.
if OMPI_COMM_WORLD_RANK=x OMPI_COMM_WORLD_SIZE=2 "${sweep[@]}" 6 --out "$out/none" 2>"$out/errors"; then fail "not refused"; fi
grep -q '^manygpcm: error: OMPI_COMM_WORLD_RANK=x in the environment: expected a whole number' "$out/errors" ||
    fail "$(cat "$out/errors")"
