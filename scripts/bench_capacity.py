"""What each part of an installation on PostgreSQL costs a row: the figures of docs/performance/CAPACITY.md.

A table of 20 floats a row and one-row tasks run through one API and two workers; the processor seconds of each part, the
server's log, its tables and its connections are read off. No part is bound by another here, since costs are asked for, not
rates.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import postgres_server
import soak
import soak_service
from benchmark import one_row
from benchmark.service import service

TICK = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found]


def seconds(pid: int, with_ended: bool = False) -> float:
    """Processor seconds of a process, and of its children that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = [int(field) for field in fields[11:15]]
    return sum(ticks if with_ended else ticks[:2]) / TICK

ROUNDS = 8
HOT = """SELECT pg_table_size('sibyl.chunk') / 1024, pg_table_size('sibyl.flow') / 1024, pg_table_size('sibyl.backlog') / 1024,
    (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'sibyl.chunk'::regclass)"""


class Parts:
    """The processor seconds of an installation's parts, and what its server has written."""

    def __init__(self, service: int, server: int, folder: str):
        self.service, self.server, self.folder = service, server, folder

    def query(self, sql: str) -> str:
        command = ["psql", "-h", self.folder, "-U", "postgres", "-XAtc", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def read(self) -> dict[str, float]:
        seen = {"api": 0.0, "workers": 0.0}
        for pid in children(self.service):
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            seen["workers" if b"worker" in words else "api"] += seconds(pid)
        seen["server"] = seconds(self.server, True) + sum(seconds(pid) for pid in children(self.server))
        seen["log"] = float(self.query("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
        seen["tables"] = float(self.query("SELECT pg_database_size('postgres')"))
        return seen

    def during(self, work) -> tuple[dict[str, float], object]:
        # A checkpoint's full pages belong to the work.
        self.query("CHECKPOINT")
        before = self.read()
        result = work()
        after = self.read()
        return {name: after[name] - before[name] for name in after}, result


def table(rows: int, folder: str) -> pathlib.Path:
    path = pathlib.Path(folder, "table.csv")
    soak.write_table(path, rows)
    return path


def curl(*arguments) -> str:
    return subprocess.run(["curl", "-sS", "--fail-with-body", *map(str, arguments)], check=True, capture_output=True,
                          text=True).stdout


def bulk(running, file: pathlib.Path):
    """Uploads a table and waits for its last result.

    Returns the task, and the seconds until it was accepted and until it ended.
    """
    began = time.monotonic()
    task = json.loads(curl("-H", "Content-Type: text/csv", "-T", file, "-X", "POST",
                           f"{running.url}/predict/async?model=wide"))["task_id"]
    accepted = time.monotonic() - began
    while not running.ask("GET", f"/predict/async/{task}")["final"]:
        time.sleep(0.02)
    return task, accepted, time.monotonic() - began


def delete(url: str, task: str, parts: "Parts") -> None:
    """Deletes a task and waits until its last row is gone."""
    curl("-X", "DELETE", f"{url}/predict/async/{task}")
    while parts.query("SELECT EXISTS (SELECT FROM sibyl.result) OR EXISTS (SELECT FROM sibyl.payload)") == "t":
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server.postgres() as server_folder:
        models = pathlib.Path(folder, "models")
        soak_service.make_wide_model(models)
        file = table(options.rows, folder)
        server = int(pathlib.Path(server_folder, "data/postmaster.pid").read_text().split()[0])
        database = f"postgresql:///postgres?host={server_folder}&user=postgres"
        with service(2, models, "--database", database) as running:
            url = running.url
            parts = Parts(running.process.pid, server, server_folder)
            costs, (task, accepted, ended) = parts.during(lambda: bulk(running, file))
            report(f"a row of 20 floats by CSV, {file.stat().st_size / options.rows:.0f} bytes", costs, options.rows)
            print(f"accepted {options.rows / accepted:,.0f} rows/s, scored {options.rows / ended:,.0f} rows/s")
            began = time.monotonic()
            costs, _ = parts.during(lambda: curl("-o", f"{folder}/out.csv", "-H", "Accept: text/csv",
                                                 f"{url}/predict/async/{task}/results"))
            report("a row read as CSV", costs, options.rows)
            print(f"read {options.rows / (time.monotonic() - began):,.0f} rows/s")
            costs, _ = parts.during(lambda: delete(url, task, parts))
            report("a row deleted", costs, options.rows)
            costs, (submitted, jobs) = parts.during(lambda: one_row.load(running, [one_row.IRIS]))
            assert submitted.errors == 0
            report("a one-row task", costs, submitted.requests)
            print(f"{jobs:,.0f} tasks/s")
            print("\nhot tables while one-row tasks go on: tasks, kilobytes of queue, flows and backlog, dead rows of the queue")
            for round in range(ROUNDS):
                done = one_row.load(running, [one_row.IRIS])[1]
                print(f"  {(round + 2) * one_row.LOAD_SECONDS * done:,.0f}: {parts.query(HOT)}")
            count = parts.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sibyl'")
            print(f"connections of one API and two workers: {count}")


def report(name: str, costs: dict[str, float], rows: int) -> None:
    print(f"\n{name}, {rows:,} of them:")
    for part in ("api", "workers", "server"):
        print(f"  {part}: {costs[part] / rows * 1e6:.2f} µs of a core")
    print(f"  server's log: {costs['log'] / rows:.0f} bytes; tables: {costs['tables'] / rows:.0f} bytes")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
