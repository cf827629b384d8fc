"""200,000 texts as CSV, up and back with their own columns; beside it scikit-learn in one process, from the same file to a like one."""

import csv
import itertools
import json
import pathlib
import subprocess
import sys
import time

from . import tables, texts
from .service import ROOT, service

TEXTS = 200_000


def measure(bench) -> None:
    table = write(bench.folder / "texts.csv")
    with service(2) as running:
        out = bench.folder / "scored.csv"
        began = time.perf_counter()
        task = running.ask("POST", "/predict/async?model=sentiment&upload=later&id_column=id")["urls"]
        with tables.Curl("-H", "Accept: text/csv", "-o", out, f"{running.url}{task['results']}?join=input") as reading:
            with tables.Curl("-T", table, "-H", "Content-Type: text/csv", "-o", bench.folder / "accepted", f"{running.url}{task['input']}"):
                pass
        bench.record("bulk texts/s", TEXTS / (reading.ended - began))
        bench.record("bulk texts, peak MB of a process", max(map(peak, running.processes()[1:])))
    program = [sys.executable, "-m", "benchmark.bulk_texts", str(table), str(bench.folder / "reference.csv")]
    found = json.loads(subprocess.run(program, cwd=ROOT / "scripts", check=True, capture_output=True, text=True, timeout=300).stdout)
    bench.record("bulk texts, scikit-learn in one process, texts/s", TEXTS / found["seconds"])
    bench.record("bulk texts compared", compare(table, out, bench.folder / "reference.csv"))


def write(path: pathlib.Path) -> pathlib.Path:
    """The sample's reviews over and over, each time with a number in it, so that no text is there twice."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        for number, text in zip(range(TEXTS), itertools.cycle(texts.reviews().values())):
            rows.writerow([number, f"{text[:980]} {number}"])
    return path


def peak(pid: int) -> float:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:", 1)[1].split()[0]) / 1024


def compare(table: pathlib.Path, out: pathlib.Path, reference: pathlib.Path) -> int:
    """Every label is scikit-learn's, and every row the caller's own."""
    with table.open(newline="") as sent, out.open(newline="") as read, reference.open(newline="") as right:
        rows = itertools.zip_longest(csv.DictReader(sent), csv.DictReader(read), csv.DictReader(right))
        for count, (before, after, answer) in enumerate(rows, 1):
            assert after["text"] == before["text"] and after["id"] == before["id"], (before, after)
            assert after["prediction"] == answer["prediction"], (after, answer)
            assert abs(float(after["score"]) - float(answer["score"])) < 1e-5, (after, answer)
    assert count == TEXTS
    return count


def reference(table: str, out: str) -> None:
    """What a script of scikit-learn does: read the file, predict in batches, write it with two columns more."""
    sys.path.insert(0, str(ROOT / "scripts/models"))
    from text_reference import pipeline_of

    pipeline = pipeline_of(ROOT / "models/sentiment/v1/model.onnx")
    began = time.perf_counter()
    with open(table, newline="") as file, open(out, "w", newline="") as scored:
        rows, writer = csv.reader(file), csv.writer(scored)
        writer.writerow(next(rows) + ["prediction", "score"])
        while batch := list(itertools.islice(rows, 10_000)):
            probabilities = pipeline.predict_proba([row[1] for row in batch])
            labels = pipeline.classes_[probabilities.argmax(axis=1)]
            scores = probabilities[:, list(pipeline.classes_).index("positive")]
            writer.writerows([*row, label, score] for row, label, score in zip(batch, labels, scores))
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    reference(*sys.argv[1:])
