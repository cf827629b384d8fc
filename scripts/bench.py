"""Loads a running Sibyl with one-row tasks and prints what came of it; started by scripts/bench."""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import platform
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIBYL = ROOT / ".build/release/sibyl"
CONNECTIONS = 32
LOAD_SECONDS = 5
PROBES = 200
BODY = json.dumps({"model": "iris", "data": [5.1, 3.5, 1.4, 0.2]})


@contextlib.contextmanager
def service(group_commit: str):
    """Runs an API and two workers in a temporary folder, and ends them."""
    with tempfile.TemporaryDirectory() as folder:
        ready = pathlib.Path(folder, "url")
        command = [SIBYL, "up", "--workers", "2", "--database", f"{folder}/sibyl.db", "--listen", "127.0.0.1:0",
                   "--ready-file", str(ready), "--group-commit", group_commit, "--log-level", "error"]
        process = subprocess.Popen(command, cwd=ROOT)
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise SystemExit("the service did not start")
                time.sleep(0.02)
            address = urllib.parse.urlparse(ready.read_text().strip())
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
            while ask(connection, "GET", "/health")["status"] != "healthy":
                time.sleep(0.02)
            yield connection, f"http://{address.netloc}", process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def ask(connection, method: str, path: str, body: str | None = None) -> dict:
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    return json.loads(connection.getresponse().read())


def load(url: str, connection) -> tuple[float, float, int]:
    """Submits at full speed, then waits until everything is scored.

    Returns submissions a second, jobs a second from the first submission to the last result, and errors.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[{BODY}]]\n')
        script.flush()
        started = time.monotonic()
        output = subprocess.run(
            ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{LOAD_SECONDS}s", "-s", script.name, f"{url}/predict/async"],
            check=True, capture_output=True, text=True).stdout
    requests = int(re.search(r"(\d+) requests in", output)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])
    errors = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", output))
    while ask(connection, "GET", "/health")["queue"]["rows_waiting"]:
        if time.monotonic() - started > 120:
            raise SystemExit("the queue did not drain")
        time.sleep(0.005)
    return rate, (requests - errors) / (time.monotonic() - started), errors


def latency(connection) -> tuple[list[float], list[float]]:
    """Milliseconds from submission to result, one at a time: polled each millisecond, and with /predict."""
    polled, direct = [], []
    for _ in range(PROBES):
        started = time.perf_counter()
        path = ask(connection, "POST", "/predict/async", BODY)["check_url"]
        while True:
            task = ask(connection, "GET", path)
            if task["final"]:
                break
            time.sleep(0.001)
        polled.append((time.perf_counter() - started) * 1e3)
        assert task["result"]["prediction"] == "setosa", task
        started = time.perf_counter()
        assert ask(connection, "POST", "/predict", BODY)["prediction"] == "setosa"
        direct.append((time.perf_counter() - started) * 1e3)
    return polled, direct


def resident(parent: int) -> float:
    """Megabytes of the service's processes, shared pages counted in each."""
    pids = [parent] + [int(p) for p in subprocess.run(
        ["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout.split()]
    pages = sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    runs: dict[str, list[dict]] = {"on": [], "off": []}
    # In turn, so that a machine whose speed drifts drifts for both.
    for _ in range(repeats):
        for group_commit, results in runs.items():
            with service(group_commit) as (connection, url, pid):
                polled, direct = latency(connection)
                submissions, jobs, errors = load(url, connection)
                results.append({
                    "submissions/s": submissions, "jobs/s": jobs, "errors": errors,
                    "polled p50 ms": percentile(polled, 0.5), "polled p99 ms": percentile(polled, 0.99),
                    "/predict p50 ms": percentile(direct, 0.5), "/predict p99 ms": percentile(direct, 0.99),
                    "resident MB": resident(pid)})
    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, {repeats} runs in turn, median (min–max)")
    print(f"one API, two workers, {CONNECTIONS} connections, model iris, one row a task, synchronous=FULL\n")
    print("| figure | group commit on | off | on / off |\n|---|---|---|---|")
    for name in runs["on"][0]:
        on, off = ([run[name] for run in runs[mode]] for mode in ("on", "off"))
        ratio = statistics.median(on) / statistics.median(off) if statistics.median(off) else float("nan")
        cells = [f"{statistics.median(v):,.1f} ({min(v):,.1f}–{max(v):,.1f})" for v in (on, off)]
        print(f"| {name} | {cells[0]} | {cells[1]} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
