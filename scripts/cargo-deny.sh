#!/usr/bin/env bash
# cargo-deny.sh ARGUMENT…: cargo-deny, the one in PATH, else a pinned one built once into target/tools/ (about a minute).
set -euo pipefail

version=0.20.2

if command -v cargo-deny >/dev/null; then
  exec cargo-deny "$@"
fi

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/target/tools/cargo-deny-$version
if [ ! -x "$tools/bin/cargo-deny" ]; then
  echo "building cargo-deny $version" >&2
  # Unoptimised: it builds three times faster and checks in five seconds.
  CARGO_PROFILE_DEV_DEBUG=0 cargo install cargo-deny --version "$version" --locked --debug --quiet --root "$tools"
fi
exec "$tools/bin/cargo-deny" "$@"
