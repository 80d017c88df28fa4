#!/usr/bin/env bash
# Makes build/kit: one folder of less than 60 MiB that can be carried to a machine with an NVIDIA GPU and run there
# (docs/cuda.md): the program, the tests and benchmarks that a GPU runs, the libraries that a bare system lacks, sample
# data and run.sh. glibc, the driver, cuBLAS and cuDNN are the machine's own. Builds in build/kit-build.
# --architectures takes what MANYGPCM_CUDA_ARCHITECTURES does; H100, H200 and PTX for what comes after unless said
# otherwise, since every further one takes minutes to compile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

architectures=90
usage() {
    echo "usage: scripts/gpu_kit.sh [--architectures LIST]" >&2
    exit 2
}
case "$#,${1:-}" in
    0,) ;;
    2,--architectures) architectures=$2 ;;
    *) usage ;;
esac
[ -n "$architectures" ] || usage

readonly build=build/kit-build kit=build/kit most_mib=60
readonly programs=(manygpcm parity_tests cuda_tests manygpcm_bench manygpcm_steps)
readonly glibc='^(linux-vdso|ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|mvec))\.so'
readonly gcc='^lib(stdc\+\+|gcc_s)\.so'

fail() {
    echo "gpu_kit: $*" >&2
    exit 1
}

# Programs look for libraries beside themselves first, and so do the libraries that they load: that is DT_RPATH, which
# newer linkers write only if asked to. Tests aren't started here, where cuBLAS may not be in the loader's path. Without
# OpenMP the benchmarks leave out oneDNN, whose library alone has 38 MiB.
launcher=()
if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
fi
# shellcheck disable=SC2016  # $ORIGIN is the loader's
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMANYGPCM_CUDA=ON \
    "-DMANYGPCM_CUDA_ARCHITECTURES=$architectures" -DMANYGPCM_TESTS=ON -DMANYGPCM_BENCH=ON -DMANYGPCM_PAGE=OFF \
    -DMANYGPCM_INSTALL=OFF \
    -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON '-DCMAKE_INSTALL_RPATH=$ORIGIN/lib' \
    -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags -DCMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE=PRE_TEST \
    "${launcher[@]}"
cmake --build "$build" --target "${programs[@]}"

rm -rf "$kit"
mkdir -p "$kit/lib/gcc" "$kit/data"
for program in "${programs[@]}"; do
    cp "$build/$program" "$kit/"
done
cp -r data/synthetic_500_200_4 "$kit/data/"
cp tests/data/deep_gpcm.json tests/data/attn_gpcm_learn_causal.json "$kit/data/"
cp bench/gpcm_sizes.py bench/gpcm_reference.py bench/gpcm_jax.py "$kit/"
cp scripts/gpu_kit_run.sh "$kit/run.sh"

# "libfmt.so.9 => /usr/lib/x86_64-linux-gnu/libfmt.so.9 (0x...)", or "=> not found"
libraries=$(for program in "${programs[@]}"; do ldd "$build/$program"; done | awk '$2 == "=>" { print $1, $3 }' | sort -u)
while read -r name path; do
    [[ $name =~ $glibc ]] && continue
    [ -f "$path" ] || fail "$name: not found here"
    folder=$kit/lib
    [[ $name =~ $gcc ]] && folder=$kit/lib/gcc
    cp -L "$path" "$folder/$name"
done <<< "$libraries"
strip --strip-unneeded "${programs[@]/#/$kit/}" "$kit"/lib/*.so* "$kit"/lib/gcc/*.so*

# What run.sh compares the machine with. GCC's libraries ask for a newer glibc than all else; run.sh takes the machine's
# own where they can't be loaded. cuBLAS and cuDNN are opened by the program (kernels/cuda/libraries.cpp), which has their
# names; of cuDNN's parts, which it opens by itself, the engine uses two.
newest_glibc() { objdump -T "$@" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1 | sed 's/^GLIBC_//'; }
glibc_needed=$(newest_glibc "${programs[@]/#/$kit/}" "$kit"/lib/*.so*)
cuda_version=$(sed -n 's/^set(CMAKE_CUDA_COMPILER_VERSION "\([0-9]*\.[0-9]*\).*/\1/p' "$build"/CMakeFiles/*/CMakeCUDACompiler.cmake |
    tail -n 1)
{
    echo "commit $(git describe --always --dirty 2>/dev/null || echo unknown)"
    echo "architectures ${architectures//;/ }"
    echo "cuda $cuda_version"
    echo "glibc $glibc_needed"
    echo "glibc_of_gcc $(newest_glibc "$kit"/lib/gcc/*.so*)"
    echo "processor $(uname -m)"
    grep -aoE 'lib(cublas|cublasLt|cudnn)\.so\.[0-9]+' "$kit/manygpcm" | sort -u |
        sed -E 's/.*/library &/; s/^library libcudnn(.*)/&\nlibrary libcudnn_graph\1\nlibrary libcudnn_ops\1/'
} > "$kit/kit.txt"

# Each library must come from the kit, from wherever it is started.
place=$(realpath "$kit")
strays=$(for program in "${programs[@]}"; do env -i LD_LIBRARY_PATH="$place/lib/gcc" "$(command -v ldd)" "$place/$program"; done |
    awk -v kit="$place/lib/" '$2 == "=>" && index($3, kit) != 1 { print $1 }' | sort -u | grep -vE "$glibc" || true)
[ -z "$strays" ] || fail "not found in the kit: $strays"
kib=$(du -sk --apparent-size "$kit" | cut -f 1)
[ "$kib" -lt $((most_mib * 1024)) ] || fail "$kit has $((kib / 1024)) MiB, expected less than $most_mib"

echo "gpu_kit: $kit has $((kib / 1024)) MiB and needs glibc $glibc_needed and CUDA $cuda_version's cuBLAS and cuDNN;" \
    "on the GPU's machine: $(basename "$kit")/run.sh OUT"
