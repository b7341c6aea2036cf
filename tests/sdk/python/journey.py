"""What the suites of all three SDK generations share: the server, the checks, the fixtures.

An SDK's models are turned from and into plain wire dictionaries here, so that one check reads the
same for every generation; the suites themselves only call the SDK's own methods.
"""

import contextlib
import json
import os
import sys
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import date, datetime, timedelta, timezone

DESKTOP_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)
TELEPHONE_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1"
)


class CheckFailed(Exception):
    """A check did not hold; the text says what was expected and what came."""


class Suite:
    """Counts checks, names groups and prints the result of one generation."""

    def __init__(self, generation):
        self.generation = generation
        self.passed = 0
        self.failed = 0

    @contextlib.contextmanager
    def group(self, name):
        """Runs the checks of one group: one line when all pass, the reason when one does not."""
        before = self.passed
        try:
            yield
        except CheckFailed as failure:
            self.failed += 1
            print(f"FAILED {name}: {failure}", flush=True)
        except Exception as failure:  # an SDK raises many kinds; each fails the group
            self.failed += 1
            print(f"FAILED {name}: {type(failure).__name__}: {failure}", flush=True)
            traceback.print_exc()
        else:
            print(f"passed {name} ({self.passed - before} checks)", flush=True)

    def equal(self, what, got, expected):
        """`got` is `expected`."""
        if got != expected:
            raise CheckFailed(f"{what}: expected {expected!r}, got {got!r}")
        self.passed += 1

    def true(self, what, holds, got=None):
        """Something holds; `got` is shown when it does not."""
        if not holds:
            raise CheckFailed(f"{what}: does not hold, got {got!r}")
        self.passed += 1

    def contains(self, what, whole, part):
        """`part` is in `whole`."""
        self.true(f"{what} contains {part!r}", whole is not None and part in whole, whole)

    def holds(self, what, got, expected):
        """Every key of the dictionary `expected` is in `got` with the same value, at any depth."""
        for key, value in expected.items():
            inner = f"{what}.{key}"
            if isinstance(value, dict):
                self.true(f"{inner} is an object", isinstance(got.get(key), dict), got.get(key))
                self.holds(inner, got[key], value)
            else:
                self.equal(inner, got.get(key), value)

    def refused(self, what, failure, status, code, named=None):
        """An error of the contract's shape came: `failure` is (status, body, headers).

        Where the contract leaves the code open, `code` is None.
        """
        got_status, body, headers = failure
        self.equal(f"{what}: status", got_status, status)
        self.true(f"{what}: body is an object", isinstance(body, dict), body)
        self.true(f"{what}: code", bool(body.get("code")), body)
        if code is not None:
            self.equal(f"{what}: code", body["code"], code)
        self.equal(f"{what}: status in the body", body.get("status"), status)
        self.true(f"{what}: message", bool(body.get("message")), body)
        self.true(f"{what}: contextId", bool(body.get("contextId")), body)
        correlation = {name.lower(): value for name, value in headers.items()}
        self.equal(
            f"{what}: ININ-Correlation-Id", correlation.get("inin-correlation-id"), body["contextId"]
        )
        if named is not None:
            self.contains(f"{what}: message", body["message"], named)

    def end(self):
        """Prints the closing line and returns the exit code."""
        print(f"suite {self.generation}: {self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


class Server:
    """The server under test, asked by raw HTTP for what a generation's SDK cannot do."""

    def __init__(self):
        names = ("URL", "CLIENT_ID", "CLIENT_SECRET", "DEPLOYMENT_ID")
        given = [os.environ.get(f"WAYFARE_{name}") for name in names]
        for name, value in zip(names, given):
            if not value:
                sys.exit(f"set WAYFARE_{name} in the environment")
        url, self.client_id, self.client_secret, self.deployment_id = given
        self.url = url.rstrip("/")
        self.token = None

    def ask(self, method, path, body=None, token=True):
        """One request; returns (status, parsed body or None, headers)."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text, got = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            status, text, got = error.code, error.read(), error.headers
        return status, json.loads(text) if text else None, dict(got.items())

    def must(self, method, path, body=None, token=True):
        """One request that has to succeed; returns the parsed body."""
        status, answer, _ = self.ask(method, path, body, token)
        if not 200 <= status < 300:
            raise CheckFailed(f"{method} {path}: expected 2xx, got {status} {answer}")
        return answer


class Generation:
    """What a suite can do, in wire dictionaries. An SDK that can do it overrides the method."""

    def __init__(self, sdk, server, suite):
        self.sdk = sdk
        self.server = server
        self.suite = suite
        self.run = uuid.uuid4().hex[:8]
        self.segments_made = []
        self.targets_made = []
        sdk.configuration.host = server.url
        self.client = sdk.ApiClient()
        self.analytics = sdk.AnalyticsApi(self.client)
        self.journey = sdk.JourneyApi(self.client)

    def login(self):
        """The SDK's own login; raw requests use the same token."""
        self.client.get_client_credentials_token(
            self.server.client_id, self.server.client_secret
        )
        self.server.token = self.client.access_token

    def status(self):
        """The HTTP status of the SDK's last success."""
        return self.client.last_response.status

    def wire(self, model):
        """What the SDK understood of an answer, in wire names; dates are in ISO 8601."""
        return self.client.sanitize_for_serialization(model)

    def model(self, name, wire):
        """The SDK's model of that name from wire names; a name the model lacks is an error."""
        made = getattr(self.sdk, name)()
        attributes = {key: attribute for attribute, key in made.attribute_map.items()}
        for key, value in wire.items():
            attribute = attributes[key]
            setattr(made, attribute, self.value(made.swagger_types[attribute], value))
        return made

    def value(self, kind, value):
        """A value of a model's attribute; None is the SDK's explicit null."""
        if value is None:
            return self.sdk.ApiNullValue()
        if kind.startswith("list["):
            return [self.value(kind[5:-1], item) for item in value]
        if kind.startswith("dict("):
            inner = kind[5:-1].split(", ")[1]
            return {key: self.value(inner, item) for key, item in value.items()}
        if kind == "datetime":
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        if kind in ("str", "int", "float", "bool", "object"):
            return value
        return self.model(kind, value)

    def failure(self, call, *arguments, **options):
        """The error an SDK call ends in: (status, parsed body, headers)."""
        try:
            answer = call(*arguments, **options)
        except self.sdk.rest.ApiException as error:
            body = json.loads(error.body) if error.body else None
            return error.status, body, dict(error.headers or {})
        raise CheckFailed(f"{call.__name__}: expected an error, got {answer!r}")

    def name(self, text):
        """A name of this run alone."""
        return f"{self.run}_{text}"

    # Fixtures. All of the first generation are raw HTTP: its SDK knows none of them.

    def create_segment(self, body):
        """Creates a segment and remembers it for the tidying at the end."""
        answer = self.server.must("POST", "/api/v2/journey/segments", body)
        self.segments_made.append(answer["id"])
        return answer

    def delete_segment(self, segment_id):
        """Deletes a segment."""
        self.server.must("DELETE", f"/api/v2/journey/segments/{segment_id}")

    def create_target(self, body):
        """Creates an action target, which no SDK can, and remembers it for the tidying."""
        answer = self.server.must("POST", "/api/wayfare/v1/actiontargets", body)
        self.targets_made.append(answer["id"])
        return answer

    def send_web_event(self, body):
        """Sends a web event; needs no token."""
        path = f"/api/v2/journey/deployments/{self.server.deployment_id}/webevents"
        return self.server.must("POST", path, body, token=False)

    def assignments(self, of, *ids, **filters):
        """A page of assignments: `of` is sessions, customers or externalcontacts."""
        path = "/".join(urllib.parse.quote(part, safe="") for part in ids)
        query = urllib.parse.urlencode(filters)
        return self.server.must("GET", f"/api/v2/journey/{of}/{path}/segments?{query}")

    def aggregates(self, query):
        """Asks for aggregates with the SDK, through its models."""
        body = self.model("JourneyAggregationQuery", query)
        return self.wire(self.analytics.post_analytics_journeys_aggregates_query(body))

    def tidy(self):
        """Deletes every segment of this run that is left, and its action targets."""
        for segment_id in self.segments_made:
            self.server.ask("DELETE", f"/api/v2/journey/segments/{segment_id}")
        for target_id in self.targets_made:
            path = f"/api/wayfare/v1/actiontargets/{target_id}"
            self.server.ask("PATCH", path, {"state": "deleted"})


def now():
    """This moment as the contract writes it: UTC, milliseconds, `Z`."""
    return moment(datetime.now(timezone.utc))


def moment(at):
    """A datetime as the contract writes it."""
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed(text):
    """A date of an answer."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def interval_around_now():
    """From the start of yesterday to the end of tomorrow, UTC."""
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{moment(today - timedelta(days=1))}/{moment(today + timedelta(days=2))}"


def midnight_in_london(day):
    """The moment a day begins in London: an hour before UTC's while summer time holds."""
    spring, autumn = (last_sunday(day.year, month) for month in (3, 10))
    hours = 1 if spring < day <= autumn else 0
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) - timedelta(hours=hours)


def last_sunday(year, month):
    """The day on which clocks change in Europe, for March and October."""
    day = date(year, month, 31)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def day_in_london(at):
    """The day it is in London."""
    day = at.date()
    return day + timedelta(days=1) if at >= midnight_in_london(day + timedelta(days=1)) else day


def last_change_of_clocks(day):
    """The last day at least two days ago on which London's clocks changed."""
    changes = [last_sunday(year, month) for year in (day.year, day.year - 1) for month in (3, 10)]
    return max(change for change in changes if change <= day - timedelta(days=2))


def segment_body(name, event_name, attribute, value, **more):
    """A segment of those who do `event_name` with that value of the attribute."""
    criterion = {
        "key": f"attributes.{attribute}.value",
        "values": [value],
        "shouldIgnoreCase": False,
        "operator": "equal",
    }
    pattern = {
        "criteria": [criterion],
        "count": 1,
        "streamType": "Web",
        "sessionType": "web",
        "eventName": event_name,
    }
    body = {
        "displayName": name,
        "isActive": True,
        "shouldDisplayToAgent": True,
        "context": {"patterns": []},
        "journey": {"patterns": [pattern]},
    }
    return {**body, **more}


def web_event(visitor, event_name, attributes=None, **more):
    """A web event of a visitor, happening now."""
    body = {
        "customerCookieId": visitor,
        "eventName": event_name,
        "page": {"url": "https://www.example.com/plans", "title": "Plans"},
        "createdDate": now(),
        "userAgentString": DESKTOP_CHROME,
        "attributes": texts(attributes or {}),
    }
    return {**body, **more}


def texts(values):
    """Attributes or traits that are text."""
    return {name: {"dataType": "string", "value": value} for name, value in values.items()}


def counts(answer, metric, dimension=None):
    """The counts of one metric, summed over the buckets, by the value of one dimension."""
    found = {}
    for result in answer.get("results") or []:
        key = (result.get("group") or {}).get(dimension)
        for bucket in result["data"]:
            for measured in bucket["metrics"]:
                if measured["metric"] == metric:
                    found[key] = found.get(key, 0) + measured["stats"]["count"]
    return found


def matches(dimension, value):
    """A predicate: the dimension has that value."""
    return {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}
