#!/usr/bin/env bash
# feedback.sh: what usage brings: the order of searches with it and without, and how much is in memory after a restart.
#
#   DAYS=30               days of usage that are made up; the last is the one that is judged by, and nothing before it knows of it
#   EVENTS_PER_DAY=20000  events of a usual working day
#   COUNT=1000            searches, and requests after a restart
#   ICONQL=…              the program to judge; built when left out
#
# Takes about five minutes and 2 GB of disk in target/bench, and writes target/bench/feedback.md. Ends with status 1 where usage brings
# nothing. Load on the machine changes nothing but the time.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export DAYS=${DAYS:-30} EVENTS_PER_DAY=${EVENTS_PER_DAY:-20000} COUNT=${COUNT:-1000} LOG_LEVEL=warn
export WORK=$bench/feedback

prepare_iconql
prepare_peers
mkdir -p "$WORK"
rm -f "$WORK"/usage.db*
cp "$(sqlite_with_every_set)" "$WORK/usage.db"
export SQLITE_FILE=$WORK/usage.db

cd "$WORK"
status=0
"$NODE" "$root/benches/feedback/main.mjs" || status=$?
rm -f "$WORK"/usage.db*
exit "$status"
