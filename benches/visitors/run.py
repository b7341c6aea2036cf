"""Millions of visitors, imported over HTTP: events a second, the server's memory, and bytes on disk. See README.md."""
import base64, http.client, json, os, sqlite3, subprocess, sys, time, urllib.parse, uuid

LINES = 5_000  # of one request
START_S = 1_767_225_600  # 2026-01-01T00:00:00Z
CLIENT = {"WAYFARE_CLIENT_ID": "0b9c9ba5-4c5c-4d38-9be5-3d6a9ac7f0a1", "WAYFARE_CLIENT_SECRET": "a-secret-of-this-bench-alone"}


class Server:
    def __init__(self, binary, data, listen):
        environment = {**os.environ, **CLIENT, "WAYFARE_DATA": data, "WAYFARE_LISTEN": listen}
        self.process = subprocess.Popen([binary, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.listen, self.token = listen, None
        for _ in range(200):
            try:
                self.connection = http.client.HTTPConnection(listen)
                form = {"grant_type": "client_credentials"}
                credentials = (CLIENT["WAYFARE_CLIENT_ID"] + ":" + CLIENT["WAYFARE_CLIENT_SECRET"]).encode()
                headers = {"authorization": "Basic " + base64.b64encode(credentials).decode(),
                           "content-type": "application/x-www-form-urlencoded"}
                self.connection.request("POST", "/oauth/token", urllib.parse.urlencode(form), headers)
                self.token = json.loads(self.connection.getresponse().read())["access_token"]
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the server did not start")

    def send(self, method, path, body, kind="application/json"):
        headers = {"authorization": "Bearer " + self.token, "content-type": kind}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text)

    def memory(self):
        """MB: now, of these its own (the rest are mapped files, which the system takes back), and at most"""
        lines = open(f"/proc/{self.process.pid}/status").read().splitlines()
        fields = dict(line.split(":", 1) for line in lines if line.startswith(("Vm", "Rss")))
        return [int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon", "VmHWM")]

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def segment(number):
    """One of the shop's: most are about things that few visitors see; one in ten counts over all sessions"""
    part = f"/shop/shelf-{number}/" if number % 10 else f"/shop/shelf-{number % 50}"
    criterion = {"key": "page.pathname", "values": [part], "operator": "startsWith"}
    pattern = {"criteria": [criterion], "count": 1 + number % 4, "streamType": "Web", "sessionType": "web"}
    return {"displayName": f"segment {number}", "scope": "Customer" if number % 10 == 9 else "Session",
            "journey": {"patterns": [pattern]}}


def line(number, visitors):
    """Every visitor comes once; one in four sees a second page"""
    visitor = number if number < visitors else (number - visitors) * 4
    at = START_S + (visitor * 7 + (number >= visitors) * 30) % 25_000_000
    date = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
    cookie = uuid.UUID(int=(visitor * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128)
    return (f'{{"customerCookieId":"{cookie}","eventName":"page_viewed","createdDate":"{date}","seq":{number},'
            f'"page":{{"url":"https://www.example.com/shop/shelf-{visitor % 5000}/lamp-{number}?utm_source=mail&utm_campaign=week-{visitor % 52}"}}}}')


def size(data):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(data) for name in names)


def main(binary, data, visitors, segments, resume=0):
    server = Server(binary, data, os.environ.get("WAYFARE_LISTEN", "127.0.0.1:18110"))
    try:
        for number in range(segments if resume == 0 else 0):
            server.send("POST", "/api/v2/journey/segments", json.dumps(segment(number)))
        empty, events, began = size(data), visitors + visitors // 4, time.monotonic()
        print(f"{segments} segments; {server.memory()[0]:.0f} MB resident before the first event", flush=True)
        sending, before = 0.0, (0.0, resume)
        for first in range(resume, events, LINES):
            body = "\n".join(line(number, visitors) for number in range(first, min(first + LINES, events)))
            start = time.monotonic()
            answer = server.send("POST", "/api/wayfare/v1/imports", body, "application/x-ndjson")
            sending += time.monotonic() - start
            assert answer["applied"] + answer["duplicates"] == len(body.split("\n")), answer
            done = first + LINES
            if done % 100_000 < LINES or done >= events:
                now, own, most = server.memory()
                rate = (done - before[1]) / (sending - before[0])
                before = (sending, done)
                print(f"{min(done, events):>10} events  {rate:>7.0f} events/s  {now:>6.0f} MB resident, {own:>6.0f} own, {most:>6.0f} at most  "
                      f"{size(data) / 1e6:>8.0f} MB on disk  {server.cpu():>6.0f} s CPU", flush=True)
        print(f"{visitors} visitors, {events} events: {(events - resume) / sending:.0f} events/s, "
              f"{(size(data) - (empty if resume == 0 else 0)) / visitors:.0f} bytes on disk a visitor, {server.memory()[2]:.0f} MB at most, "
              f"{time.monotonic() - began:.0f} s with making the lines")
    finally:
        server.process.terminate()
        server.process.wait()
    for path in (os.path.join(at, name) for at, _, names in os.walk(data) for name in names):
        if open(path, "rb").read(16) == b"SQLite format 3\0":
            tables(path, visitors)


def tables(path, visitors):
    """Pages of every table and index, in bytes a visitor"""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for name, pages in database.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC"):
        if pages > visitors:
            print(f"  {name:<28} {pages / visitors:>6.0f} bytes a visitor")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(argument) for argument in sys.argv[3:]))
