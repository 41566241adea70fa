"""`edge serve`: a page on which to draw letters, and the API that it asks.

One picture is worked on at a time, since plain Python would not do two any quicker, and a large one
beside it, so that a stroke need not wait for a photograph.
"""

import html
import os
import threading
from contextlib import suppress

import edge
from edge.classifier import why_no_numpy
from edge.pack import PackError
from edge.server.handler import API, PAGE, Handler
from edge.server.limits import LimitedServer

__all__ = ["API", "Server", "serve"]


def serve(host, port, model, announce):
    """Serve until Ctrl-C; `announce` is called with the address once it can be opened.

    Raises OSError if the address cannot be had, `edge.pack.PackError` on a damaged pack.
    """
    with Server(host, port, edge.load(model, "pure")) as server:
        announce(server.address())
        threading.Thread(target=server.warm_up, daemon=True).start()
        with suppress(KeyboardInterrupt):
            server.serve_forever()


class Server(LimitedServer):
    """What all requests share: the classifier, the page, and whose turn it is."""

    def __init__(self, host, port, classifier):
        self.classifier = classifier
        self.page = {path: _page_file(name) for path, (name, _) in PAGE.items()}
        letters = html.escape(" ".join(classifier.letters)).encode()
        self.page["/"] = self.page["/"].replace(b"{letters}", letters)
        self.turn, self.large_turn = threading.Lock(), threading.Lock()
        super().__init__(host, port, Handler)

    def warm_up(self):
        """Change over to NumPy, if it is installed, while no letter is being read."""
        # If float32 cannot compute the pack, the answer to every request says so.
        with self.turn, suppress(PackError):
            if why_no_numpy():
                return
            import numpy

            self.classifier.predict(numpy.zeros((1, 28, 28), numpy.uint8))
            self.classifier.backend = "numpy"


def _page_file(name):
    # Through the loader, as the pack.
    return __spec__.loader.get_data(os.path.join(os.path.dirname(__file__), "page", name))
