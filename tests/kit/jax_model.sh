#!/usr/bin/env bash
# bench/gpcm_jax.py, which the kit times on a GPU's machine, on JAX where python3 has it and else on NumPy
# (jax_on_numpy): its outputs, loss, gradients and training are the PyTorch reference's, it finds what differs, and its
# timing ends in the lines that run.sh reads. The only argument is the project's folder. 77: there is no NumPy.
set -euo pipefail
project=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1

python='' path=''
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import jax' 2>/dev/null; then
        python=$candidate path='' && break
    elif [ -z "$python" ] && "$candidate" -c 'import numpy' 2>/dev/null; then
        python=$candidate path=$project/tests/kit/jax_on_numpy
    fi
done
[ -n "$python" ] || { echo "skipped: there is no python3 with numpy" && exit 77; }
model() { PYTHONPATH=$path "$python" "$project/bench/gpcm_jax.py" "$@"; }
fail() {
    echo "jax_model.sh: $*" >&2
    exit 1
}

for golden in deep_gpcm deep_gpcm_tanh_two_categories attn_gpcm_learn_causal; do
    model check "$project/tests/data/$golden.json" || fail "$golden differs"
done

# A weight decay that the reference doesn't have changes the training alone.
sed 's/"weight_decay": 0.001/"weight_decay": 0.002/' "$project/tests/data/deep_gpcm.json" > "$work/other.json"
! cmp -s "$work/other.json" "$project/tests/data/deep_gpcm.json" || fail "the golden's weight decay is written otherwise"
! model check "$work/other.json" > "$work/found" || fail "finds no difference where there is one"
grep -q '^deep_gpcm: DIFFERS from the PyTorch reference' "$work/found" || fail "says nothing of the difference: $(cat "$work/found")"

# Two batches of learners with three responses each.
for ((i = 0; i < 64; i++)); do printf '3\n%s,1,2\n0,1,%s\n' $((i % 5)) $((i % 3)); done > "$work/data.txt"
for replicas in 1 2; do
    model time "$work/data.txt" "$replicas" > "$work/found"
    for name in attn_gpcm_learn deep_gpcm; do
        [ "$(grep -cE "^timed: JAX (jit|vmap), $name, $replicas replicas, [0-9]+\.[0-9]+ s an epoch a replica \(2 steps" "$work/found")" = 3 ] ||
            fail "$replicas replicas of $name: $(cat "$work/found")"
    done
done
! grep -q 'loss nan' "$work/found" || fail "the loss isn't finite: $(cat "$work/found")"
echo "passed"
