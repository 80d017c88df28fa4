#!/usr/bin/env bash
# Builds manygpcm and runs every test; --fast leaves out the slow ones (those that train to a known score).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

selection=()
case "${1:-}" in
    "") ;;
    --fast) selection=(--label-exclude slow) ;;
    *)
        echo "usage: scripts/test.sh [--fast]" >&2
        exit 2
        ;;
esac

[ -f build/CMakeCache.txt ] || cmake --preset release
cmake --build --preset release

SECONDS=0
status=0
ctest --test-dir build --parallel "$(nproc)" --output-on-failure --no-tests=error \
    "${selection[@]}" || status=$?
echo "test: ${SECONDS} seconds"
exit "$status"
