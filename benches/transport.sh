#!/usr/bin/env bash
# transport.sh: what the server's own transport costs, beside the least that speaks HTTP, with the same schema and database.
#
#   ROUNDS=5       interleaved rounds, of which the median counts
#   DURATION=10    seconds of each run
#   ICONQL=…       the program to measure, and BARE_HANDLER=… the other; built when one is left out
#   CALM_WAIT=300  seconds to wait before each run for a machine that does nothing else; a run without is marked
#
# Takes about 10 minutes and writes target/bench/transport.md. Fails where a limit is missed.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export ROUNDS=${ROUNDS:-5} DURATION=${DURATION:-10} CALM_WAIT=${CALM_WAIT:-300}
export WORK=$bench/transport

prepare_load
if [ -z "${ICONQL:-}" ] || [ -z "${BARE_HANDLER:-}" ]; then
  (cd "$root" && cargo build --release --package api --package benches --bin iconql --bin bare-handler)
  built=${CARGO_TARGET_DIR:-$root/target}/release
  ICONQL=$built/iconql BARE_HANDLER=$built/bare-handler
fi
prepare_iconql
prepare_peers
mkdir -p "$WORK"
cd "$WORK"
export LOG_LEVEL=warn
SQLITE_FILE=$(sqlite_with_every_set)
export BARE_HANDLER SQLITE_FILE

exec "$NODE" "$root/benches/transport/main.mjs"
