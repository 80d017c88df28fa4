#!/usr/bin/env bash
# installed.sh CMAKE SOURCE BUILD: installs the build into a fresh prefix, moves it elsewhere, and builds and runs
# examples/ against it, by CMake's package and by pkg-config.
set -euo pipefail
cmake=$1 source=$2 build=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "installed: $*" >&2
    exit 1
}

"$cmake" --install "$build" --prefix "$scratch/first" >"$scratch/install.log" || { cat "$scratch/install.log" >&2; exit 1; }
mv "$scratch/first" "$scratch/prefix"
prefix=$scratch/prefix
"$prefix"/bin/manygpcm --version

# What a header shows must be installed, too; what is for the other parts must not.
[ -z "$(find "$prefix/include" -path '*/detail*' -o -path '*/checks*')" ] || fail "private headers were installed"

# The shared library shows the C interface and namespace manygpcm, and nothing of what it is built from.
library=$(find "$prefix" -name 'libmanygpcm.so')
shown=$(nm -DC --defined-only "$library" | cut -d' ' -f3-)
others=$(grep -vE '^(manygpcm_|manygpcm::|(typeinfo( name)?|vtable|VTT|guard variable|non-virtual thunk|virtual thunk)( for| to) manygpcm::)' <<<"$shown") || true
# Function templates of ours begin with what they return.
others=$(grep -vE ' manygpcm::' <<<"$others") || true
[ -z "$others" ] || fail "the library shows: $(head -5 <<<"$others")"
[[ "$(readelf -d "$library")" == *"SONAME"*"libmanygpcm.so."[0-9]* ]] || fail "no SONAME with a version"

"$cmake" -S "$source/examples" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >"$scratch/configure.log" ||
    { cat "$scratch/configure.log" >&2; exit 1; }
"$cmake" --build "$scratch/build" -j2
data=$source/data/synthetic_500_200_4
"$scratch/build/devices" | grep -q '^cpu ' || fail "devices"
"$scratch/build/train" "$data" | grep -q '"qwk"' || fail "train"
for program in sweep sweep_of_parts; do
    "$scratch/build/$program" "$data" "$scratch/$program" | grep -q '_report.md' || fail "$program"
done
status=0
"$scratch/build/train" "$scratch/no-such-data" 2>"$scratch/error" || status=$?
[ "$status" -eq 2 ] && grep -q no-such-data "$scratch/error" || fail "an error: status $status, $(cat "$scratch/error")"

# A component that there isn't.
mkdir "$scratch/component"
cat >"$scratch/component/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(component LANGUAGES CXX)
find_package(manygpcm 0.1 REQUIRED COMPONENTS engine nonesuch)
END
"$cmake" -S "$scratch/component" -B "$scratch/component/build" -DCMAKE_PREFIX_PATH="$prefix" >"$scratch/log" 2>&1 &&
    fail "a component that there isn't was found"
grep -q "component nonesuch: expected kernels" "$scratch/log" || { cat "$scratch/log" >&2; fail "which component isn't there wasn't said"; }

sed -i 's/find_package.*/find_package(manygpcm 1.0 REQUIRED)/' "$scratch/component/CMakeLists.txt"
"$cmake" "$scratch/component/build" >"$scratch/log" 2>&1 && fail "version 1.0 was found in $("$prefix"/bin/manygpcm --version)"
grep -q 'compatible with requested' "$scratch/log" || { cat "$scratch/log" >&2; fail "why 1.0 doesn't fit wasn't said"; }

# pkg-config, which finds the prefix where it was moved to.
export PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name manygpcm.pc)")
flags=$(pkg-config --cflags --libs manygpcm)
# shellcheck disable=SC2086
${CC:-cc} "$source/examples/train.c" -o "$scratch/by_pkg_config" $flags -Wl,-rpath,"$(dirname "$library")"
"$scratch/by_pkg_config" "$data" | grep -q '"qwk"' || fail "pkg-config"
echo "installed: all ran"
