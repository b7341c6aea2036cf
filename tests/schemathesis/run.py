#!/usr/bin/env python3
"""Tries the API's own document on a running server.

Takes WAYFARE_URL, WAYFARE_CLIENT_ID, WAYFARE_CLIENT_SECRET and WAYFARE_DEPLOYMENT_ID, as the suites of
the SDKs do, and ends with the same closing line. Must be run by the Python that has schemathesis:

    tests/schemathesis/setup.sh
    target/sdk/schemathesis/bin/python tests/schemathesis/run.py
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).resolve().parent
URL = os.environ["WAYFARE_URL"]
CUSTOMER = "5c4e3a7e-0000-4000-8000-000000000001"


def call(method, path, body=None, headers=None):
    """Sends JSON (or a form) and gives the answer's JSON."""
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, method=method)
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        request.add_header(name, value)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


def token():
    pair = f"{os.environ['WAYFARE_CLIENT_ID']}:{os.environ['WAYFARE_CLIENT_SECRET']}"
    form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
    headers = {
        "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return call("POST", "/oauth/token", form, headers)["access_token"]


def fixtures(bearer):
    """Makes one of everything that can be asked for. Gives the ids as environment variables."""
    def authorized(method, path, body=None):
        return call(method, path, body, {"Authorization": f"Bearer {bearer}"})

    criterion = {"key": "page.url", "values": ["/"], "operator": "containsAny"}
    pattern = {"criteria": [criterion], "count": 1, "streamType": "Web", "sessionType": "web"}
    segment = authorized("POST", "/api/v2/journey/segments", {
        "displayName": "schemathesis", "journey": {"patterns": [pattern]},
    })
    event = call("POST", f"/api/v2/journey/deployments/{os.environ['WAYFARE_DEPLOYMENT_ID']}/webevents", {
        "customerCookieId": CUSTOMER,
        "eventName": "page_viewed",
        "page": {"url": "https://example.com/?utm_source=a", "title": "A"},
        "createdDate": datetime.now(timezone.utc).isoformat(),
    })
    session = authorized("GET", f"/api/v2/journey/sessions/{event['session']['id']}")
    targets = authorized("GET", "/api/v2/journey/actiontargets")
    user = authorized("POST", "/api/wayfare/v1/users", {
        "name": f"{segment['id']}@example.com", "password": segment["id"], "roles": [],
    })
    return {
        "WAYFARE_TOKEN": bearer,
        "WAYFARE_SEGMENT_ID": segment["id"],
        "WAYFARE_ACTION_TARGET_ID": targets["entities"][0]["id"],
        "WAYFARE_USER_ID": user["id"],
        "WAYFARE_SESSION_ID": session["id"],
        "WAYFARE_CONTACT_ID": session["externalContact"]["id"],
    }


def main():
    environment = {**os.environ, **fixtures(token()), "SCHEMATHESIS_HOOKS": "hooks"}
    environment["PYTHONPATH"] = str(HERE)
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.ndjson"
        command = [
            sys.executable, "-m", "schemathesis.cli",
            "--config-file", str(HERE / "schemathesis.toml"),
            "run", URL + "/api/v2/docs/openapi.json", "--no-color",
            "--report-ndjson-path", str(report),
        ]
        code = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    print(f"suite schemathesis: {int(code == 0)} passed, {int(code != 0)} failed")
    return code


if __name__ == "__main__":
    sys.exit(main())
