#!/usr/bin/env bash
# Installs the six pinned packages of the official SDKs, and what drives a browser, one folder each, under CACHE_DIR
# (default: target/sdk in this checkout). What is there already is left alone, so that a second
# run takes no time and asks no registry.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${1:-$here/../../target/sdk}
python=${PYTHON:-python3}

python_versions=(102.0.0 108.0.0 269.0.0)
javascript_versions=(97.0.0 107.0.0 262.0.0)
playwright_version=1.65.1
eventsource_version=4.1.1
standardwebhooks_version=1.1.1

need() {
    echo "setup.sh: $1" >&2
    exit 1
}

# What each generation of the Python package runs on, pinned.
python_packages() {
    case $1 in
        269.0.0) echo urllib3==2.8.0 python-dateutil==4.0.0 watchdog==7.1.0 certifi==2026.10.18 ;;
        *) echo urllib3==1.26.20 python-dateutil==2.9.0.post0 six==1.17.0 certifi==2026.10.18 ;;
    esac
}

install_python() {
    local version=$1 folder=$cache/python-$1
    [ -e "$folder/installed" ] && return
    command -v "$python" >/dev/null || need "python3 is missing: install python3 (3.10 or newer) and python3-venv"
    rm -rf "$folder"
    "$python" -m venv "$folder" >/dev/null 2>&1 || need "python3 cannot make a virtual environment: install python3-venv"
    # shellcheck disable=SC2046 # the pins are words
    "$folder/bin/pip" install --quiet --disable-pip-version-check \
        "PureCloudPlatformClientV2==$version" $(python_packages "$version")
    touch "$folder/installed"
    echo "installed python $version"
}

install_javascript() {
    local version=$1 folder=$cache/js-$1
    [ -e "$folder/installed" ] && return
    command -v node >/dev/null || need "node is missing: install nodejs (20 or newer) and npm"
    command -v npm >/dev/null || need "npm is missing: install nodejs (20 or newer) and npm"
    rm -rf "$folder"
    mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    (cd "$folder" && npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
        "purecloud-platform-client-v2@$version" >/dev/null)
    touch "$folder/installed"
    echo "installed javascript $version"
}

# Drives the system's Chromium; it brings no browser of its own.
install_browser_driver() {
    local folder=$cache/browser
    [ -e "$folder/installed" ] && return
    rm -rf "$folder"
    mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    (cd "$folder" && npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
        "playwright-core@$playwright_version" >/dev/null)
    touch "$folder/installed"
    echo "installed playwright-core $playwright_version"
}

# Reads the live feed, and verifies messages of webhooks.
install_watchers() {
    local folder=$cache/js-watch
    [ -e "$folder/installed" ] && return
    rm -rf "$folder"
    mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    (cd "$folder" && npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
        "eventsource@$eventsource_version" "standardwebhooks@$standardwebhooks_version" >/dev/null)
    touch "$folder/installed"
    echo "installed eventsource $eventsource_version and standardwebhooks $standardwebhooks_version"
}

for version in "${python_versions[@]}"; do install_python "$version"; done
for version in "${javascript_versions[@]}"; do install_javascript "$version"; done
install_browser_driver
install_watchers
