"""The machine and the versions that a report's figures belong to."""

import os
import pathlib
import platform
import re
import subprocess
import time

import onnxruntime

from .service import ROOT, cores, service


def gather() -> dict[str, str]:
    with service() as running:
        metrics = running.request("GET", "/metrics")[1].decode()
        health = running.ask("GET", "/health")
    build = re.search(r'sibyl_build_info\{.*?sqlite="([^"]+)"', metrics)
    swift = said("swift", "--version")
    changed = " with changes" if said("git", "status", "--porcelain", "--", "Sources") else ""
    return {
        "date": time.strftime("%Y-%m-%d"), "machine": f"{platform.machine()}, {processor()}", "cores": str(cores()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "kernel": "Linux " + re.match(r"[\d.]*\d", platform.release())[0], "sibyl": f"{health['version']} ({said('git', 'rev-parse', '--short', 'HEAD')}{changed})",
        "SQLite": build[1] if build else "unknown", "sync level": "journal_mode=WAL, synchronous=FULL: a commit is flushed before it is answered",
        "ONNX Runtime": library() or onnxruntime.__version__, "Swift": re.search(r"Swift version (\S+)", swift)[1] if swift else "unknown",
        "wrk": (re.search(r"wrk (\S+)", said("wrk", "-v")) or ["", "unknown"])[1], "Python": platform.python_version(),
    }


def said(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip()


def processor() -> str:
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return found[1] if found else "unknown processor"


def library() -> str | None:
    """The version of the library that the service loads, by its link's name."""
    link = ROOT / ".tools/onnxruntime/libonnxruntime.so"
    return os.readlink(link).split(".so.")[1] if link.is_symlink() else None
