"""What a claim costs as the queue behind it grows: the same number of one-row tasks drained in front of more and more."""

import time

from . import texts, wrk
from .service import Failure, service

DEPTHS = (100, 10_000, 100_000)
LONG_DEPTH = 1_000_000
DRAINED = 10_000
FILL_SECONDS = 300


def measure(bench) -> None:
    for depth in (*DEPTHS, LONG_DEPTH) if bench.is_long else DEPTHS:
        with service() as running:
            running.ask("POST", "/admin/queue/pause", "{}")
            fill(running, depth + DRAINED)
            # Filling overshoots by up to a second's submissions; with few behind, they are drained as well.
            before = running.waiting()
            behind = depth if depth < DRAINED else before - DRAINED
            began = time.perf_counter()
            running.ask("POST", "/admin/queue/resume", "{}")
            running.drain(behind)
            seconds = time.perf_counter() - began
            bench.record(f"one-row tasks drained/s, {depth:,} waiting behind", (before - running.waiting()) / seconds)
            # Those behind are not needed: the service ends sooner when nothing runs.
            running.ask("POST", "/admin/queue/pause", "{}")


def fill(running, wanted: int) -> None:
    """Submits tasks until so many wait."""
    until = time.monotonic() + FILL_SECONDS
    while (waiting := running.waiting()) < wanted:
        if time.monotonic() > until:
            raise Failure(f"only {waiting} of {wanted} tasks waited after {FILL_SECONDS} s")
        wrk.run(f"{running.url}/predict/async", 1 if wanted - waiting < 50_000 else 5, texts.bodies())
