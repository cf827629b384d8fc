"""Writes what the service reads: the model folder with its manifest, and the fixtures its tests compare with."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conversion import Answers, Row
from corpora import ROOT

LINE_WIDTH = 120


def write_model(manifest: dict, version: dict, model: bytes) -> None:
    """Writes `model.onnx` first and the manifest, which vouches for its bytes, last."""
    folder = ROOT / "models" / manifest["name"]
    files = {"model.onnx": {"sha256": hashlib.sha256(model).hexdigest(), "bytes": len(model)}}
    replace(folder / version["version"] / "model.onnx", model)

    described = {"version": version["version"], "state": "active", "files": files, "measures": version["measures"]}
    described["trained_at"] = date_of(files, folder / "model.json")
    described |= {key: version[key] for key in ("data", "golden")}
    replace(folder / "model.json", (pretty({**manifest, "versions": [described]}) + "\n").encode())


def date_of(files: dict, manifest: Path) -> str:
    """Keeps the date of a file that came out the same again, so that a repeated training changes nothing."""
    if manifest.exists():
        for version in json.loads(manifest.read_bytes())["versions"]:
            if version["files"] == files:
                return version["trained_at"]
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def golden(rows: list[Row], answers: Answers, tolerance: float) -> dict:
    """Makes the self-test that a worker runs at load. The answers are the training library's, never the runtime's."""
    pairs = zip(rows, answers.labels, answers.probabilities)
    rows = [{"input": row, "prediction": str(label), "probabilities": p.tolist()} for row, label, p in pairs]
    return {"tolerance": tolerance, "rows": rows}


def write_fixture(name: str, rows: list[Row], answers: Answers) -> None:
    """Writes one JSON line a row: its inputs, and beside them the reference's answer."""
    lines = []
    for row, label, probabilities in zip(rows, answers.labels, answers.probabilities):
        answer = {**row, "prediction": str(label), "probabilities": probabilities.tolist()}
        lines.append(on_one_line(answer, separators=(",", ":")) + "\n")
    replace(ROOT / "Tests" / "Fixtures" / name, "".join(lines).encode())


def pretty(value: Any, indent: int = 0, before: int = 0) -> str:
    """Renders JSON with everything that fits a line on one line: a golden row reads better than eight lines of it."""
    line = on_one_line(value)
    if not isinstance(value, (dict, list)) or indent + before + len(line) < LINE_WIDTH:
        return line
    inner = indent + 2
    if isinstance(value, dict):
        keys = [f"{json.dumps(key)}: " for key in value]
        parts = [key + pretty(item, inner, len(key)) for key, item in zip(keys, value.values())]
    else:
        parts = [pretty(item, inner) for item in value]
    open_bracket, close_bracket = "{}" if isinstance(value, dict) else "[]"
    separator = ",\n" + " " * inner
    return f"{open_bracket}\n{' ' * inner}{separator.join(parts)}\n{' ' * indent}{close_bracket}"


def on_one_line(value: Any, separators: tuple[str, str] = (", ", ": ")) -> str:
    """Renders JSON with letters of all scripts as they are, and escapes what an editor would not show."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators)
    return "".join(c if c.isprintable() else json.dumps(c).strip('"') for c in line)


def replace(path: Path, content: bytes) -> None:
    """Replaces a file at once, so that a service that reloads meanwhile never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(content)
    os.replace(temporary, path)
