#!/usr/bin/env bash
# Installs schemathesis, pinned, under CACHE_DIR/schemathesis (default: target/sdk in this checkout).
# What is there already is left alone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${1:-$here/../../target/sdk}
python=${PYTHON:-python3}
folder=$cache/schemathesis
packages=(schemathesis==4.32.5 hypothesis==6.170.15 jsonschema_rs==0.60.3 requests==2.34.2)

[ -e "$folder/installed" ] && exit 0
command -v "$python" >/dev/null || {
    echo "setup.sh: python3 is missing: install python3 (3.10 or newer) and python3-venv" >&2
    exit 1
}
rm -rf "$folder"
"$python" -m venv "$folder" >/dev/null
"$folder/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"
touch "$folder/installed"
echo "installed schemathesis"
