"""The peers' own drivers, each in its folder, one at a time; what they measure, by the names of Sibyl's figures."""

import json
import os
import pathlib
import subprocess

from .service import Failure


def drive(folder: pathlib.Path, *arguments: str) -> str:
    """Runs one of the peers' programs; it starts its own servers and ends them."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(["venv/bin/python", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise Failure(f"{' '.join(arguments)} in {folder} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def result(folder: pathlib.Path, name: str) -> dict:
    return json.loads((folder / "results" / f"{name}.json").read_text())


def one_row(bench) -> None:
    """FastAPI + Celery + Redis, every write of it on disk; and Huey on SQLite."""
    drive(bench.peers, "scripts/bench_a.py", "always", "2", "1")
    found = result(bench.peers, "A_always_c2")
    polled = found["latency_poll1ms"][0]
    bench.record("Celery: jobs/s", found["e2e"][0]["jobs_s"])
    bench.record("Celery: submissions/s", found["submit"][0]["rps"])
    bench.record("Celery: idle polled p50 ms", polled["p50"])
    bench.record("Celery: idle polled p99 ms", polled["p99"])
    bench.record("Celery: GET of a task/s", found["get"][0]["rps"])
    bench.record("Celery: memory pss MB", found["mem_after"]["total"]["pss_mb"])
    bench.record("Celery: memory rss MB", found["mem_after"]["total"]["rss_mb"])
    drive(bench.peers, "scripts/bench_c.py", "huey", "1", "3000")
    bench.record("Huey: jobs/s", result(bench.peers, "C_huey")["runs"][0]["jobs_s"])


def predictions(bench) -> None:
    """FastAPI + ONNX Runtime in one process and without any queue; the faster of its two ways."""
    drive(bench.peers, "scripts/bench_d.py", "ort", "1")
    found = result(bench.peers, "D_ort")
    best = max((found[path]["runs"][0] for path in found if path.startswith("/")), key=lambda run: run["rps"])
    bench.record("FastAPI + ONNX Runtime: POST /predict/s", best["rps"])
    bench.record("FastAPI + ONNX Runtime: POST /predict p50 ms", best["p50_ms"])
    bench.record("FastAPI + ONNX Runtime: POST /predict p99 ms", best["p99_ms"])


def tables(bench) -> None:
    """What one process does that reads, scores and writes by Arrow and ONNX Runtime, and keeps nothing."""
    for name, model, way in (("Arrow script, linear, rows/s", "tab_lr", "stream_arrow"),
                             ("Arrow script, trees, rows/s", "tab_gbdt", "stream_arrow"),
                             ("ONNX Runtime, 2 threads, trees, rows/s", "tab_gbdt", "score")):
        bench.record(name, json.loads(drive(bench.peers, "scripts/bulk_ort.py", model, way, "8192", "2"))["rows_s"])
