"""How soon the service is ready, and what it takes when nobody asks."""

import time

from .service import service

SECONDS = 10
SETTLE_SECONDS = 2


def measure(bench) -> None:
    with service() as running:
        bench.record("start to ready s", running.ready_seconds)
        time.sleep(SETTLE_SECONDS)
        before = running.busy_seconds()
        time.sleep(SECONDS)
        bench.record("idle CPU, % of a core", (running.busy_seconds() - before) / SECONDS * 100)
        bench.record("idle memory pss MB", running.memory()["pss"])
