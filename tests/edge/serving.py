"""A server of `edge serve` for tests."""

import contextlib
import threading

import edge
from edge.server import Server


@contextlib.contextmanager
def running(pack):
    """Serve in a thread of this process, on a free port."""
    with Server("127.0.0.1", 0, edge.load(pack, "pure")) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
