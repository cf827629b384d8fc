"""The looks `pause`, `sweep`, `cancel` and `read` of scripts/soak: a model that stood still, the keeper, and long results."""

import contextlib
import datetime
import hashlib
import os
import pathlib
import signal
import sqlite3
import statistics
import threading
import time

from postgres_server import postgres, url
from soak_service import Service, service, wait_for

RUN = 40.0  # milliseconds that a run takes at most
IRIS = '{"model":"iris","data":[5.1,3.5,1.4,0.2]}'
TEXT = '{"model":"sentiment","text":"I love this product!"}'
IRIS_HEADER = b"sepal_length,sepal_width,petal_length,petal_width\n"


class Singles(threading.Thread):
    """Asks for one prediction after another, at a steady pace, and keeps how long each took."""

    def __init__(self, running: Service, body: str, pause: float = 0.02):
        super().__init__(daemon=True)
        self.running, self.body, self.pause = running, body, pause
        self.seen: list[tuple[float, float, int]] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        connection = self.running.connect()
        due = time.monotonic()
        while not self.stopping.is_set():
            started = time.monotonic()
            connection.request("POST", "/predict", self.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            self.seen.append((started, (time.monotonic() - started) * 1e3, answer.status))
            due += self.pause
            time.sleep(max(0, due - time.monotonic()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        self.join(30)

    def tell(self, what: str, since: float, until: float) -> float:
        """Prints how long those took that were asked in a span of time, and gives the 99th percentile in milliseconds."""
        times = sorted(took for at, took, _ in self.seen if since <= at < until)
        refused = sum(1 for at, _, status in self.seen if since <= at < until and status != 200)
        p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
        print(f"  {what}: {len(times)} singles, {refused} refused, p50 {statistics.median(times):.1f} ms,"
              f" p99 {p99:.1f} ms, max {times[-1]:.1f} ms", flush=True)
        return p99


def pieces(header: bytes, line: bytes, rows: int):
    """A table as a body in pieces, which no memory has to hold."""
    yield header
    block = line * 10_000
    for _ in range(rows // 10_000):
        yield block


def upload(running: Service, query: str, header: bytes, line: bytes, rows: int) -> str:
    connection = running.connect()
    connection.request("POST", f"/predict/async?{query}", pieces(header, line, rows), {"Content-Type": "text/csv"},
                       encode_chunked=True)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 202:
        raise SystemExit(f"not accepted: {answer.status} {body[:300]}")
    return answer.headers["Location"].rsplit("/", 1)[1]


def look_pause(folder: pathlib.Path, models: pathlib.Path, check) -> None:
    rows = 1_000_000
    print(f"{rows:,} slow rows are paused, another model goes on, and then they are resumed")
    with service(folder, models, "--text-kernel", "off") as running:
        running.ask("POST", "/admin/queue/pause", '{"model":"sentiment"}', "application/json")
        slow = upload(running, "model=sentiment&keep_input=false", b"text\n", b"I love this product very much\n", rows)
        fast = upload(running, "model=iris&keep_input=false", IRIS_HEADER, b"5.1,3.5,1.4,0.2\n", 5_000_000)
        running.end_of(fast)
        with Singles(running, IRIS) as other:
            time.sleep(4)
            resumed = time.monotonic()
            running.ask("POST", "/admin/queue/resume", '{"model":"sentiment"}', "application/json")
            with Singles(running, TEXT) as same:
                time.sleep(15)
                over = time.monotonic()
        left = running.ask("GET", f"/predict/async/{slow}")["rows"]
        check("the backlog was still there", left["pending"] > rows / 10, left)
        other.tell("another model, before", 0, resumed)
        p99 = other.tell("another model, after the resume", resumed, over)
        check("its p99 near one run's time (40 ms)", p99 < 2 * RUN, f"{p99:.1f} ms")
        p99 = same.tell("the same model, after the resume", resumed, over)
        check("its p99 near one run's time (40 ms)", p99 < 2 * RUN, f"{p99:.1f} ms")
        running.ask("POST", f"/predict/async/{slow}/cancel")
        running.end_of(slow)


def look_sweep(folder: pathlib.Path, models: pathlib.Path, check) -> None:
    rows = 1_000_000
    print(f"{rows:,} ended tasks of one row, whose time is over")
    with service(folder, models) as running:
        running.ask("POST", "/predict/async", IRIS, "application/json")
        wait_for("its end", lambda: running.ask("GET", "/health")["queue"]["rows_waiting"] == 0)
    multiply(folder / "sibyl.db", rows)
    with service(folder, models) as running, Singles(running, IRIS) as singles:
        begun = time.monotonic()
        reader = sqlite3.connect(f"file:{folder}/sibyl.db?mode=ro", uri=True)
        # A count of a million would itself take the processor from the singles.
        left = "SELECT 1 FROM task WHERE results_until_ms < 1000000 LIMIT 1 OFFSET 10"
        wait_for("the sweep", lambda: reader.execute(left).fetchone() is None, 600, 1)
        over = time.monotonic()
        time.sleep(10)
        rate = rows / (over - begun)
        check("swept faster than can be accepted (5,800 a second)", rate > 5_800, f"{rate:,.0f} a second")
        quiet = singles.tell("after the sweep", over + 1, time.monotonic())
        during = singles.tell("during the sweep", begun, over)
        # Not "as without": each 2 MB of the log are moved back inside the gate (SQLite before 3.51.3 allows no other place),
        # which takes some 20 ms of the disk, and a sweep writes as much three times a second.
        check("p99 of singles near that without", during < quiet + RUN / 2, f"{during:.1f} ms, {quiet:.1f} ms without")


def multiply(path: pathlib.Path, rows: int) -> None:
    """Copies the one ended task of a database that nobody uses, as long past."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(task)") if row[1] != "key"]
        values = {"id": "CAST(printf('%016d', n) AS BLOB)", "results_until_ms": "n / 1000 + 1"}
        database.execute(
            f"WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {rows}) "
            f"INSERT INTO task ({', '.join(columns)}) SELECT {', '.join(values.get(name, name) for name in columns)} "
            "FROM number, (SELECT * FROM task LIMIT 1)")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def look_cancel(folder: pathlib.Path, models: pathlib.Path, check) -> None:
    rows = 10_000_000
    print(f"a task of {rows:,} rows is cancelled while a worker is killed")
    with service(folder, models, "--text-kernel", "off") as running:
        running.ask("POST", "/admin/queue/pause", '{"model":"iris"}', "application/json")
        large = upload(running, "model=iris", IRIS_HEADER, b"5.1,3.5,1.4,0.2\n", rows)
        slow = upload(running, "model=sentiment", b"text\n", b"I love this product very much\n", 200_000)
        wait_for("rows under way", lambda: running.ask("GET", f"/predict/async/{slow}")["rows"]["processing"] > 0)
        worker = next(pid for name, pid in running.processes().items() if name.startswith("worker"))
        running.ask("POST", f"/predict/async/{large}/cancel")
        os.kill(worker, signal.SIGKILL)
        killed = datetime.datetime.now(datetime.timezone.utc)
        line = wait_for("the rescue", lambda: [line for line in running.log.read_text().splitlines()
                                               if 'event="owner lost' in line], 60)[0]
        rescued = datetime.datetime.fromisoformat(line.split("time=")[1].split()[0].replace("Z", "+00:00"))
        took = (rescued - killed).total_seconds()
        check("the worker's rows given back within a second", took < 1, f"{took:.2f} s")
        begun = time.monotonic()
        ended = running.end_of(large)
        check("the task has a true end", ended["status"] == "cancelled" and ended["rows"]["cancelled"] == rows,
              f"{time.monotonic() - begun:.1f} s later")
        running.ask("POST", f"/predict/async/{slow}/cancel")
        running.end_of(slow)


def look_read(folder: pathlib.Path, models: pathlib.Path, check) -> None:
    rows = 10_000_000
    print(f"the results of {rows:,} rows as CSV, on each engine")
    with postgres() as server:
        lite = read_csv(folder, models, None, rows, check)
        full = read_csv(folder, models, url(server, "read"), rows, check)
        check("both engines give the same rows", lite == full)


def read_csv(folder: pathlib.Path, models: pathlib.Path, database: str | None, rows: int, check) -> str:
    """Scores a table and reads its results: their digest without the service's own figures."""
    engine = "SQLite" if database is None else "PostgreSQL"
    with service(folder, models, database=database) as running:
        begun = time.monotonic()
        task = upload(running, "model=iris&keep_input=false", IRIS_HEADER, b"5.1,3.5,1.4,0.2\n", rows)
        running.end_of(task)
        print(f"  {engine}: scored in {time.monotonic() - begun:.1f} s; peaks in MB {running.peaks()}", flush=True)
        before = running.peaks()["api"]
        digest, lines, size = hashlib.sha256(), 0, 0
        begun = time.monotonic()
        connection = running.connect()
        connection.request("GET", f"/predict/async/{task}/results?format=csv")
        answer = connection.getresponse()
        while piece := answer.read(1 << 20):
            digest.update(piece)
            lines += piece.count(b"\n")
            size += len(piece)
        took = time.monotonic() - begun
        peak = running.peaks()["api"]
        print(f"  {engine}: read in {took:.1f} s, {rows / took:,.0f} rows/s, {size / 1e6:.0f} MB; API's peak {peak} MB"
              f" (before {before})", flush=True)
        check(f"{engine}: every row is there", lines == rows + 1, lines)
        check(f"{engine}: memory is flat (the API grew by less than 64 MB)", peak - before < 64, f"{peak - before:.1f} MB")
        return digest.hexdigest()
