#!/usr/bin/env bash
# fronts.sh: answers that everybody gets alike, asked for again: iconql by persisted GET, beside nginx with the same bytes in files.
#
#   ROUNDS=5       interleaved rounds, of which the median counts
#   DURATION=5     seconds of each run
#   ICONQL=…       the program to measure; built when left out
#   CALM_WAIT=300  seconds to wait before each run for a machine that does nothing else; a run without is marked
#
# Takes about 5 minutes and writes target/bench/fronts.md. Fails where a limit is missed.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export ROUNDS=${ROUNDS:-5} DURATION=${DURATION:-5} CALM_WAIT=${CALM_WAIT:-300}
export WORK=$bench/fronts

prepare_load
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || {
  # shellcheck source=scripts/debian.sh
  . "$root/scripts/debian.sh"
  install_packages nginx-light
}
prepare_iconql
prepare_peers
mkdir -p "$WORK"
cd "$WORK"
export LOG_LEVEL=warn
SQLITE_FILE=$(sqlite_with_every_set)
export SQLITE_FILE

exec "$NODE" "$root/benches/fronts/main.mjs"
