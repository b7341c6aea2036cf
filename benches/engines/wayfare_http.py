"""Wayfare's server as an engine of this bench: facts go in by `wayfare facts import`, queries over HTTP."""
import http.client, json, os, subprocess
from datetime import date, timedelta

COLUMNS = {  # gen.py's column -> the dimension it is loaded as
    "metric": "touchpointInteractionType", "session_id": "journeySessionId", "segment_id": "journeySegmentId",
    "action_map_id": "journeyActionMapId", "action_id": "journeyActionId", "outcome_id": "journeyOutcomeId",
    "session_type": "journeySessionType", "device": "journeyDeviceCategory", "country": "journeyIpGeolocationCountry",
    "media_type": "journeyActionMediaType", "assignment_state": "journeySegmentAssignmentState",
}
UUIDS = {"session_id", "segment_id", "action_map_id", "action_id", "outcome_id"}
WITH_VALUE, WITHOUT = "oJourneyOutcomeValue", "nJourneyOutcomesAchieved"
# A second server, with the same facts as facts of one metric: it is asked what only counts.
COUNTS = os.environ.get("BENCH_COUNTS_URL")


def uuid_text(number):
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def convert(parquet, out, counted=False):
    """gen.py's facts in the schema of `wayfare facts import`; `counted`: all of one metric, to be counted only"""
    import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
    writer = None
    for batch in pq.ParquetFile(parquet).iter_batches(1_000_000):
        table = pa.Table.from_batches([batch])
        kinds = pa.array([WITHOUT, WITH_VALUE])
        codes = pc.is_valid(table["value"]).combine_chunks().cast(pa.int32())
        if counted: kinds, codes = pa.array([WITHOUT]), pc.multiply(codes, 0)
        columns = {"emitted": table["event_time"].combine_chunks().cast(pa.timestamp("ms", "UTC")),
                   "metric": pa.DictionaryArray.from_arrays(codes, kinds), "value": table["value"].combine_chunks()}
        for name, dimension in COLUMNS.items():
            column = table[name].combine_chunks()
            if name in UUIDS:
                column = column.dictionary_encode()
                texts = pa.array([uuid_text(n) for n in column.dictionary.to_pylist()])
                column = pa.DictionaryArray.from_arrays(column.indices, texts)
            columns[dimension] = column
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


def shift(ready, out, days):
    """converted facts, so many days earlier"""
    import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
    source, writer = pq.ParquetFile(ready), None
    for batch in source.iter_batches(1_000_000):
        table = pa.Table.from_batches([batch])
        emitted = pc.subtract(table["emitted"], pa.scalar(days * 86_400_000, pa.duration("ms")))
        table = table.set_column(table.schema.get_field_index("emitted"), "emitted", emitted)
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


def condition(p):
    dimension = COLUMNS[p[0]]
    return [{"type": "dimension", "dimension": dimension, "operator": "matches", "value": uuid_text(v) if p[0] in UUIDS else v}
            for v in (p[2] if p[1] == "in" else (p[2],))]


def filter_of(where):
    """the filter's two levels: a filter of clauses of predicates"""
    if not where: return None
    if where[0][0] != "or": return {"type": "and", "predicates": [c for p in where for c in condition(p)]}
    (_, choices), = where
    clauses = []
    for choice in choices:
        parts = choice[1] if choice[0] == "and" else [choice]
        predicates = [c for p in parts for c in condition(p)]
        clauses.append({"type": "and" if choice[0] == "and" else "or", "predicates": predicates})
    return {"type": "or", "clauses": clauses}


def is_counted(q):
    return set(q["aggs"]) <= {"count", "distinct", "approx"}


def body_of(q):
    start, end = (date.fromisoformat(d) for d in q["range"])
    interval = f"{start}T00:00:00Z/{end}T00:00:00Z"
    if q["bucket"] == "week":  # buckets begin where the interval does: on a Monday of the zone, before the first fact
        start -= timedelta(days=start.weekday())
        interval = f"{start}T00:00:00Z/{end}T00:00:00Z"
    distinct = {"distinct", "approx"} & set(q["aggs"])
    body = {"interval": interval, "timeZone": q["tz"], "groupBy": [COLUMNS[g] for g in q["group"]],
            "metrics": ["nDistinctJourneySessions"] if distinct else [WITHOUT] if COUNTS and is_counted(q) else [WITHOUT, WITH_VALUE]}
    if q["bucket"]: body["granularity"] = {"day": "P1D", "hour": "PT1H", "week": "P1W"}[q["bucket"]]
    if q["where"]: body["filter"] = filter_of(q["where"])
    if distinct:  # who counts sessions without naming the state of assignments leaves out the ends of assignments
        state = {"dimension": COLUMNS["assignment_state"]}
        body["filter"] = {"type": "or", "predicates": [{**state, "operator": "exists"}, {**state, "operator": "notExists"}]}
    return body


class Wayfare:
    host = os.environ.get("BENCH_URL", "http://127.0.0.1:8080").split("//")[1]

    def load(self, parquet, dir, rows):
        ready = parquet.replace(".parquet", ".wayfare.parquet")
        if not os.path.exists(ready): convert(parquet, ready)
        import time
        t = time.perf_counter()
        subprocess.check_call([os.environ["WAYFARE"], "facts", "import", ready, "--data", os.environ["WAYFARE_DATA"]])
        print(json.dumps({"wayfare_import_s": round(time.perf_counter() - t, 2)}))
        return int(subprocess.check_output(["du", "-sB1", os.environ["WAYFARE_DATA"]]).split()[0])

    def open(self, dir, threads):
        self.buffer = bytearray(1 << 25)
        self.values = self.counts = self.sign_in(self.host)
        self.connection, self.headers = self.values
        if COUNTS: self.counts = self.sign_in(COUNTS.split("//")[1])

    def sign_in(self, host):
        connection = http.client.HTTPConnection(host)
        form = f"grant_type=client_credentials&client_id={os.environ['WAYFARE_CLIENT_ID']}&client_secret={os.environ['WAYFARE_CLIENT_SECRET']}"
        connection.request("POST", "/oauth/token", form, {"content-type": "application/x-www-form-urlencoded"})
        token = json.loads(connection.getresponse().read())["access_token"]
        return connection, {"content-type": "application/json", "authorization": "Bearer " + token}

    def run(self, q):
        connection, headers = self.counts if is_counted(q) else self.values
        connection.request("POST", "/api/v2/analytics/journeys/aggregates/query", json.dumps(body_of(q)), headers)
        answer = connection.getresponse()
        # the same memory each time, as a client that asks often would have it: the last answer is the one that is looked at
        done = 0
        while more := answer.readinto(memoryview(self.buffer)[done:]):
            done += more
            if done == len(self.buffer): self.buffer = self.buffer + bytearray(done)
        text = memoryview(self.buffer)[:done]
        if answer.status != 200: raise RuntimeError(bytes(text[:300]))
        return q, text

    def rows(self, r):
        q, text = r
        number = lambda column, text: int(text.replace("-", ""), 16) if column in UUIDS else text
        rows = []
        for result in json.loads(bytes(text)).get("results", []):
            group = tuple(number(c, result["group"][COLUMNS[c]]) for c in q["group"])
            for datum in result["data"]:
                stats = {m["metric"]: m["stats"] for m in datum["metrics"]}
                with_value, without = stats.get(WITH_VALUE, {}), stats.get(WITHOUT, {})
                values = {"count": with_value.get("count", 0) + without.get("count", 0), "sum": with_value.get("sum"),
                          "min": with_value.get("min"), "max": with_value.get("max")}
                values["distinct"] = values["approx"] = stats.get("nDistinctJourneySessions", {}).get("count")
                rows.append((datum["interval"],) * bool(q["bucket"]) + group + tuple(values[a] for a in q["aggs"]))
        return rows
