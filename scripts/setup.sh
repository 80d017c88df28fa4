#!/usr/bin/env bash
# Installs the Debian packages that manygpcm is built from, configures the release build and builds the program,
# build/manygpcm (scripts/test.sh builds the rest). Safe to run again: what is there stays. MANYGPCM_CMAKE_ARGS is handed
# to cmake's configuration.
# --browser installs Chromium too, in which scripts/test.sh then tests the report's page, --headers Doxygen, with which it
# tests the public headers; --fuzz and --tidy what scripts/fuzz.sh and scripts/tidy.sh take; --python what the Python
# package is built from and tested with; --cluster libpq, with which studies can be in PostgreSQL, and the server and
# launchers that tests start. Several may be given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
    g++ cmake ninja-build pkg-config clang-format
    libdnnl-dev libhwy-dev libeigen3-dev libnlopt-dev libnlopt-cxx-dev
    libcli11-dev nlohmann-json3-dev libfmt-dev libtomlplusplus-dev
    libgtest-dev libgmock-dev libbenchmark-dev libboost-dev libboost-context-dev zlib1g-dev
    gnuplot-nox fonts-dejavu-core
    python3-optuna python3-sklearn
)
# Whatever brings node and npm: Debian's packages are two, others' one.
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)

for option in "$@"; do
    case "$option" in
        --browser) packages+=(chromium) ;;
        --cluster)
            packages+=(libpq-dev postgresql python3-psycopg2 openmpi-bin slurmctld slurmd slurm-client munge)
            ;;
        --headers) packages+=(doxygen) ;;
        --fuzz) packages+=(clang libclang-rt-dev) ;;
        --python) packages+=(python3-dev pybind11-dev python3-numpy python3-pandas) ;;
        --tidy) packages+=(clang clang-tidy) ;;
        *)
            echo "usage: scripts/setup.sh [--browser] [--cluster] [--fuzz] [--headers] [--python] [--tidy]" >&2
            exit 2
            ;;
    esac
done

fail() {
    echo "setup: $*" >&2
    exit 1
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done

if [ "${#missing[@]}" -gt 0 ]; then
    command -v apt-get >/dev/null || fail "apt-get isn't here; install the equivalents of: ${missing[*]}," \
        "then run: cmake --preset release && cmake --build --preset release"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "neither root nor sudo; have these installed: ${missing[*]}"
        as_root=(sudo)
    fi
    echo "setup: installing ${missing[*]}"
    "${as_root[@]}" apt-get update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${missing[@]}"
fi

# Unquoted on purpose: several arguments, separated by spaces.
# shellcheck disable=SC2086
cmake --preset release ${MANYGPCM_CMAKE_ARGS:-}
cmake --build --preset release --target manygpcm
echo "setup: done; the program is build/manygpcm"
