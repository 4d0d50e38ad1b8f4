#!/usr/bin/env bash
# search.sh: what searches cost, beside the Iconify API on the same queries, from page to page, and on ten times the catalog.
#
#   ROUNDS=5       interleaved rounds, of which the median counts
#   COUNT=2000     different queries of each kind
#   DURATION=5     seconds for which the same queries are asked in turn
#   TENFOLD=1      0 leaves out ten times the catalog
#   ICONQL=…       the program to measure; built when left out
#   CALM_WAIT=300  seconds to wait before each run for a machine that does nothing else
#
# Takes about 20 minutes and 10 GB of disk in target/bench, of which 7 GB are for ten times the catalog, and writes
# target/bench/search.md. Ends with status 1 where a limit is passed. COUNT=200 ROUNDS=1 CALM_WAIT=0 TENFOLD=0 shows that
# everything works.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export ROUNDS=${ROUNDS:-5} COUNT=${COUNT:-2000} DURATION=${DURATION:-5} TENFOLD=${TENFOLD:-1}
export CALM_WAIT=${CALM_WAIT:-300} LOG_LEVEL=warn
export WORK=$bench/search

# Everything below that needs a database runs beside one.
if [ "${1:-}" != --beside-postgres ]; then
  prepare_load
  prepare_iconql
  prepare_peers
  KEYWORDS=$("$root/scripts/keywords.sh")
  export KEYWORDS
  exec "$root/scripts/postgres.sh" "${BASH_SOURCE[0]}" --beside-postgres
fi

echo "importing every icon set with keywords into PostgreSQL and SQLite" >&2
mkdir -p "$WORK"
cd "$WORK"
POSTGRES_URL=$(postgres_with_every_set iconql_search)
SQLITE_FILE=$WORK/every-set-with-keywords.db
rm -f "$SQLITE_FILE"*
cp "$(sqlite_with_every_set)" "$SQLITE_FILE"
for url in "$POSTGRES_URL" "sqlite://$SQLITE_FILE"; do
  DATABASE_URL=$url "$ICONQL" import --keywords "$KEYWORDS" >/dev/null
done
export POSTGRES_URL SQLITE_FILE

status=0
"$NODE" "$root/benches/search/main.mjs" || status=$?
rm -f "$SQLITE_FILE"*
exit "$status"
