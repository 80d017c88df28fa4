#!/usr/bin/env bash
# Times training epochs of manygpcm and of a plain PyTorch implementation (gpcm_reference.py) side by side.
# Builds manygpcm_epoch in build/ (or the directory in MANYGPCM_BUILD); arguments go to compare_torch.py (--help).
set -euo pipefail
bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repository="$(dirname "$bench")"
build="${MANYGPCM_BUILD:-$repository/build}"
python="${PYTHON:-/usr/bin/python3}"

if ! "$python" -c "import torch" 2>/dev/null; then
    echo "compare_torch: $python has no torch; install Debian's python3-torch, or name another Python in PYTHON" >&2
    exit 1
fi
[ -f "$build/CMakeCache.txt" ] || cmake -S "$repository" -B "$build" -G Ninja
cmake --build "$build" --target manygpcm_epoch >&2

exec "$python" -B "$bench/compare_torch.py" --program "$build/manygpcm_epoch" "$@"
