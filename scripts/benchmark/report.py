"""The report as Markdown and JSON."""

import json
import pathlib
import statistics

from . import targets


def write(folder: pathlib.Path, bench, plots: list[str]) -> None:
    content = {"facts": bench.facts, "repeats": bench.repeats, "peers": bench.peers is not None, "figures": bench.figures,
               "series": bench.series, "failures": bench.failures, "targets": targets.judge(bench.figures)}
    (folder / "report.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    (folder / "REPORT.md").write_text("\n\n".join(sections(bench, plots)) + "\n")


def sections(bench, plots: list[str]) -> list[str]:
    yield "# Measured report"
    command = "scripts/bench --peers DIR" if bench.peers else "scripts/bench"
    yield (f"Written by `{command}`; do not edit. The client runs on the same cores. Every submission and every "
           "completion is a durable commit; a load counts what is stored, and results are read back and compared with what ONNX Runtime itself says. "
           "Absolute figures move by a third between runs on such machines; ratios of one run hold.")
    yield "\n".join(["| what | |", "|---|---|", *(f"| {name} | {value} |" for name, value in bench.facts.items()),
                     f"| repeats | {bench.repeats}, in turn; median (min–max) |"])
    if rows := targets.judge(bench.figures):
        yield "## Targets"
        yield table_of_targets(rows)
    if bench.failures:
        yield "## What failed"
        yield "\n".join(f"- {failure}" for failure in bench.failures)
    yield "## Figures"
    yield "\n".join(["| figure | median (min–max) |", "|---|---|", *(f"| {name} | {figure(values)} |" for name, values in bench.figures.items())])
    yield "## Curves"
    yield from (series(name, rows) for name, rows in bench.series.items() if rows and isinstance(rows[0], dict) and name != SINGLES)
    yield "\n".join(f"![{plot}]({plot})" for plot in plots)


SINGLES = "single tasks at 200/s"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def figure(values: list[float]) -> str:
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))}–{number(max(values))})"


def table_of_targets(rows: list[dict]) -> str:
    lines = ["| load | Sibyl | beside it | ratio | target | |", "|---|---|---|---|---|---|"]
    for row in rows:
        beside = f"{number(row['other'])} ({row['beside'].split(':')[0]})" if row["beside"] else "–"
        verdict = f"**met**, {row['distance']:.2f} ×" if row["met"] else f"missed: {row['distance']:.2f} of it"
        ratio = number(row["ratio"]) if row["beside"] else "–"
        lines.append(f"| {row['load']} | {number(row['value'])} | {beside} | {ratio} | {row['target']} | {verdict} |")
    return "\n".join(lines)


def series(name: str, rows: list[dict]) -> str:
    names = list(rows[0])
    lines = [f"**{name}**", "", "| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(number(row[column]) for column in names) + " |" for row in rows])
