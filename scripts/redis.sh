#!/usr/bin/env bash
# redis.sh COMMAND…: runs COMMAND beside a throwaway Redis, named by ICONQL_TEST_REDIS_URL.
#
# The server is private to this run: a temporary folder, a free port on 127.0.0.1, nothing written to disk. It is gone
# when COMMAND ends, however it ends, and COMMAND's exit status is this script's. As root on Debian a missing server is
# installed first.
set -euo pipefail

[ $# -gt 0 ] || {
  echo "usage: redis.sh COMMAND…" >&2
  exit 2
}

# A server of the caller's own is used as it is.
[ -z "${ICONQL_TEST_REDIS_URL:-}" ] || exec "$@"

if ! command -v redis-server >/dev/null; then
  # shellcheck source=scripts/debian.sh
  . "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
  # Its package starts a server for the whole machine, which nobody here needs.
  RUNLEVEL=1 install_packages redis-server
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/iconql-redis.XXXXXX")
server=

stop() {
  if [ -n "$server" ]; then
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap stop EXIT

# Below the range from which the kernel takes ports for clients; another program may still have it, so several are tried.
for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  # A session of its own keeps Ctrl-C for COMMAND; --pdeathsig ends the server even when this script is killed outright.
  (cd "$folder" && exec setsid setpriv --pdeathsig KILL redis-server --port "$port" --bind 127.0.0.1 \
    --save "" --appendonly no --databases 1 --daemonize no) >"$folder/log" 2>&1 &
  server=$!
  while kill -0 "$server" 2>/dev/null; do
    ! grep -q "Ready to accept connections" "$folder/log" || break 2
    sleep 0.05
  done
  server=
done
[ -n "$server" ] || {
  cat "$folder/log" >&2
  echo "redis: the server did not start" >&2
  exit 1
}

export ICONQL_TEST_REDIS_URL=redis://127.0.0.1:$port
# Dies with this script, so that nothing runs on without its server.
setpriv --pdeathsig TERM "$@"
