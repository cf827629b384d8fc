"""What the project wants to reach, as ratios of figures from one run."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Target:
    """`figure` divided by `other` is to be at least, or at most, `bound`; without `other` it is the figure itself."""
    load: str
    figure: str
    other: str | None
    bound: float
    at_least: bool

    def judge(self, figures: dict[str, list[float]]) -> dict | None:
        """Nothing when the run did not measure it."""
        if not figures.get(self.figure) or (self.other and not figures.get(self.other)):
            return None
        value = statistics.median(figures[self.figure])
        other = statistics.median(figures[self.other]) if self.other else 1
        ratio = value / other
        distance = ratio / self.bound if self.at_least else self.bound / max(ratio, 1e-6)
        return {"load": self.load, "value": value, "beside": self.other, "other": other if self.other else None, "ratio": ratio,
                "target": f"{'≥' if self.at_least else '≤'} {self.bound:g}", "met": distance >= 1, "distance": distance}


TARGETS = [
    Target("one-row jobs end to end, 32 connections", "jobs/s", "Celery: jobs/s", 50, True),
    Target("durable submissions, 32 connections, workers busy", "submissions/s", "Celery: submissions/s", 50, True),
    Target("idle latency, polled each ms, p50", "idle polled p50 ms", "Celery: idle polled p50 ms", 0.2, False),
    Target("idle latency, polled each ms, p99", "idle polled p99 ms", "Celery: idle polled p99 ms", 0.25, False),
    Target("idle latency, Prefer: wait, p50, ms", "idle Prefer: wait p50 ms", None, 1.2, False),
    Target("POST /predict, 32 connections", "POST /predict/s", "FastAPI + ONNX Runtime: POST /predict/s", 3, True),
    Target("POST /predict, 32 connections, p99", "POST /predict p99 ms", "FastAPI + ONNX Runtime: POST /predict p99 ms", 1, False),
    Target("GET of a finished task", "GET of a task/s", "nginx: GET of a file of that size/s", 0.6, True),
    Target("10⁶ × 20 floats, join=input, linear", "table, linear, rows/s", "Arrow script, linear, rows/s", 1, True),
    Target("10⁶ × 20 floats, join=input, 200 trees", "table, trees, rows/s", "ONNX Runtime, 2 threads, trees, rows/s", 0.9, True),
    Target("200,000 texts by CSV, join=input", "bulk texts/s", "bulk texts, scikit-learn in one process, texts/s", 10, True),
    Target("peak memory of a process meanwhile, MB", "bulk texts, peak MB of a process", None, 200, False),
    Target("memory, API + 2 workers, after the one-row loads (PSS)", "memory pss MB", "Celery: memory pss MB", 0.25, False),
    Target("memory, the same (RSS)", "memory rss MB", "Celery: memory rss MB", 0.25, False),
    Target("one-row tasks at 200/s beside a table, p99, ms", "200/s beside a table, p99 ms", None, 30, False),
    Target("idle, API + 2 workers, % of a core", "idle CPU, % of a core", None, 0.5, False),
    Target("start to ready, s", "start to ready s", None, 0.5, False),
    Target("claims, 10⁵ waiting behind against 10²", "one-row tasks drained/s, 100,000 waiting behind",
           "one-row tasks drained/s, 100 waiting behind", 0.8, True),
    Target("claims, 10⁶ waiting behind against 10²", "one-row tasks drained/s, 1,000,000 waiting behind",
           "one-row tasks drained/s, 100 waiting behind", 0.8, True),
]


def judge(figures: dict[str, list[float]]) -> list[dict]:
    return [found for target in TARGETS if (found := target.judge(figures))]
