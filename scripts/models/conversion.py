"""From a scikit-learn pipeline to the bytes of `model.onnx`, and the proof that both give the same answers."""

from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from skl2onnx import convert_sklearn
from sklearn.pipeline import Pipeline

# The oldest operator sets that say what is needed, so that older runtimes and other kernels can read the file.
OPERATOR_SETS = {"": 17, "ai.onnx.ml": 3, "com.microsoft": 1}

Row = dict[str, Any]


class Answers(NamedTuple):
    labels: np.ndarray
    probabilities: np.ndarray


def convert(pipeline: Pipeline, name: str, inputs: list, options: dict | None = None) -> bytes:
    """Converts a classifier to the same bytes each time.

    Without `zipmap=False` the probabilities would come out as one dictionary a row instead of one matrix.
    """
    options = {id(pipeline): {"zipmap": False}, **(options or {})}
    model = convert_sklearn(pipeline, name, inputs, target_opset=OPERATOR_SETS, options=options)
    # The converter lists them in the order of a set of strings, which Python shuffles anew in every process.
    operator_sets = sorted(model.opset_import, key=lambda entry: entry.domain)
    del model.opset_import[:]
    model.opset_import.extend(operator_sets)
    return model.SerializeToString(deterministic=True)


def as_stored(values: np.ndarray) -> np.ndarray:
    """Rounds to the 32 bits that the file keeps, so that the reference is the model as shipped, not as fitted."""
    return values.astype(np.float32).astype(np.float64)


def ask_reference(pipeline: Pipeline, features: Any) -> Answers:
    return Answers(pipeline.predict(features), pipeline.predict_proba(features))


def ask_onnxruntime(model: bytes, tensor: str, values: np.ndarray, batch: int = 64) -> Answers:
    """Runs the converted model in batches, because a text model takes memory for rows times vocabulary."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    runs = [
        session.run(["label", "probabilities"], {tensor: values[start : start + batch]})
        for start in range(0, len(values), batch)
    ]
    labels, probabilities = zip(*runs)
    return Answers(np.concatenate(labels), np.concatenate(probabilities))


def require_parity(expected: Answers, found: Answers, tolerance: float) -> None:
    """Ends the script when a converted model answers otherwise, before anything is written."""
    labels = int((expected.labels != found.labels).sum())
    difference = float(np.abs(expected.probabilities - found.probabilities).max())
    print(f"parity: {len(expected.labels)} rows, {labels} labels differ, probabilities by {difference:.1e} at most")
    if labels or difference > tolerance:
        raise SystemExit("the converted model does not answer as the one that was trained; nothing was written")
