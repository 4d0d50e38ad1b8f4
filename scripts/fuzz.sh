#!/usr/bin/env bash
# fuzz.sh [TARGET…]: feeds random input to each target, or to those named, for FUZZ_SECONDS (600) each, led by coverage.
#
# libFuzzer does the feeding, and is built from its sources by the C++ compiler; the instrumentation is the compiler's own.
# What it learns is kept in target/fuzz/TARGET from run to run, and begins with fuzz/seeds/TARGET. An input that ends a
# target, takes more than a second of processor time, or makes memory grow by more than 64 MB ends the run with status 1:
# it is left in target/fuzz/found, and belongs into fuzz/seeds/TARGET once it is mended.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-600}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(document opaque svg importer)

host=$(rustc -vV | sed -n 's/^host: //p')
folder=${CARGO_TARGET_DIR:-target}
# With a target of its own, build scripts and macros stay as they are.
coverage=(
  -C passes=sancov-module
  -C llvm-args=-sanitizer-coverage-level=4
  -C llvm-args=-sanitizer-coverage-inline-8bit-counters
  -C llvm-args=-sanitizer-coverage-pc-table
  -C llvm-args=-sanitizer-coverage-trace-compares
)
RUSTFLAGS="${RUSTFLAGS:-} ${coverage[*]}" cargo build --package fuzz --bins --features libfuzzer --profile fuzz --target "$host"

mkdir -p "$folder/fuzz/found"
status=0
for target in "${targets[@]}"; do
  mkdir -p "$folder/fuzz/$target"
  echo "== $target: $seconds s"
  dictionary=()
  [ ! -f "fuzz/dictionaries/$target" ] || dictionary=("-dict=fuzz/dictionaries/$target")
  "$folder/$host/fuzz/fuzz-$target" "$folder/fuzz/$target" "fuzz/seeds/$target" \
    -max_total_time="$seconds" -max_len=20000 -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$folder/fuzz/found/$target-" "${dictionary[@]}" || status=1
done
exit $status
