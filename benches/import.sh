#!/usr/bin/env bash
# import.sh: what an import of every icon set costs, beside SQLite writing the same rows with nothing else around it.
#
#   ROUNDS=3   interleaved rounds, of which the median counts
#   ICONQL=…   the program to measure; built when left out
#
# Takes about two minutes and 4 GB of disk in target/bench, and writes target/bench/import.md.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$root/target/bench/import
rounds=${ROUNDS:-3}
page=$root/target/bench/import.md

time_program=$(type -P time) || {
  # shellcheck source=scripts/debian.sh
  . "$root/scripts/debian.sh"
  install_packages time
  time_program=$(type -P time)
}

cd "$root"
if [ -z "${ICONQL:-}" ]; then
  cargo build --release --package api
  ICONQL=$target/release/iconql
fi
# A profile's worth of its own target would build everything twice, so the bare program is a release build too.
cargo build --release --package benches --bin bare-import
icons=$(scripts/icons.sh all)
rm -rf "$work"
mkdir -p "$work"

# import NAME FILE: imports every set into FILE and adds seconds, CPU seconds and kilobytes to NAME's figures.
import() {
  "$time_program" --quiet -f '%e %U %S %M' -o "$work/time" \
    "$ICONQL" --database-url "sqlite://$2" import "$icons" >"$work/$1.log" || {
    tail -n 3 "$work/$1.log" >&2
    echo "import: iconql failed" >&2
    exit 1
  }
  awk '{ print $1, $2 + $3, $4 }' "$work/time" >>"$work/$1.figures"
}

for round in $(seq "$rounds"); do
  rm -f "$work"/imported.db* "$work"/bare.db*
  sync
  import first "$work/imported.db"
  import second "$work/imported.db"
  sync
  "$target/release/bare-import" "$work/imported.db" "$work/bare.db" >>"$work/bare.figures"
  echo "round $round: first $(tail -n 1 "$work/first.figures") second $(tail -n 1 "$work/second.figures")" \
    "bare $(tail -n 1 "$work/bare.figures")" >&2
done

# median NAME COLUMN
median() {
  awk -v column="$2" '{ print $column }' "$work/$1.figures" | sort -n |
    awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

# limit WHAT VALUE LIMIT UNIT
limit() {
  awk -v what="$1" -v value="$2" -v limit="$3" -v unit="$4" \
    'BEGIN { printf "| %s | %.2f %s | %s %s | %s |\n", what, value, unit, limit, unit, value <= limit ? "within" : "**over**" }'
}

seconds=$(median first 1)
{
  printf '# An import of every icon set\n\nMedian of %s rounds, %s MB of icon sets.\n\n' "$rounds" "$(du -sm "$icons/json" | cut -f 1)"
  printf '| what | seconds | CPU seconds | peak resident MB |\n| --- | ---: | ---: | ---: |\n'
  for name in first second; do
    printf '| %s import | %.2f | %.2f | %.0f |\n' "$name" "$(median $name 1)" "$(median $name 2)" \
      "$(awk -v kb="$(median $name 3)" 'BEGIN { print kb * 1024 / 1e6 }')"
  done
  printf '| SQLite alone | %.2f | | |\n\n' "$(median bare 1)"
  printf '| limit | is | at most | |\n| --- | ---: | ---: | --- |\n'
  limit 'first import over SQLite alone' "$(awk -v a="$seconds" -v b="$(median bare 1)" 'BEGIN { print a / b }')" 2 '×'
  limit 'first import' "$seconds" 20 s
  limit 'peak of the first import' "$(awk -v kb="$(median first 3)" 'BEGIN { print kb * 1024 / 1e6 }')" 500 MB
  limit 'second import over the first' "$(awk -v a="$(median second 1)" -v b="$seconds" 'BEGIN { print a / b }')" 0.333 '×'
} | tee "$page"
rm -rf "$work"/imported.db* "$work"/bare.db*
