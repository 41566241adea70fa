"""The fuzz run: `python -m tests.edge.fuzz --cases 100000` has `edge` read mutated files.

Prints a JSON report, of which the failures should be empty: statuses other than 0 and 1,
exceptions, more or less than one line, too many seconds of work, 300 MB or more of memory.
"""

import argparse
import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from edge import cli
from edge.bench import measurement
from tests.edge import limits, mutations, packs
from tests.edge.drawings import CROSS, RULED

# Of work; `edge read` may have a page before it.
MOST_SECONDS, MOST_SECONDS_READING = 1.0, 2.0
MOST_MEGABYTES = 300
MAKERS = {
    "png": mutations.mutated_png,
    "pnm": mutations.mutated_pnm,
    "pack": mutations.mutated_pack,
    "photograph": mutations.photograph,
    "form": mutations.form,
    "labels": mutations.labels,
}
# Few of what takes long.
SHARES = ["png"] * 24 + ["pnm"] * 8 + ["pack"] * 16 + ["photograph", "form", "labels"]


class Hang(BaseException):
    """What the timer raises, so that nothing catches it."""


def hang(signal_number, frame):
    raise Hang(f"at {frame.f_code.co_filename}:{frame.f_lineno}")


def case(seed, number):
    """Make one case: its kind and its bytes, from the seed and its number alone."""
    rng = random.Random(f"{seed} {number}")
    kind = rng.choice(SHARES)
    return kind, MAKERS[kind](rng)


def arguments(kind, path, folder, number):
    """Return the command that reads the file."""
    if kind == "form":
        return ["form", "--cut", path, "-o", f"{folder}/letters"]
    if kind == "labels":
        shutil.rmtree(f"{folder}/hand", ignore_errors=True)
        for name, data in json.loads(Path(path).read_bytes()).items():
            place = Path(folder, "hand", name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(bytes.fromhex(data))
        return ["teach", f"{folder}/hand", "-o", f"{folder}/taught"]
    if kind != "pack":
        # Without a model that finds ink in whatever is dark, most would be refused as not clean.
        model = ["--model", f"{folder}/dark"] if number % 4 else []
        if number % 3:
            return ["classify", path, *model]
        options = [[], ["--boxes"], ["--lines", "--json"], ["--words", f"{folder}/words"]]
        return ["read", path, *options[number // 12 % 4], *model]
    letter, ruled = f"{folder}/letter.pgm", f"{folder}/ruled.pgm"
    return [
        ["classify", letter, "--model", path],
        ["classify", letter, "--model", path, "--backend", "numpy", "--json"],
        ["read", ruled, "--model", path, "--words", f"{folder}/words"],
        ["read", letter, "--model", path, "--json"],
        ["classify", ruled, "--model", path, "--json"],
        ["info", "--model", path],
        ["info", "--model", path, "--json"],
        ["teach", *[f"{folder}/Ж.pgm"] * 12, "--model", path, "-o", f"{folder}/taught", "--json"],
    ][number % 8]


def objection(command, path, status, out, err):
    """Return what is wrong with an answer, or None."""
    if status not in (0, 1):
        return f"status {status}: {err[-300:]}"
    lines = err.split("\n")
    if command[0] == "teach":
        # A line for every picture that is no letter.
        other = [line for line in lines[:-1] if not line.startswith("edge: ") or len(line) > 500]
        silent = (status == 1) != bool(err)
        return f"status {status}, lines that name nothing: {err[:300]}" if other or silent else None
    # A sound pack may find no letter in the ruled picture.
    named = tuple(f"edge: {each}: " for each in (path, *command[1:2]) if each != "--model")
    if status == 1 and not (len(lines) == 2 and lines[0].startswith(named)):
        return f"{len(lines) - 1} lines of error: {err[:300]}"
    if status == 1 and len(lines[0]) > 500:
        return f"a line of {len(lines[0])} characters"
    if status == 1 and (out or not lines[0].isprintable()):
        return f"output beside an error, or a line that is none: {out[:100]!r} {err[:300]!r}"
    if status == 0 and err:
        return f"a complaint and status 0: {err[:300]}"
    # A text may have several lines.
    least, most = (1, out.count("\n")) if command[0] == "read" else (1, 1)
    wrong = not least <= out.count("\n") <= most or "nan" in out.lower()
    if status == 0 and command[0] in ("classify", "read") and wrong:
        return f"no letter: {out[:200]!r}"
    return None


def within(command, path):
    """Run one command in this process; return what is wrong, and the seconds it worked."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    most = MOST_SECONDS_READING if command[0] == "read" else MOST_SECONDS
    signal.setitimer(signal.ITIMER_PROF, min(limits.seconds(most), 60))
    start, status, wrong = time.process_time(), None, None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(command)
        signal.setitimer(signal.ITIMER_PROF, 0)
    except Hang as error:
        wrong = f"{most:g} s of work {error}"
    except BaseException:
        wrong = traceback.format_exc()[-1500:]
    signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - start
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return status, wrong or objection(command, path, status, *texts), seconds


def apart(command, path):
    """Run one command as a process of its own, with its time and its memory."""
    # Lines that do not come from Python are seen here alone.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([sys.executable, "-m", "edge", *command], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    wrong = objection(command, path, status, *texts)
    if usage.ru_maxrss > MOST_MEGABYTES * 1024:
        wrong = wrong or f"{usage.ru_maxrss // 1024} MB"
    return status, wrong, usage.ru_utime + usage.ru_stime


def peak():
    """Return the most memory that this process has had, in megabytes."""
    # `getrusage` would count what the parent had when it made this process.
    return measurement.peak_bytes() / 2**20


def run(seed, numbers, processes):
    """Read the cases of these numbers, every n-th of them in a process, and report."""
    statuses, failures, slowest = Counter(), [], {"within": (0.0, 0), "apart": (0.0, 0)}
    signal.signal(signal.SIGPROF, hang)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/mutated"
        for name in ("letter", "Ж"):
            Path(folder, f"{name}.pgm").write_bytes(b"P5 90 60 255\n" + CROSS)
        Path(folder, "ruled.pgm").write_bytes(b"P5 90 60 255\n" + RULED)
        Path(folder, "dark").write_bytes(packs.dark())
        Path(folder, "words").write_text("дом\nЁлка\nсанкт-петербург\n", encoding="utf-8")
        every = max(1, len(numbers) // processes) if processes else len(numbers) + 1
        for count, number in enumerate(numbers, 1):
            kind, data = case(seed, number)
            Path(path).write_bytes(data)
            command = arguments(kind, path, folder, number)
            for place, read in [("within", within)] + [("apart", apart)] * (count % every == 0):
                shutil.rmtree(f"{folder}/letters", ignore_errors=True)
                before = peak()
                status, wrong, seconds = read(command, path)
                slowest[place] = max(slowest[place], (round(seconds, 3), number))
                if before < MOST_MEGABYTES < peak():
                    wrong = wrong or f"{peak():.0f} MB"
                statuses[f"{kind} {status} {place}"] += 1
                if wrong:
                    failures.append({"number": number, "kind": kind, "why": wrong, "in": place})
            if len(failures) >= 60:
                break
    return {
        "seed": seed,
        "cases": count,
        "statuses": dict(sorted(statuses.items())),
        "slowest": slowest,
        "peak_megabytes": round(peak()),
        "failures": failures,
    }


def main():
    """Parse the command line, run, print, and tell by the status whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--processes", type=int, default=0, help="cases to run as a process, too")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # So that a runaway stops before the machine does.
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    numbers = range(options.first, options.first + options.cases)
    start = time.perf_counter()
    report = run(options.seed, numbers, options.processes)
    report["seconds"] = round(time.perf_counter() - start)
    print(json.dumps(report, indent=1))
    return 1 if report["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
