#!/usr/bin/env bash
# relevance.sh: whether searches find what people mean, beside the Iconify API on the same queries.
#
#   COUNT=500   queries of each kind
#   ICONQL=…    the program to judge; built when left out
#
# Takes about three minutes and 1.5 GB of disk in target/bench, and writes target/bench/relevance.md. Ends with status 1
# where an aim is missed. Load on the machine changes nothing but the time.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export COUNT=${COUNT:-500} LOG_LEVEL=warn
export WORK=$bench/relevance

prepare_iconql
prepare_peers
KEYWORDS=$("$root/scripts/keywords.sh")
sources=$bench/relevance-sources
mkdir -p "$sources" "$WORK"
cp "$root"/benches/relevance/package*.json "$sources/"
"$root/scripts/npm-ci.sh" "$sources" --ignore-scripts
SQLITE_FILE=$(sqlite_with_every_set)
export KEYWORDS UNSEEN_KEYWORDS=$sources/node_modules SQLITE_FILE

cd "$WORK"
exec "$NODE" "$root/benches/relevance/main.mjs"
