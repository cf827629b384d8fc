"""A running Sibyl for the looks of scripts/soak: its processes, its memory, a client, and a model of twenty numbers."""

import contextlib
import hashlib
import http.client
import json
import pathlib
import signal
import subprocess
import threading
import time
import urllib.parse

import numpy as np
import onnxruntime
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIBYL = ROOT / ".build/release/sibyl"
FLOATS = 20
NAMES = [f"x{number}" for number in range(FLOATS)]


class Service:
    """`sibyl up` in a folder of its own."""

    def __init__(self, folder: pathlib.Path, models: pathlib.Path, *options: str, database: str | None = None):
        self.folder = folder
        self.log = folder / "log"
        ready = folder / "url"
        ready.unlink(missing_ok=True)
        command = [SIBYL, "up", "--workers", "2", "--database", database or str(folder / "sibyl.db"), "--listen", "127.0.0.1:0",
                   "--ready-file", str(ready), "--models", str(models), "--log-level", "warning", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=self.log.open("a"))
        wait_for("the service", lambda: ready.exists() and ready.read_text().endswith("\n"))
        self.address = urllib.parse.urlparse(ready.read_text().strip())
        wait_for("the workers", lambda: self.ask("GET", "/health")["status"] == "healthy")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=300)

    def send(self, method: str, path: str, body=None, kind: str | None = None, headers: dict | None = None):
        """One request on a connection of its own: status, headers, bytes."""
        connection = self.connect()
        # A service that refuses answers before the body's end, and then closes: the answer is there to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, path, body, ({"Content-Type": kind} if kind else {}) | (headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def ask(self, method: str, path: str, body=None, kind: str | None = None) -> dict:
        status, _, content = self.send(method, path, body, kind)
        answer = json.loads(content) if content else {}
        return answer | {"http": status}

    def end_of(self, task: str, seconds: float = 300) -> dict:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.ask("GET", f"/predict/async/{task}?wait=5")
            if found.get("final"):
                return found
        raise SystemExit(f"task {task} did not end: {found}")

    def processes(self) -> dict[str, int]:
        """The process ids of the API and of each worker."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        found = {}
        for pid in children:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            kind = words[1].decode()
            found[kind if kind == "api" else f"{kind} {len(found)}"] = int(pid)
        return found

    def peaks(self) -> dict[str, float]:
        """The most memory that each process ever had, in megabytes."""
        def peak(pid):
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            return int(status.split("VmHWM:")[1].split()[0]) / 1024
        return {name: round(peak(pid), 1) for name, pid in self.processes().items()}

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def database_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob("sibyl.db*") if path.is_file())


@contextlib.contextmanager
def service(folder: pathlib.Path, models: pathlib.Path, *options: str, database: str | None = None):
    running = Service(folder, models, *options, database=database)
    try:
        yield running
    finally:
        running.stop()


def wait_for(what: str, condition, seconds: float = 60, pause: float = 0.02):
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            found = condition()
            if found:
                return found
        if time.monotonic() > until:
            raise SystemExit(f"waited {seconds} s for {what}")
        time.sleep(pause)


class Sampler(threading.Thread):
    """Calls a function again and again until it is told to stop, and keeps what it returned."""

    def __init__(self, sample, pause: float = 0.05):
        super().__init__(daemon=True)
        self.sample, self.pause, self.seen, self.stopping = sample, pause, [], threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(self.pause):
            self.seen.append(self.sample())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        self.join(10)


def make_wide_model(folder: pathlib.Path) -> onnxruntime.InferenceSession:
    """Writes a model of twenty numbers beside the shipped ones, and returns ONNX Runtime's own view of it."""
    generator = np.random.default_rng(1)
    rows = generator.normal(size=(4_000, FLOATS)).astype(np.float32)
    answers = (rows @ generator.normal(size=FLOATS) > 0).astype(int)
    model = LogisticRegression().fit(rows, answers)
    onnx = convert_sklearn(
        model, initial_types=[("inputs", FloatTensorType([None, FLOATS]))], options={"zipmap": False}, target_opset=15)
    content = onnx.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    golden = rows[:3]
    probabilities = session.run(["probabilities"], {"inputs": golden})[0]
    manifest = {
        "name": "wide", "task": "classification", "load": "start",
        "inputs": [{"name": name, "type": "float", "tensor": "inputs", "column": column, "missing": "error"}
                   for column, name in enumerate(NAMES)],
        "outputs": {"labels": ["no", "yes"], "probabilities": "probabilities", "positive_label": "yes"},
        "default_version": "v1",
        "versions": [{
            "version": "v1", "state": "active",
            "files": {"model.onnx": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}},
            "golden": {"tolerance": 1e-5, "rows": [
                {"input": dict(zip(NAMES, map(float, row))), "prediction": "yes" if answer[1] > answer[0] else "no",
                 "probabilities": list(map(float, answer))}
                for row, answer in zip(golden, probabilities)]},
        }],
    }
    target = folder / "wide/v1"
    target.mkdir(parents=True)
    (target / "model.onnx").write_bytes(content)
    (folder / "wide/model.json").write_text(json.dumps(manifest))
    for shipped in ("iris", "sentiment", "purchase"):
        (folder / shipped).symlink_to(ROOT / "models" / shipped)
    return session
