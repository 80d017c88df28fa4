#!/usr/bin/env bash
# packages.sh CPACK SOURCE BUILD: packs the build as a tarball, unpacks it in a root that has glibc alone, and runs a sweep
# there; then as Debian's package, where dpkg is. 77 (not run) where nobody may change the root.
set -euo pipefail
cpack=$1 source=$2 build=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
readonly most_mib=60

fail() {
    echo "packages: $*" >&2
    exit 1
}

# enter ROOT COMMAND ...: the command sees ROOT as /, and /proc, by which the loader finds where a program lies.
namespace=(--mount)
[ "$(id -u)" -eq 0 ] || namespace+=(--map-root-user)
enter() {
    # shellcheck disable=SC2016  # the inner shell's
    unshare "${namespace[@]}" bash -c 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"' "$@"
}
enter / true 2>/dev/null || { echo "packages: may not change the root here" >&2; exit 77; }

pack() {
    (cd "$scratch" && "$cpack" --config "$build/CPackConfig.cmake" -G "$1" -B "$scratch/packed" >"$scratch/log" 2>&1) ||
        { cat "$scratch/log" >&2; fail "cpack -G $1"; }
}

pack TGZ
tarball=$(find "$scratch/packed" -maxdepth 1 -name '*.tar.gz')
bytes=$(stat -c %s "$tarball")
[ "$bytes" -lt $((most_mib << 20)) ] || fail "$bytes bytes; expected less than $most_mib MiB"
root=$scratch/root
mkdir -p "$root"/{opt,lib,tmp,proc}
tar -xzf "$tarball" -C "$root/opt" --strip-components=1

# The name says which glibc it takes; nothing in it may take a newer one.
said=$(sed -n 's/.*-glibc\([0-9.]*\)\.tar\.gz$/\1/p' <<<"$tarball")
needed=$({ find "$root/opt" -type f \( -perm -u+x -o -name '*.so*' \) -exec objdump -T {} + 2>/dev/null ||
    true; } | # scripts are no programs
    grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1 | sed 's/^GLIBC_//')
[ -n "$said" ] && [ "$(printf '%s\n' "$said" "$needed" | sort -V | tail -n 1)" = "$said" ] ||
    fail "needs glibc $needed; its name says '$said'"

# glibc, from this machine.
program=$root/opt/bin/manygpcm
loader=$(readelf -p .interp "$program" | grep -o '/[^ ]*')
mkdir -p "$root$(dirname "$loader")"
cp "$loader" "$root$loader"
for name in libc.so.6 libm.so.6 libdl.so.2 librt.so.1 libpthread.so.0 libresolv.so.2; do
    cp "$(dirname "$("${CC:-cc}" -print-file-name=libc.so.6)")/$name" "$root/lib/$name"
done

if [ -f "$build/kit/run.sh" ] && grep -q '^MANYGPCM_KIT:' "$build/CMakeCache.txt"; then
    [ -x "$root/opt/share/manygpcm/kit/run.sh" ] || fail "scripts/gpu_kit.sh's kit isn't in the tarball"
fi

cp -r "$source/data/synthetic_500_200_4" "$root/data"
enter "$root" /opt/bin/manygpcm sweep --data /data --model gru_gpcm --trials 2 --folds 2 --epochs 1 --quiet \
    --out /tmp/out --set value_dim=8 >"$scratch/sweep.log"
[ -s "$root/tmp/out/best.safetensors" ] || fail "the sweep left no model"
echo "packages: $((bytes >> 20)) MiB; a sweep ran on glibc alone, of which it needs $needed"

if command -v dpkg-deb dpkg-shlibdeps >/dev/null; then
    pack DEB
    package=$(find "$scratch/packed" -maxdepth 1 -name '*.deb')
    depends=$(dpkg-deb --field "$package" Depends)
    [[ "$depends" == *"libc6 (>= "*libfmt*libnlopt* ]] || fail "Debian's package depends on: $depends"
    contents=$(dpkg-deb --contents "$package")
    for file in /usr/bin/manygpcm /usr/include/manygpcm.h /usr/share/man/man1/manygpcm-sweep.1; do
        [[ "$contents" == *" .$file"$'\n'* ]] || fail "Debian's package lacks $file"
    done
    [[ "$contents" != *libfmt* ]] || fail "Debian's package has libraries of other packages"
    echo "packages: $(basename "$package") depends on $depends"
fi
