#!/usr/bin/env bash
# keywords.sh: installs the packages that hold keywords of icons from npm into data/npm/keywords and prints the path to
# import, for `iconql import --keywords`.
#
# Versions are pinned by the lock file in scripts/icons/keywords/, so that two machines import the same keywords.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

target=$root/data/npm/keywords
mkdir -p "$target"
cp "$root/scripts/icons/keywords/package.json" "$root/scripts/icons/keywords/package-lock.json" "$target/"
"$root/scripts/npm-ci.sh" "$target" --ignore-scripts

printf '%s\n' "$target/node_modules"
