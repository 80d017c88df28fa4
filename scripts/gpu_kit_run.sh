#!/usr/bin/env bash
# Asks a machine with an NVIDIA GPU all that it can tell of manygpcm, the most telling first: run.sh OUT [SECONDS], which
# are less than 9 minutes unless said otherwise. It is run.sh of the kit that scripts/gpu_kit.sh makes (docs/cuda.md).
# What the machine lacks is said first; each part has a time limit, and one that fails or hangs doesn't stop the others.
# Three files come of it: OUT/summary.txt has a line a part, OUT/everything.txt what each printed, part by part, and
# OUT/sweep_50.md the report of the whole sweep. Nothing is written but in OUT.
# Exit code 0: all went well (compute-sanitizer may be missing, and PyTorch and JAX may do what they like), 1: something
# didn't, 2: wrong usage.
# shellcheck disable=SC2317  # functions that run() is given by name
set -euo pipefail
export LC_ALL=C
unset CDPATH  # cd would print what it finds by it

if [ $# -lt 1 ] || [ $# -gt 2 ] || [[ $1 == -* || -z $1 ]] || ! [[ ${2-525} =~ ^[1-9][0-9]{0,4}$ ]]; then
    echo "usage: run.sh OUT [SECONDS]" >&2
    exit 2
fi
kit=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# An earlier run's OUT/kit-tmp would have sweeps that this one's would go on with.
if ! { rm -rf -- "$1/kit-tmp" && mkdir -p -- "$1/kit-tmp"; } 2>/dev/null || ! out=$(cd -- "$1" && pwd -P) || [ ! -w "$out" ]; then
    echo "run.sh: $1: expected a folder for the results that can be made and written to" >&2
    exit 2
fi

readonly all_seconds=${2-525}  # 9 minutes, less `grace` for one that hangs at the end
readonly grace=10  # after its limit a part has 5 s to end by itself; what even SIGKILL doesn't end is left behind
readonly program=$kit/manygpcm data=$kit/data/synthetic_500_200_4
readonly summary=$out/summary.txt everything=$out/everything.txt
ulimit -c 0
cd -- "$out"
# What programs would write elsewhere.
mkdir -p -- "$out/kit-tmp/parts"  # what each part printed
export TMPDIR=$out/kit-tmp CUDA_CACHE_PATH=$out/kit-tmp/cuda XDG_CACHE_HOME=$out/kit-tmp PYTHONDONTWRITEBYTECODE=1
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/nvidia/bin  # ldconfig, and where containers have the driver
rm -f -- "$out/sweep_50.md"
: > "$summary"
: > "$everything"

say() { printf '%s\n' "$*" | tee -a "$summary" >&2; }

# ---- What the kit needs and the machine has

kit_value() { sed -n "s/^$1 //p" "$kit/kit.txt"; }
missing_for_programs=0 missing_for_gpu=0 glibc=''
lacks_for_programs() { say "missing: $*" && missing_for_programs=1; }
lacks_for_gpu() { say "missing: $*" && missing_for_gpu=1; }

# Whether version $1 is below version $2.
below() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# The nvidia folders beside a Python's packages, its virtual environment's and the user's among them.
python_folders() {
    timeout -k 1 10 "$1" -c '
import glob, os, site, sys
folders = list(sys.path)
if hasattr(site, "getsitepackages"):
    folders += site.getsitepackages() + [site.getusersitepackages()]
for folder in folders:
    for found in sorted(glob.glob(os.path.join(glob.escape(folder), "nvidia", "*", "lib"))):
        print(found)' 2>/dev/null </dev/null || true
}

# Every python3 there may be, the first to be preferred.
pythons() {
    { printf '%s\n' "${VIRTUAL_ENV:+$VIRTUAL_ENV/bin/python3}" "${CONDA_PREFIX:+$CONDA_PREFIX/bin/python3}"
      type -aP python3 || true
      printf '%s\n' /opt/*/bin/python3 /opt/*/.venv/bin/python3; } | awk 'NF && !seen[$0]++' |
        while IFS= read -r python; do
            [ ! -x "$python" ] || printf '%s\n' "$python"
        done
}

# Every folder that may hold CUDA's libraries or the driver's, the first to be preferred.
library_folders() {
    printf '%s\n' "${LD_LIBRARY_PATH:-}" | tr ':' '\n'
    ldconfig -p 2>/dev/null | sed -n 's/^\tlib\(cu[a-zA-Z_]*\|nvrtc\)\.so.* => \(.*\)\/[^/]*$/\2/p' || true
    printf '%s\n' "${CUDA_HOME:+$CUDA_HOME/lib64}" "${CUDA_PATH:+$CUDA_PATH/lib64}" \
        /usr/local/cuda*/lib64 /usr/local/cuda*/targets/*/lib /opt/cuda/lib64 \
        /usr/lib/*-linux-gnu /usr/lib64 /usr/lib /usr/local/nvidia/lib64 /usr/lib/wsl/lib
    local python
    pythons | while IFS= read -r python; do python_folders "$python"; done
}

# The first folder that holds a library of this name.
folder_of() {
    local folder
    for folder in "${folders[@]}"; do
        [ ! -e "$folder/$1" ] || { printf '%s\n' "$folder"; return; }
    done
    return 1
}

# "; libcublas.so.12 is in ...": the same library in other versions.
other_versions_of() {
    local folder file
    for folder in "${folders[@]}"; do
        for file in "$folder/${1%.so.*}.so."*; do
            [ ! -e "$file" ] || { printf '; another version is there: %s' "$file"; return; }
        done
    done
}

look_for_libraries() {
    mapfile -t folders < <(library_folders | awk 'NF && !seen[$0]++')
    local name folder
    local -a found=() files=()
    while IFS= read -r name; do
        if folder=$(folder_of "$name"); then
            say "found: $name in $folder"
            found+=("$folder")
            files+=("$folder/$name")
        else
            lacks_for_programs "$name (of CUDA $(kit_value cuda), which the kit was built with)$(other_versions_of "$name")"
        fi
    done < <(kit_value library)
    folder_of libcuda.so.1 >/dev/null || lacks_for_gpu "libcuda.so.1, which NVIDIA's driver brings"
    found+=("$(folder_of libcuda.so.1 || true)")
    if [ $missing_for_programs = 1 ]; then
        say "looked in LD_LIBRARY_PATH, ldconfig -p, CUDA_HOME, /usr/local/cuda*, the system's library folders and the" \
            "nvidia folders of python3's packages"
    fi
    # GCC's libraries that the kit brings, if they can be loaded here; a system as old as that has its own.
    below "$glibc" "$(kit_value glibc_of_gcc)" || found=("$kit/lib/gcc" "${found[@]}")
    # The system's own folders are searched anyway, and not before a program's own libraries.
    found_path=$({ printf '%s\n' "${found[@]}" | grep -vxE '/usr/lib/[^/]*-linux-gnu|/usr/lib(64)?|/lib(64)?' || true
        printf '%s\n' "${LD_LIBRARY_PATH:-}" | tr ':' '\n'; } | awk 'NF && !seen[$0]++' | paste -sd :)
    command -v ldd >/dev/null || return 0
    local needed
    for name in "${files[@]}"; do  # cuDNN's parts are opened late, so that a program starts without what these need
        while IFS= read -r needed; do
            say "note: $needed isn't found, which $name needs"
        done < <(LD_LIBRARY_PATH=$found_path ldd "$name" 2>/dev/null | sed -n 's/^\t\(.*\) => not found$/\1/p')
    done
}

look_at_machine() {
    say "kit: $(kit_value commit), for $(kit_value architectures), CUDA $(kit_value cuda)"
    local processor
    processor=$(uname -m)
    [ "$processor" = "$(kit_value processor)" ] ||
        lacks_for_programs "a processor that the kit was built for: $(kit_value processor), this is $processor"
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
    glibc=${glibc#glibc }
    if [ -z "$glibc" ] || below "$glibc" "$(kit_value glibc)"; then
        lacks_for_programs "glibc $(kit_value glibc) or newer, here is ${glibc:-another C library}"
    else
        say "found: glibc $glibc (the kit needs $(kit_value glibc))"
    fi
    look_for_libraries
    [ $missing_for_programs = 0 ] || return 0
    local complaint
    if ! complaint=$(LD_LIBRARY_PATH=$found_path timeout -k 5 20 "$program" --version 2>&1 </dev/null); then
        lacks_for_programs "something without which the program doesn't start: $complaint"
    fi
}

# From what the part nvidia-smi gave.
look_at_gpu() {
    local file name capability offered best=none
    file=$(file_of nvidia-smi)
    if ! IFS=, read -r name capability _ < <(sed -n '/, [0-9]*\.[0-9]*, /p' "$file"); then
        # It may not be installed in a container that has a GPU.
        if [ -e /dev/nvidia0 ] || [ -e /dev/dxg ]; then return; fi
        lacks_for_gpu "an NVIDIA GPU: nvidia-smi lists none, and there is no /dev/nvidia0"
        return
    fi
    offered=$(sed -n 's/.*CUDA Version: *\([0-9.]*\).*/\1/p' "$file" | head -n 1)
    if [ -n "$offered" ] && below "${offered%%.*}" "$(kit_value cuda | cut -d. -f1)"; then
        lacks_for_gpu "a driver for CUDA $(kit_value cuda), this one offers CUDA $offered"
    fi
    # Machine code runs on its own major version from its minor one on, PTX on everything from its version on; 90 is both.
    capability=${capability//[ .]/}
    local one version
    for one in $(kit_value architectures); do
        version=${one%-*} version=${version//[a-z]/}
        [ "$capability" -ge "$version" ] || continue
        if [[ $one != *-virtual ]] && [ "${capability%?}" = "${version%?}" ]; then
            best=code
        elif [[ $one != *-real ]] && [ $best = none ]; then
            best=ptx
        fi
    done
    case $best in
        none) lacks_for_gpu "code for $name: compute capability $capability, the kit has $(kit_value architectures)" ;;
        ptx) say "found: $name, for which the driver has to compile the kit's PTX first: the first part takes longer" ;;
    esac
}

# ---- Parts

failed=0 current='' found_path='' optional=''
bad_parts=()
declare -A took  # milliseconds of what ended well
line() { printf '%-12s %5s %8s  %s\n' "$@" | tee -a "$summary" >&2; }
milliseconds() { date +%s%3N; }
file_of() { printf '%s' "$out/kit-tmp/parts/$1.txt"; }
gather() { { printf '\n==== %s\n' "$1" && cat -- "$(file_of "$1")"; } >> "$everything"; }
not_run() {
    line "$1" - - "not run: $2"
    printf 'not run: %s\n' "$2" > "$(file_of "$1")"
    gather "$1"
}
stop() {
    [ -z "$current" ] || { kill -TERM "$current" 2>/dev/null || true; gather "$current_name"; }
    rm -rf -- "$out/kit-tmp" 2>/dev/null || true
    say "stopped by a signal"
    exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM

# run NAME LIMIT FIGURE COMMAND...: FIGURE, given the part's file, prints what tells most. Where $optional is set, nothing
# that the part does is a failure of the run.
run() {
    local name=$1 limit=$2 figure=$3 file code=0 note='' start
    file=$(file_of "$name")
    shift 3
    local left=$((all_seconds - SECONDS))
    if [ "$left" -lt 1 ]; then
        [ -n "$optional" ] || failed=1
        not_run "$name" "the $all_seconds s for all parts are up"
        return
    fi
    [ "$limit" -le "$left" ] || limit=$left
    printf '%s: at most %s s\n' "$name" "$limit" >&2
    { printf '$' && printf ' %q' "$@" && printf '\n\n'; } > "$file"
    start=$(milliseconds)
    timeout -k 5 "$limit" "$@" </dev/null >> "$file" 2>&1 &
    current=$! current_name=$name
    # `timeout` waits for what can't be killed, such as a process that a GPU doesn't answer: so don't wait for it.
    while kill -0 "$current" 2>/dev/null; do
        if [ $(($(milliseconds) - start)) -gt $(((limit + grace) * 1000)) ]; then
            note="can't be ended and was left behind; " code=hangs
            disown "$current" || true  # it may have ended just now
            break
        fi
        sleep 0.1
    done
    [ "$code" = hangs ] || wait "$current" || code=$?
    current=''
    local milliseconds=$(($(milliseconds) - start))
    # 124 and 137 are what timeout says of what it ended.
    if [[ $code =~ ^(124|137)$ ]] && [ $milliseconds -ge $((limit * 1000)) ]; then
        note="ended at its limit of $limit s; "
    fi
    if [ "$code" = 0 ]; then
        took[$name]=$milliseconds
    else
        [ -n "$optional" ] || failed=1
        bad_parts+=("$name")
    fi
    gather "$name"
    line "$name" "$code" "$((milliseconds / 1000)).$((milliseconds / 100 % 10))" "$note$("$figure" "$file" 2>/dev/null || true)"
}
# The same for what needs the kit's programs.
run_program() {
    if [ $missing_for_programs = 1 ]; then
        not_run "$1" "see missing"
        return
    fi
    local name=$1 limit=$2 figure=$3
    shift 3
    run "$name" "$limit" "$figure" env LD_LIBRARY_PATH="$found_path" "$@"
}
# And for what needs a GPU, too.
run_on_gpu() {
    if [ $missing_for_gpu = 1 ]; then not_run "$1" "see missing"; else run_program "$@"; fi
}

# framework NAME LIMIT MODULE ARGUMENTS...: what others' libraries take, with the first python3 that has MODULE. JAX takes
# GPU memory as it needs it, and at most three quarters (by the older of two names, of which it wants one).
declare -A python_with=()
framework() {
    local name=$1 limit=$2 module=$3 optional=yes
    shift 3
    if [ $missing_for_gpu = 1 ]; then
        not_run "$name" "see missing"
        return
    fi
    [ -n "${python_with[$module]+known}" ] || python_with[$module]=$(look_for_python_with "$module")
    if [ -z "${python_with[$module]}" ]; then
        not_run "$name" "there is no python3 with $module"
        return
    fi
    run "$name" "$limit" framework_figure env -u XLA_CLIENT_MEM_FRACTION XLA_PYTHON_CLIENT_PREALLOCATE=false \
        XLA_PYTHON_CLIENT_MEM_FRACTION=.75 TF_CPP_MIN_LOG_LEVEL=2 TORCHINDUCTOR_CACHE_DIR="$out/kit-tmp/torch" \
        "${python_with[$module]}" "$@"
}
look_for_python_with() {
    local python
    while IFS= read -r python; do
        if timeout -k 1 10 "$python" -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' \
            "$1" >/dev/null 2>&1 </dev/null; then
            printf '%s' "$python"
            return
        fi
    done < <(pythons)
}

last_line() { sed '/^\s*$/d' "$1" | tail -n 1; }
gpu_name() { sed -n '/, [0-9]*\.[0-9]*, /p' "$1" | head -n 1; }
doctor_figure() {
    printf '%s;%s' "$(last_line "$1" | tr -s ' ')" "$(sed -n 's/^ *copy \(.*\)$/ copy \1/p' "$1")"
}
gtest_figure() {
    grep -E '^\[  (PASSED|SKIPPED|FAILED)  ?\] [0-9]+ test' "$1" | tr -d '[]' | tr -s ' ' | paste -sd , | grep . ||
        printf '%s passed, %s failed so far' "$(grep -c '^\[       OK ' "$1")" "$(grep -c '^\[  FAILED  \]' "$1")"
}
steps_figure() {
    awk '/^ *[0-9]+ +[0-9.]+ / { rows = rows $1 ": " $2 "  "; bound = $5 > 0 ? sprintf("%.1f", $4 / $5) : "?"
                                 last = $1 " replicas: " $4 " ms a step, " bound " times the bound" }
         END { print "steps/s " rows last }' "$1"
}
in_a_step_figure() {
    awk '/^ *[0-9]+ +[0-9.]+ / { replicas = $1 }
         /^launches: / { launches = launches "  " replicas ": " $(NF - 1) " %" }
         /^products: / { grouped = $(NF - 1) }
         END { print "launches" launches "; cuBLAS\047s grouped product takes " grouped " times our products at " replicas }' "$1"
}
# What others' libraries took, as "PyTorch eager, deep_gpcm, 1, 0.8": the last figure of each, and nothing that is none.
timed() {
    sed -nE 's/^timed: ([A-Za-z ]+), (attn_gpcm_learn|deep_gpcm), ([0-9]+) replicas, ([0-9]+\.[0-9]+) s an epoch a replica.*/\1, \2, \3, \4/p' \
        "$@" 2>/dev/null | awk -F ', ' '$4 > 0 { key = $1 $2; if (!(key in line)) order[++n] = key; line[key] = $0 }
                                        END { for (i = 1; i <= n; i++) print line[order[i]] }'
}
framework_figure() {
    { timed "$1" | sed -E 's/^[^,]*, ([^,]*), [0-9]+, (.*)/\1 \2 s an epoch a replica/'
      sed -n 's/ PyTorch reference, to .*/ PyTorch/p' "$1"; } | paste -sd ';' | sed 's/;/; /g' | grep . || last_line "$1" | cut -c 1-100
}
# What an epoch takes of ours and of others' libraries, a table a model.
comparison() {
    { cat -- "$(file_of steps)" "$(file_of steps_deep)" 2>/dev/null || true
      for part in torch torch_parts jax jax_64; do timed "$(file_of $part)" | sed 's/^/timed, /'; done; } | awk '
        function row(whose, replicas, seconds) {
            printf "%-26s %8d %12.6f", whose, replicas, seconds
            for (i = 1; i <= 3; i++)
                if ((model, at[i]) in ours) printf " %9.1f", seconds / ours[model, at[i]]
                else printf " %9s", "-"
            printf "\n"
        }
        BEGIN { split("1 64 250", at) }
        / at the published best/ { model = $1; steps = $(NF - 1) }
        /^ *[0-9]+ +[0-9.]+ +[0-9.]+ / && $3 > 0 && steps > 0 { ours[model, $1] = steps / $3; any[model] = 1 }
        /^timed, / { split($0, field, ", "); whose[++n] = field[2]; what[n] = field[3]; replicas[n] = field[4]; took[n] = field[5] }
        END {
            split("attn_gpcm_learn deep_gpcm", models)
            for (m = 1; m <= 2; m++) {
                model = models[m]
                if (!(model in any)) continue
                printf "%-26s %8s %12s %29s\n", model, "replicas", "s an epoch", "times ours of 1, 64 and 250"
                for (k = 1; k <= 3; k++) if ((model, at[k]) in ours) row("ours", at[k], ours[model, at[k]])
                for (k = 1; k <= n; k++) if (what[k] == model) row(whose[k], replicas[k], took[k])
            }
        }'
}
sweep_figure() {
    sed -n 's/^\(best trial: [^(]*\) (.*/\1/p' "$1" | grep . || grep -o '[0-9]*%, trials .*' "$1" | tail -n 1
}
sweep_cpu_figure() {
    printf '%s' "$(sweep_figure "$1")"
    [ -z "${took[sweep_gpu]:-}" ] || [ -z "${took[sweep_cpu]:-}" ] ||
        awk -v gpu="${took[sweep_gpu]}" -v cpu="${took[sweep_cpu]}" 'BEGIN { printf "; %.2f times as long as on the GPU", cpu / gpu }'
}
sweep_50_figure() {
    printf '%s; %s' "$(sweep_figure "$1")" "$(grep -o 'epochs [0-9]* in .*' "$1" | tail -n 1)"
}
operations_figure() {
    printf '%s operations, %s' "$(grep -c '/manual_time ' "$1")" \
        "$(sed -n 's/^\(copy\|product\): \(.*\)$/\1 \2/p' "$1" | paste -sd ,)"
}
sanitizer_figure() { grep -o 'ERROR SUMMARY.*' "$1" || last_line "$1"; }

say "manygpcm on $(uname -n), $(date -u '+%Y-%m-%d %H:%M UTC'), $(nproc) processors"
look_at_machine
line part exit seconds ""

smi_query='nvidia-smi --query-gpu=name,compute_cap,driver_version,memory.total --format=csv,noheader; exec nvidia-smi'
if command -v nvidia-smi >/dev/null; then
    run nvidia-smi 10 gpu_name bash -c "$smi_query"
else
    not_run nvidia-smi "not installed"
fi
look_at_gpu

sweep=("$program" sweep --data "$data" --model attn_gpcm_learn --space published --trials 16 --folds 5 --epochs 2
    --sampler random --scheduler fixed)
steps=("$kit/manygpcm_steps" --data "$data/train.txt")
run_on_gpu doctor 60 doctor_figure "$program" doctor --device cuda:0
run_on_gpu parity 60 gtest_figure "$kit/parity_tests" --gtest_filter='*Cuda*' --gtest_color=no
run_on_gpu cuda_tests 40 gtest_figure "$kit/cuda_tests" --gtest_color=no
run_on_gpu steps 60 steps_figure "${steps[@]}" --device cuda:0 --replicas 1,16,64,250
run_on_gpu steps_deep 30 steps_figure "${steps[@]}" --model deep_gpcm --device cuda:0 --replicas 1,64,250
run_on_gpu in_a_step 45 in_a_step_figure "${steps[@]}" --device cuda:0 --replicas 1,64,250 --epochs 1 --operations
run_on_gpu sweep_gpu 50 sweep_figure "${sweep[@]}" --device cuda:0 --out "$out/kit-tmp/sweep_gpu"
run_program sweep_cpu 50 sweep_cpu_figure "${sweep[@]}" --device cpu --out "$out/kit-tmp/sweep_cpu"
run_on_gpu sweep_50 90 sweep_50_figure "$program" sweep --data "$data" --model attn_gpcm_learn --space published \
    --device cuda:0 --out "$out/kit-tmp/sweep_50"
cp -- "$out/kit-tmp/sweep_50/"*_report.md "$out/sweep_50.md" 2>/dev/null || true
run_on_gpu operations 50 operations_figure "$kit/manygpcm_bench" --device=cuda:0 --replicas=250 \
    --benchmark_filter=/published_best --benchmark_min_time=0.02
sanitizer=$(PATH=$PATH:$(printf '%s:' /usr/local/cuda*/bin /usr/local/cuda*/compute-sanitizer) \
    type -P compute-sanitizer || true)
if [ -n "$sanitizer" ]; then
    run_on_gpu sanitizer 45 sanitizer_figure "$sanitizer" --tool memcheck --error-exitcode 9 \
        "$kit/cuda_tests" --gtest_color=no --gtest_filter='*CudaTraining*attn_gpcm_learn'
else
    not_run sanitizer "compute-sanitizer isn't installed"
fi
run_program steps_cpu 25 steps_figure "${steps[@]}" --replicas 1,16
# Others last, so that they take time from nobody.
framework torch 40 torch "$kit/gpcm_reference.py" time "$data/train.txt" cuda
framework jax_check 60 jax "$kit/gpcm_jax.py" check "$kit/data/deep_gpcm.json" "$kit/data/attn_gpcm_learn_causal.json"
framework jax 90 jax "$kit/gpcm_jax.py" time "$data/train.txt" 1 cuda
framework jax_64 90 jax "$kit/gpcm_jax.py" time "$data/train.txt" 64 cuda
framework torch_parts 60 torch "$kit/gpcm_reference.py" time "$data/train.txt" cuda compiled

# ---- The end

[ $missing_for_programs = 0 ] && [ $missing_for_gpu = 0 ] || failed=1
comparison >> "$summary" || true
for part in "${bad_parts[@]}"; do
    printf -- '---- the end of %s:\n' "$part"
    tail -n 8 -- "$(file_of "$part")" | cut -c 1-110
done
rm -rf -- "$out/kit-tmp" 2>/dev/null || true
cat -- "$summary"
exit $failed
