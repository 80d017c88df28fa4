#!/usr/bin/env bash
# Prints what can be told of the CUDA engine without a GPU: registers, spills, shared memory and occupancy of every
# kernel on sm_80, sm_90 and sm_100, how wide its memory accesses are in the machine code, and what a training step of a
# cohort of 250 replicas launches, computes and moves. Needs a CUDA toolkit (nvcc) and python3; docs/cuda.md keeps the output.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
[ -x "$nvcc" ] || { echo "cuda_report: no nvcc; install a CUDA toolkit or put it on PATH" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Kernels whose accesses are known: the decoding of machine code is checked against them first.
cat > "$work/decoding_check.cu" <<'CUDA'
extern "C" __global__ void wide(const float4* a, const float4* b, const float* c, float4* y) {
    const float4 x = a[threadIdx.x], z = b[threadIdx.x];
    y[threadIdx.x] = make_float4(x.x + c[threadIdx.x], x.y + z.x, x.z * z.y, x.w - z.z * z.w);
}
extern "C" __global__ void narrow(const float* a, float* y) { y[threadIdx.x] = a[threadIdx.x]; }
CUDA

[ -f build/CMakeCache.txt ] || cmake --preset release >&2
cmake --build build --target manygpcm_cuda_launches >&2
build/manygpcm_cuda_launches > "$work/calls.json"

compile() {
    local source=$1 architecture=$2
    local name
    name=$(basename "$source" .cu)
    "$nvcc" -std=c++20 -O3 --expt-relaxed-constexpr -Ikernels/include -Ikernels -Ikernels/cuda --diag-suppress=554 -arch="$architecture" -cubin \
        -Xptxas -v -o "$work/$name.$architecture.cubin" "$source" > "$work/$name.$architecture.log" 2>&1 ||
        { cat "$work/$name.$architecture.log" >&2; return 1; }
}
export -f compile
export nvcc work
for architecture in sm_80 sm_90 sm_100; do
    for source in "$work/decoding_check.cu" kernels/cuda/*.cu; do
        printf '%s\0%s\0' "$source" "$architecture"
    done
done | xargs -0 -n 2 -P "$(nproc)" bash -c 'compile "$0" "$1"'
rm -f "$work"/decoding_check.*.log
cat "$work"/*.log > "$work/ptxas.log.all"
python3 scripts/cuda_report.py "$work" "$work/ptxas.log.all" "$work/calls.json"
