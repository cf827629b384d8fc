"""One row a task: latency alone, jobs and submissions at full speed, single predictions, reads of a finished task, memory."""

import json
import threading
import time

from . import nginx, texts, wrk
from .service import Service, percentile, service

# A row of four numbers, for loads that ask what the queue costs and not the model.
IRIS = json.dumps({"model": "iris", "data": [5.1, 3.5, 1.4, 0.2]})
WARM_SECONDS = 2
LOAD_SECONDS = 5
PROBES = 300
LISTED = 1000


def load(running: Service, bodies: list[str] | None = None) -> tuple[wrk.Load, float]:
    """Submits at full speed, then waits until every row is stored.

    Returns wrk's view, and jobs a second from the first submission to the last result.
    """
    began = time.monotonic()
    submitted = wrk.run(f"{running.url}/predict/async", LOAD_SECONDS, bodies or texts.bodies())
    running.drain()
    return submitted, (submitted.requests - submitted.errors) / (time.monotonic() - began)


def measure(bench) -> None:
    with service() as running:
        wrk.run(f"{running.url}/predict/async", WARM_SECONDS, texts.bodies())
        running.drain()
        latency(bench, running)
        with Memory(running) as memory:
            submitted, jobs = load(running)
        assert submitted.errors == 0, submitted
        bench.record("submissions/s", submitted.rate)
        bench.record("jobs/s", jobs)
        bench.record("results checked", checked(running))
        bench.series["memory MB over seconds"] = memory.seen
        for kind, megabytes in running.memory().items():
            bench.record(f"memory {kind} MB", megabytes)
        predictions(bench, running)
        reads(bench, running)


def checked(running: Service) -> int:
    tasks = running.ask("GET", f"/predict/async?limit={LISTED}")["tasks"]
    assert all(task["rows"]["succeeded"] == 1 for task in tasks)
    return texts.check([task["result"] for task in tasks if task["result"].get("id")])


def latency(bench, running: Service) -> None:
    """Milliseconds from submission to result, one at a time on an idle service: polled each millisecond, and by one request."""
    polled, waited, direct = [], [], []
    for body in texts.bodies()[:PROBES]:
        began = time.perf_counter()
        path = running.ask("POST", "/predict/async", body)["check_url"]
        while not (task := running.ask("GET", path))["final"]:
            time.sleep(0.001)
        polled.append(time.perf_counter() - began)
        began = time.perf_counter()
        other = running.ask("POST", "/predict/async", body, {"Prefer": "wait=5"})
        waited.append(time.perf_counter() - began)
        assert other["final"]
        texts.check([task["result"], other["result"]])
        began = time.perf_counter()
        running.ask("POST", "/predict", body_of_predict(body))
        direct.append(time.perf_counter() - began)
    for name, seconds in (("polled", polled), ("Prefer: wait", waited), ("POST /predict", direct)):
        for share in (50, 99):
            bench.record(f"idle {name} p{share} ms", percentile(seconds, share / 100) * 1e3)


def body_of_predict(body: str) -> str:
    return json.dumps({name: value for name, value in json.loads(body).items() if name != "id"})


def predictions(bench, running: Service) -> None:
    bodies = [body_of_predict(body) for body in texts.bodies()]
    done = wrk.run(f"{running.url}/predict", LOAD_SECONDS, bodies)
    assert done.errors == 0, done
    bench.record("POST /predict/s", done.rate)
    bench.record("POST /predict p50 ms", done.p50)
    bench.record("POST /predict p99 ms", done.p99)


def reads(bench, running: Service) -> None:
    """A finished task read again and again, and nginx with a file of the same bytes in the same seconds."""
    path = running.ask("POST", "/predict/async", texts.bodies()[0], {"Prefer": "wait=5"})["urls"]["self"]
    content = running.request("GET", path)[1]
    done = wrk.run(f"{running.url}{path}", LOAD_SECONDS)
    assert done.errors == 0, done
    bench.record("GET of a task/s", done.rate)
    bench.record("GET of a task p99 ms", done.p99)
    if rate := nginx.rate(content, LOAD_SECONDS):
        bench.record("nginx: GET of a file of that size/s", rate)


class Memory(threading.Thread):
    """Looks at the service's memory twice a second while a load runs: seconds, megabytes."""

    def __init__(self, running: Service):
        super().__init__(daemon=True)
        self.running, self.seen, self.ended, self.began = running, [], threading.Event(), time.monotonic()

    def run(self) -> None:
        while not self.ended.wait(0.5):
            self.seen.append([time.monotonic() - self.began, self.running.memory()["pss"]])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        self.join(10)
