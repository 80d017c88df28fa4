#!/usr/bin/env bash
# Formats every C++ and CUDA file that git knows with clang-format; --check changes nothing and fails where it would.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
    "") mode=(-i) ;;
    --check) mode=(--dry-run -Werror) ;;
    *)
        echo "usage: scripts/format.sh [--check]" >&2
        exit 2
        ;;
esac

git ls-files -z '*.h' '*.cpp' '*.cu' '*.cuh' | xargs -0 --no-run-if-empty clang-format "${mode[@]}"
