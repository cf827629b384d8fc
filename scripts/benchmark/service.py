"""A running Sibyl in a folder of its own, a client of it, and what its processes take."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIBYL = ROOT / ".build/release/sibyl"
START_SECONDS = 60


class Failure(Exception):
    """A load that could not be measured, and why."""


class Service:
    """`sibyl up` with as many workers as asked for; ended by its own process id."""

    def __init__(self, folder: str, workers: int, models: pathlib.Path, options: tuple[str, ...]):
        ready = pathlib.Path(folder, "url")
        database = () if "--database" in options else ("--database", f"{folder}/sibyl.db")
        command = [SIBYL, "up", "--workers", str(workers), "--listen", "127.0.0.1:0", "--ready-file", str(ready), "--models", str(models),
                   "--log-level", "error", *database, *options]
        self.folder, self.workers = pathlib.Path(folder), workers
        began = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=ROOT)
        try:
            self.wait(lambda: ready.exists() and ready.read_text().endswith("\n"), pause=0.002)
            self.address = urllib.parse.urlparse(ready.read_text().strip())
            self.url = f"http://{self.address.netloc}"
            self.connection = self.connect()
            self.wait(lambda: self.request("GET", "/ready")[0] == 200, pause=0.002)
            self.ready_seconds = time.perf_counter() - began
            self.wait(self.is_whole)
        except BaseException:
            self.stop()
            raise

    def is_whole(self) -> bool:
        health = self.ask("GET", "/health")
        return health["status"] == "healthy" and health["workers"] >= self.workers

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=120)

    def wait(self, condition, pause: float = 0.02) -> None:
        until = time.monotonic() + START_SECONDS
        while not condition():
            if self.process.poll() is not None or time.monotonic() > until:
                raise Failure("the service did not start")
            time.sleep(pause)

    def request(self, method: str, path: str, body: str | None = None, headers: dict | None = None) -> tuple[int, bytes]:
        self.connection.request(method, path, body, ({"Content-Type": "application/json"} if body else {}) | (headers or {}))
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def ask(self, method: str, path: str, body: str | None = None, headers: dict | None = None) -> dict:
        status, content = self.request(method, path, body, headers)
        if status >= 400:
            raise Failure(f"{method} {path} was answered {status}: {content[:300]!r}")
        return json.loads(content) if content else {}

    def waiting(self) -> int:
        return self.ask("GET", "/health")["queue"]["rows_waiting"]

    def drain(self, down_to: int = 0, seconds: float = 180) -> None:
        until = time.monotonic() + seconds
        while self.waiting() > down_to:
            if time.monotonic() > until:
                raise Failure(f"the queue did not drain in {seconds} s")
            time.sleep(0.005)

    def processes(self) -> list[int]:
        """The service's process ids, its parent's first."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, found)]

    def memory(self) -> dict[str, float]:
        """Megabytes of all processes: `pss` divides shared pages among those that share them, `rss` counts them in each."""
        total = {"pss": 0.0, "rss": 0.0}
        for pid in self.processes():
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name = line.split(":")[0].lower()
                if name in total:
                    total[name] += int(line.split()[1]) / 1024
        return total

    def busy_seconds(self) -> float:
        """Seconds that the service was on a core, to the nanosecond, threads that have ended included."""
        # The kernel's clock of another process, as clock_getcpuclockid(3) makes its number.
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self.processes())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def service(workers: int = 2, models: pathlib.Path = ROOT / "models", *options: str):
    # Beside the build, which is on a disk: what is temporary may be kept in memory, where a flush costs nothing.
    place = ROOT / ".build/bench"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        running = Service(folder, workers, models, options)
        try:
            yield running
        finally:
            running.stop()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def cores() -> int:
    return len(os.sched_getaffinity(0))
