"""Ctrl-C that waits until the work can stop."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interrupted(Exception):  # noqa: N818 - says what happened
    """Ctrl-C was pressed, and the work has stopped between two steps."""


@contextmanager
def waiting() -> Iterator[Callable[..., None]]:
    """Yield a function that raises Interrupted if Ctrl-C has been pressed since the block began.

    It takes any arguments, so that it can serve as a callback between two steps. A second Ctrl-C
    does not wait.
    """
    pressed = False

    def remember(number: int, frame: object) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)

    def check(*_: object) -> None:
        if pressed:
            raise Interrupted

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
