"""What takes too long for scripts/test, looked at as a user would; started by scripts/soak."""

import argparse
import contextlib
import csv
import http.client
import io
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

import numpy as np

from soak_service import FLOATS, NAMES, ROOT, SIBYL, Sampler, Service, make_wide_model, service, wait_for
from soak_queue import look_cancel, look_pause, look_read, look_sweep
from soak_wal import look_wal

ROWS = 1_000_000
PIECE = 1 << 20
missed: list[str] = []


def check(what: str, is_right: bool, seen: object = "") -> None:
    """Prints a line of what was to be seen, and remembers what was not."""
    print(f"  {'ok  ' if is_right else 'MISS'} {what}{f': {seen}' if seen != '' else ''}", flush=True)
    if not is_right:
        missed.append(what)


def write_table(path: pathlib.Path, rows: int, broken_every: int = 0) -> np.ndarray:
    """A table of an id and twenty numbers; every so many rows one number is a word."""
    generator = np.random.default_rng(7)
    values = generator.normal(size=(rows, FLOATS)).astype(np.float32)
    with path.open("w") as file:
        file.write("id," + ",".join(NAMES) + "\n")
        for start in range(0, rows, 50_000):
            block = [f"r{start + index}," + ",".join(map(repr, map(float, row))) + "\n"
                     for index, row in enumerate(values[start:start + 50_000].astype(np.float64).round(6))]
            if broken_every:
                for row in range(start, start + len(block)):
                    if row % broken_every == broken_every // 2:
                        block[row - start] = block[row - start].replace(",", ",oops", 1)
            file.writelines(block)
    return values.astype(np.float64).round(6).astype(np.float32)


class Upload(threading.Thread):
    """Sends a file as one body, and keeps the moment of its end."""

    def __init__(self, running: Service, path: pathlib.Path, query: str, pause: float = 0):
        super().__init__(daemon=True)
        self.running, self.path, self.query, self.pause = running, path, query, pause
        self.answer: dict | None = None
        self.ended_at: float | None = None

    def run(self) -> None:
        self.answer = self.running.ask("POST", f"/predict/async?{self.query}", self.pieces(), "text/csv")

    def pieces(self):
        with self.path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
                if self.pause:
                    time.sleep(self.pause)
        self.ended_at = time.monotonic()


def newest(running: Service, name: str) -> dict | None:
    found = running.ask("GET", f"/predict/async?name={name}&limit=1").get("tasks")
    return found[0] if found else None


def look_million(folder: pathlib.Path, models: pathlib.Path, session) -> None:
    table = folder / "million.csv"
    values = write_table(table, ROWS)
    print(f"a million rows of {FLOATS} floats, {table.stat().st_size / 1e6:.0f} MB of CSV")
    with service(folder, models) as running:
        started = time.monotonic()
        upload = Upload(running, table, "model=wide&id_column=id&name=million")
        upload.start()
        task = wait_for("the task", lambda: newest(running, "million"))
        first = wait_for("the first results", lambda: running.ask(
            "GET", f"/predict/async/{task['id']}/results?limit=5").get("results"), pause=0.005)
        first_at = time.monotonic()
        upload.join()
        ended = running.end_of(task["id"])
        scored_at = time.monotonic()
        check("the first results are read before the upload has ended", upload.ended_at and first_at < upload.ended_at,
              f"{first_at - started:.2f} s, the upload ends after {upload.ended_at - started:.2f} s")
        check("all rows scored", ended["status"] == "completed", f"{ended['rows']} after {scored_at - started:.2f} s")
        scores = np.empty((ROWS, 2), np.float32)
        ids_right = read_results(running, task["id"], scores)
        read_at = time.monotonic()
        expected = np.concatenate([session.run(["probabilities"], {"inputs": block})[0]
                                   for block in np.array_split(values, 256)])
        off = float(np.abs(scores - expected).max())
        check("all rows out, in order", ids_right, f"read in {read_at - scored_at:.2f} s")
        check("equal to ONNX Runtime's own answers", off <= 1e-6,
              f"{int((scores == expected).all(axis=1).sum()):,} rows to the last bit, the rest within {off:.1e}")
        peaks = running.peaks()
        check("API at most 120 MB resident throughout", peaks["api"] <= 120, f"{peaks['api']} MB")
        workers = [peak for name, peak in peaks.items() if name != "api"]
        check("each worker at most 250 MB", max(workers) <= 250, f"{workers} MB")
        joined = running.send("GET", f"/predict/async/{task['id']}/results?join=input")[2]
        check_joined(table.read_bytes(), joined, 3)
        peaks = running.peaks()
        check("API at most 120 MB after reading it joined, too", peaks["api"] <= 120, f"{peaks['api']} MB")
        before = running.database_bytes()
        running.ask("DELETE", f"/predict/async/{task['id']}")
        wait_for("the space", lambda: running.database_bytes() < 4e6, 120)
        check("a deleted task gives its space back", True,
              f"{before / 1e6:.0f} MB, then {running.database_bytes() / 1e6:.1f} MB")
    table.unlink()


def read_results(running: Service, task: str, scores: np.ndarray) -> bool:
    connection = running.connect()
    connection.request("GET", f"/predict/async/{task}/results?format=csv")
    answer = connection.getresponse()
    reader = csv.DictReader(io.TextIOWrapper(answer, newline=""))
    row = -1
    for row, found in enumerate(reader):
        if found["id"] != f"r{row}":
            return False
        scores[row] = found["no"], found["yes"]
    return row == len(scores) - 1


def check_joined(sent: bytes, joined: bytes, added: int) -> None:
    """Cuts the added columns off again."""
    cut = b"\n".join(line.rsplit(b",", added)[0] if line else line for line in joined.split(b"\n"))
    check("joined results are the caller's own records byte for byte", cut == sent, f"{len(joined) / 1e6:.0f} MB")


def look_broken(folder: pathlib.Path, models: pathlib.Path, _) -> None:
    table = folder / "broken.csv"
    write_table(table, ROWS, broken_every=100)
    print("the same file with 1 % broken rows")
    with service(folder, models) as running:
        upload = Upload(running, table, "model=wide&id_column=id&name=broken")
        upload.start()
        upload.join()
        ended = running.end_of(upload.answer["id"])
        expected = set(range(50, ROWS, 100))
        check("status and counts", ended["status"] == "completed_with_errors" and ended["rows"]["failed"] == len(expected),
              ended["rows"])
        connection = running.connect()
        connection.request("GET", f"/predict/async/{ended['id']}/results?format=csv&errors_only=true")
        failed = list(csv.DictReader(io.TextIOWrapper(connection.getresponse(), newline="")))
        rows = {int(found["id"][1:]) for found in failed if found["id"].startswith("r")}
        codes = {found["error"].split(":")[0] for found in failed}
        check("exactly the broken rows failed", rows == expected and len(failed) == len(expected), f"{len(failed):,}")
        check("each has a code", all(found["error"] for found in failed), codes)
    table.unlink()


def odd_table() -> bytes:
    """A table with every oddity that a spreadsheet or a person brings about."""
    text = ('\ufeff"note";age;"SPEND";frequency;recency;customer_id;"empty; column"\r\n'
            'plain;38,5;"1.135,87";2;37,29;c-1;\r\n'
            '\r\n'
            '"two\nlines; and ""quotes""";38;66,33;2;35,57;c-2;x\n'
            ';39;0;1;0;"c-3";"tail "\r\n'
            'Grüße aus Köln – 5 €;12;7;3;4;c-4;y\r\n'
            'bad;many;fields;too;few\r\n'
            'bad number;zwölf;7;3;4;c-6;z\r\n'
            '"last";1;2;3;0;c-7;')
    return text.encode()


def look_dialects(folder: pathlib.Path, models: pathlib.Path, _) -> None:
    print("tables as people have them")
    install_pandas()
    sent = odd_table()
    with service(folder, models) as running:
        task = running.ask("POST", "/predict/async?model=purchase&id_column=customer_id", sent, "text/csv")
        ended = running.end_of(task["id"])
        check("rows scored and failed", ended["rows"]["succeeded"] == 5 and ended["rows"]["failed"] == 2, ended["rows"])
        _, _, joined = running.send("GET", f"/predict/async/{task['id']}/results?join=input")
        own, back = (list(csv.reader(io.StringIO(b.decode("utf-8-sig"), newline=""), delimiter=";")) for b in (sent, joined))
        own, back = [r for r in own if r], [r for r in back if r]
        check("Python's csv reads the caller's fields back equal", [r[:len(o)] for r, o in zip(back, own)] == own
              and len(back) == len(own), back[0][-3:])
        (folder / "sent.csv").write_bytes(sent.replace(b"bad;many;fields;too;few\r\n", b""))
        task = running.ask("POST", "/predict/async?model=purchase", (folder / "sent.csv").read_bytes(), "text/csv")
        running.end_of(task["id"])
        (folder / "joined.csv").write_bytes(running.send("GET", f"/predict/async/{task['id']}/results?join=input")[2])
        program = ("import pandas, sys; a, b = (pandas.read_csv(p, sep=';', decimal=',', thousands='.', encoding='utf-8-sig')"
                   " for p in sys.argv[1:]); assert list(b.columns)[:len(a.columns)] == list(a.columns);"
                   " assert b[a.columns].equals(a); print(b.iloc[:, -3:].to_string())")
        found = subprocess.run([ROOT / ".tools/python/bin/python", "-c", program, folder / "sent.csv", folder / "joined.csv"],
                               capture_output=True, text=True)
        check("pandas reads the caller's columns back equal", found.returncode == 0, found.stderr[-300:])
        print(found.stdout)
        german = "Kunde;recency;frequency;spend;age\r\nMüller;37,29;2;1.135,87;38,0\r\nJäger;35,57;2;66,33;38,86\r\n"
        task = running.ask("POST", "/predict/async?model=purchase", german.encode("windows-1252"), "text/csv")
        ended = running.end_of(task["id"])
        _, headers, joined = running.send("GET", f"/predict/async/{task['id']}/results?join=input")
        check("a German export scores without an option", ended["status"] == "completed", ended["input_format"])
        lines = joined.decode("windows-1252").splitlines()
        check("and comes back in its own decimal and character set",
              lines[1].startswith("Müller;37,29;2;1.135,87;38,0;no;0,") and "windows-1252" in headers["Content-Type"], lines[1])


def install_pandas() -> None:
    python = ROOT / ".tools/python/bin/python"
    if subprocess.run([python, "-c", "import pandas"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pandas"], check=True)


def look_singles(folder: pathlib.Path, models: pathlib.Path, _) -> None:
    print("200,000 texts while 50 single predictions a second go on")
    texts = folder / "texts.ndjson"
    words = random.Random(3)
    lines = [line.split(",", 1)[1].strip().strip('"') for line in
             (ROOT / "scripts/samples/reviews.csv").read_text().splitlines()[1:]]
    with texts.open("w") as file:
        for _ in range(200_000):
            text = words.choice(lines).replace("\\", " ").replace('"', " ")
            file.write('{"text":"' + text + '"}\n')
    with service(folder, models) as running:
        latencies: list[tuple[float, float]] = []

        def ask_single(connection=running.connect()):
            started = time.monotonic()
            connection.request("POST", "/predict", '{"model":"sentiment","text":"I love this product!"}',
                               {"Content-Type": "application/json"})
            connection.getresponse().read()
            latencies.append((started, (time.monotonic() - started) * 1e3))

        log_sizes = Sampler(lambda: (time.monotonic(), size_of(folder / "sibyl.db-wal")), 0.01)
        stopping = threading.Event()

        def pace():
            due = time.monotonic()
            while not stopping.is_set():
                ask_single()
                due += 0.02
                time.sleep(max(0, due - time.monotonic()))

        with log_sizes:
            pacer = threading.Thread(target=pace, daemon=True)
            pacer.start()
            time.sleep(3)
            begun = time.monotonic()
            task = running.ask("POST", "/predict/async?model=sentiment", texts.open("rb"), "application/x-ndjson")
            accepted = time.monotonic()
            ended = running.end_of(task["id"])
            over = time.monotonic()
            time.sleep(3)
            stopping.set()
            pacer.join(10)
    checkpoints = [at for (_, before), (at, after) in zip(log_sizes.seen, log_sizes.seen[1:]) if after < before]
    near = [took for at, took in latencies if begun <= at <= over and any(abs(at - when) < 0.1 for when in checkpoints)]
    print(f"  the batch: accepted in {accepted - begun:.2f} s, scored in {over - begun:.1f} s,"
          f" {ended['rows']['total'] / (over - begun):,.0f} rows/s, status {ended['status']}")
    for name, chosen in (
        ("before the batch", [t for at, t in latencies if at < begun]),
        ("while it is uploaded", [t for at, t in latencies if begun <= at < accepted]),
        ("while it is scored", [t for at, t in latencies if accepted <= at < over]),
        (f"within 0.1 s of {len(checkpoints)} checkpoints seen", near),
        ("after it", [t for at, t in latencies if at > over]),
    ):
        if chosen:
            print(f"  singles {name}: {len(chosen)}, p50 {statistics.median(chosen):.1f} ms,"
                  f" p99 {percentile(chosen, 0.99):.1f} ms, max {max(chosen):.1f} ms")
    during = percentile([t for at, t in latencies if begun <= at < over], 0.99)
    check("p99 during the batch near one run's time (40 ms)", during < 80, f"{during:.1f} ms")
    texts.unlink()


def size_of(path: pathlib.Path) -> int:
    return path.stat().st_size if path.exists() else 0


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def look_endings(folder: pathlib.Path, models: pathlib.Path, _) -> None:
    table = folder / "endings.csv"
    write_table(table, 300_000)
    print("cancel in the middle; kill the uploading client and resume")
    with service(folder, models) as running:
        upload = Upload(running, table, "model=wide&id_column=id&name=cancelled", pause=0.02)
        upload.start()
        task = wait_for("the task", lambda: newest(running, "cancelled"))
        wait_for("some rows", lambda: running.ask("GET", f"/predict/async/{task['id']}")["rows"]["succeeded"] > 20_000)
        running.ask("POST", f"/predict/async/{task['id']}/cancel")
        ended = running.end_of(task["id"])
        upload.join(30)
        check("a cancelled upload ends cancelled and its counts add up", ended["status"] == "cancelled"
              and ended["rows"]["succeeded"] + ended["rows"]["cancelled"] == ended["rows"]["total"], ended["rows"])
        check("its sender is told", upload.answer is not None and upload.answer["http"] == 409, upload.answer and upload.answer["code"])
        rows = running.send("GET", f"/predict/async/{task['id']}/results?format=csv&partial=true")[2].count(b"\n") - 1
        check("what was scored stays readable", rows == ended["rows"]["succeeded"], f"{rows:,} rows")
        check("nothing waits", wait_for("an empty queue", lambda: running.ask("GET", "/health")["queue"]["rows_waiting"] == 0))

        environment = os.environ | {"SIBYL_URL": f"http://{running.address.netloc}", "XDG_STATE_HOME": str(folder)}
        command = [SIBYL, "submit", str(table), "--model", "wide", "--id-column", "id", "--idempotency-key", "campaign",
                   "--name", "resumed", "--out", str(folder / "scored.csv")]
        for attempt in range(3):
            client = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if attempt == 2:
                break
            task = wait_for("the task", lambda: newest(running, "resumed"))
            before = task["input"]["bytes"]
            with contextlib.suppress(SystemExit):
                wait_for("some bytes", lambda: running.ask("GET", f"/predict/async/{task['id']}")["input"]["bytes"]
                         > before + 4_000_000, 5, 0.001)
            client.kill()
            client.wait()
            state = running.ask("GET", f"/predict/async/{task['id']}")
            print(f"  killed the client at {state['input']['bytes']:,} bytes, input {state['input']['state']}")
        check("the same command again ends well", client.wait(120) == 0, f"exit {client.returncode}")
        check_joined(table.read_bytes(), (folder / "scored.csv").read_bytes(), 3)
        tasks = running.ask("GET", "/predict/async?name=resumed")["tasks"]
        check("one task, every row once", len(tasks) == 1 and tasks[0]["rows"]["succeeded"] == 300_000, tasks[0]["rows"])
        before = running.database_bytes()
        for ended in running.ask("GET", "/predict/async")["tasks"]:
            running.ask("DELETE", f"/predict/async/{ended['id']}")
        wait_for("the space", lambda: running.database_bytes() < 4e6, 120)
        check("space returned", True, f"{before / 1e6:.0f} MB, then {running.database_bytes() / 1e6:.1f} MB")
    table.unlink()


def look_disk(folder: pathlib.Path, models: pathlib.Path, _) -> None:
    print("fill the disk in the middle")
    disk = folder / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=580m", "tmpfs", disk]).returncode:
        print("  SKIPPED: needs the right to mount a small disk")
        return
    try:
        fill_disk(folder, disk, models)
    finally:
        subprocess.run(["umount", "-l", disk])


def fill_disk(folder: pathlib.Path, disk: pathlib.Path, models: pathlib.Path) -> None:
    table = folder / "disk.csv"
    write_table(table, 600_000)
    with service(disk, models) as running:
        upload = Upload(running, table, "model=wide&id_column=id&name=low", pause=0.01)
        upload.start()
        upload.join(120)
        ended = running.end_of(newest(running, "low")["id"])
        check("an upload that would use up the reserve is refused with 503", upload.answer["http"] == 503, upload.answer["code"])
        check("its task failed for the limit, counts add up, what was scored is readable",
              ended["status"] == "failed" and ended["error"]["code"] == "limit_reached", ended["rows"])
        running.ask("DELETE", f"/predict/async/{ended['id']}")
        wait_for("the space", lambda: running.database_bytes() < 4e6, 120)

        upload = Upload(running, table, "model=wide&id_column=id&name=full", pause=0.05)
        upload.start()
        task = wait_for("the task", lambda: newest(running, "full"))
        wait_for("some rows", lambda: running.ask("GET", f"/predict/async/{task['id']}")["rows"]["succeeded"] > 20_000)
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", 0) as file:
            while True:
                file.write(bytes(1 << 20))
        print(f"  filled: {shutil.disk_usage(disk).free} bytes free")
        upload.join(120)
        check("the sender is told", upload.answer is not None and upload.answer["http"] == 503, upload.answer and upload.answer["code"])
        status, _, body = running.send("POST", "/predict", '{"model":"iris","data":[5.1,3.5,1.4,0.2]}', "application/json")
        check("a single is refused, not lost", status == 503, body[:120])
        check("readiness says so", running.ask("GET", "/ready")["http"] == 503)
        ballast.unlink()
        ended = running.end_of(task["id"], 60)
        check("with room again the task has a true end", ended["status"] == "failed" and ended["rows"]["processing"] == 0
              and ended["rows"]["succeeded"] + ended["rows"]["cancelled"] == ended["rows"]["total"], ended["rows"])
        check("nothing waits", wait_for("an empty queue", lambda: running.ask("GET", "/health")["queue"]["rows_waiting"] == 0))
        check("and it serves", running.ask("POST", "/predict", '{"model":"iris","data":[5.1,3.5,1.4,0.2]}',
                                            "application/json").get("prediction") == "setosa")
        running.ask("DELETE", f"/predict/async/{ended['id']}")
        wait_for("the space", lambda: running.database_bytes() < 4e6, 120)
        check("space returned", True, f"{running.database_bytes() / 1e6:.1f} MB")
    table.unlink()


LOOKS = {"million": look_million, "broken": look_broken, "dialects": look_dialects, "singles": look_singles,
         "endings": look_endings, "disk": look_disk,
         "pause": lambda folder, models, _: look_pause(folder, models, check),
         "sweep": lambda folder, models, _: look_sweep(folder, models, check),
         "cancel": lambda folder, models, _: look_cancel(folder, models, check),
         "read": lambda folder, models, _: look_read(folder, models, check),
         "wal": lambda folder, models, _: look_wal(folder, models, write_table, check, percentile)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("looks", nargs="*", choices=[[], *LOOKS], default=[])
    for name in parser.parse_args().looks or LOOKS:
        with tempfile.TemporaryDirectory() as path:
            folder = pathlib.Path(path)
            session = make_wide_model(folder / "models")
            started = time.monotonic()
            print(f"{name}: ", end="")
            LOOKS[name](folder, folder / "models", session)
            print(f"  {time.monotonic() - started:.0f} s\n", flush=True)
    if missed:
        raise SystemExit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
