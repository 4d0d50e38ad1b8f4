#!/usr/bin/env bash
# icons.sh [starter|all]: installs real icon sets from npm into data/npm/ and prints the paths to import, one a line.
#
#   starter   eight popular sets, 35 MB (the default)
#   all       every set there is, 465 MB
#
# Versions are pinned by the lock files in scripts/icons/, so that two machines import the same icons.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
collection=${1:-starter}

case $collection in
  starter) packages='@iconify-json/*' ;;
  all) packages='@iconify/json' ;;
  *)
    echo "icons: no such collection: $collection (starter or all)" >&2
    exit 2
    ;;
esac

target=$root/data/npm/$collection
mkdir -p "$target"
cp "$root/scripts/icons/$collection/package.json" "$root/scripts/icons/$collection/package-lock.json" "$target/"
"$root/scripts/npm-ci.sh" "$target" --ignore-scripts

for package in "$target"/node_modules/$packages; do
  printf '%s\n' "$package"
done
