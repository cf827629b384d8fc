"""Single tasks at a fixed rate while a large table is scored: what bulk costs those who send one row."""

from . import open_loop, tables
from .service import service

RATE = 200
LEAST_SECONDS = 4


def measure(bench) -> None:
    with service(2, bench.models) as running:
        alone = open_loop.run(running, RATE, LEAST_SECONDS)
        table = bench.table if bench.long_table is None else bench.long_table
        with tables.Curl("-T", table, "-H", "Content-Type: text/csv", "-o", bench.folder / "accepted", "-X", "POST",
                         f"{running.url}/predict/async?model=trees&id_column=id"):
            beside = open_loop.run(running, RATE, LEAST_SECONDS if bench.long_table is None else 40)
        # The one before rested for longer than the service lets it.
        running.connection = running.connect()
        left = running.waiting()
        running.drain(seconds=600)
    bench.series.setdefault("single tasks at 200/s", []).append({"alone": alone, "beside a table": beside, "rows left": left})
    for name, found in (("alone", alone), ("beside a table", beside)):
        for share in ("p50", "p99"):
            bench.record(f"200/s {name}, {share} ms", found[share])
        bench.record(f"200/s {name}, generator late p99 ms", found["late p99"])
