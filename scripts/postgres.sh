#!/usr/bin/env bash
# postgres.sh COMMAND…: runs COMMAND beside a throwaway PostgreSQL, named by ICONQL_TEST_POSTGRES_URL.
#
# The server is private to this run: a new cluster in a temporary folder, a free port on 127.0.0.1, nothing synced to
# disk (but with DURABLE=1, for who measures that), a superuser `iconql` without a password. It is gone when COMMAND ends,
# however it ends, and COMMAND's exit status is this script's. As root on Debian a missing server is installed first.
set -euo pipefail

[ $# -gt 0 ] || {
  echo "usage: postgres.sh COMMAND…" >&2
  exit 2
}

# A server of the caller's own is used as it is.
[ -z "${ICONQL_TEST_POSTGRES_URL:-}" ] || exec "$@"

# Prints the folder of the server's programs: the one in PATH, else the newest that Debian has.
server_programs() {
  local initdb
  initdb=$(command -v initdb) || initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ -x "$initdb" ] && dirname "$(readlink -f "$initdb")"
}

if ! programs=$(server_programs); then
  # shellcheck source=scripts/debian.sh
  . "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
  install_packages postgresql
  programs=$(server_programs)
fi

as_owner=(setpriv)
if [ "$(id -u)" = 0 ]; then
  # The server refuses to run as root.
  owner=$(id -un postgres 2>/dev/null || echo nobody)
  as_owner+=(--reuid "$owner" --regid "$(id -g "$owner")" --clear-groups)
fi

# /tmp and not TMPDIR: another user must reach it, and the path of a socket has 107 bytes at most.
cluster=$(mktemp -d /tmp/iconql-postgres.XXXXXX)
server=

stop() {
  if [ -n "$server" ]; then
    kill -QUIT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$cluster"
}
trap stop EXIT

[ "$(id -u)" != 0 ] || chown "$owner" "$cluster"

# Both programs start in a folder that their user may enter.
(cd "$cluster" && exec "${as_owner[@]}" "$programs/initdb" --pgdata=data --username=iconql --auth=trust --encoding=UTF8 \
  --locale=C.UTF-8 --no-sync) >"$cluster/log" 2>&1 || {
  cat "$cluster/log" >&2
  exit 1
}

settings=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
[ "${DURABLE:-}" != 1 ] || settings=(-c shared_buffers=1GB -c max_wal_size=4GB)

# Below the range from which the kernel takes ports for clients; another program may still have it, so several are tried.
for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  # A session of its own keeps Ctrl-C for COMMAND; --pdeathsig ends the server even when this script is killed outright.
  (cd "$cluster" && exec setsid "${as_owner[@]}" --pdeathsig QUIT "$programs/postgres" -D "$cluster/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories="$cluster" -c max_connections=200 \
    "${settings[@]}") >"$cluster/log" 2>&1 &
  server=$!
  # The eighth line of its lock file says when it takes connections.
  while kill -0 "$server" 2>/dev/null; do
    [[ $(sed -n 8p "$cluster/data/postmaster.pid" 2>/dev/null) != ready* ]] || break 2
    sleep 0.05
  done
  server=
done
[ -n "$server" ] || {
  cat "$cluster/log" >&2
  echo "postgres: the server did not start" >&2
  exit 1
}

export ICONQL_TEST_POSTGRES_URL=postgres://iconql@127.0.0.1:$port/postgres
# Dies with this script, so that nothing runs on without its database.
setpriv --pdeathsig TERM "$@"
