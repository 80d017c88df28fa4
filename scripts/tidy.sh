#!/usr/bin/env bash
# Runs clang-tidy over the C++ files that differ from a commit: HEAD's parent, unless one is named. --all: over all of
# them, which takes some 25 minutes of processor time. Files that are compiled together, those of a room, are read together,
# which takes a third of the time. The tests' own and CUDA's files are left out, and the examples, projects of their own
# that a test builds. Packages: scripts/setup.sh --tidy.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    echo "usage: scripts/tidy.sh [--all | COMMIT]" >&2
    exit 2
}
[ $# -le 1 ] || usage
readonly kinds=('kernels/*.cpp' 'engine/*.cpp' 'search/*.cpp' 'report/*.cpp' 'library/*.cpp' 'cli/*.cpp' 'bench/*.cpp'
    'python/*.cpp')
case "${1:-}" in
    --all) list=(git ls-files -z -- "${kinds[@]}") ;;
    -*) usage ;;
    *)
        base=${1:-HEAD~1}
        git rev-parse --quiet --verify "$base^{commit}" > /dev/null || {
            echo "tidy: $base: no such commit; expected one to compare with, or --all" >&2
            exit 2
        }
        list=(git diff -z --name-only --diff-filter=d "$base" -- "${kinds[@]}")
        ;;
esac

# By the compiler whose messages clang-tidy's are.
cmake --preset tidy > build-tidy.log 2>&1 || { cat build-tidy.log >&2; exit 1; }
rm build-tidy.log

# What is compiled for a file: its room, or itself, or nothing where this machine's configuration leaves it out.
mapfile -d '' rooms < <(find build-tidy -path '*/Unity/*.cxx' -print0)
unit_of() {
    local room
    if room=$(grep -l "/$1\"" "${rooms[@]}"); then
        printf '%s\0' "$room"
    elif grep -q "\"file\": \".*/$1\"" build-tidy/compile_commands.json; then
        printf '%s\0' "$1"
    fi
}
"${list[@]}" | while IFS= read -r -d '' file; do unit_of "$file"; done | sort -zu |
    xargs -0 --no-run-if-empty --max-procs="$(nproc)" --max-args=1 \
        clang-tidy -p build-tidy --quiet --warnings-as-errors='*'
