#!/usr/bin/env bash
# transport.sh: what the server's own transport costs, beside the least that speaks HTTP, with the same schema and database.
#
#   ROUNDS=5       interleaved rounds, of which the median counts
#   DURATION=10    seconds of each run
#   ICONQL=…       the program to measure; built when left out, as is the bare handler
#   CALM_WAIT=300  seconds to wait before each run for a machine that does nothing else; a run without is marked
#
# Takes about 10 minutes and writes target/bench/transport.md. Fails where a limit is missed.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export ROUNDS=${ROUNDS:-5} DURATION=${DURATION:-10} CALM_WAIT=${CALM_WAIT:-300}
export WORK=$bench/transport

prepare_load
prepare_iconql
prepare_peers
BARE_HANDLER=${BARE_HANDLER:-}
if [ -z "$BARE_HANDLER" ]; then
  (cd "$root" && cargo build --release --package benches --bin bare-handler)
  BARE_HANDLER=${CARGO_TARGET_DIR:-$root/target}/release/bare-handler
fi
mkdir -p "$WORK"
cd "$WORK"
export LOG_LEVEL=warn
SQLITE_FILE=$(sqlite_with_every_set)
export BARE_HANDLER SQLITE_FILE

exec "$NODE" "$root/benches/transport/main.mjs"
