"""Ctrl-C at a moment that suits."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interrupted(Exception):  # noqa: N818 - says what happened
    """Someone has pressed Ctrl-C, and the work has stopped where it is whole."""


@contextmanager
def waiting() -> Iterator[Callable[..., None]]:
    """Give a function that raises Interrupted if Ctrl-C has been pressed since the block began.

    It takes any arguments, to be called back between two steps. A second Ctrl-C does not wait.
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
