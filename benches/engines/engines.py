"""One class per engine: load(parquet, dir) once (untimed, reported), open(dir, threads), run(q) -> the engine's own (Arrow)
result, timed; rows(result) -> list of row tuples, untimed, for the check.
To add an engine: subclass, put it in ENGINES. The server of this repository: see wayfare_http.py."""
import os, subprocess
from queries import sql, offsets

def du(path):
    return int(subprocess.check_output(["du", "-sB1", path]).split()[0])

class Engine:
    def load(self, parquet, dir, rows): raise NotImplementedError
    def open(self, dir, threads): raise NotImplementedError
    def run(self, q): raise NotImplementedError
    def rows(self, r): return list(zip(*(c.to_pylist() for c in r.columns))) if r.num_columns else []      # pyarrow.Table

class DuckDB(Engine):
    """native file, time order as ingested; enums as ENUM"""
    ENUMS = ["metric", "session_type", "device", "country", "media_type", "assignment_state"]
    table = "facts"
    def load(self, parquet, dir, rows):
        import duckdb
        c = duckdb.connect(dir + "/facts.duckdb")
        for e in self.ENUMS:
            c.execute(f"create type e_{e} as enum (select distinct {e}::varchar x from '{parquet}' order by x)")
        cols = ", ".join(f"{e}::varchar::e_{e} as {e}" for e in self.ENUMS)
        c.execute(f"create table facts as select * replace ({cols}) from '{parquet}'"); c.execute("checkpoint"); c.close()
        return du(dir)
    def open(self, dir, threads):
        import duckdb
        self.c = duckdb.connect(dir + "/facts.duckdb", read_only=True, config={"threads": threads})
    def ts(self, t): return f"timestamp '{t}'"
    def secs(self, n): return f"interval '{n}' second"
    def approx(self, c): return f"approx_count_distinct({c})"
    def bucket(self, unit, tz):
        return f"date_trunc('{unit}', event_time)" if tz == "UTC" else f"date_trunc('{unit}', timezone('{tz}', event_time::timestamp at time zone 'UTC'))"
    def run(self, q): return self.c.sql(sql(q, self.table, self)).to_arrow_table()

class DuckDBParquet(DuckDB):
    """DuckDB reading the Parquet file"""
    def load(self, parquet, dir, rows):
        os.link(parquet, dir + "/facts.parquet"); return du(dir)
    def open(self, dir, threads):
        import duckdb
        self.c = duckdb.connect(config={"threads": threads}); self.table = f"'{dir}/facts.parquet'"

class Chdb(Engine):
    """ClickHouse 26 in process: MergeTree, sorted by metric then time, bloom index on session"""
    DDL = """create table if not exists facts (event_time DateTime64(3,'UTC') codec(Delta,ZSTD), metric LowCardinality(String), session_id Int64 codec(ZSTD),
      segment_id UInt16, action_map_id UInt16, action_id UInt16, outcome_id UInt8, session_type LowCardinality(String), device LowCardinality(String),
      country LowCardinality(String), media_type LowCardinality(String), assignment_state LowCardinality(String), value Nullable(Float64),
      index s session_id type bloom_filter(0.01) granularity 1) engine=MergeTree partition by toYYYYMM(event_time) order by (metric, event_time)"""
    def load(self, parquet, dir, rows):
        from chdb import session
        s = session.Session(dir); s.query("create database if not exists j"); s.query("use j"); s.query(self.DDL)
        s.query(f"insert into facts select * from file('{parquet}') settings max_insert_threads=1"); s.query("optimize table facts final")
        b = s.query("select sum(bytes_on_disk) from system.parts where active and table='facts'", "TSV").bytes(); s.close()
        return int(b)
    def open(self, dir, threads):
        from chdb import session
        self.s = session.Session(dir); self.s.query("use j"); self.s.query(f"set max_threads={threads}"); self.threads = threads
    def ts(self, t): return f"toDateTime64('{t if ' ' in t else t + ' 00:00:00'}',3,'UTC')"
    def secs(self, n): return str(n)
    def approx(self, c): return f"uniqCombined({c})"
    def bucket(self, unit, tz): return {"day": f"toStartOfDay(event_time,'{tz}')", "hour": f"toStartOfHour(event_time,'{tz}')", "week": f"toMonday(event_time,'{tz}')"}[unit]
    def run(self, q):
        r = self.s.query(sql(q, "j.facts", self).replace("count(distinct ", "uniqExact(") + f" settings max_threads={self.threads}", "Arrow")
        import pyarrow as pa
        return pa.ipc.open_file(pa.py_buffer(r.bytes())).read_all()

class Polars(Engine):
    """lazy scan of the Parquet file"""
    def load(self, parquet, dir, rows):
        os.link(parquet, dir + "/facts.parquet"); return du(dir)
    def open(self, dir, threads):
        os.environ["POLARS_MAX_THREADS"] = str(threads)
        import polars as pl
        self.pl, self.path = pl, dir + "/facts.parquet"
    def pred(self, p):
        c = self.pl.col
        if p[0] in ("and", "or"):
            ps = [self.pred(x) for x in p[1]]
            return self.pl.all_horizontal(ps) if p[0] == "and" else self.pl.any_horizontal(ps)
        return c(p[0]) == p[2] if p[1] == "=" else c(p[0]).is_in(list(p[2]))
    def run(self, q):
        pl = self.pl; from datetime import datetime
        lf = pl.scan_parquet(self.path).filter((pl.col("event_time") >= datetime.fromisoformat(q["range"][0])) & (pl.col("event_time") < datetime.fromisoformat(q["range"][1])))
        for p in q["where"]: lf = lf.filter(self.pred(p))
        v, s = pl.col("value"), pl.col("session_id")
        aggs = [{"count": pl.len(), "sum": v.sum(), "min": v.min().alias("min"), "max": v.max().alias("max"), "distinct": s.n_unique(), "approx": s.approx_n_unique()}[a] for a in q["aggs"]]
        keys = list(map(pl.col, q["group"]))
        if q["bucket"]:
            t = pl.col("event_time")
            if q.get("offsets"):
                o = offsets(q); x = pl.lit(o[0][1] * 1000)
                for at, sec in o[1:]: x = pl.when(pl.col("event_time") < datetime.fromisoformat(at)).then(x).otherwise(sec * 1000)
                t = t + pl.duration(milliseconds=x)
            elif q["tz"] != "UTC": t = t.dt.replace_time_zone("UTC").dt.convert_time_zone(q["tz"])
            keys = [t.dt.truncate({"day": "1d", "hour": "1h", "week": "1w"}[q["bucket"]]).alias("b")] + keys
        lf = lf.group_by(keys).agg(aggs) if keys else lf.select(aggs)
        return lf.collect(engine="streaming").to_arrow()

class DataFusion(Engine):
    """SQL over the Parquet file"""
    def load(self, parquet, dir, rows):
        os.link(parquet, dir + "/facts.parquet"); return du(dir)
    def open(self, dir, threads):
        import datafusion as df
        self.c = df.SessionContext(df.SessionConfig().with_target_partitions(threads).set("datafusion.execution.parquet.pushdown_filters", "true"))
        self.c.register_parquet("facts", dir + "/facts.parquet")
    def ts(self, t): return f"timestamp '{t}'"
    def secs(self, n): return f"interval '{n}' second"
    def approx(self, c): return f"approx_distinct({c})"
    def bucket(self, unit, tz):
        return f"date_trunc('{unit}', event_time)" if tz == "UTC" else f"date_trunc('{unit}', arrow_cast(arrow_cast(event_time,'Timestamp(Millisecond, Some(\"UTC\"))'), 'Timestamp(Millisecond, Some(\"{tz}\"))'))"
    def run(self, q):
        return self.c.sql(sql(q, "facts", self)).to_arrow_table()

from wayfare_http import Wayfare

ENGINES = {"duckdb": DuckDB, "duckdb_parquet": DuckDBParquet, "chdb": Chdb, "polars": Polars, "datafusion": DataFusion, "wayfare": Wayfare}
