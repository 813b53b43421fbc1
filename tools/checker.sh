#!/usr/bin/env bash
# The Nu HTML checker (npm package vnu-jar, MIT) into .venv/vnu.jar: 32 MB, for the tests only, of one version.
set -eu
cd "$(dirname "$0")/../.venv"
[ -f vnu.jar ] && exit 0
command -v npm >/dev/null || ../tools/need.sh npm
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm pack --silent vnu-jar@26.9.27 >/dev/null)
echo "5970d3ffca91a627cf0965e5d91bb2e4242307c29292998de0b419d6a901b2b7  $folder/vnu-jar-26.9.27.tgz" | sha256sum --check --status
tar xzf "$folder/vnu-jar-26.9.27.tgz" -C "$folder"
mv "$folder/package/build/dist/vnu.jar" vnu.jar
