# shellcheck shell=bash
# Sourced by scripts that need a program which Debian packages.

# install_packages PACKAGE…: installs them where that needs no question (root on Debian), else fails and names them.
install_packages() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing: install $* (Debian: sudo apt-get install $*), then run again" >&2
    return 1
  fi
  echo "installing $*" >&2
  local log status=0
  log=$(mktemp)
  {
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  } >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" != 0 ]; then
    tail -n 5 "$log" >&2
    echo "apt-get could not install $*" >&2
  fi
  rm -f "$log"
  return "$status"
}
