#!/usr/bin/env bash
# Install Debian packages when we may: tools/need.sh PACKAGE … ; status 1 (and one line that says why) when we may not.
set -u
if [ "$(id -u)" != 0 ]; then echo "not root: cannot install $*"; exit 1; fi
if ! command -v apt-get >/dev/null; then echo "no apt-get here: cannot install $*"; exit 1; fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 && exit 0
apt-get update -qq >"$log" 2>&1 && apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1 && exit 0
echo "apt-get could not install $*:"; tail -3 "$log"; exit 1
