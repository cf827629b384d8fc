"""Runs the loads in turn and writes the report; started by scripts/bench."""

import argparse
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from . import bulk_texts, check, claims, facts, group_commit, idle, mixed, one_row, peers, scaling, tables, yardsticks
from .service import ROOT, Failure

REPORTS = ROOT / "docs/performance"
# Each load, the peers that are measured right after it, and whether it is repeated.
LOADS = {
    "yardsticks": (yardsticks.measure, None, True),
    "one-row": (one_row.measure, peers.one_row, True),
    "predict": (None, peers.predictions, True),
    "tables": (tables.measure, peers.tables, True),
    "texts": (bulk_texts.measure, None, True),
    "mixed": (mixed.measure, None, True),
    "idle": (idle.measure, None, True),
    "claims": (claims.measure, None, True),
    "group-commit": (group_commit.measure, None, False),
    "scaling": (scaling.measure, None, False),
}
QUICK = ("yardsticks", "one-row", "tables")


class Bench:
    """What the loads share, and what they found."""

    def __init__(self, options, folder: pathlib.Path, kept: pathlib.Path):
        self.repeats, self.peers, self.folder = options.repeats, options.peers, folder
        self.is_long = options.long
        self.failures: list[str] = []
        self.figures: dict[str, list[float]] = {}
        self.series: dict[str, list] = {}
        self.facts: dict[str, str] = {}
        self.rows = 1_000_000
        if self.peers:
            found = {"linear": self.peers / "models/tab_lr.onnx", "trees": self.peers / "models/tab_gbdt.onnx"}
            self.table = self.peers / "data/rows.csv"
        else:
            found = tables.train(kept)
            self.table = tables.write(kept / "rows.csv", self.rows)
        self.linear, self.trees = found["linear"], found["trees"]
        self.long_table = tables.write(kept / "long.csv", 10 * self.rows) if options.long else None
        (folder / "models").mkdir()
        self.models = tables.publish(folder / "models", found)

    def record(self, name: str, value: float) -> None:
        self.figures.setdefault(name, []).append(value)

    def run(self, names: list[str]) -> None:
        for repeat in range(self.repeats):
            for name in names:
                own, others, repeated = LOADS[name]
                if repeat and not repeated:
                    continue
                for measure in (own, others if self.peers else None):
                    if measure:
                        self.attempt(f"{name} {repeat + 1}/{self.repeats}: {measure.__module__}", measure)

    def attempt(self, what: str, measure) -> None:
        """Runs a load; one that fails is told in the report, and the others still run."""
        began = time.monotonic()
        try:
            measure(self)
        except (AssertionError, OSError, subprocess.SubprocessError, Failure) as fault:
            self.failures.append(f"{what}: {type(fault).__name__} {fault}"[:1000])
            print(f"  {self.failures[-1]}", file=sys.stderr)
        print(f"  {what}, {time.monotonic() - began:.0f} s", file=sys.stderr)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--repeats", type=int, choices=range(1, 10), help="default 3, with --check 1")
    parser.add_argument("--peers", type=pathlib.Path, metavar="DIR", help="measures the peers that were built in this folder as well")
    parser.add_argument("--only", nargs="+", choices=LOADS, metavar="LOAD", help=f"prints these and writes nothing: {' '.join(LOADS)}")
    parser.add_argument("--long", action="store_true", help="drains 10,000,000 rows beside single tasks, not 1,000,000, and claims before 1,000,000 waiting tasks")
    parser.add_argument("--check", action="store_true", help="compares a quick run with the last report; 1 when a ratio fell")
    parser.add_argument("--tolerance", type=float, default=check.TOLERANCE, help="what a ratio may fall by, default %(default)s")
    options = parser.parse_args()
    options.repeats = options.repeats or (1 if options.check else 3)
    options.peers = options.peers and options.peers.resolve()
    if options.peers and not (options.peers / "venv/bin/python").exists():
        parser.error(f"no peers are built in {options.peers}")
    if options.check and (options.peers or options.only):
        parser.error("--check goes alone")
    if options.check and not (REPORTS / "report.json").exists():
        parser.error("there is no last report: run scripts/bench first")
    return options


def main() -> int:
    options = arguments()
    # What runs is ended in order when this program is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    kept = ROOT / ".build/bench"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept) as folder:
        bench = Bench(options, pathlib.Path(folder), kept)
        bench.run(options.only or (QUICK if options.check else list(LOADS)))
    if options.check:
        return check.against(REPORTS / "report.json", bench.figures, options.tolerance) or len(bench.failures) > 0
    from . import plots, report, targets
    if options.only:
        for name, values in bench.figures.items():
            print(f"{name}: {report.figure(values)}")
        for name, rows in bench.series.items():
            print(name, *rows, sep="\n  ")
        return len(bench.failures) > 0
    bench.facts = facts.gather()
    report.write(REPORTS, bench, plots.draw(REPORTS, bench.figures, bench.series))
    print(report.table_of_targets(targets.judge(bench.figures)))
    return len(bench.failures) > 0


if __name__ == "__main__":
    raise SystemExit(main())
