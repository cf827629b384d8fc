"""The fused text kernel beside ONNX Runtime and scikit-learn: rates, memory and equality, on the same texts in one run.

    swift build -c release --product KernelLoad
    .tools/python/bin/python scripts/bench_kernel.py [--repeats N]

Prints a table, and ends with 1 when an answer differs. Figures go into docs/performance/TEXT.md by hand.
"""

import argparse
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "models"))

import numpy as np

import corpora
from make_adversarial import generated
from text_reference import pipeline_of

MODEL = ROOT / "models" / "sentiment" / "v1" / "model.onnx"
SECONDS = 3
GENERATED = 100_000
FOREIGN = ("Очень хороший товар, спасибо большое! Доставка быстрая, качество отличное. ", "とても良い商品です。配送も早くて満足しています。",
           "Αυτό το προϊόν είναι πολύ καλό και η παράδοση ήταν γρήγορη. ", "هذا المنتج رائع جدا وأنصح به الجميع. ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    dice = random.Random(11)
    pipeline = pipeline_of(MODEL)
    training, held_out = corpora.split()
    real = [text.text for text in training + held_out]
    words = sorted(pipeline.named_steps["tfidf"].vocabulary)
    made = [generated(dice, words) or "x" for _ in range(GENERATED)]
    foreign = ["".join(dice.choices(FOREIGN, k=3))[:200] for _ in range(20_000)]

    failed = False
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: write(Path(folder) / name, texts) for name, texts in
                 (("real", real), ("made", made), ("foreign", foreign), ("few", real[::40]))}
        for name, texts in (("real", real), ("made", made), ("foreign", foreign)):
            failed |= not equal(name, pipeline, texts, files[name], Path(folder) / "answers")
        peaks = {batch: load("fused", 1, batch, files["real"], folder, 1)[1] for batch in (64, 4_096, len(real))}
        for _ in range(repeats):
            for name, engine, threads, file in (
                    ("kernel, 1 thread", "fused", 1, "real"), ("kernel, 2 threads", "fused", 2, "real"),
                    ("kernel, other scripts", "fused", 1, "foreign"), ("ONNX Runtime, 1 thread", "onnxruntime", 1, "few")):
                rates.setdefault(name, []).append(load(engine, threads, 4_096, files[file], folder, SECONDS)[0])
            rates.setdefault("scikit-learn", []).append(reference(pipeline, real[:20_000]))
            rates.setdefault("scikit-learn, other scripts", []).append(reference(pipeline, foreign))

    print(f"{len(real):,} texts of {sum(len(text.encode()) for text in real) / len(real):.0f} bytes, {repeats} repeats in turn")
    for name, found in rates.items():
        print(f"{name}: {statistics.median(found):,.0f} texts/s ({min(found):,.0f} to {max(found):,.0f})")
    for name, above, below in (
            ("kernel / ONNX Runtime", "kernel, 1 thread", "ONNX Runtime, 1 thread"),
            ("kernel / scikit-learn", "kernel, 1 thread", "scikit-learn"),
            ("2 threads / 1", "kernel, 2 threads", "kernel, 1 thread"),
            ("other scripts: kernel / scikit-learn", "kernel, other scripts", "scikit-learn, other scripts")):
        ratios = [a / b for a, b in zip(rates[above], rates[below])]
        print(f"{name}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print("peak memory, MB:", ", ".join(f"{peak / 1024:.0f} at a batch of {batch:,}" for batch, peak in peaks.items()))
    sys.exit(failed)


def write(path: Path, texts: list[str]) -> Path:
    with path.open("wb") as file:
        for text in texts:
            content = text.encode()
            file.write(struct.pack("<I", len(content)) + content)
    return path


def run(engine: str, threads: int, batch: int, texts: Path, answers: Path, seconds: float) -> dict:
    command = [ROOT / ".build" / "release" / "KernelLoad", ROOT / "models", "sentiment",
               ROOT / ".tools" / "onnxruntime" / "libonnxruntime.so", engine, str(threads), str(batch), texts, answers,
               str(seconds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)


def load(engine: str, threads: int, batch: int, texts: Path, folder: str, seconds: float) -> tuple[float, int]:
    found = run(engine, threads, batch, texts, Path(folder) / "ignored", seconds)
    return found["texts"] / found["seconds"], found["peak_kb"]


def reference(pipeline, texts: list[str]) -> float:
    began = time.perf_counter()
    pipeline.predict_proba(texts)
    return len(texts) / (time.perf_counter() - began)


def equal(name: str, pipeline, texts: list[str], file: Path, answers: Path) -> bool:
    """Compares every answer with scikit-learn's."""
    run("fused", 1, 4_096, file, answers, 0)
    expected = pipeline.predict_proba(texts)
    found = np.fromfile(answers, dtype=np.float32).reshape(expected.shape)
    off = np.abs(found - expected).max(axis=1)
    labels = int((found.argmax(axis=1) != expected.argmax(axis=1)).sum())
    print(f"{name}: {len(texts):,} texts, {labels} labels differ, probabilities by {off.max():.2g} at most")
    if off.max() > 1e-6:
        print("  such as", ascii(texts[int(off.argmax())][:200]))
    return labels == 0 and off.max() <= 1e-6


if __name__ == "__main__":
    main()
