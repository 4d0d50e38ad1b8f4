#!/usr/bin/env bash
# analytics.sh: how long questions about usage take, over roll-ups of a hundred million events.
#
#   DAYS=90                days of roll-ups
#   EVENTS_PER_DAY=1110000 events of each
#   HOURS_OF=31            days of which there are hours too; older ranges are asked in whole days
#   COUNT=200              times that each question is asked, each time of another icon or range
#   ICONQL=…               the program to measure; built when left out
#   CALM_WAIT=300          seconds to wait before each engine for a machine that does nothing else
#
# One day is made up, recorded and rolled up; the others are copies of its roll-ups. Takes about 25 minutes and 20 GB of disk, and writes
# target/bench/analytics.md. Fails where a limit is missed.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export DAYS=${DAYS:-90} EVENTS_PER_DAY=${EVENTS_PER_DAY:-1110000} HOURS_OF=${HOURS_OF:-31} COUNT=${COUNT:-200} CALM_WAIT=${CALM_WAIT:-300}
export LOG_LEVEL=warn WORK=$bench/analytics

if [ "${1:-}" != --beside-postgres ]; then
  prepare_iconql
  prepare_peers
  exec "$root/scripts/postgres.sh" "${BASH_SOURCE[0]}" --beside-postgres
fi

mkdir -p "$WORK"
cd "$WORK"
echo "importing every icon set into PostgreSQL and SQLite" >&2
POSTGRES_URL=$(postgres_with_every_set iconql_analytics)
rm -f "$WORK"/usage.db*
cp "$(sqlite_with_every_set)" "$WORK/usage.db"
export POSTGRES_URL SQLITE_FILE=$WORK/usage.db



status=0
"$NODE" "$root/benches/analytics/main.mjs" || status=$?
rm -f "$WORK"/usage.db*
exit "$status"
