"""Workers, rows a task, rows a chunk, and latency as the load nears the most that the service does."""

from . import one_row, open_loop, tables, texts, wrk
from .service import service

WORKERS = (1, 2, 4)
ROWS = (1_000, 10_000, 100_000, 1_000_000)
CHUNKS = (64, 256, 1_024, 4_096)
SHARES = (0.25, 0.5, 0.75, 0.9)
SECONDS = 4


def measure(bench) -> None:
    workers(bench)
    rows(bench)
    chunks(bench)
    loads(bench)


def workers(bench) -> None:
    seen = []
    for count in WORKERS:
        with service(count, bench.models) as running:
            wrk.run(f"{running.url}/predict/async", 1, texts.bodies())
            running.drain()
            jobs = one_row.load(running)[1]
            seconds, _ = tables.through(running, "trees", bench.table, bench.rows, bench.trees, bench.folder)
        seen.append({"workers": count, "jobs/s": jobs, "rows/s": bench.rows / seconds})
    bench.series["workers"] = seen


def rows(bench) -> None:
    seen = []
    with service(2, bench.models) as running:
        for count in (1_000, *ROWS):  # the first one warms
            table = tables.head(bench.table, count, bench.folder)
            seconds, _ = tables.through(running, "linear", table, count, bench.linear, bench.folder)
            seen.append({"rows": count, "seconds": seconds, "microseconds a row": seconds / count * 1e6})
            table.unlink()
    bench.series["rows a task"] = seen[1:]


def chunks(bench) -> None:
    seen = []
    count = 200_000
    table = tables.head(bench.table, count, bench.folder)
    for size in CHUNKS:
        with service(2, bench.models, "--chunk-rows", str(size)) as running:
            seconds, _ = tables.through(running, "linear", table, count, bench.linear, bench.folder)
        seen.append({"rows a chunk": size, "rows/s": count / seconds})
    bench.series["rows a chunk"] = seen


def loads(bench) -> None:
    """`POST /predict` by the open loop, at shares of what 32 connections at full speed do in the same service."""
    seen = []
    with service() as running:
        bodies = [one_row.body_of_predict(body) for body in texts.bodies()]
        most = wrk.run(f"{running.url}/predict", SECONDS, bodies).rate
        for share in SHARES:
            seen.append({"share": share} | open_loop.run(running, most * share, SECONDS, "/predict"))
    bench.series["latency against load"] = seen
