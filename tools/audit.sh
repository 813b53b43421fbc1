#!/usr/bin/env bash
# Known vulnerabilities of what constraints.txt pins, and a bill of materials (CycloneDX) in dist/sbom.json.
# Status 1 where a known vulnerability is found, or where the index could not be asked about most packages.
set -u
cd "$(dirname "$0")/.."
tools=.venv-audit
if [ ! -x $tools/bin/pip-audit ]; then
  python3 -m venv $tools && $tools/bin/pip install -q --disable-pip-version-check "pip-audit>=2.10,<3" "cyclonedx-bom>=7.5,<8" \
    || { echo "The tools could not be installed; is the package index reachable?"; exit 1; }
fi
mkdir -p dist
$tools/bin/cyclonedx-py environment .venv/bin/python --pyproject pyproject.toml --of JSON -o dist/sbom.json || exit 1
echo "dist/sbom.json: $(grep -c '"bom-ref"' dist/sbom.json) components"
$tools/bin/pip-audit -r constraints.txt --no-deps --disable-pip --progress-spinner off --format json -o dist/audit.json
found=$?
read -r all unknown < <(.venv/bin/python -c '
import json
known = json.load(open("dist/audit.json"))["dependencies"]
print(len(known), sum("skip_reason" in d for d in known))')
echo "$((all - unknown)) of $all pinned packages were compared with the known vulnerabilities (dist/audit.json)"
[ "$found" = 0 ] || exit 1
[ $((unknown * 2)) -lt "$all" ] || { echo "The index answered for too few of them to say that all is well."; exit 1; }
