#!/usr/bin/env bash
# Builds the fuzzers into build-fuzz/ and runs each for ten minutes, or --seconds N, one after the other; names of
# targets choose some (docs/fuzzing.md). A finding stays in build-fuzz/findings/ and ends the script with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=600
if [ "${1:-}" = --seconds ]; then
    seconds=${2:?--seconds takes a number}
    shift 2
fi
all=(sequence_text long_csv foreign_form truth_file model_file space_file journal analysis)
targets=("${@:-${all[@]}}")
for target in "${targets[@]}"; do
    [[ " ${all[*]} " = *" $target "* ]] || {
        echo "usage: scripts/fuzz.sh [--seconds N] [TARGET...], of ${all[*]}" >&2
        exit 2
    }
done

cmake --preset fuzz
cmake --build --preset fuzz

# The readers read files, so each input becomes one: in memory where there is such a place.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

status=0
mkdir -p build-fuzz/findings
for target in "${targets[@]}"; do
    seeds=(tests/fuzz/corpus/"$target")
    dictionary=tests/fuzz/dictionaries/$target.dict
    if [ "$target" = journal ] || [ "$target" = analysis ]; then
        seeds=(tests/fuzz/corpus/journal)
        for directory in tests/data/journals tests/data/hostile; do
            [ ! -d "$directory" ] || seeds+=("$directory")
        done
        dictionary=tests/fuzz/dictionaries/journal.dict
    fi
    options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0
        -artifact_prefix="build-fuzz/findings/$target-")
    [ -f "$dictionary" ] && options+=(-dict="$dictionary")
    corpus=build-fuzz/corpus/$target  # what it comes upon, kept for the next time
    mkdir -p "$corpus"
    echo "fuzz: $target, $seconds seconds"
    "build-fuzz/fuzz_$target" "${options[@]}" "$corpus" "${seeds[@]}" || status=1
done
exit "$status"
