"""`edge serve` under load: 32 clients on loopback for half a minute, each asking all the time.

    PYTHONPATH=.:edge/src python benchmarks/serve.py [--json] [--clients 32] [--seconds 30]

The letter is as the page sends one: 278x278 pixels, black on nothing. A client that is told to come
back (503 with Retry-After) does, and is counted; the time of its request then has the wait in it.
The status is 1 where a request failed, or where the page does not answer afterwards.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic, sleep

from cold_start import drawn

from edge import bench
from edge.serve import API

TIMEOUT_SECONDS = 60
PERCENTILES = (50, 90, 99)


class Client(threading.Thread):
    """Asks one letter after another until the time is over."""

    def __init__(self, address, letter, until):
        super().__init__()
        self.request = urllib.request.Request(f"{address.rstrip('/')}{API}?whole", letter)
        self.until = until
        self.seconds, self.failures, self.retries = [], [], 0

    def run(self):
        """Ask, and note how long each answer took or what came instead."""
        while (begin := monotonic()) < self.until:
            try:
                self.ask()
                self.seconds.append(monotonic() - begin)
            except (OSError, ValueError) as error:
                self.failures.append(str(error))

    def ask(self):
        """Ask until the answer is no request to come back."""
        while True:
            try:
                with urllib.request.urlopen(self.request, timeout=TIMEOUT_SECONDS) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code != 503 or "Retry-After" not in error.headers:
                        raise
                self.retries += 1
                sleep(int(error.headers["Retry-After"]))


def resident_megabytes(process):
    """Give the memory that a process has now, None where the system does not tell."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def load(address, letter, clients, seconds):
    """Ask as so many clients at once for so long; give the clients."""
    until = monotonic() + seconds
    asking = [Client(address, letter, until) for _ in range(clients)]
    for client in asking:
        client.start()
    for client in asking:
        client.join()
    return asking


def measure(process, address, clients, seconds):
    """Load the server, and report."""
    letter = drawn(1)
    # Every thread has been there once, and NumPy is loaded.
    load(address, letter, clients, 2)
    before = resident_megabytes(process)
    begin = monotonic()
    asked = load(address, letter, clients, seconds)
    elapsed = monotonic() - begin
    times = sorted(second for client in asked for second in client.seconds)
    cuts = statistics.quantiles(times, n=100)
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as response:
        page = response.status
    return {
        "clients": clients,
        "seconds": elapsed,
        "requests": len(times),
        "per_second": len(times) / elapsed,
        "failures": [failure for client in asked for failure in client.failures],
        "retries": sum(client.retries for client in asked),
        "latency_seconds": {
            **{f"p{percent}": cuts[percent - 1] for percent in PERCENTILES},
            "max": times[-1],
        },
        "alone_seconds": statistics.median(load(address, letter, 1, 2)[0].seconds),
        "megabytes": {"before": before, "after": resident_megabytes(process)},
        "page_status": page,
        "device": bench.device(),
    }


def table(report):
    """Lay a report out as text."""
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


def main():
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print a JSON object, not a table")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "edge", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            address = process.stdout.readline().strip()
            report = measure(process, address, arguments.clients, arguments.seconds)
        finally:
            process.terminate()
    print(json.dumps(report, indent=2) if arguments.json else table(report))
    return bool(report["failures"]) or report["page_status"] != 200


if __name__ == "__main__":
    sys.exit(main())
