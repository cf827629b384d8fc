"""Whether a quick run's ratios still stand where the last report's stood."""

import json
import pathlib
import statistics

# A figure, the yardstick of the machine that drifts with it, and whether more is better.
EXCHANGES = "yardstick: exchanges/s"
RATIOS = [
    ("jobs/s", EXCHANGES, True),
    ("submissions/s", EXCHANGES, True),
    # Not the latency that is polled each millisecond: a step of that poll is a third of it.
    ("idle POST /predict p50 ms", EXCHANGES, False),
    ("idle Prefer: wait p50 ms", EXCHANGES, False),
    ("POST /predict/s", EXCHANGES, True),
    ("GET of a task/s", EXCHANGES, True),
    ("table, linear, rows/s", "yardstick: trees scored/s", True),
    ("table, trees, rows/s", "yardstick: trees scored/s", True),
    ("memory pss MB", None, False),
]
TOLERANCE = 0.25


def ratios(figures: dict[str, list[float]]) -> dict[str, float]:
    """Each figure against its yardstick, so that more is better in each."""
    found = {}
    for name, yardstick, more_is_better in RATIOS:
        if not figures.get(name) or (yardstick and not figures.get(yardstick)):
            continue
        value = statistics.median(figures[name])
        by = statistics.median(figures[yardstick]) if yardstick else 1
        found[name] = value / by if more_is_better else 1 / (value * by)
    return found


def compare(now: dict[str, list[float]], last: dict[str, list[float]], tolerance: float) -> list[str]:
    """One line for each ratio that fell by more than the tolerance, or that is measured no more."""
    before, after = ratios(last), ratios(now)
    fallen = []
    print("| figure | now | last | its ratio, now / last |\n|---|---|---|---|")
    for name, old in before.items():
        if name not in after:
            fallen.append(f"{name}: measured in the last report, and not now")
            continue
        change = after[name] / old
        print(f"| {name} | {statistics.median(now[name]):,.4g} | {statistics.median(last[name]):,.4g} | {change:.2f} |")
        if change < 1 - tolerance:
            fallen.append(f"{name}: fell to {change:.2f} of the last report's ratio, which is more than {tolerance:.0%} less")
    return fallen


def against(report: pathlib.Path, figures: dict[str, list[float]], tolerance: float) -> int:
    """The exit code: 0 all stand, 1 some fell."""
    fallen = compare(figures, json.loads(report.read_text())["figures"], tolerance)
    for line in fallen:
        print(line)
    return 1 if fallen else 0
