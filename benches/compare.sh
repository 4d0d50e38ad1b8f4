#!/usr/bin/env bash
# compare.sh: iconql and what people would run instead, side by side: the same icons, the same requests, one machine.
#
#   ROUNDS=3       interleaved rounds, of which the median counts
#   DURATION=10    seconds of each run
#   PEERS=…        those of apollo,yoga,postgraphile,iconify-api to measure
#   ICONQL=…       the program to measure; built when left out
#   CALM_WAIT=300  seconds to wait before each run for a machine that does nothing else; a run without is marked
#
# Takes about 20 minutes and writes target/bench/compare.md. DURATION=2 ROUNDS=1 CALM_WAIT=0 shows that everything works.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-10} CALM_WAIT=${CALM_WAIT:-300}
export PEERS=${PEERS-apollo,yoga,postgraphile,iconify-api}
export WORK=$bench/compare

# Everything below that needs a database runs beside one.
if [ "${1:-}" != --beside-postgres ]; then
  prepare_load
  prepare_iconql
  prepare_peers
  exec "$root/scripts/postgres.sh" "${BASH_SOURCE[0]}" --beside-postgres
fi

echo "importing every icon set into PostgreSQL, SQLite and the peers' tables" >&2
mkdir -p "$WORK"
cd "$WORK"
export LOG_LEVEL=warn
POSTGRES_URL=$(postgres_with_every_set iconql_bench)
SQLITE_FILE=$(sqlite_with_every_set)
PEERS_URL=$(new_database iconql_bench_peers)
export POSTGRES_URL SQLITE_FILE PEERS_URL
DATABASE_URL=$PEERS_URL "$NODE" "$PEERS_FOLDER/load.mjs"

exec "$NODE" "$root/benches/compare/main.mjs"
