#!/usr/bin/env bash
# Public headers (*/include, detail/ aside) are what users compile with.
# check.sh names ROOT: none shows what the parts are built with: another library, the system's calls or, above kernels/,
# the kernels. check.sh alone ROOT COMPILER: each compiles by itself. check.sh documented ROOT: doxygen finds nothing to
# warn of and every function outside a class says what it does; 77 (not run) without doxygen.
set -euo pipefail
what=$1 root=$2

mapfile -t headers < <(find "$root"/{kernels,engine,search,report}/include -name '*.h' -not -path '*/detail/*' | sort)
[ "${#headers[@]}" -gt 20 ] || { echo "only ${#headers[@]} public headers found below $root" >&2; exit 1; }

if [ "$what" = names ]; then
  includes=$(grep -nE '^ *# *include' "${headers[@]}")
  found=$(
    grep -vE '<[a-z_]+>|"manygpcm/(kernels|engine|search|report)/' <<<"$includes"
    grep -E '"manygpcm/[a-z]+/detail/' <<<"$includes"
    grep -E '"manygpcm/kernels/' <<<"$includes" | grep -v "^$root/kernels/"
  ) || true
  [ -z "$found" ] || { printf 'not for a public header:\n%s\n' "$found" >&2; exit 1; }
elif [ "$what" = documented ]; then
  command -v doxygen >/dev/null || { echo "doxygen isn't here" >&2; exit 77; }
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  cd "$root"
  warnings() {  # of doxygen, told besides what is in the file
    { cat docs/Doxyfile; printf '%s\n' "OUTPUT_DIRECTORY = $scratch" GENERATE_HTML=NO GENERATE_XML=YES "$@"; } |
      doxygen - 2>&1
  }
  found=$(
    warnings
    warnings EXTRACT_ALL=NO WARN_IF_UNDOCUMENTED=YES | grep -E '\(function\) of (namespace|file) .*not documented' |
      grep -v 'kernels/operations\.h:'  # declared by a macro, whose comment says what they do
  ) || true
  [ -z "$found" ] || { printf '%s\n' "$found" >&2; exit 1; }
  [ "$(find "$scratch/xml" -name 'namespacemanygpcm*.xml' | wc -l)" -ge 4 ] || { echo "doxygen read little" >&2; exit 1; }
else
  export compiler=$3
  for part in kernels engine search report; do flags+=" -I $root/$part/include"; done
  export flags
  alone() {
    # shellcheck disable=SC2086  # several words
    "$compiler" -std=c++20 -fsyntax-only -x c++ -include "$1" $flags /dev/null ||
      { echo "$1: doesn't compile alone" >&2; return 1; }
  }
  export -f alone
  printf '%s\0' "${headers[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'alone "$1"' alone
fi
