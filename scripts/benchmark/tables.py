"""A CSV of twenty floats a row, up and back with its own columns: rows a second from the first byte sent to the last one read."""

import csv
import hashlib
import itertools
import json
import pathlib
import subprocess
import threading
import time

import numpy as np
import onnxruntime

from .service import ROOT, Failure, Service, service

FLOATS = 20
NAMES = [f"f{number}" for number in range(FLOATS)]
DISTINCT = 20_000
CHECKED_EVERY = 997
TOLERANCE = 1e-4


def measure(bench) -> None:
    for model in ("linear", "trees"):
        with service(2, bench.models) as running:
            seconds, checked = through(running, model, bench.table, bench.rows, getattr(bench, model), bench.folder)
            bench.record(f"table, {model}, rows/s", bench.rows / seconds)
            bench.record("rows of the table checked", checked)
            bench.record(f"table, {model}, memory after pss MB", running.memory()["pss"])


def through(running: Service, model: str, table: pathlib.Path, rows: int, onnx: pathlib.Path, folder: pathlib.Path):
    """Sends a table, and reads it back scored while it is sent.

    Returns the seconds until the last result was read, and how many rows were looked at.
    """
    out = folder / "out.csv"
    began = time.perf_counter()
    task = running.ask("POST", f"/predict/async?model={model}&upload=later&id_column=id")["urls"]
    with Curl("-H", "Accept: text/csv", "-o", out, f"{running.url}{task['results']}?join=input") as reading:
        with Curl("-T", table, "-H", "Content-Type: text/csv", "-o", folder / "accepted", f"{running.url}{task['input']}"):
            pass
    seconds = reading.ended - began
    checked = check(table, out, rows, onnx)
    out.unlink()
    # Its rows go, so that the next load finds a database of the same size.
    running.request("DELETE", task["self"])
    return seconds, checked


class Curl:
    """One transfer that runs beside others; waits for its end when its block ends."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(["curl", "-sS", "--fail-with-body", *map(str, arguments)])
        self.waiting = threading.Thread(target=self.wait)

    def wait(self) -> None:
        # A wait with a limit looks up to 50 ms too late: the limit is kept beside it.
        limit = threading.Timer(600, self.process.kill)
        limit.start()
        self.process.wait()
        self.ended = time.perf_counter()
        limit.cancel()

    def __enter__(self):
        self.waiting.start()
        return self

    def __exit__(self, *_) -> None:
        self.waiting.join()
        if self.process.returncode:
            raise Failure(f"curl ended with {self.process.returncode}")


def check(table: pathlib.Path, out: pathlib.Path, rows: int, onnx: pathlib.Path) -> int:
    """Every row is there, and of every so many one is the caller's own record with the prediction that is right for it."""
    sample = []
    count = 0
    with table.open() as sent, out.open() as read:
        next(sent)
        columns = next(csv.reader([next(read)]))
        for number, (before, after) in enumerate(itertools.zip_longest(sent, read)):
            count += 1
            if number % CHECKED_EVERY == 0:
                assert after.startswith(before.rstrip("\r\n") + ","), (before, after)
                sample.append(dict(zip(columns, next(csv.reader([after])))))
            assert before is not None and after is not None, f"row {number} is missing"
    assert count == rows, f"{count} rows instead of {rows}"
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    inputs = np.array([[float(row[name]) for name in NAMES] for row in sample], dtype=np.float32)
    for row, right in zip(sample, session.run(None, {session.get_inputs()[0].name: inputs})[1]):
        assert not row["error"] and abs(float(row["score"]) - right[1]) < TOLERANCE, (row, right)
        assert row["prediction"] == ("yes" if right[1] > right[0] else "no") or abs(right[0] - right[1]) < TOLERANCE, (row, right)
    return len(sample)


def write(path: pathlib.Path, rows: int) -> pathlib.Path:
    """A table with an id; its numbers repeat after some thousand rows. Kept for the next run."""
    if not path.exists():
        values = np.random.default_rng(7).normal(size=(DISTINCT, FLOATS))
        lines = [",".join(f"{value:.6g}" for value in row) for row in values]
        half = path.with_suffix(".part")
        with half.open("w") as file:
            file.write("id," + ",".join(NAMES) + "\n")
            file.writelines(f"{number},{lines[number % DISTINCT]}\n" for number in range(rows))
        half.rename(path)
    return path


def head(table: pathlib.Path, rows: int, folder: pathlib.Path) -> pathlib.Path:
    """The table's first rows, as a file."""
    path = folder / f"{rows}.csv"
    with table.open() as file, path.open("w") as out:
        out.writelines(itertools.islice(file, rows + 1))
    return path


def train(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """A linear model and two hundred trees of twenty floats, kept for the next run."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.datasets import make_classification
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    found = {name: folder / f"{name}.onnx" for name in ("linear", "trees")}
    rows, answers = make_classification(n_samples=4000, n_features=FLOATS, n_informative=12, random_state=3)
    for name, model in (("linear", LogisticRegression(max_iter=500)),
                        ("trees", GradientBoostingClassifier(n_estimators=200, max_depth=5, random_state=1))):
        if not found[name].exists():
            onnx = convert_sklearn(model.fit(rows.astype(np.float32), answers), options={"zipmap": False}, target_opset=15,
                                   initial_types=[("X", FloatTensorType([None, FLOATS]))])
            found[name].write_bytes(onnx.SerializeToString())
    return found


def publish(folder: pathlib.Path, models: dict[str, pathlib.Path]) -> pathlib.Path:
    """A folder of the shipped models and of these, each with a manifest whose golden rows ONNX Runtime itself answered."""
    for shipped in ("iris", "sentiment"):
        (folder / shipped).symlink_to(ROOT / "models" / shipped)
    rows = np.random.default_rng(5).normal(size=(3, FLOATS)).astype(np.float32)
    for name, onnx in models.items():
        content = onnx.read_bytes()
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        tensor, outputs = session.get_inputs()[0].name, [output.name for output in session.get_outputs()]
        golden = [{"input": dict(zip(NAMES, map(float, row))), "prediction": "yes" if right[1] > right[0] else "no",
                   "probabilities": list(map(float, right))}
                  for row, right in zip(rows, session.run([outputs[1]], {tensor: rows})[0])]
        manifest = {
            "name": name, "task": "classification", "load": "start",
            "inputs": [{"name": column, "type": "float", "tensor": tensor, "column": place, "missing": "error"}
                       for place, column in enumerate(NAMES)],
            "outputs": {"labels": ["no", "yes"], "probabilities": outputs[1], "positive_label": "yes"},
            "default_version": "v1",
            "versions": [{"version": "v1", "state": "active", "golden": {"tolerance": 1e-5, "rows": golden},
                          "files": {"model.onnx": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}}}],
        }
        (folder / name / "v1").mkdir(parents=True)
        (folder / name / "v1/model.onnx").write_bytes(content)
        (folder / name / "model.json").write_text(json.dumps(manifest))
    return folder
