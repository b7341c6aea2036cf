"""Opens a fact file as it lies with pyarrow, DuckDB and Polars.

usage: open_files.py FILE.arrow

The file is the golden one of the embedded store's tests: 300 facts. Each tool must find in it what the
test that writes it put there.
"""
import sys
from contextlib import contextmanager

import duckdb
import polars as pl
import pyarrow as pa

PATH = sys.argv[1]
COUNTS = {"nJourneySessions": 240, "oJourneyOutcomeValue": 60}
VALUES_SUM = 1106.25
SESSIONS, SEGMENTS, WITHOUT_COUNTRY = 100, 300, 75
FIRST_SESSION = "00000000000040008000000000000000"
passed, failed = 0, 0


@contextmanager
def group(name):
    global failed
    try:
        yield
        print(f"passed {name}")
    except Exception as error:
        failed += 1
        print(f"FAILED {name}: {type(error).__name__}: {error}")


def equal(what, found, expected):
    global passed
    if found != expected:
        raise AssertionError(f"{what}: expected {expected}, got {found}")
    passed += 1


def table():
    with pa.memory_map(PATH) as file:
        before = pa.total_allocated_bytes()
        read = pa.ipc.open_file(file).read_all()
        equal("bytes copied", pa.total_allocated_bytes() - before, 0)
        return read


with group("pyarrow"):
    facts = table()
    equal("format", facts.schema.metadata[b"wayfare.facts"], b"1")
    equal("rows", facts.num_rows, 300)
    equal("moments", str(facts.schema.field("emitted").type), "timestamp[ms, tz=UTC]")
    emitted = facts["emitted"].cast(pa.int64()).to_pylist()
    equal("order", emitted, sorted(emitted))
    counts = {pair["values"]: pair["counts"] for pair in facts["metric"].value_counts().to_pylist()}
    equal("metrics", counts, COUNTS)
    equal("id", str(facts.schema.field("id").type), "fixed_size_binary[16]")
    equal("countries", facts["journeyIpGeolocationCountry"].null_count, WITHOUT_COUNTRY)

with group("duckdb"):
    facts = table()
    ask = lambda sql: duckdb.sql(sql).fetchall()
    equal("metrics", dict(ask("SELECT metric::VARCHAR, count(*) FROM facts GROUP BY ALL")), COUNTS)
    equal("values", ask("SELECT sum(value) FROM facts"), [(VALUES_SUM,)])
    equal("sessions", ask("SELECT count(DISTINCT journeySessionId) FROM facts"), [(SESSIONS,)])
    equal("segments", ask("SELECT sum(len(journeySessionSegmentId)) FROM facts"), [(SEGMENTS,)])
    equal("ids", ask("SELECT lower(hex(min(journeySessionId))) FROM facts"), [(FIRST_SESSION,)])

with group("polars"):
    facts = pl.scan_ipc(PATH)
    counts = facts.group_by(pl.col("metric").cast(pl.String)).len().collect()
    equal("metrics", dict(counts.iter_rows()), COUNTS)
    equal("values", facts.select(pl.col("value").sum()).collect().item(), VALUES_SUM)
    equal("sessions", facts.select(pl.col("journeySessionId").n_unique()).collect().item(), SESSIONS)
    segments = facts.select(pl.col("journeySessionSegmentId").list.len().sum())
    equal("segments", segments.collect().item(), SEGMENTS)

print(f"suite facts: {passed} passed, {failed} failed")
sys.exit(failed > 0)
