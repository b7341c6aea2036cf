"""How long an event takes to be answered while segments are edited as fast as they can be. See README.md."""
import http.client, json, os, sys, threading, time

os.environ["WAYFARE_DEPLOYMENT_ID"] = DEPLOYMENT = "5e1fde91-0000-4000-8000-0000000000d1"
from run import Server, segment  # the deployment's id must be known before the server starts

SECONDS = 20


def events(server, until, taken):
    """One event after another, each of a visitor who is new; milliseconds of each"""
    connection = http.client.HTTPConnection(server.listen)
    path, number = f"/api/v2/journey/deployments/{DEPLOYMENT}/webevents", int(time.time() * 1000) % 10**9 * 1000
    while time.monotonic() < until:
        number += 1
        created = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        body = json.dumps({"customerCookieId": f"00000000-0000-4000-8000-{number:012}", "eventName": "page_viewed", "createdDate": created,
                           "page": {"url": f"https://www.example.com/shop/shelf-{number % 5000}/lamp", "title": "A lamp"}})
        start = time.perf_counter()
        connection.request("POST", path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        taken.append((time.perf_counter() - start) * 1e3)
        assert answer.status == 200, answer.status


def measured(server, seconds):
    taken = []
    thread = threading.Thread(target=events, args=(server, time.monotonic() + seconds, taken))
    thread.start()
    return thread, taken


def show(what, taken):
    taken.sort()
    at = lambda share: taken[min(int(len(taken) * share), len(taken) - 1)]
    print(f"{what:<26} {len(taken):>6} events  median {at(0.5):>6.1f}  99 % {at(0.99):>6.1f}  99.9 % {at(0.999):>6.1f}  longest {taken[-1]:>6.1f} ms")


def main(binary, data, segments):
    server = Server(binary, data, os.environ.get("WAYFARE_LISTEN", "127.0.0.1:18111"))
    try:
        start, ids = time.monotonic(), []
        for number in range(segments):
            ids.append(server.send("POST", "/api/v2/journey/segments", json.dumps(segment(number)))["id"])
        print(f"{segments} segments made in {time.monotonic() - start:.0f} s; {server.memory()[0]:.0f} MB resident")
        thread, taken = measured(server, SECONDS)
        thread.join()
        show("no edits", taken)
        thread, taken = measured(server, SECONDS)
        edits = []
        while thread.is_alive():
            number = len(edits) % segments
            body = {"journey": segment(number + 1 + len(edits) // segments)["journey"]}
            start = time.perf_counter()
            server.send("PATCH", f"/api/v2/journey/segments/{ids[number]}", json.dumps(body))
            edits.append((time.perf_counter() - start) * 1e3)
        thread.join()
        show("while segments are edited", taken)
        show("the edits", edits)
    finally:
        server.process.terminate()
        server.process.wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
