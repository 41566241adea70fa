"""`edge serve`: pages on which to write letters and words, and the API that they ask.

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
from edge.server import kept, lessons
from edge.server.handler import API, PAGE, Handler
from edge.server.kept import usual_folder
from edge.server.limits import LimitedServer

__all__ = ["API", "Server", "serve", "usual_folder"]


def serve(host, port, model, folder, announce, complain):
    """Serve until Ctrl-C; `announce` is called with the address once it can be opened.

    Letters that are named on the page are kept in `folder`, unless it is None. Raises OSError if
    the address cannot be had, `edge.pack.PackError` on a damaged pack; `complain` is called with
    the path of a damaged pack in the folder and the error.
    """
    with Server(host, port, edge.load(model, "pure"), folder) as server:
        try:
            server.take_up()
        except (OSError, ValueError) as error:
            complain(os.path.join(folder, kept.TAUGHT_PACK), error)
        announce(server.address())
        threading.Thread(target=server.warm_up, daemon=True).start()
        with suppress(KeyboardInterrupt):
            server.serve_forever()


class Server(LimitedServer):
    """What all requests share: the classifiers, the page, and whose turn it is.

    With a `folder`, and if no other machine is answered, the page can be taught.
    """

    def __init__(self, host, port, classifier, folder=None):
        # One reads: the one that is there anyway, or what that has become.
        self.classifier = self.released = classifier
        self.taught = None
        self.turn, self.large_turn = threading.Lock(), threading.Lock()
        self.keeping, self.learning = threading.Lock(), threading.Lock()
        self.page = {path: _page_file(name) for path, (name, _) in PAGE.items()}
        super().__init__(host, port, Handler)
        self.folder = folder and self.loopback and os.path.abspath(folder)
        letters = html.escape(" ".join(classifier.letters)).encode()
        for path in ("/", "/word"):
            page = self.page[path].replace(b"{letters}", letters)
            self.page[path] = page.replace(b"{teachable}", b"teachable" if self.folder else b"")

    def take_up(self):
        """Read with what was taught before, if anything was; raises OSError, PackError."""
        if self.folder:
            with suppress(FileNotFoundError):
                self.taught = lessons.taught(self.folder, self.released)
        self.classifier = self.taught or self.released

    def warm_up(self):
        """Change over to NumPy, if it is installed, while no letter is being read."""
        # If float32 cannot compute the pack, the answer to every request says so.
        with self.turn, suppress(PackError):
            if why_no_numpy():
                return
            import numpy

            for classifier in {self.released, self.classifier}:
                classifier.predict(numpy.zeros((1, 28, 28), numpy.uint8))
                classifier.backend = "numpy"


def _page_file(name):
    # Through the loader, as the pack.
    return __spec__.loader.get_data(os.path.join(os.path.dirname(__file__), "page", name))
