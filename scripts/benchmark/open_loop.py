"""Requests at fixed times, whether or not earlier ones were answered; a program of its own, so that nothing delays it.

Latency counts from the time a request was due: a service that stands still is charged for all that would have come.
The generator's own lateness, by which it sent after a due time although a connection was free, is measured as well.
"""

import collections
import json
import select
import socket
import subprocess
import sys
import time

from . import texts
from .service import ROOT, Failure, percentile

CONNECTIONS = 128
PATIENCE_SECONDS = 10


class Connection:
    """One request at a time, over and over."""

    def __init__(self, host: str, port: int):
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.content, self.due, self.wanted = bytearray(), 0.0, 0

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, request: bytes, due: float) -> None:
        self.content.clear()
        self.due, self.wanted = due, 0
        self.socket.sendall(request)

    def read(self) -> bool:
        """Whether the answer is whole."""
        data = self.socket.recv(65536)
        if not data:
            raise Failure("the service closed a connection")
        self.content += data
        if not self.wanted:
            end = self.content.find(b"\r\n\r\n")
            if end < 0:
                return False
            length = self.content.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            self.wanted = end + 4 + int(length)
        return len(self.content) >= self.wanted


def generate(host: str, port: int, rate: float, seconds: float, requests: list[bytes]) -> dict:
    # In turn, so that the service closes none that rested too long.
    free = collections.deque(Connection(host, port) for _ in range(CONNECTIONS))
    busy: set[Connection] = set()
    latencies, lateness, errors, sent = [], [], 0, 0
    total = int(rate * seconds)
    began = time.perf_counter() + 0.1
    could_send = began
    while sent < total or busy:
        now = time.perf_counter()
        while free and sent < total and began + sent / rate <= now:
            due = began + sent / rate
            lateness.append(now - max(due, could_send))
            connection = free.popleft()
            connection.send(requests[sent % len(requests)], due)
            busy.add(connection)
            sent += 1
            now = time.perf_counter()
        if now > began + seconds + PATIENCE_SECONDS:
            break
        pause = max(0.0, began + sent / rate - now) if free and sent < total else 1.0
        readable = select.select(busy, [], [], pause)[0]
        was_full = not free
        for connection in readable:
            if connection.read():
                latencies.append(time.perf_counter() - connection.due)
                errors += not connection.content.startswith(b"HTTP/1.1 200")
                busy.discard(connection)
                free.append(connection)
        if was_full and free:
            could_send = time.perf_counter()
    shares = {f"p{share:g}": percentile(latencies, share / 100) * 1e3 for share in (50, 90, 99, 99.9)}
    return shares | {
        "max": max(latencies, default=0) * 1e3, "sent": sent, "unanswered": len(busy), "errors": errors,
        "rate": len(latencies) / (max(time.perf_counter() - began, 1e-9)),
        "late p50": percentile(lateness, 0.5) * 1e3, "late p99": percentile(lateness, 0.99) * 1e3}


def request(path: str, host: str, body: str, *headers: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
            f"Content-Length: {len(body.encode())}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body.encode()


def run(running, rate: float, seconds: float, path: str = "/predict/async") -> dict:
    """Runs the generator as a process of its own; milliseconds."""
    arguments = [running.address.hostname, str(running.address.port), str(rate), str(seconds), path]
    output = subprocess.run([sys.executable, "-m", "benchmark.open_loop", *arguments], cwd=ROOT / "scripts", check=True,
                            capture_output=True, text=True, timeout=seconds + PATIENCE_SECONDS + 60).stdout
    found = json.loads(output)
    assert found["errors"] == 0, found
    return found


def main() -> None:
    host, port, rate, seconds, path = sys.argv[1:]
    bodies = [json.loads(body) for body in texts.bodies()]
    headers = [] if path == "/predict" else ["Prefer: wait=10"]
    if path == "/predict":
        bodies = [{name: value for name, value in body.items() if name != "id"} for body in bodies]
    requests = [request(path, f"{host}:{port}", json.dumps(body), *headers) for body in bodies]
    print(json.dumps(generate(host, int(port), float(rate), float(seconds), requests)))


if __name__ == "__main__":
    main()
