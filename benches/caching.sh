#!/usr/bin/env bash
# caching.sh: what is kept and what it is worth: nothing kept beside pgbench, the slowest hundredth at half load while other things
# happen, the memory of a server that has everything loaded, requests for a page, and the share of a day that memory answers.
#
#   ROUNDS=3       interleaved rounds, of which the median counts
#   DURATION=15    seconds of each run
#   ICONQL=…       the program to measure, and HIT_RATE=… the other; built when one is left out
#   CALM_WAIT=300  seconds to wait before each run for a machine that does nothing else; a run without is marked
#
# Takes about 20 minutes and 2 GB of disk in target/bench, and writes target/bench/caching.md. Ends with status 1 where a limit is
# missed. DURATION=2 ROUNDS=1 CALM_WAIT=0 shows that everything works.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-15} CALM_WAIT=${CALM_WAIT:-300} LOG_LEVEL=warn
export WORK=$bench/caching

# Everything below that needs a database runs beside one.
if [ "${1:-}" != --beside-postgres ]; then
  prepare_load
  # It is started, killed and started again by who measures that.
  "$root/scripts/redis.sh" true
  if [ -z "${ICONQL:-}" ] || [ -z "${HIT_RATE:-}" ]; then
    (cd "$root" && cargo build --release --package api --package benches --bin iconql --bin hit-rate)
    built=${CARGO_TARGET_DIR:-$root/target}/release
    ICONQL=$built/iconql HIT_RATE=$built/hit-rate
  fi
  HIT_RATE=$(realpath "$HIT_RATE")
  export HIT_RATE
  prepare_iconql
  prepare_peers
  export CLIENT_FOLDER=$bench/caching-client
  mkdir -p "$CLIENT_FOLDER"
  cp "$root"/benches/caching/package*.json "$CLIENT_FOLDER/"
  "$root/scripts/npm-ci.sh" "$CLIENT_FOLDER" --ignore-scripts
  exec "$root/scripts/postgres.sh" "${BASH_SOURCE[0]}" --beside-postgres
fi

command -v pgbench >/dev/null || PATH=$PATH:$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
echo "importing every icon set into PostgreSQL and SQLite" >&2
mkdir -p "$WORK"
cd "$WORK"
POSTGRES_URL=$(postgres_with_every_set iconql_caching)
SQLITE_FILE=$(sqlite_with_every_set)
export POSTGRES_URL SQLITE_FILE

status=0
"$NODE" "$root/benches/caching/main.mjs" || status=$?
rm -rf "$WORK/changed" "$WORK"/changing.db*
exit "$status"
