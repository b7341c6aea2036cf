"""64 writers with PureCloudPlatformClientV2 269.0.0, for tests that kill the server under them.

Each writer posts web events as fast as it can and writes down every one that was acknowledged.
The server may vanish at any moment: that ends a round, it is no fault.

One round, then the end:      writers_269.py --acknowledged FILE [--events N]
Rounds as they are asked for: writers_269.py, with lines `round URL FILE N` on its standard input;
each answers `done ACKNOWLEDGED`. Importing the SDK takes seconds, so a test keeps one process, and
looks at FILE to see that writing has begun.

The exit code is 1 when the server refused an event that it has to accept.
"""

import argparse
import itertools
import json
import os
import sys
import threading
import traceback
import uuid

import PureCloudPlatformClientV2 as P
import urllib3

import journey

WRITERS = 64
EVENT_NAME = "written"
#: A server that says "later" this often in a row to one writer is taken for gone.
REFUSALS_IN_A_ROW_MAX = 100
#: Statuses that mean "later".
LATER = (429, 503)


class Round:
    """One server's life: writes until it is gone or the events are used up."""

    def __init__(self, url, deployment_id, file, events):
        self.url = url
        self.deployment_id = deployment_id
        self.file = file
        self.serials = iter(range(events)) if events else itertools.count()
        self.lock = threading.Lock()
        self.name = uuid.uuid4().hex[:12]
        self.acknowledged = 0
        self.faults = []

    def run(self):
        """Runs all writers to their end; returns how many events were acknowledged."""
        threads = [threading.Thread(target=self.write, args=(each,)) for each in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.acknowledged

    def write(self, writer):
        """One writer: one client, one visitor, one event after another."""
        try:
            api = P.JourneyApi(client(self.url))
            visitor, refusals = str(uuid.uuid4()), 0
            while refusals < REFUSALS_IN_A_ROW_MAX:
                serial = self.next_serial()
                if serial is None:
                    return
                event = self.event(writer, visitor, serial)
                try:
                    answer = api.post_journey_deployment_webevents(self.deployment_id, body=event)
                    self.note(event, serial, answer.session.id)
                    refusals = 0
                except P.rest.ApiException as error:
                    if error.status not in LATER:
                        raise
                    refusals += 1
        except urllib3.exceptions.HTTPError:
            return  # the server is gone
        except Exception:
            with self.lock:
                self.faults.append(traceback.format_exc())

    def next_serial(self):
        """A number that no other event of this round has; None when all are used up."""
        with self.lock:
            number = next(self.serials, None)
        return None if number is None else f"{self.name}-{number}"

    @staticmethod
    def event(writer, visitor, serial):
        """An event as a wire dictionary, happening now."""
        attributes = {
            "writer": {"dataType": "integer", "value": str(writer)},
            "serial": {"dataType": "string", "value": serial},
        }
        return {**journey.web_event(visitor, EVENT_NAME), "attributes": attributes}

    def note(self, event, serial, session_id):
        """Writes an acknowledged event down before the next one is sent."""
        line = {
            "customerCookieId": event["customerCookieId"],
            "createdDate": event["createdDate"],
            "eventName": event["eventName"],
            "serial": serial,
            "sessionId": session_id,
        }
        with self.lock:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()
            self.acknowledged += 1


def client(url):
    """A client that repeats a request whose connection broke once, and asks a dead server once.

    The SDK as it comes repeats ten times and honours any Retry-After: too long for a test.
    """
    made = P.ApiClient(host=url)
    pools = made.get_http_client().rest_client.pool_manager.connection_pool_kw
    pools["retries"] = urllib3.util.Retry(
        total=1, connect=0, read=1, status=0, allowed_methods=None, respect_retry_after_header=False
    )
    pools["timeout"] = urllib3.util.Timeout(connect=5, read=30)
    return made


def play(url, deployment_id, path, events):
    """One round; returns (acknowledged events, whether nothing was refused wrongly)."""
    with open(path, "a", encoding="utf-8") as file:
        played = Round(url, deployment_id, file, events)
        acknowledged = played.run()
    for fault in played.faults[:3]:
        print(fault, file=sys.stderr, flush=True)
    return acknowledged, not played.faults


def main():
    """One round by the arguments, or rounds from the standard input."""
    arguments = argparse.ArgumentParser(description="64 concurrent writers of web events")
    arguments.add_argument("--acknowledged", metavar="FILE", help="where acknowledged events go")
    arguments.add_argument("--events", metavar="N", type=int, default=0, help="0: no end")
    given = arguments.parse_args()
    deployment_id = os.environ.get("WAYFARE_DEPLOYMENT_ID") or sys.exit(
        "set WAYFARE_DEPLOYMENT_ID in the environment"
    )
    if given.acknowledged:
        url = os.environ.get("WAYFARE_URL") or sys.exit("set WAYFARE_URL in the environment")
        acknowledged, good = play(url.rstrip("/"), deployment_id, given.acknowledged, given.events)
        print(f"done {acknowledged}", flush=True)
        return 0 if good else 1
    all_good = True
    for line in sys.stdin:
        words = line.split()
        if len(words) != 4 or words[0] != "round":
            sys.exit(f"expected 'round URL FILE N', got {line!r}")
        acknowledged, good = play(words[1].rstrip("/"), deployment_id, words[2], int(words[3]))
        print(f"done {acknowledged}", flush=True)
        all_good = all_good and good
    return 0 if all_good else 1


if __name__ == "__main__":
    code = 1
    try:
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        if code != end.code:
            print(end, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK leaves threads that would keep the process
