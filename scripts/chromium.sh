#!/usr/bin/env bash
# chromium.sh: prints the path of a browser for the pages' tests, installing Debian's as root where there is none.
set -euo pipefail

# Prints the browser that the caller names, else the first in PATH.
browser() {
  command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome
}

if ! browser; then
  # shellcheck source=scripts/debian.sh
  . "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
  install_packages chromium fonts-dejavu-core
  browser
fi
