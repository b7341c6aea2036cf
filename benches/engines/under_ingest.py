#!/usr/bin/env python3
"""usage: under_ingest.py [SECONDS] [EVENTS_A_SECOND] [EVENTS_A_VISITOR] -- how long queries take while events come in, and events while queries run.
Needs a server with facts (README.md). Three phases of SECONDS each: queries alone, events alone, both. Events come in requests of 100 on four
connections, in a process of their own; queries one after the other with a pause of 20 ms, over facts of 30 to 90 days and the events just sent.
With EVENTS_A_VISITOR visitors come, leave so many events and go; else the same 20,000 stay. Sessions end all the time then, once the phase of
events alone has been longer than the server's `--session-silence-minutes`."""
import http.client, json, multiprocessing, os, sys, time
from datetime import datetime, timedelta, timezone
from wayfare_http import Wayfare
from queries import queries

AT_ONCE, CONNECTIONS, VISITORS = 100, 4, 20_000
RUN = int(time.time()) % 0x10000
ASKED = ("Q1", "Q5", "Q6")


def quantile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(len(times) * share))] * 1000


def visitor(number, stay):
    return f"{number * 7919 % VISITORS:012x}" if stay is None else f"{RUN:04x}{number // stay:08x}"


def lines(numbers, stay):
    """written without a library: it shares the cores with what is measured"""
    now = (datetime.now(timezone.utc) - timedelta(milliseconds=20)).isoformat(timespec="milliseconds")
    return "\n".join(f'{{"customerCookieId":"00c00c1e-0000-0000-0000-{visitor(number, stay)}","eventName":"page_viewed",'
                     f'"page":{{"url":"https://shop.example/p/{number % 997}","title":"A page"}},"createdDate":"{now}"}}' for number in numbers)


def send(headers, host, first, seconds, a_second, stay, out):
    """one connection: requests at a fixed rate, so that one that waits is followed by others at once"""
    connection, times = http.client.HTTPConnection(host), []
    start, number = time.perf_counter(), first
    while (due := start + len(times) * AT_ONCE * CONNECTIONS / a_second) < start + seconds:
        time.sleep(max(0.0, due - time.perf_counter()))
        body = lines(range(number, number + AT_ONCE * CONNECTIONS, CONNECTIONS), stay)
        number += AT_ONCE * CONNECTIONS
        began = time.perf_counter()
        connection.request("POST", "/api/wayfare/v1/imports", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        times.append(time.perf_counter() - began)
        if answer.status != 200 or json.loads(text)["applied"] == 0: raise RuntimeError(text[:300])
    out.put((times, time.perf_counter() - start))


def ask(engine, seconds):
    times, asked = [], [q for name, q in queries(10_000_000).items() if name.split()[0] in ASKED]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        engine.run(asked[len(times) % len(asked)])
        times.append(time.perf_counter() - began)
        time.sleep(0.02)
    return times


def phase(engine, name, seconds, a_second, stay, with_queries):
    out, senders = multiprocessing.Queue(), []
    for connection in range(CONNECTIONS if a_second else 0):
        senders.append(multiprocessing.Process(target=send, args=(engine.headers, engine.host, connection, seconds, a_second, stay, out)))
        senders[-1].start()
    if with_queries:
        # The server has closed a connection that was idle for long.
        engine.open(None, 2)
        times = ask(engine, seconds)
        print(f"{name}: {len(times)} queries, ms: median {quantile(times, .5):.1f}, p99 {quantile(times, .99):.1f}, longest {max(times) * 1000:.1f}", flush=True)
    times = []
    for _ in senders:
        more, took = out.get()
        times += more
    for sender in senders: sender.join()
    if times:
        print(f"{name}: {len(times) * AT_ONCE / took:.0f} events a second, ms a request of {AT_ONCE}: median {quantile(times, .5):.1f}, p99 {quantile(times, .99):.1f}, "
              f"longest {max(times) * 1000:.1f}", flush=True)


if __name__ == "__main__":
    seconds, a_second = float(sys.argv[1]) if len(sys.argv) > 1 else 20, float(sys.argv[2]) if len(sys.argv) > 2 else 5_000
    stay = int(sys.argv[3]) if len(sys.argv) > 3 else None
    engine = Wayfare()
    engine.open(None, 2)
    ask(engine, 2)
    phase(engine, "queries alone", seconds, 0, stay, True)
    phase(engine, "events alone", seconds, a_second, stay, False)
    phase(engine, "both", seconds, a_second, stay, True)
