"""The report's plots, as SVG that is the same for the same figures."""

import pathlib
import statistics

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "sibyl", "svg.fonttype": "none", "axes.grid": True, "grid.alpha": 0.3, "figure.figsize": (6.4, 3.6)})
import matplotlib.pyplot as plot  # noqa: E402  the backend is chosen first

THROUGHPUT = (("Sibyl", "jobs/s"), ("Sibyl, group commit off", "jobs/s, group commit off"), ("Celery + Redis", "Celery: jobs/s"),
              ("Huey, SQLite", "Huey: jobs/s"))


def draw(folder: pathlib.Path, figures: dict[str, list[float]], series: dict[str, list]) -> list[str]:
    """Draws what was measured; returns the files' names."""
    drawn = [throughput(folder, figures)] if "jobs/s" in figures else []
    if memory := series.get("memory MB over seconds"):
        drawn.append(lines(folder, "memory", "seconds of one-row load", "PSS of API + 2 workers, MB",
                           {"": memory}, bottom=0))
    if loads := series.get("latency against load"):
        curves = {share: [[row["rate"], row[share]] for row in loads] for share in ("p50", "p90", "p99")}
        curves["generator late p99"] = [[row["rate"], row["late p99"]] for row in loads]
        drawn.append(lines(folder, "latency", "POST /predict a second, open loop", "milliseconds", curves, vertical="log"))
    if rows := series.get("rows a task"):
        drawn.append(lines(folder, "rows-a-task", "rows of the task", "microseconds a row, upload to last result read",
                           {"": [[row["rows"], row["microseconds a row"]] for row in rows]}, horizontal="log", vertical="log"))
    if chunks := series.get("rows a chunk"):
        drawn.append(lines(folder, "rows-a-chunk", "rows of a chunk", "rows/s",
                           {"": [[row["rows a chunk"], row["rows/s"]] for row in chunks]}, horizontal="log", bottom=0))
    if workers := series.get("workers"):
        curves = {name: [[row["workers"], row[name] / workers[0][name]] for row in workers] for name in ("jobs/s", "rows/s")}
        drawn.append(lines(folder, "workers", "workers", "times one worker", curves, bottom=0))
    return drawn


def throughput(folder: pathlib.Path, figures: dict[str, list[float]]) -> str:
    shown = [(label, figures[name]) for label, name in THROUGHPUT if name in figures]
    axes = plot.subplots()[1]
    middles = [statistics.median(values) for _, values in shown]
    spread = [[middle - min(values) for middle, (_, values) in zip(middles, shown)],
              [max(values) - middle for middle, (_, values) in zip(middles, shown)]]
    axes.barh([label for label, _ in shown], middles, xerr=spread, color="tab:blue")
    axes.invert_yaxis()
    axes.set_xlabel("one-row jobs a second, end to end, durable")
    return save(folder, "throughput")


def lines(folder, name, across, up, curves, horizontal="linear", vertical="linear", bottom=None) -> str:
    axes = plot.subplots()[1]
    for label, points in curves.items():
        axes.plot([point[0] for point in points], [point[1] for point in points], marker="o", markersize=3, label=label)
    axes.set(xlabel=across, ylabel=up, xscale=horizontal, yscale=vertical)
    if bottom is not None:
        axes.set_ylim(bottom=bottom)
    if len(curves) > 1:
        axes.legend()
    return save(folder, name)


def save(folder: pathlib.Path, name: str) -> str:
    plot.tight_layout()
    plot.savefig(folder / f"{name}.svg", metadata={"Date": None})
    plot.close()
    return f"{name}.svg"
