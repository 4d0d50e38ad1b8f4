#!/usr/bin/env bash
# picker.sh: what pickers ask for while a person searches, scrolls and copies: iconql's icon browser beside the ways of Iconify and Icônes.
#
#   QUERY=arrow  what is looked for
#   PAGES=5      pages of 100 icons that are scrolled through
#   ICONQL=…     the program to measure; built when left out
#
# Takes about two minutes and 1.5 GB of disk in target/bench, and writes target/bench/picker.md. Ends with status 1 where iconql asks for more
# than a quarter of what Iconify's client does, or than a fiftieth of a request an icon. Load on the machine changes nothing but the time.
set -euo pipefail

# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
export QUERY=${QUERY:-arrow} PAGES=${PAGES:-5} LOG_LEVEL=warn
export WORK=$bench/picker CLIENT=$bench/picker-client

make -C "$root" --no-print-directory ui
prepare_iconql
prepare_peers
"$root/scripts/npm-ci.sh" "$root/frontend-examples"
mkdir -p "$CLIENT" "$WORK"
cp "$root"/benches/picker/{package*.json,client.js,index.html} "$CLIENT/"
"$root/scripts/npm-ci.sh" "$CLIENT" --ignore-scripts
CHROMIUM=$("$root/scripts/chromium.sh")
SQLITE_FILE=$(sqlite_with_every_set)
export CHROMIUM SQLITE_FILE

cd "$WORK"
exec "$NODE" "$root/benches/picker/main.mjs"
