#!/usr/bin/env python3
"""Measure where the large blobs of a bulk upload should live.

Two homes are compared, both with the SQLite library that Python is linked with:

* ``db``: the blobs are rows of the SQLite database;
* ``segment``: the blobs are appended to one file a task, made durable with fdatasync, and only then does a
  SQLite transaction commit their offset, length and CRC-32. Space comes back by unlinking the file, and in the
  ``punch`` variants also by punching holes where completed payloads lay.

Every database runs in WAL mode with synchronous=FULL, auto_vacuum=INCREMENTAL and wal_autocheckpoint=0. The bulk
thread runs wal_checkpoint(RESTART) whenever the log passes ``--log-mb``, and TRUNCATE at the end of each phase.
All writers of the process pass one gate with a turnstile, so that they take turns; fdatasync of a segment happens
outside the gate.

The workload is a CSV upload of ``--rows`` rows of ``--columns`` floats in ``--chunks`` chunks:

1. upload: a payload (float32 bytes) and a record blob (CSV text, deflated at level 1, or raw) a chunk, one
   transaction a chunk;
2. backup: VACUUM INTO and the backup API, plus a copy of the segment file, each ended by fsync;
3. complete: read the payload, check it, then one transaction that inserts a result of ``--result-kb`` (always in
   the database) and deletes the payload;
4. read: the records in order, checked;
5. delete: everything, ``--slice`` chunks a transaction, then incremental_vacuum in steps of ``--vacuum-mb``
   until the freelist is empty.

With ``--reclaim``, incremental_vacuum also runs between 3 and 4, where the records have to be moved out of the way.

A second thread commits a 300-byte row every ``--small-ms`` all the while; its waiting time is reported. Bytes come
from /proc/self/io, and those of the small writer's thread are subtracted, so that amplification is that of the
bulk work: bytes written / bytes of blobs and results. Each run is a process of its own, the variants alternate,
and medians are printed. Syncs are counted in an extra round when strace is installed. A last round kills an
uploader with SIGKILL and checks what is left.

Linux only. Standard library only.
"""

import argparse
import ctypes
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from array import array

VARIANTS = {
    # name: (home, page size, secure_delete, records deflated, punch holes)
    "db-4k-off": ("db", 4096, "OFF", True, False),
    "db-4k-on": ("db", 4096, "ON", True, False),
    "db-4k-fast": ("db", 4096, "FAST", True, False),
    "db-16k-off": ("db", 16384, "OFF", True, False),
    "db-16k-on": ("db", 16384, "ON", True, False),
    "db-4k-off-raw": ("db", 4096, "OFF", False, False),
    "seg-4k-off": ("segment", 4096, "OFF", True, False),
    "seg-4k-on": ("segment", 4096, "ON", True, False),
    "seg-4k-on-punch": ("segment", 4096, "ON", True, True),
    "seg-4k-on-raw": ("segment", 4096, "ON", False, False),
}
PHASES = ("upload", "complete", "read", "delete")
PAYLOAD, RECORD = 0, 1

SCHEMA = """
CREATE TABLE task   (id INTEGER PRIMARY KEY, chunks INTEGER NOT NULL, done INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE payload(chunk INTEGER PRIMARY KEY, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE record (chunk INTEGER PRIMARY KEY, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE place  (chunk INTEGER NOT NULL, kind INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
                     crc INTEGER NOT NULL, PRIMARY KEY (chunk, kind)) WITHOUT ROWID;
CREATE TABLE result (chunk INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE small  (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
INSERT INTO task VALUES (1, 0, 0, 0);
"""


class Gate:
    """A lock with a turnstile: a releaser cannot take it again before a waiter."""

    def __init__(self):
        self.turn, self.gate = threading.Lock(), threading.Lock()

    def __enter__(self):
        with self.turn:
            self.gate.acquire()

    def __exit__(self, *_):
        self.gate.release()


def io_counters(path="/proc/self/io"):
    with open(path) as file:
        fields = dict(line.split(": ") for line in file)
    return int(fields["write_bytes"]), int(fields["wchar"])


def connect(path, page_size, secure_delete):
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA page_size={page_size}")
    db.execute("PRAGMA auto_vacuum=INCREMENTAL")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("PRAGMA cache_size=-16384")
    db.execute(f"PRAGMA secure_delete={secure_delete}").fetchall()
    return db


def csv_text(rng, rows, columns):
    """CSV of normally distributed floats with six significant digits."""
    gauss = rng.gauss
    return "".join(",".join(f"{gauss(0, 1):.6g}" for _ in range(columns)) + "\n" for _ in range(rows)).encode()


def float_bytes(rng, rows, columns):
    return array("f", (rng.random() for _ in range(rows * columns))).tobytes()


class Segment:
    """One append-only file a task."""

    KEEP_SIZE_AND_PUNCH = 0x01 | 0x02

    def __init__(self, path):
        self.path, self.written = path, 0
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.end = os.fstat(self.file).st_size
        folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)
        self.fallocate = ctypes.CDLL(None, use_errno=True).fallocate
        self.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)

    def append(self, blobs):
        offsets = []
        for blob in blobs:
            offsets.append(self.end)
            view, at = memoryview(blob), self.end
            while view:
                count = os.pwrite(self.file, view, at)
                view, at = view[count:], at + count
            self.end += len(blob)
            self.written += len(blob)
        os.fdatasync(self.file)
        return offsets

    def read(self, offset, length):
        return os.pread(self.file, length, offset)

    def punch(self, offset, length):
        if self.fallocate(self.file, self.KEEP_SIZE_AND_PUNCH, offset, length) != 0:
            raise OSError(ctypes.get_errno(), "fallocate")

    def allocated(self):
        return os.fstat(self.file).st_blocks * 512 if self.file is not None else 0

    def unlink(self):
        os.unlink(self.path)
        os.close(self.file)
        self.file = None


class SmallWriter(threading.Thread):
    """Commits a small row at a steady pace and keeps how long each took, waiting included."""

    def __init__(self, db, gate, period):
        super().__init__(daemon=True)
        self.db, self.gate, self.period = db, gate, period
        self.durations, self.stopping, self.begun = [], False, threading.Event()

    def run(self):
        self.io_path = f"/proc/self/task/{threading.get_native_id()}/io"
        self.begun.set()
        body, due = os.urandom(300), time.perf_counter()
        while not self.stopping:
            start = time.perf_counter()
            with self.gate:
                self.db.execute("BEGIN IMMEDIATE")
                self.db.execute("INSERT INTO small(body) VALUES (?)", (body,))
                self.db.execute("COMMIT")
            self.durations.append(time.perf_counter() - start)
            due = max(due + self.period, time.perf_counter())
            time.sleep(max(0.0, due - time.perf_counter()))


class Run:
    """One variant, once, in this process."""

    def __init__(self, variant, folder, options):
        self.home, page, secure, self.deflated, self.punching = VARIANTS[variant]
        self.options, self.page, self.folder = options, page, folder
        self.path = os.path.join(folder, "blobs.db")
        self.gate = Gate()
        self.db = connect(self.path, page, secure)
        if not self.db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            self.db.executescript(SCHEMA)
        self.reader = connect(self.path, page, secure)
        self.small = SmallWriter(connect(self.path, page, secure), self.gate, options.small_ms / 1000)
        self.segment = Segment(os.path.join(folder, "task-1.segment")) if self.home == "segment" else None
        self.log_limit, self.log_base, self.segment_base = options.log_mb << 20, 0, 0
        self.checkpoints = 0
        rng, rows = random.Random(7), options.rows // options.chunks
        self.payloads = [float_bytes(rng, rows, options.columns) for _ in range(4)]
        self.records = [csv_text(rng, rows, options.columns) for _ in range(4)]
        if self.deflated:
            self.records = [zlib.compress(text, 1) for text in self.records]
        self.result = os.urandom(options.result_kb * 1000)
        self.phases = {}

    # The log

    def log_written(self):
        """Bytes this process wrote since the last checkpoint, but for the segment: all of them went to the log."""
        segment = self.segment.written - self.segment_base if self.segment else 0
        return io_counters()[1] - self.log_base - segment

    def checkpoint(self, mode):
        """Call inside the gate."""
        busy = self.db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()[0]
        if not busy:
            self.log_base = io_counters()[1]
            self.segment_base = self.segment.written if self.segment else 0
            self.checkpoints += 1

    def checkpoint_if_long(self):
        if self.log_written() > self.log_limit:
            with self.gate:
                self.checkpoint("RESTART")

    # The work

    def append_chunk(self, chunk):
        blobs = self.payloads[chunk % 4], self.records[chunk % 4]
        crcs = [zlib.crc32(blob) for blob in blobs]
        size = sum(map(len, blobs))
        offsets = self.segment.append(blobs) if self.segment else None
        with self.gate:
            self.db.execute("BEGIN IMMEDIATE")
            if self.segment:
                self.db.executemany("INSERT INTO place VALUES (?,?,?,?,?)",
                                    [(chunk, kind, offsets[kind], len(blobs[kind]), crcs[kind]) for kind in (PAYLOAD, RECORD)])
            else:
                self.db.execute("INSERT INTO payload VALUES (?,?,?)", (chunk, crcs[0], blobs[0]))
                self.db.execute("INSERT INTO record VALUES (?,?,?)", (chunk, crcs[1], blobs[1]))
            self.db.execute("UPDATE task SET chunks = chunks + 1, bytes = bytes + ? WHERE id = 1", (size,))
            self.db.execute("COMMIT")
        self.checkpoint_if_long()
        return size

    def read_blob(self, chunk, kind):
        if self.segment:
            offset, length, crc = self.reader.execute(
                "SELECT offset, length, crc FROM place WHERE chunk = ? AND kind = ?", (chunk, kind)).fetchone()
            body = self.segment.read(offset, length)
        else:
            offset, table = 0, ("payload", "record")[kind]
            crc, body = self.reader.execute(f"SELECT crc, body FROM {table} WHERE chunk = ?", (chunk,)).fetchone()
        if zlib.crc32(body) != crc:
            raise ValueError(f"chunk {chunk}, kind {kind}: checksum differs")
        return offset, len(body)

    def upload(self):
        return sum(self.append_chunk(chunk) for chunk in range(self.options.chunks))

    def complete(self):
        for chunk in range(self.options.chunks):
            offset, length = self.read_blob(chunk, PAYLOAD)
            with self.gate:
                self.db.execute("BEGIN IMMEDIATE")
                self.db.execute("INSERT INTO result VALUES (?,?)", (chunk, self.result))
                if self.segment:
                    self.db.execute("DELETE FROM place WHERE chunk = ? AND kind = ?", (chunk, PAYLOAD))
                else:
                    self.db.execute("DELETE FROM payload WHERE chunk = ?", (chunk,))
                self.db.execute("UPDATE task SET done = done + 1 WHERE id = 1")
                self.db.execute("COMMIT")
            if self.punching:
                self.segment.punch(offset, length)
            self.checkpoint_if_long()
        return self.options.chunks * len(self.result)

    def read(self):
        return sum(self.read_blob(chunk, RECORD)[1] for chunk in range(self.options.chunks))

    def delete(self):
        for low in range(0, self.options.chunks, self.options.slice):
            with self.gate:
                self.db.execute("BEGIN IMMEDIATE")
                for table in ("payload", "record", "place", "result"):
                    self.db.execute(f"DELETE FROM {table} WHERE chunk >= ? AND chunk < ?", (low, low + self.options.slice))
                self.db.execute("COMMIT")
            self.checkpoint_if_long()
            if not self.options.vacuum_last:
                self.give_back()
        self.give_back()
        if self.segment:
            self.segment.unlink()
        return 0

    def give_back(self):
        """Pages of the freelist go back to the file system. The pragma frees one page a step and Python's execute()
        steps it once only; executescript() steps it to its end, inside one transaction."""
        pages = (self.options.vacuum_mb << 20) // self.page
        while self.reader.execute("PRAGMA freelist_count").fetchone()[0]:
            with self.gate:
                self.db.executescript(f"PRAGMA incremental_vacuum({pages});")
            self.checkpoint_if_long()
        return 0

    def backup(self):
        target, seconds = os.path.join(self.folder, "copy.db"), {}
        for way in ("into", "api"):
            start = time.perf_counter()
            if way == "into":
                self.reader.execute("VACUUM INTO ?", (target,))
            else:
                with sqlite3.connect(target) as copy:
                    self.reader.backup(copy)
                copy.close()
            copies = [target]
            if self.segment:
                copies.append(target + ".segment")
                shutil.copyfile(self.segment.path, copies[1])
            for path in copies:
                file = os.open(path, os.O_RDONLY)
                os.fsync(file)
                os.close(file)
            seconds[way] = time.perf_counter() - start
            for path in copies:
                os.unlink(path)
        return seconds

    # The measuring

    def measured(self, name, work):
        bulk = io_counters()
        mine = io_counters(self.small.io_path)
        first, checkpoints, start = len(self.small.durations), self.checkpoints, time.perf_counter()
        value = work()
        peak = os.stat(self.path + "-wal").st_size
        with self.gate:
            self.checkpoint("TRUNCATE")
        seconds = time.perf_counter() - start
        waits = self.small.durations[first:]
        small = [after - before for before, after in zip(mine, io_counters(self.small.io_path))]
        total = [after - before for before, after in zip(bulk, io_counters())]
        self.phases[name] = {
            "seconds": seconds, "value": value, "disk": total[0] - small[0], "wchar": total[1] - small[1],
            "small_disk": small[0], "waits": waits, "log_peak": peak, "checkpoints": self.checkpoints - checkpoints,
            "db_size": os.stat(self.path).st_size, "segment_size": self.segment.allocated() if self.segment else 0,
        }

    def all_phases(self, with_backup):
        with self.gate:
            self.checkpoint("TRUNCATE")
        self.small.start()
        self.small.begun.wait()
        self.measured("upload", self.upload)
        if with_backup:
            self.measured("backup", self.backup)
        self.measured("complete", self.complete)
        if self.options.reclaim:
            self.measured("reclaim", self.give_back)
        self.measured("read", self.read)
        self.measured("delete", self.delete)
        self.small.stopping = True
        self.small.join()
        return self.phases


# Processes

def child_arguments(options, variant, folder, job):
    keep = ("rows", "columns", "chunks", "result_kb", "log_mb", "slice", "vacuum_mb", "small_ms")
    arguments = [sys.executable, os.path.abspath(__file__), "--job", job, "--variant", variant, "--folder", folder]
    for name in keep:
        arguments += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    return arguments + ["--reclaim"] * options.reclaim + ["--vacuum-last"] * options.vacuum_last


def run_child(options, variant, job="run", prefix=()):
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        done = subprocess.run([*prefix, *child_arguments(options, variant, folder, job)], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)


def count_syncs(options, variant):
    """Syncs of the log (small commits subtracted), the database and the segment, counted by strace."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        trace = os.path.join(folder, "trace")
        phases = run_child(options, variant, "run-without-backup",
                           ("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-e", "trace=fsync,fdatasync", "-e", "signal=none", "-o", trace))
        counts = {"-wal": 0, ".db": 0, ".segment": 0}
        with open(trace) as lines:
            for line in lines:
                for suffix in counts:
                    if "sync(" in line and suffix + ">" in line:
                        counts[suffix] += 1
    counts["-wal"] -= sum(len(phase["waits"]) for phase in phases.values())
    return counts


def kill_and_check(options, variant, rounds):
    """Kill an uploader `rounds` times at random moments, and look at what the database then promises."""
    rng, report = random.Random(11), {"kills": 0, "acknowledged": 0, "lost": 0, "broken": 0, "miscounted": 0, "orphans": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            process = subprocess.Popen(child_arguments(options, variant, folder, "append"), stdout=subprocess.PIPE)
            process.stdout.readline()
            time.sleep(rng.uniform(0.1, 0.4))
            process.send_signal(signal.SIGKILL)
            said = process.stdout.read().split(b"\n")[:-1]
            process.wait()
            acknowledged = int(said[-1]) + 1 if said else 1
            run = Run(variant, folder, options)
            table = "place" if run.segment else "payload"
            present = run.db.execute(f"SELECT count(DISTINCT chunk) FROM {table}").fetchone()[0]
            counted = run.db.execute("SELECT chunks FROM task").fetchone()[0]
            report["kills"] += 1
            report["acknowledged"] += acknowledged
            report["lost"] += max(0, acknowledged - present)
            report["miscounted"] += counted != present
            report["broken"] += run.db.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
            for chunk in range(present):
                for kind in (PAYLOAD, RECORD):
                    try:
                        run.read_blob(chunk, kind)
                    except (ValueError, TypeError):
                        report["broken"] += 1
            if run.segment:
                end = run.db.execute("SELECT coalesce(max(offset + length), 0) FROM place").fetchone()[0]
                report["orphans"].append(run.segment.end - end)
    return report


def deflate_costs(options):
    rng = random.Random(7)
    text, costs = csv_text(rng, options.rows // options.chunks, options.columns), {}
    for level in (1, 6):
        times = []
        for _ in range(7):
            start = time.process_time()
            packed = zlib.compress(text, level)
            times.append(time.process_time() - start)
        start = time.process_time()
        for _ in range(7):
            zlib.decompress(packed)
        costs[level] = (statistics.median(times) * 1e3 / (len(text) / 1e6), len(packed),
                        (time.process_time() - start) / 7 * 1e3 / (len(text) / 1e6))
    return len(text), costs


# The report

def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def summary(phases):
    content = phases["upload"]["value"] + phases["complete"]["value"]
    out = {"content_mb": content / 1e6}
    phase_names = [name for name in ("upload", "backup", "complete", "reclaim", "read", "delete") if name in phases]
    for name in phase_names:
        out[f"{name}_s"] = phases[name]["seconds"]
        out[f"{name}_disk_mb"] = phases[name]["disk"] / 1e6
        out[f"{name}_wchar_mb"] = phases[name]["wchar"] / 1e6
        waits = phases[name]["waits"]
        out[f"{name}_log_mb"] = phases[name]["log_peak"] / 1e6
        for label, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
            out[f"{name}_small_{label}_ms"] = percentile(waits, share) * 1e3
        out[f"{name}_db_mb"] = phases[name]["db_size"] / 1e6
        out[f"{name}_segment_mb"] = phases[name]["segment_size"] / 1e6
    out["upload_amp"] = phases["upload"]["disk"] / phases["upload"]["value"]
    out["life_amp"] = sum(phases[name]["disk"] for name in PHASES) / content
    out["life_wchar_amp"] = sum(phases[name]["wchar"] for name in PHASES) / content
    out["checkpoints"] = sum(phases[name]["checkpoints"] for name in PHASES)
    commits = sum(len(phases[name]["waits"]) for name in PHASES)
    out["small_commits"] = commits
    waits = [wait for name in PHASES for wait in phases[name]["waits"]]
    for label, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        out[f"all_small_{label}_ms"] = percentile(waits, share) * 1e3
    out["small_kb_each"] = sum(phases[name]["small_disk"] for name in PHASES) / 1e3 / max(1, commits)
    for way, seconds in phases.get("backup", {}).get("value", {}).items():
        out[f"backup_{way}_s"] = seconds
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--chunks", type=int, default=245)
    parser.add_argument("--result-kb", type=int, default=40)
    parser.add_argument("--log-mb", type=int, default=8, help="checkpoint when the log passes this")
    parser.add_argument("--slice", type=int, default=256, help="chunks a deleting transaction")
    parser.add_argument("--vacuum-mb", type=int, default=4, help="space a call of incremental_vacuum gives back")
    parser.add_argument("--small-ms", type=float, default=5.0, help="pace of the small transactions")
    parser.add_argument("--reclaim", action="store_true", help="also vacuum between complete and read (the records stay)")
    parser.add_argument("--vacuum-last", action="store_true", help="vacuum after the last slice, not after each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=10, help="kills a home")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="comma-separated: " + ", ".join(VARIANTS))
    parser.add_argument("--folder", default=None, help="where to work; default: the system's temporary folder")
    parser.add_argument("--json", default=None, help="also write every number to this file")
    parser.add_argument("--no-syncs", action="store_true", help="do not count syncs")
    parser.add_argument("--job", default="all", help=argparse.SUPPRESS)
    parser.add_argument("--variant", help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.job.startswith("run"):
        sys.setswitchinterval(0.0005)
        print(json.dumps(Run(options.variant, options.folder, options).all_phases(options.job == "run")))
        return
    if options.job == "append":
        run = Run(options.variant, options.folder, options)
        for chunk in range(1_000_000):
            run.append_chunk(chunk)
            print(chunk, flush=True)

    began, names = time.time(), options.variants.split(",")
    print(f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, {options.chunks} chunks, {options.rounds} rounds")
    length, costs = deflate_costs(options)
    for level, (cost, packed, inflate) in costs.items():
        print(f"deflate level {level}: {cost:.1f} ms/MB, inflate {inflate:.1f} ms/MB; {length} -> {packed} bytes")
    runs = {name: [] for name in names}
    for round_number in range(options.rounds):
        for name in names if round_number % 2 == 0 else reversed(names):
            runs[name].append(summary(run_child(options, name)))
            print(f"round {round_number + 1} {name}: {time.time() - began:.0f} s", file=sys.stderr)
    medians = {name: {key: statistics.median(one[key] for one in all_runs) for key in all_runs[0]}
               for name, all_runs in runs.items()}
    print("| median | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for key in medians[names[0]]:
        print(f"| {key} | " + " | ".join(f"{medians[name][key]:.2f}" for name in names) + " |")
    extra = {"syncs": {}, "kills": {}}
    if not options.no_syncs and shutil.which("strace"):
        for name in names:
            extra["syncs"][name] = count_syncs(options, name)
            print("syncs without the small commits:", name, extra["syncs"][name])
    for name in ("db-4k-on", "seg-4k-on"):
        if options.kills and name in names:
            extra["kills"][name] = kill_and_check(options, name, options.kills)
            print("kill -9:", name, extra["kills"][name])
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"medians": medians, "runs": runs, **extra}, file, indent=1)
    print(f"{time.time() - began:.0f} s in all")


if __name__ == "__main__":
    main()
