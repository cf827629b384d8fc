"""The look `wal` of scripts/soak: the log and the space of a service that is written to and read from for long."""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import threading
import time

from soak_service import SIBYL, Sampler, Service, service, wait_for

SECONDS = int(os.environ.get("SIBYL_SOAK_SECONDS", 600))
ROWS = 20_000
KEPT = 12
SINGLE = '{"model":"sentiment","text":"I love this product!"}'
LOG_BYTES = 64 << 20
# The largest transaction: a bulk one of 1 MiB, with its indexes, records and the frames' headers.
TRANSACTION_BYTES = 8 << 20


class Load:
    """Uploads, deletions, singles and readers, until told to stop; counts what came out of each."""

    def __init__(self, running: Service, table: bytes):
        self.running, self.table = running, table
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.kept: list[str] = []
        self.uploaded = self.refused = self.deleted = self.polls = self.rows_read = 0
        self.latencies: list[float] = []
        self.faults: list[str] = []
        self.threads = [threading.Thread(target=self.guarded, args=words, daemon=True) for words in (
            (self.upload,), (self.upload,), (self.single,), (self.poll,),
            (self.read, 0), (self.read, 0), (self.read, 0.02), (self.read, 0.1))]

    def guarded(self, work, *arguments) -> None:
        while not self.stopping.is_set():
            try:
                work(*arguments)
            except Exception as error:
                self.faults.append(f"{work.__name__}: {error!r}")
                self.stopping.wait(0.2)

    def upload(self) -> None:
        answer = self.running.ask("POST", "/predict/async?model=wide&id_column=id", self.table, "text/csv")
        if answer["http"] != 202:
            self.refused += 1
            if answer["http"] not in (429, 503):
                self.faults.append(f"upload: {answer}")
            return
        ended = self.running.end_of(answer["id"])
        if ended["status"] != "completed" or ended["rows"]["succeeded"] != ROWS:
            self.faults.append(f"counts: {ended['status']} {ended['rows']}")
        with self.lock:
            self.uploaded += 1
            self.kept.append(ended["id"])
            gone = self.kept.pop(0) if len(self.kept) > KEPT else None
        if gone:
            self.running.ask("DELETE", f"/predict/async/{gone}")
            self.deleted += 1

    def single(self) -> None:
        connection = self.running.connect()
        while not self.stopping.wait(0.02):
            started = time.monotonic()
            connection.request("POST", "/predict", SINGLE, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status == 200 and json.loads(content)["prediction"] == "positive":
                self.latencies.append((time.monotonic() - started) * 1e3)
            else:
                self.faults.append(f"single: {answer.status} {content[:200]!r}")

    def poll(self) -> None:
        for path in ("/predict/async?limit=20", "/health", "/ready"):
            self.running.ask("GET", path)
            self.polls += 1
        self.stopping.wait(0.02)

    def read(self, pause: float) -> None:
        """Streams a task's results; one that is deleted meanwhile is cut, which is right."""
        with self.lock:
            task = self.kept[-1 if pause == 0 else 0] if self.kept else None
        if not task:
            self.stopping.wait(0.1)
            return
        connection = self.running.connect()
        connection.request("GET", f"/predict/async/{task}/results?format=csv&join=input")
        answer = connection.getresponse()
        rows = -1
        with contextlib.suppress(Exception):
            while piece := answer.read(32 << 10):
                rows += piece.count(b"\n")
                self.stopping.wait(pause)
        self.rows_read += max(0, rows)
        connection.close()

    def run(self, seconds: float) -> None:
        for thread in self.threads:
            thread.start()
        time.sleep(seconds)
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)


def look_wal(folder: pathlib.Path, models: pathlib.Path, write_table, check, percentile) -> None:
    print(f"the log and the space, {SECONDS} s of uploads, deletions, singles and readers")
    table = folder / "modest.csv"
    write_table(table, ROWS)
    database = folder / "sibyl.db"
    with service(folder, models, "--log-level", "info") as running:
        load = Load(running, table.read_bytes())
        started = time.monotonic()

        def sample():
            return time.monotonic() - started, size(folder / "sibyl.db-wal"), size(database)

        with Sampler(sample) as sampler:
            load.run(SECONDS)
        wait_for("an empty queue", lambda: running.ask("GET", "/health")["queue"]["rows_waiting"] == 0)
        checked = subprocess.run([SIBYL, "check", "--database", database], capture_output=True, text=True)
        check("the check is clean at the end", checked.returncode == 0, checked.stdout if checked.returncode else "")
        for task in load.kept:
            running.ask("DELETE", f"/predict/async/{task}")
        before = running.database_bytes()
        with contextlib.suppress(SystemExit):
            wait_for("the space", lambda: running.database_bytes() < before / 4, 60)
        after = running.database_bytes()
        check("what is deleted at the end gives its space back", after < before / 4,
              f"{before / 1e6:.1f} MB, then {after / 1e6:.1f} MB")
        report = [line for line in running.log.read_text().splitlines() if "level=error" in line or "keeper round" in line]
    logs = [log for _, log, _ in sampler.seen]
    print(f"  {load.uploaded} uploads of {ROWS:,} rows, {load.uploaded * ROWS / SECONDS:,.0f} rows/s, {load.refused} refused,"
          f" {load.deleted} deleted, {load.polls} polls, {load.rows_read:,} rows read")
    print(f"  log: p50 {statistics.median(logs) / 1e6:.1f} MB, p99 {percentile(logs, 0.99) / 1e6:.1f} MB, max {max(logs) / 1e6:.1f} MB")
    print(f"  singles: {len(load.latencies)}, p50 {statistics.median(load.latencies):.1f} ms,"
          f" p99 {percentile(load.latencies, 0.99):.1f} ms, max {max(load.latencies):.1f} ms")
    check("the log stays at 64 MiB and one transaction", max(logs) <= LOG_BYTES + TRANSACTION_BYTES, f"{max(logs) / 1e6:.1f} MB")
    peaks = quarters([size for _, _, size in sampler.seen])
    check("the database's size levels off", peaks[3] <= 1.15 * max(peaks[:3]),
          ", ".join(f"{peak / 1e6:.1f}" for peak in peaks) + " MB a quarter")
    check("every answer right, all counts right", not load.faults, load.faults[:3])
    check("the service logged no error", not report, report[:3])


def size(path: pathlib.Path) -> int:
    return path.stat().st_size if path.exists() else 0


def quarters(values: list[int]) -> list[int]:
    step = max(1, len(values) // 4)
    return [max(values[start:start + step]) for start in range(0, 4 * step, step)]
