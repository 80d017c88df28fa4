#!/usr/bin/env bash
# from_sources.sh CMAKE SOURCE: builds examples/ with manygpcm as a part of their own build (FetchContent), and runs one.
set -euo pipefail
cmake=$1 source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Unoptimized, without page and CUDA: what is tested is the build.
"$cmake" -S "$source/examples" -B "$scratch/build" -DMANYGPCM_SOURCE="$source" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DMANYGPCM_CUDA=OFF -DMANYGPCM_PAGE=OFF >"$scratch/configure.log" ||
    { cat "$scratch/configure.log" >&2; exit 1; }
"$cmake" --build "$scratch/build" --target devices -j2
"$scratch/build/devices" | grep '^cpu '
echo "from_sources: ran"
