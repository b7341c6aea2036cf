#!/usr/bin/env bash
# Installs the tools that open fact files, pinned, into CACHE_DIR/facts (default: target/sdk in this checkout).
# What is there already is left alone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/../../target/sdk}/facts
python=${PYTHON:-python3}

[ -e "$folder/installed" ] && exit
command -v "$python" >/dev/null || { echo "setup.sh: python3 is missing: install python3 (3.10 or newer) and python3-venv" >&2; exit 1; }
rm -rf "$folder"
"$python" -m venv "$folder" >/dev/null
"$folder/bin/pip" install --quiet --disable-pip-version-check \
    pyarrow==26.0.1 polars==2.1.0 polars-runtime-32==2.1.0 duckdb==2.0.0
touch "$folder/installed"
echo "installed pyarrow, polars and duckdb"
