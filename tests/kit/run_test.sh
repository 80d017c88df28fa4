#!/usr/bin/env bash
# The kit's run.sh (scripts/gpu_kit_run.sh, the only argument) on machines of all kinds: a folder like the kit with
# programs, libraries, a driver and a Python that only pretend.
# shellcheck disable=SC2016  # what is in single quotes is the pretending programs'
set -euo pipefail
script=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
problems=0

fake() {  # PATH: a program, from stdin
    mkdir -p "$(dirname "$1")"
    { echo '#!/bin/bash' && cat; } > "$1"
    chmod +x "$1"
}

kit="$work/a kit" tools=$work/tools libraries=$work/site/nvidia/cu13/lib
new_machine() {
    rm -rf "$kit" "$tools" "$work/site" "$work/driver"
    mkdir -p "$kit/data/synthetic_500_200_4" "$tools" "$libraries" "$work/driver" "$work/empty"
    cp "$script" "$kit/run.sh"
    cat > "$kit/kit.txt" <<END
commit abc
architectures 80-virtual 90
cuda 13.0
glibc 2.2
glibc_of_gcc 2.3
processor $(uname -m)
library libtestblas.so.13
library libtestdnn.so.9
END
    touch "$libraries/libtestblas.so.13" "$libraries/libtestdnn.so.9" "$work/driver/libcuda.so.1"
    fake "$tools/nvidia-smi" <<< 'case $* in *query*) echo "NVIDIA Test, 9.0, 580.1, 81559 MiB";; *) echo "| CUDA Version: 13.0 |";; esac'
    fake "$tools/ldconfig" < /dev/null
    fake "$tools/ldd" < /dev/null
    # Stands for a Python whose packages have an nvidia folder, PyTorch and JAX.
    fake "$tools/python3" <<END
case \$* in
    *glob*) echo "$libraries" ;;
    *find_spec*) ;;
    *gpcm_reference*compiled) echo "timed: PyTorch compiled parts, attn_gpcm_learn, 1 replicas, 0.400000 s an epoch a replica (10 steps)" ;;
    *gpcm_reference*)
        echo "timed: PyTorch eager, attn_gpcm_learn, 1 replicas, 9.000000 s an epoch a replica (10 steps)"
        echo "timed: PyTorch eager, attn_gpcm_learn, 1 replicas, 0.800000 s an epoch a replica (10 steps)" ;;
    *gpcm_jax*check*) echo "deep_gpcm: agrees with the PyTorch reference, to 1e-16 in logits" ;;
    *gpcm_jax*time*" 1 "*) echo "timed: JAX jit, attn_gpcm_learn, 1 replicas, 0.200000 s an epoch a replica (10 steps)" ;;
    *gpcm_jax*time*" 64 "*) echo "timed: JAX vmap, deep_gpcm, 64 replicas, 0.050000 s an epoch a replica (10 steps)" ;;
esac
env >> "$work/python_environment"
END
    fake "$tools/compute-sanitizer" <<< 'echo "========= ERROR SUMMARY: 0 errors"'
    fake "$kit/manygpcm" <<'END'
case $1 in
    --version) echo manygpcm; exit ;;
    doctor) echo "  copy 3000 GB/s, product of large matrices 50000 GFLOP/s"; echo "cuda:0 against the CPU  passed" ;;
    sweep)
        echo "manygpcm: 100%, trials 16/16, epochs 162 in 10 s"
        mkdir -p "${@: -1}" && echo "a report" > "${@: -1}/some_report.md"
        echo "best trial: 3 of 16, cross-validated qwk 0.5000 (sd over 5 folds 0.1)" ;;
esac
echo "$*" >> "$TMPDIR/../started"
echo "$LD_LIBRARY_PATH" > "$TMPDIR/../path"
END
    fake "$kit/parity_tests" <<< 'echo "[  PASSED  ] 12 tests."'
    cp "$kit/parity_tests" "$kit/cuda_tests"
    fake "$kit/manygpcm_steps" <<'END'
model=attn_gpcm_learn
case $* in *deep_gpcm*) model=deep_gpcm ;; esac
echo "$model at the published best's sizes, 32 learners each; medians of 3 epochs of 10 steps"
echo "250 replicas in 1 cohort, 1 fleet"
echo "       1     500.00            500.0       2.000        0.100    5.0 %      0.090"
case $* in *--operations*) echo "launches: 187 a step, which take 0.350 ms where they do nothing: 17.5 %" ;; esac
echo "     250      20.00           5000.0      50.000       18.000   36.0 %     18.645"
case $* in
    *--operations*)
        echo "launches: 187 a step, which take 0.350 ms where they do nothing: 0.7 %"
        echo "products: linear maps 11.800 ms, by cuBLAS's grouped product 14.160 ms: 1.20 times"
        ;;
esac
END
    fake "$kit/manygpcm_bench" <<< 'echo "copy: 3000.0 GB/s"; echo "dropout_forward/published_best/manual_time 5 us"'
}

# In a folder where nothing may appear, from which OUT is a relative path.
start() {  # ARGUMENTS...
    [ -n "${start_again:-}" ] || rm -rf "$work/here"
    mkdir -p "$work/here/home"
    (cd "$work/here" && exec env -i HOME="$work/here/home" PATH="$tools:/usr/bin:/bin" LD_LIBRARY_PATH="$work/driver" \
        bash "$kit/run.sh" "$@") > "$work/stdout" 2> "$work/stderr" &
    runner=$!
}
run() {
    start "$@"
    code=0
    wait "$runner" || code=$?
}

expect() {  # WHAT COMMAND...
    local what=$1
    shift
    "$@" && return
    echo "FAILED: $what" >&2
    sed 's/^/    /' "$work/stdout" "$work/stderr" >&2
    problems=$((problems + 1))
}
exits() { [ "$code" = "$1" ]; }
says() { grep -qE -- "$1" "$work/here/out/summary.txt"; }
says_not() { ! says "$1"; }

new_machine
find "$kit" | sort > "$work/before"
run out
find "$kit" | sort > "$work/after"
expect "all is well" exits 0
expect "finds libraries beside Python's packages" says "^found: libtestblas.so.13 in $libraries$"
expect "programs get their folders, GCC's libraries first, the caller's last" \
    [ "$(cat "$work/here/out/path")" = "$kit/lib/gcc:$libraries:$work/driver" ]
expect "names the GPU" says '^nvidia-smi +0 .*NVIDIA Test, 9.0'
expect "doctor's figure" says '^doctor +0 .*cuda:0 against the CPU passed; copy 3000 GB/s'
expect "the tests' figure" says '^parity +0 .*PASSED 12 tests'
expect "the steps' figure" says '^steps +0 +[0-9.]+ +steps/s 1: 500.00 +250: 20.00 .*50.000 ms a step, 2.8 times the bound'
expect "what is in a step" says '^in_a_step +0 .*launches +1: 17.5 % +250: 0.7 %; cuBLAS.s grouped product takes 1.20 times our products at 250'
expect "the sweep's figure" says '^sweep_cpu +0 .*qwk 0.5000; [0-9.]+ times as long as on the GPU'
expect "the whole sweep's figure" says '^sweep_50 +0 .*qwk 0.5000; epochs 162 in 10 s'
expect "the operations' figure" says '^operations +0 .*1 operations, copy 3000.0 GB/s'
expect "the sanitizer's figure" says '^sanitizer +0 .*ERROR SUMMARY: 0 errors'
expect "torch's figure" says '^torch +0 +[0-9.]+ +attn_gpcm_learn 0.800000 s an epoch a replica$'
expect "whether JAX's model is the same" says '^jax_check +0 .*deep_gpcm: agrees with the PyTorch'
expect "a table of both models" [ "$(grep -c 'times ours of 1, 64 and 250' "$work/here/out/summary.txt")" = 2 ]
expect "ours beside ourselves" says '^ours +250 +0.002000 +0.1 +- +1.0$'
expect "PyTorch beside ours, by its last figure" says '^PyTorch eager +1 +0.800000 +40.0 +- +400.0$'
expect "compiled parts, too" says '^PyTorch compiled parts +1 +0.400000 +20.0 +- +200.0$'
expect "JAX beside ours" says '^JAX jit +1 +0.200000 +10.0 +- +100.0$'
expect "replicas under vmap" says '^JAX vmap +64 +0.050000 +2.5 +- +25.0$'
expect "JAX takes memory as it needs it" grep -qx 'XLA_PYTHON_CLIENT_PREALLOCATE=false' "$work/python_environment"
expect "and at most three quarters" grep -qx 'XLA_PYTHON_CLIENT_MEM_FRACTION=.75' "$work/python_environment"
expect "keeps the sweep's report" grep -qx 'a report' "$work/here/out/sweep_50.md"
expect "ends with the summary" cmp -s "$work/here/out/summary.txt" <(tail -n "$(wc -l < "$work/here/out/summary.txt")" "$work/stdout")
expect "everything is in one file" [ "$(grep -c '^==== ' "$work/here/out/everything.txt")" = \
    "$(grep -v '^ours' "$work/here/out/summary.txt" | grep -cE '^[a-z_0-9-]+ +(-|[0-9]+) +(-|[0-9.]+)  ')" ]
expect "few files come of it" [ "$(find "$work/here/out" -type f -not -name started -not -name path | wc -l)" = 3 ]
expect "writes nothing beside OUT" [ "$(find "$work/here" -mindepth 1 -maxdepth 2 -not -path '*/out/*' | sort | paste -sd ' ')" = \
    "$work/here/home $work/here/out" ]
expect "leaves the kit alone" cmp -s "$work/before" "$work/after"
expect "clears up" [ ! -e "$work/here/out/kit-tmp" ]

new_machine  # neither PyTorch nor JAX
sed -i 's/^pythons() {/&\n    type -P python3 \&\& return/' "$kit/run.sh"  # and no look at this machine's own, which may have them
fake "$tools/python3" <<< 'case $* in *glob*) echo "'"$libraries"'";; *find_spec*) exit 1;; esac'
run out
expect "does without them" exits 0
for part in torch jax_check jax jax_64 torch_parts; do
    expect "$part: says so in a line" says "^$part +- +- +not run: there is no python3 with (torch|jax)$"
done
expect "the table is ours alone" says '^ours +250 +0.002000 +0.1 +- +1.0$'

new_machine  # one that crashes, one that hangs after a figure, and others whose figures are garbage
fake "$tools/python3" <<END
case \$* in
    *glob*) echo "$libraries" ;;
    *find_spec*) ;;
    *gpcm_reference*compiled) head -c 3000 /dev/urandom; echo; echo "timed: PyTorch compiled parts, attn_gpcm_learn, many replicas, fast" ;;
    *gpcm_reference*) echo "RuntimeError: CUDA out of memory"; kill -SEGV \$\$ ;;
    *check*) echo "deep_gpcm: DIFFERS from the PyTorch reference, to nan in logits"; exit 1 ;;
    *" 1 "*) echo "timed: JAX jit, attn_gpcm_learn, 1 replicas, 0.200000 s an epoch a replica (10 steps)"; trap "" TERM; sleep 30 & wait; sleep 30 ;;
    *" 64 "*) echo "timed: JAX vmap, attn_gpcm_learn, 64 replicas, nan s an epoch a replica"; echo "timed: JAX vmap, deep_gpcm, 64 replicas, -0.5 s an epoch" ;;
esac
END
sed -i -E -e 's/^(framework jax) 90/\1 1/' -e 's/-k 5/-k 0.5/' "$kit/run.sh"
run out
expect "nothing that others' libraries do is a failure" exits 0
expect "says how it crashed" says '^torch +1[0-9]+ .*CUDA out of memory'
expect "shows its end" grep -q '^---- the end of torch:' "$work/stdout"
expect "says that the models differ" says '^jax_check +1 .*deep_gpcm: DIFFERS from the PyTorch'
expect "ends what hangs, and keeps its figure" says '^jax +1[0-9]+ .*ended at its limit of 1 s; attn_gpcm_learn 0.200000 s'
expect "its row is in the table" says '^JAX jit +1 +0.200000 +10.0 +- +100.0$'
expect "garbage isn't" says_not '^(JAX vmap|PyTorch compiled parts) +[0-9]'

new_machine  # a part that fails, one that doesn't end, one that even SIGKILL doesn't end
fake "$kit/parity_tests" <<< 'echo "[  FAILED  ] 2 tests, listed below:"; exit 3'
fake "$kit/manygpcm_steps" <<< 'echo "       1     500.00            500.0       2.000        0.100    5.0 %"
case $* in *cuda:0*) trap "" TERM; sleep 30 & wait; sleep 30;; esac'
# timeout, which waits for its child, however long that takes.
fake "$tools/timeout" <<< 'case $* in *"cuda_tests --gtest_color=no") echo $$ > "'"$work"'/left"; exec sleep 60;; esac; exec /usr/bin/timeout "$@"'
sed -i -E -e 's/^(run_on_gpu (steps|steps_deep|in_a_step)) [0-9]+/\1 1/' -e 's/^(run_on_gpu cuda_tests) 40/\1 1/' \
    -e 's/^readonly grace=10/readonly grace=1/' -e 's/-k 5/-k 0.5/' "$kit/run.sh"
run out
expect "something went wrong" exits 1
expect "says which exit code" says '^parity +3 .*FAILED 2 tests'
expect "shows the end of what failed" grep -q '^---- the end of parity:' "$work/stdout"
expect "ends what doesn't end, and keeps its figure" says '^steps +1[0-9]+ .*ended at its limit of 1 s; .*1: 500.00'
expect "goes on beside what can't be ended" says '^cuda_tests +hangs .*left behind'
expect "goes on after a failure" says '^sweep_gpu +0'
kill "$(cat "$work/left")"

new_machine  # CUDA 12's library instead of 13's
mv "$libraries/libtestblas.so.13" "$libraries/libtestblas.so.12"
run out
expect "something is missing" exits 1
expect "names it, and what is there instead" says \
    "^missing: libtestblas.so.13 \(of CUDA 13.0, .*another version is there: $libraries/libtestblas.so.12$"
expect "says where it looked" says '^looked in .*python3'
expect "runs no program" [ ! -e "$work/here/out/started" ]
expect "says so" says '^sweep_cpu +- +- +not run: see missing'

new_machine  # a library that lacks one in turn
fake "$tools/ldd" <<< 'printf "\tlibz.so.1 => not found\n"'
run out
expect "names what a library lacks" says "^note: libz.so.1 isn't found, which $libraries/libtestdnn.so.9 needs$"

new_machine  # a sweep that is too slow
fake "$kit/manygpcm" <<< 'case $1 in sweep) echo "manygpcm: 5%, trials 1/16, 4 min left"; echo "manygpcm: 11%, trials 2/16 in 50 s"; exit 143;; esac'
run out
expect "says how far a sweep came" says '^sweep_cpu +143 .* 11%, trials 2/16 in 50 s$'

new_machine
sed -i 's/^glibc .*/glibc 99.1/' "$kit/kit.txt"
run out
expect "names a glibc that is too old" says '^missing: glibc 99.1 or newer, here is 2'

new_machine
sed -i 's/^glibc_of_gcc .*/glibc_of_gcc 99.1/' "$kit/kit.txt"
run out
expect "an older glibc will do" exits 0
expect "with the machine's own libraries of GCC's" [ "$(cat "$work/here/out/path")" = "$libraries:$work/driver" ]

new_machine
fake "$kit/manygpcm" <<< 'echo "manygpcm: error while loading shared libraries" >&2; exit 127'
run out
expect "says why the program doesn't start" says "^missing: .*doesn't start: manygpcm: error while loading"

if [ ! -e /dev/nvidia0 ] && [ ! -e /dev/dxg ]; then
    new_machine
    rm "$tools/nvidia-smi"
    run out
    expect "something is missing" exits 1
    expect "there is no nvidia-smi" says '^nvidia-smi +- +- +not run: not installed'
    expect "there is no GPU" says '^missing: an NVIDIA GPU'
    expect "what needs one isn't run" says '^doctor +- +- +not run: see missing'
    expect "what needs none is" says '^sweep_cpu +0'
fi

new_machine
fake "$tools/nvidia-smi" <<< 'case $* in *query*) echo "NVIDIA Old, 7.5, 550.1, 1 MiB";; *) echo "| CUDA Version: 12.4 |";; esac'
run out
expect "the driver is too old" says '^missing: a driver for CUDA 13.0, this one offers CUDA 12.4'
expect "there is no code for the GPU" says '^missing: code for NVIDIA Old: compute capability 75, the kit has 80-virtual 90'

new_machine
sed -i 's/^architectures .*/architectures 90-real/' "$kit/kit.txt"
fake "$tools/nvidia-smi" <<< 'echo "NVIDIA New, 10.0, 600.1, 1 MiB"'
run out
expect "machine code is of one generation" says '^missing: code for NVIDIA New: compute capability 100, the kit has 90-real'

new_machine
fake "$tools/nvidia-smi" <<< 'echo "NVIDIA New, 12.0, 600.1, 1 MiB"'
fake "$kit/manygpcm" <<< '[ "$1" = --version ] || sleep 30'
run out 6
expect "the PTX will do" says '^found: NVIDIA New, for which the driver has to compile'
expect "a part gets what is left of the time" says '^doctor +124 .*ended at its limit of [1-6] s'
expect "then the time is up" says '^steps_cpu +- +- +not run: the 6 s for all parts are up'
expect "for others, too" says '^torch +- +- +not run: the 6 s for all parts are up'

# What an earlier run left in OUT doesn't get into the figures.
new_machine
fake "$kit/manygpcm" <<< 'case $1 in --version) ;; sweep) mkdir -p "${@: -1}"; echo "best trial: $(ls "${@: -1}" | wc -l) old files (";  touch "${@: -1}/study.journal";; esac'
run out
start_again=yes run out
expect "sweeps begin anew" says '^sweep_cpu +0 .*best trial: 0 old files'

# Ended by a signal, it leaves no part running.
new_machine
fake "$kit/manygpcm" <<< 'case $1 in --version) ;; *) echo $$ > "$TMPDIR/../pid"; exec sleep 30;; esac'
start out
for _ in $(seq 100); do [ ! -s "$work/here/out/pid" ] || break; sleep 0.1; done
part=$(cat "$work/here/out/pid")
kill -TERM "$runner"
code=0
wait "$runner" || code=$?
expect "ended by a signal" exits 143
for _ in $(seq 50); do kill -0 "$part" 2>/dev/null || break; sleep 0.1; done
expect "a signal ends the part" [ ! -d "/proc/$part" ]
expect "and says so" says '^stopped by a signal'

new_machine
for arguments in "" "--help" "out 0" "out 5 6"; do
    # shellcheck disable=SC2086
    run $arguments
    expect "usage: '$arguments'" exits 2
done
rm -rf "$work/here" && mkdir -p "$work/here"
run /dev/null/out
expect "a place that can't be written" exits 2

[ $problems = 0 ] || exit 1
echo "passed"
