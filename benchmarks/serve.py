"""Load `edge serve`: 32 clients on loopback for half a minute, each asking all the time.

    PYTHONPATH=.:edge/src python benchmarks/serve.py [--json] [--clients 32] [--seconds 30]

The letter is as the page sends one: 278x278 pixels, black on a transparent sheet. A client that is
told to come back (503 with Retry-After) does so and is counted; the time of its request includes
the wait. The status is 1 if a request failed, or if the page does not answer afterwards.
"""

import json
import os
import statistics
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from time import monotonic, sleep

from cold_start import drawn
from harness import run

from edge import bench
from edge.server import API

TIMEOUT_SECONDS = 60
WARM_UP_SECONDS = 2
PERCENTILES = (50, 90, 99)


def client(request, until):
    """Ask one letter after another until the time is over; return seconds, failures and retries."""
    seconds, failures, retries = [], [], 0
    begin = monotonic()
    while begin < until:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                json.load(response)
            seconds.append(monotonic() - begin)
        except (OSError, ValueError) as error:
            if getattr(error, "code", None) == 503 and "Retry-After" in error.headers:
                error.close()
                retries += 1
                sleep(int(error.headers["Retry-After"]))
                continue
            failures.append(str(error))
        begin = monotonic()
    return seconds, failures, retries


def resident_megabytes(process):
    """Return the resident memory of a process, None if the system does not say."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def load(address, clients, seconds):
    """Ask as that many clients at once for that long; return what came of each."""
    request = urllib.request.Request(f"{address.rstrip('/')}{API}?whole", drawn(1))
    until = monotonic() + seconds
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(client, [request] * clients, [until] * clients))


def measure(clients, seconds):
    """Start a server, load it and return the report."""
    command = [sys.executable, "-m", "edge", "serve", "--port", "0", "--no-teach"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            address = process.stdout.readline().strip()
            return measured(process, address, clients, seconds)
        finally:
            process.terminate()


def measured(process, address, clients, seconds):
    """Load the server; return the report."""
    # From now on every thread has been there once, and NumPy is loaded.
    warm_up = min(WARM_UP_SECONDS, seconds)
    load(address, clients, warm_up)
    before = resident_megabytes(process)
    begin = monotonic()
    asked, failed, retries = zip(*load(address, clients, seconds), strict=True)
    elapsed = monotonic() - begin
    times = sorted(chain(*asked))
    cuts = statistics.quantiles(times, n=100)
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as response:
        page = response.status
    ((alone, *_),) = load(address, 1, warm_up)
    return {
        "clients": clients,
        "seconds": elapsed,
        "requests": len(times),
        "per_second": len(times) / elapsed,
        "failures": list(chain(*failed)),
        "retries": sum(retries),
        "latency_seconds": {
            **{f"p{percent}": cuts[percent - 1] for percent in PERCENTILES},
            "max": times[-1],
        },
        "alone_seconds": statistics.median(alone),
        "megabytes": {"before": before, "after": resident_megabytes(process)},
        "page_status": page,
        "device": bench.device(),
    }


def table(report):
    """Return a report as text."""
    latency, memory = report["latency_seconds"], report["megabytes"]
    return "\n".join(
        [
            f"{report['clients']} clients, {report['seconds']:.0f} s: {report['requests']:,} "
            f"letters, {report['per_second']:.0f} a second",
            f"failed {len(report['failures'])}, told to come back {report['retries']}",
            ", ".join(f"{name} {value * 1e3:.0f} ms" for name, value in latency.items())
            + f"; a client alone {report['alone_seconds'] * 1e3:.0f} ms",
            f"memory {memory['before']:.1f} MB before, {memory['after']:.1f} MB after",
        ]
    )


if __name__ == "__main__":
    asked = {"clients": (32, "how many ask at once"), "seconds": (30.0, "how long they ask")}
    report = run(__doc__, measure, table, **asked)
    sys.exit(bool(report["failures"]) or report["page_status"] != 200)
