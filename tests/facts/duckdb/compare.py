"""A second opinion on aggregates: random facts, random queries, and DuckDB asked the same.

usage: compare.py WAYFARE_PROGRAM [QUERIES] [SEED]

Imports the facts with `wayfare facts import`, starts `wayfare serve` on them, asks both, and compares every number.
The last line is `suite duckdb: N passed, M failed`, one for each query.
"""

import http.client
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile

import duckdb

import facts
import opinion
import queries

FACTS = 6_000
# Groups times buckets of an answer.
CELLS_MAX = 10_000
CLIENT, SECRET = "0b9c9ba5-4c5c-4d38-9be5-3d6a9ac7f0a1", "a-secret-of-this-comparison-alone"


class Server:
    """A server over a data directory, and a client of it."""

    def __init__(self, program, data):
        self.process = subprocess.Popen(
            [program, "serve", "--data", data, "--listen", "127.0.0.1:0"],
            env={**os.environ, "WAYFARE_CLIENT_ID": CLIENT, "WAYFARE_CLIENT_SECRET": SECRET},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for line in self.process.stdout:
            if found := re.search(r"http://([0-9.]+:[0-9]+)", line):
                break
        else:
            raise SystemExit("the server did not start")
        self.connection = http.client.HTTPConnection(found[1])
        form = f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}"
        token = self.ask("/oauth/token", form, {"content-type": "application/x-www-form-urlencoded"})["access_token"]
        self.headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}

    def ask(self, path, body, headers):
        """Posts a body; gives the answer's."""
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text.decode()}")
        return json.loads(text)

    def answer(self, query, edges):
        """The cells of the answer: {(group, bucket, measure): stats}."""
        body = self.ask("/api/v2/analytics/journeys/aggregates/query", json.dumps(query), self.headers)
        starts = {queries.moment(edge): number for number, edge in enumerate(edges)}
        cells = {}
        for result in body["results"]:
            group = tuple((name, result["group"][name]) for name in query.get("groupBy", []) if name in result["group"])
            for datum in result["data"]:
                bucket = starts[datum["interval"].split("/")[0]]
                for measure in [*datum.get("metrics", []), *datum.get("views", [])]:
                    name = measure.get("metric") or measure["name"]
                    cells[group, bucket, name] = measure["stats"]
        return cells

    def stop(self):
        """Asks the server to stop and waits until it has."""
        self.process.terminate()
        self.process.wait(30)


def differences(ours, theirs):
    """Every cell in which two answers differ."""
    for cell in sorted({*ours, *theirs}, key=str):
        one, other = ours.get(cell), theirs.get(cell)
        if one is None or other is None or set(one) != set(other):
            yield cell, one, other
        elif not all(math.isclose(one[stat], other[stat], rel_tol=1e-9, abs_tol=1e-9) for stat in one):
            yield cell, one, other


def main(program, count=2_000, seed=20_250_330):
    """Asks so many queries; the exit code is 1 when an answer differs."""
    chance = random.Random(seed)
    table, vocabulary = facts.generate(seed, FACTS)
    passed = failed = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        facts.write(table, f"{folder}/facts.parquet")
        Server(program, f"{folder}/data").stop()  # makes the data directory and its keys
        subprocess.run([program, "facts", "import", f"{folder}/facts.parquet", "--data", f"{folder}/data"], check=True)
        connection = duckdb.connect(config={"threads": 1})
        connection.execute("set timezone = 'UTC'")
        connection.register("arrow_facts", table)
        connection.execute("create table facts as select * from arrow_facts")
        server = Server(program, f"{folder}/data")
        try:
            for number in range(count):
                query, edges = queries.generate(vocabulary, chance)
                try:
                    ours = server.answer(query, edges)
                except RuntimeError as refused:
                    groups_and_buckets = {cell[:2] for cell in opinion.answer(connection, query, edges)}
                    if "response.entity.too.large" in str(refused) and len(groups_and_buckets) > CELLS_MAX:
                        passed += 1
                        continue
                    raise
                theirs = opinion.answer(connection, query, edges)
                different = list(differences(ours, theirs))
                compared += len(theirs)
                passed, failed = passed + (not different), failed + bool(different)
                if different and failed <= 5:
                    print(f"FAILED query {number} of seed {seed}: {json.dumps(query)}")
                    for cell, one, other in different[:5]:
                        print(f"  {cell}: the server says {one}, DuckDB {other}")
        finally:
            server.stop()
    print(f"{compared} cells compared with DuckDB {duckdb.__version__} over {FACTS} facts")
    print(f"suite duckdb: {passed} passed, {failed} failed")
    return 1 if failed or compared < count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
