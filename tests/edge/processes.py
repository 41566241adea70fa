"""Python, and the command `edge`, as processes of their own."""

import os
import subprocess
import sys

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def python(*arguments, stdin=None, **environment):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**ENVIRONMENT, **environment},
        check=False,
    )


def edge(*arguments, **options):
    return python("-m", "edge", *arguments, **options)


def shell(command):
    """Run a command of a shell."""
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, timeout=60, env=ENVIRONMENT, check=False
    )


def without_numpy(folder, module="raise ImportError('no NumPy here')"):
    """Return an environment in which `module`, written to the folder, is in place of NumPy."""
    (folder / "numpy.py").write_text(module)
    return {"PYTHONPATH": os.pathsep.join([str(folder), ENVIRONMENT["PYTHONPATH"]])}


def refusal(*arguments):
    """Run the command; return the one line, without a result, with which it ends in status 1."""
    result = edge(*arguments)
    assert (result.returncode, result.stdout) == (1, b"")
    (line,) = result.stderr.decode().splitlines()
    return line
