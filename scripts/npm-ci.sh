#!/usr/bin/env bash
# npm-ci.sh DIR [NPM-OPTION…]: installs what DIR/package-lock.json pins, once.
#
# The lock file is copied into node_modules after a complete install; while the two are equal nothing is done and the
# network is not asked. A half-finished install leaves no copy, so it is done again.
set -euo pipefail

dir=${1:?usage: npm-ci.sh DIR [NPM-OPTION…]}
shift
lock=$dir/package-lock.json
installed=$dir/node_modules/.installed-lock.json

cmp -s "$lock" "$installed" && exit 0

command -v npm >/dev/null || {
  echo "npm-ci: npm is missing: install Node.js 20 or newer (Debian: apt-get install npm)" >&2
  exit 1
}

echo "npm-ci: installing $dir" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! (cd "$dir" && npm ci --no-audit --no-fund --no-progress --fetch-retries=3 --fetch-retry-mintimeout=1000 \
  --fetch-retry-maxtimeout=5000 "$@") >"$log" 2>&1 </dev/null; then
  if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH' "$log"; then
    echo "npm-ci: the npm registry cannot be reached: check the network or npm's proxy settings, then run again" >&2
  else
    grep -vE '^npm (warn|notice)' "$log" >&2 || true
    echo "npm-ci: npm ci failed in $dir" >&2
  fi
  exit 1
fi
cp "$lock" "$installed"
