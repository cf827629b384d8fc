"""What the machine does by itself at this moment: absolute figures drift with it, their ratios to these hold."""

import multiprocessing
import os
import pathlib
import socket
import tempfile
import time

import numpy as np
import onnxruntime

from . import tables
from .service import ROOT, cores

SECONDS = 2


def measure(bench) -> None:
    bench.record("yardstick: exchanges/s", exchanges())
    bench.record("yardstick: flushes/s", flushes())
    bench.record("yardstick: linear scored/s", scored(bench.linear))
    bench.record("yardstick: trees scored/s", scored(bench.trees))


def exchanges() -> float:
    """Bytes sent to another process and back, a second, by as many pairs of processes as there are cores."""
    counts = multiprocessing.get_context("fork").Queue()
    pairs = [multiprocessing.get_context("fork").Process(target=exchange, args=(counts,)) for _ in range(cores())]
    for pair in pairs:
        pair.start()
    total = sum(counts.get(timeout=SECONDS + 30) for _ in pairs)
    for pair in pairs:
        pair.join(10)
    return total / SECONDS


def exchange(counts) -> None:
    near, far = socket.socketpair()
    child = os.fork()
    if child == 0:
        near.close()
        while data := far.recv(256):
            far.send(data)
        os._exit(0)
    far.close()
    until, count, message = time.monotonic() + SECONDS, 0, bytes(128)
    while time.monotonic() < until:
        near.send(message)
        near.recv(256)
        count += 1
    near.close()
    os.waitpid(child, 0)
    counts.put(count)


def flushes() -> float:
    """Blocks of 4 kB written and flushed, a second, where the databases of the loads are."""
    place = ROOT / ".build/bench"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place, buffering=0) as file:
        file.write(bytes(1 << 20))
        os.fsync(file.fileno())
        until, count = time.monotonic() + SECONDS, 0
        while time.monotonic() < until:
            os.pwrite(file.fileno(), bytes(4096), count % 256 * 4096)
            os.fdatasync(file.fileno())
            count += 1
    return count / SECONDS


def scored(model: pathlib.Path, threads: int = 2, batch: int = 8192) -> float:
    """Rows a second by ONNX Runtime alone, on numbers that are in memory already."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rows = np.random.default_rng(3).normal(size=(batch, tables.FLOATS)).astype(np.float32)
    name = session.get_inputs()[0].name
    session.run(None, {name: rows})
    began, count = time.perf_counter(), 0
    while time.perf_counter() < began + SECONDS:
        session.run(None, {name: rows})
        count += batch
    return count / (time.perf_counter() - began)
