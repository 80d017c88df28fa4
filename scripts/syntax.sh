#!/usr/bin/env bash
# Whether every file compiles by itself, as with MANYGPCM_UNITY=OFF: rooms are compiled as one otherwise, which hides what
# a file forgets to include. Syntax and warnings only, in build-syntax; a third of the time of a build. The Python package
# is left out: its one file is compiled by itself in any build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly build=build-syntax
mkdir -p "$build"
# Stands before the compiler: checks, and leaves an empty object where a whole one would be.
cat > "$build/check" <<'END'
#!/usr/bin/env bash
for argument in "$@"; do
    [ "${last:-}" != -o ] || object=$argument
    last=$argument
done
"$@" -fsyntax-only && : > "$object"
END
chmod +x "$build/check"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMANYGPCM_UNITY=OFF -DMANYGPCM_WERROR=ON \
    -DMANYGPCM_CUDA=OFF -DMANYGPCM_PAGE=OFF -DMANYGPCM_PYTHON=OFF -DMANYGPCM_TESTS=OFF -DMANYGPCM_BENCH=OFF \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$PWD/$build/check" > "$build/configure.log" ||
    { cat "$build/configure.log" >&2; exit 1; }
# All objects, nothing linked.
mapfile -t objects < <(ninja -C "$build" -t targets all | sed -n 's/^\(.*\.cpp\.o\): CXX_COMPILER.*/\1/p')
ninja -C "$build" "${objects[@]}"
