"""The one-row load: real reviews, one a request, each with its row id, and the answer that is right for it."""

import csv
import functools
import json

import numpy as np
import onnxruntime

from .service import ROOT

TOLERANCE = 1e-3


@functools.cache
def reviews() -> dict[str, str]:
    with (ROOT / "scripts/samples/reviews.csv").open(newline="") as file:
        return {row["id"]: row["text"] for row in csv.DictReader(file)}


@functools.cache
def bodies() -> list[str]:
    return [json.dumps({"model": "sentiment", "id": name, "text": text}) for name, text in reviews().items()]


@functools.cache
def right() -> dict[str, dict[str, float]]:
    """Each review's probabilities by ONNX Runtime itself, which no row of the service went through."""
    session = onnxruntime.InferenceSession(ROOT / "models/sentiment/v1/model.onnx", providers=["CPUExecutionProvider"])
    labels = json.loads((ROOT / "models/sentiment/model.json").read_text())["outputs"]["labels"]
    texts = np.array(list(reviews().values()), dtype=object).reshape(-1, 1)
    answers = session.run(["probabilities"], {"text": texts})[0]
    return {name: dict(zip(labels, map(float, row))) for name, row in zip(reviews(), answers)}


def check(results: list[dict]) -> int:
    """Ends the run when a prediction is missing or wrong; returns how many were looked at."""
    for result in results:
        wanted = right()[result["id"]]
        assert result["status"] == "succeeded", result
        assert all(abs(result["probabilities"][label] - value) < TOLERANCE for label, value in wanted.items()), (result, wanted)
        assert wanted[result["prediction"]] > max(wanted.values()) - TOLERANCE, (result, wanted)
    return len(results)
