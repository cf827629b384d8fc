"""The first lever: what submissions gain when they share commits."""

from . import one_row, texts, wrk
from .service import service


def measure(bench) -> None:
    with service(2, bench.models, "--group-commit", "off") as running:
        wrk.run(f"{running.url}/predict/async", 1, texts.bodies())
        running.drain()
        submitted, jobs = one_row.load(running)
    bench.record("submissions/s, group commit off", submitted.rate)
    bench.record("jobs/s, group commit off", jobs)
