"""Small data for the studies, and their programs."""

import subprocess
import sys

import numpy

from studies import mnist
from tests.support.workplace import environment


def program(module, *arguments, status=0):
    """Run `python -m MODULE ARGUMENTS` here, as DVC does; fail unless it exits with `status`."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done


def refused(module, *arguments):
    """Run a program that fails; return the one line that says why."""
    line = program(module, *arguments, status=1).stderr
    assert line.count("\n") == 1
    return line


def few_digits(count=120):
    """Write some squares as if they were MNIST: the class says where they stand."""
    labels = numpy.arange(count, dtype=numpy.uint8) % 10
    images = numpy.zeros((count, 28, 28), numpy.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 4)
        image[4 + row * 7 : 9 + row * 7, 2 + column * 6 : 7 + column * 6] = 255
    mnist.ARRAYS.parent.mkdir(parents=True, exist_ok=True)
    arrays = zip(mnist.Mnist._fields, (images, labels, images[:40], labels[:40]), strict=True)
    numpy.savez(mnist.ARRAYS, **dict(arrays))
