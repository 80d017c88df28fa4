#!/usr/bin/env bash
# bench/storage.sh PROGRAM [SECONDS]: operations a second of both storages of studies with 1, 4 and 16 writers: a journal
# in the directory for temporary files, and a PostgreSQL server of its own there, which syncs what is committed.
# PROGRAM is build/manygpcm_storage.
set -euo pipefail
program=$(realpath "$1") seconds=${2:-5}

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "storage: no PostgreSQL here (Debian: postgresql)" >&2; exit 2; }
dir=$(mktemp -d)
as=()
if [ "$(id -u)" -eq 0 ]; then  # whom the server refuses
    chown postgres "$dir"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups env "HOME=$dir")
fi
stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
"${as[@]}" "$bin/initdb" -D "$dir/data" -A trust -U optuna -E UTF8 --no-locale >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$dir" start >/dev/null

for writers in 1 4 16; do
    echo -n "journal     "
    "$program" "$dir/$writers.journal" "$writers" "$seconds"
done
for writers in 1 4 16; do
    psql -q -h "$dir" -U optuna -d postgres -c "CREATE DATABASE writers$writers"
    echo -n "PostgreSQL  "
    "$program" "postgresql://optuna@/writers$writers?host=$dir" "$writers" "$seconds"
done
