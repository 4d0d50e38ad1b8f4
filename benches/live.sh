#!/usr/bin/env bash
# live.sh: what it costs to follow the service live: 1,000 sockets with a snapshot each second, and one that stalls beside them.
#
#   SUBSCRIBERS=1000  sockets that follow
#   ROUNDS=3          rounds, of which the median counts
#   DURATION=20       seconds of each run
#   ICONQL=…          the program to measure; built when left out
#   CALM_WAIT=300     seconds to wait before each run for a machine that does nothing else; a run without is marked
#
# Takes about 4 minutes and writes target/bench/live.md. Fails where a limit is missed. DURATION=5 ROUNDS=1 CALM_WAIT=0 shows that everything
# works.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export SUBSCRIBERS=${SUBSCRIBERS:-1000} ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-20} CALM_WAIT=${CALM_WAIT:-300} LOG_LEVEL=warn
export WORK=$bench/live CLIENTS=$root/tests/clients

prepare_load
prepare_iconql
# graphql-ws, which people use, as the tests have it.
"$root/scripts/npm-ci.sh" "$CLIENTS"
mkdir -p "$WORK"
cd "$WORK"
# Each of them is a socket here and one there.
ulimit -n "$(ulimit -Hn)"

exec node "$root/benches/live/main.mjs"
