#!/usr/bin/env bash
# What the tests use beside Python: Chromium, PostgreSQL, Redis, curl, ogrinfo, khal, vdirsyncer, an HTML checker. Missing ones
# are installed when root; else tests skip.
set -u
here=$(dirname "$0")
have() { command -v "$1" >/dev/null || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1; }
have chromium-headless-shell || { have chromium && [ "$(id -u)" != 0 ]; } || "$here/need.sh" chromium-headless-shell ||
    have chromium || "$here/need.sh" chromium || echo "Browser tests are skipped: no chromium."
have curl || "$here/need.sh" curl || echo "The tutorial is not run: no curl."
have ogrinfo || "$here/need.sh" gdal-bin || echo "Reading exports with ogrinfo is skipped: no gdal-bin."
have initdb || "$here/need.sh" postgresql || echo "PostgreSQL tests are skipped: no server installed."
have redis-server || "$here/need.sh" redis-server || echo "Redis tests are skipped: no server installed."
have khal || "$here/need.sh" khal || echo "Reading calendars with khal is skipped: no khal."
have vdirsyncer || "$here/need.sh" vdirsyncer || echo "Fetching calendars with vdirsyncer is skipped: no vdirsyncer."
have java || "$here/need.sh" default-jre-headless || echo "Checking HTML is skipped: no java."
"$here/checker.sh" || echo "Checking HTML is skipped: the npm package vnu-jar could not be brought."
exit 0
