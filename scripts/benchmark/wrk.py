"""wrk with a body of each text in turn, and what it says."""

import dataclasses
import json
import re
import subprocess
import tempfile

CONNECTIONS = 32
REPORT = """
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('JSON[%d,%d,%f,%f,%d,%d]', summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
end
"""
POST = """
local bodies, at, made = BODIES, 0, {}
function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  for number, body in ipairs(bodies) do made[number] = wrk.format(nil, nil, nil, body) end
end
function request() at = at % #made + 1; return made[at] end
"""


@dataclasses.dataclass
class Load:
    """What one run did; milliseconds, and `errors` by status or connection."""
    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int

    @property
    def rate(self) -> float:
        return (self.requests - self.errors) / self.seconds


def run(url: str, seconds: int, bodies: list[str] | None = None, connections: int = CONNECTIONS) -> Load:
    """Sends requests at full speed, one at a time a connection: GET, or POST of the bodies in turn."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if bodies:
            # JSON as it stands: Lua reads nothing into a long bracket.
            texts = ",".join("[==[" + body + "]==]" for body in bodies)
            script.write(POST.replace("BODIES", "{" + texts + "}"))
        script.write(REPORT)
        script.flush()
        output = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url], check=True,
                                capture_output=True, text=True, timeout=seconds + 60).stdout
    requests, duration, p50, p99, statuses, broken = json.loads(re.search(r"JSON(\[.*\])", output)[1])
    return Load(requests, duration / 1e6, p50 / 1e3, p99 / 1e3, statuses + broken)
