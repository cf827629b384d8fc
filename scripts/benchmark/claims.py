"""What a claim costs as the queue behind it grows: the same number of one-row chunks drained in front of more and more."""

import time

from . import tables
from .service import service

DEPTHS = (100, 10_000, 1_000_000)
DRAINED = 20_000


def measure(bench) -> None:
    # A table in chunks of one row fills the queue with real chunks, far faster than one task each.
    for depth in DEPTHS if bench.is_whole else DEPTHS[:2]:
        table = tables.head(bench.table, min(depth + DRAINED, bench.rows), bench.folder)
        behind = min(depth, bench.rows - DRAINED)
        with service(2, bench.models, "--chunk-rows", "1") as running:
            running.ask("POST", "/admin/queue/pause", "{}")
            with tables.Curl("-T", table, "-H", "Content-Type: text/csv", "-X", "POST", "-o", bench.folder / "accepted",
                             f"{running.url}/predict/async?model=linear&id_column=id"):
                pass
            assert running.waiting() == behind + DRAINED, running.waiting()
            began = time.perf_counter()
            running.ask("POST", "/admin/queue/resume", "{}")
            running.drain(behind)
            seconds = time.perf_counter() - began
            done = behind + DRAINED - running.waiting()
        bench.record(f"chunks claimed/s, {depth:,} waiting behind", done / seconds)
        table.unlink()
