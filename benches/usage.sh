#!/usr/bin/env bash
# usage.sh: how fast usage is recorded and rolled up, beside bare INSERTs into the same tables.
#
#   ROUNDS=3             interleaved rounds, of which the median counts
#   DURATION=10          seconds of each run
#   DAY_EVENTS=10000000  events of the day that is rolled up; 0 leaves it out
#   ICONQL=…             the program to measure; built when left out
#   CALM_WAIT=300        seconds to wait before each run for a machine that does nothing else; a run without is marked
#
# Takes about 15 minutes and 8 GB of disk, and writes target/bench/usage.md. Fails where a limit is missed.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-10} CALM_WAIT=${CALM_WAIT:-300} DAY_EVENTS=${DAY_EVENTS:-10000000} LOG_LEVEL=warn
export WORK=$bench/usage

if [ "${1:-}" != --beside-postgres ]; then
  prepare_load
  prepare_iconql
  prepare_peers
  # What is acknowledged is on the disk.
  export DURABLE=1
  exec "$root/scripts/postgres.sh" "${BASH_SOURCE[0]}" --beside-postgres
fi

command -v pgbench >/dev/null || PATH=$PATH:$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
mkdir -p "$WORK"
cd "$WORK"
echo "importing every icon set into PostgreSQL and SQLite" >&2
POSTGRES_URL=$(postgres_with_every_set iconql_usage)
rm -f "$WORK"/usage.db*
cp "$(sqlite_with_every_set)" "$WORK/usage.db"
export POSTGRES_URL SQLITE_FILE=$WORK/usage.db

status=0
"$NODE" "$root/benches/usage/main.mjs" || status=$?
rm -f "$WORK"/usage.db*
exit "$status"
