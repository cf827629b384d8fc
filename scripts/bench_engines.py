"""One-row jobs on SQLite, on PostgreSQL, and through procrastinate on the same PostgreSQL, in one run.

Each is driven at full speed for some seconds; a job counts when its prediction is stored. Every commit of every one is on
disk before it counts: synchronous=FULL, fsync=on, synchronous_commit=on.
"""

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import time

from benchmark import one_row
from benchmark.service import ROOT, service
from postgres_server import postgres, url

JOBS = 3_000
CALLERS = 32
MODEL = ROOT / "models/iris/v1/model.onnx"


def jobs_of_sibyl(workers: int, *options: str) -> float:
    with service(workers, ROOT / "models", *options) as running:
        submitted, jobs = one_row.load(running, [one_row.IRIS])
        assert submitted.errors == 0, submitted
        return jobs


# procrastinate: its queue as its papers show it, a prediction a job, the result stored in the job's transaction-free way.

def application(folder: str):
    import procrastinate

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(
        conninfo=f"host={folder} user=postgres dbname=postgres", min_size=4, max_size=CALLERS))
    session = None

    @app.task(name="score", queue="rows")
    async def score(row: list[float], number: int) -> None:
        nonlocal session
        if session is None:
            import numpy
            import onnxruntime
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            session = onnxruntime.InferenceSession(MODEL, options), numpy
        model, numpy = session
        names = [given.name for given in model.get_inputs()]
        values = ([numpy.array([row], dtype=numpy.float32)] if len(names) == 1
                  else [numpy.array([[value]], dtype=numpy.float32) for value in row])
        probabilities = model.run(None, dict(zip(names, values)))[-1]
        await app.connector.execute_query_async(
            "INSERT INTO prediction (number, value) VALUES (%(number)s, %(value)s)", number=number,
            value=float(probabilities[0].max()))

    return app, score


def work(folder: str) -> None:
    """One worker process."""
    app, _ = application(folder)

    async def run():
        async with app.open_async():
            await app.run_worker_async(queues=["rows"], concurrency=CALLERS, install_signal_handlers=True,
                                       fetch_job_polling_interval=0.5)

    asyncio.run(run())


async def submit(folder: str) -> float:
    """Defers all jobs, CALLERS at a time, and waits until every prediction is there."""
    app, score = application(folder)
    async with app.open_async():
        started = time.monotonic()
        numbers = iter(range(JOBS))

        async def caller():
            for number in numbers:
                await score.defer_async(row=[5.1, 3.5, 1.4, 0.2], number=number)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        while True:
            row = await app.connector.execute_query_one_async("SELECT count(*) AS count FROM prediction")
            if row["count"] == JOBS:
                return JOBS / (time.monotonic() - started)
            if time.monotonic() - started > 300:
                raise SystemExit(f"procrastinate ended {row['count']} of {JOBS} jobs")
            await asyncio.sleep(0.02)


async def prepare(folder: str) -> None:
    app, _ = application(folder)
    async with app.open_async():
        for schema in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            await app.connector.execute_query_async(schema)
        await app.schema_manager.apply_schema_async()
        await app.connector.execute_query_async("CREATE TABLE prediction (number int PRIMARY KEY, value float)")


def jobs_of_procrastinate(folder: str, workers: int) -> float:
    asyncio.run(prepare(folder))
    processes = [subprocess.Popen([sys.executable, __file__, "--work", folder], stderr=subprocess.DEVNULL)
                 for _ in range(workers)]
    try:
        time.sleep(3)
        return asyncio.run(submit(folder))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--work")
    options = parser.parse_args()
    if options.work:
        return work(options.work)
    rows = []
    with postgres() as folder:
        for workers in options.workers:
            seen: dict[str, list[float]] = {"sqlite": [], "postgres": [], "procrastinate": []}
            for repeat in range(options.repeats):
                seen["sqlite"].append(jobs_of_sibyl(workers))
                seen["postgres"].append(jobs_of_sibyl(workers, "--database", url(folder, f"s{workers}_{repeat}")))
                seen["procrastinate"].append(jobs_of_procrastinate(folder, workers))
            rows.append((workers, *(statistics.median(seen[name]) for name in seen)))
            print(f"  {rows[-1]}", file=sys.stderr)
    print(f"{platform.machine()}, {os.cpu_count()} cores, PostgreSQL 15 on the same machine, {options.repeats} runs, median jobs/s\n")
    print("| workers | SQLite | PostgreSQL | procrastinate | PostgreSQL / SQLite | PostgreSQL / procrastinate |\n|---|---|---|---|---|---|")
    for workers, sqlite, server, peer in rows:
        print(f"| {workers} | {sqlite:,.0f} | {server:,.0f} | {peer:,.0f} | {server / sqlite:.2f} | {server / peer:.1f} |")


if __name__ == "__main__":
    main()
