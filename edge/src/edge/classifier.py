"""`edge.load()` and the classifier that it returns, over either forward pass."""

import os
from collections import namedtuple
from math import isfinite

from edge import decode, preparation, pure
from edge import pack as packs
from edge.decode.png import joined

RELEASED_PACK = os.path.join(os.path.dirname(__file__), "letters.safetensors")
BACKENDS = ("auto", "numpy", "pure")

# `auto` reads up to this many pictures without NumPy, whose import costs as much as they do.
PURE_PICTURES = 14

# A picture is read whole into memory: no photograph of a letter is larger than this.
MAXIMUM_FILE_BYTES = 64 << 20

Prediction = namedtuple("Prediction", "letter probability top")
Prediction.__doc__ = "A letter, its probability, and all such pairs, likeliest first."


def load(path=None, backend="auto", threads=1):
    """Load a pack, the released one by default, and return a `Classifier`.

    `backend` is `numpy`, `pure` (the standard library alone) or `auto`, which is `pure` for
    few pictures. With NumPy, many pictures are computed in this number of `threads`, which is
    quicker if BLAS itself has only one (OPENBLAS_NUM_THREADS=1). Raises `edge.pack.PackError`, a
    ValueError, on a damaged or foreign file, OSError on an unreadable one.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend {backend!r}, expected one of {', '.join(BACKENDS)}")
    return Classifier(packs.read(RELEASED_PACK if path is None else path), backend, threads)


class Classifier:
    """Reads letters with the network of one pack."""

    def __init__(self, pack, backend="auto", threads=1):
        self.description = pack.description
        self.letters = pack.description["letters"]
        self.backend = backend
        self._pack = pack
        self._threads = threads
        self._network = None

    def __repr__(self):
        return f"<Classifier of {len(self.letters)} letters, backend {self.backend}>"

    def classify(self, picture):
        """Read one letter: a path, a picture's bytes, or a uint8 array `(height, width[, 3|4])`.

        Raises ValueError on what is not a picture, holds no letter or looks like several, OSError
        on an unreadable path.
        """
        found = prepare_all(picture)
        if len(found) > 1:
            raise preparation.PictureError(f"looks like {len(found)} letters")
        return self.classify_prepared(found)[0]

    def classify_all(self, picture):
        """Read all letters of a line, from left to right: a list; else as `classify`."""
        return self.classify_prepared(prepare_all(picture))

    def classify_prepared(self, pictures):
        """Read pictures of one letter each, as `prepare` returns them: a list of `Prediction`s."""
        if self.backend == "numpy" or (self.backend == "auto" and len(pictures) > PURE_PICTURES):
            import numpy

            images = numpy.frombuffer(b"".join(pictures), numpy.uint8).reshape(-1, 28, 28)
            rows = self.predict(images).tolist()
        else:
            rows = [pure.probabilities(self._pack, picture) for picture in pictures]
        if not all(map(isfinite, map(sum, rows))):
            raise packs.PackError(packs.NO_PROBABILITY)
        return [self._prediction(row) for row in rows]

    def predict(self, images):
        """Return the probabilities, float32 `(n, letters)`, of uint8 pictures `(n, 28, 28)`.

        The pictures are taken as they are: dark ink on white, as `prepare` returns them.
        """
        if images.dtype.char != "B" or images.shape[1:] != (28, 28):
            found = f"{images.dtype} {images.shape}"
            raise ValueError(f"images are {found}, expected uint8 (n, 28, 28)")
        if self._network is None:
            from edge import network

            arrays = network.parameters(self._pack)
            self._network = network.Network(self.description["network"], arrays, self._threads)
        return self._network.probabilities(images)

    def _prediction(self, row):
        top = sorted(zip(self.letters, row), key=lambda pair: -pair[1])
        return Prediction(top[0][0], top[0][1], top)


def prepare(picture):
    """Prepare all that stands in a path, bytes or a uint8 array as one letter: 784 bytes."""
    return preparation.letter(_planes(picture))


def prepare_all(picture):
    """Prepare the letters of a path, bytes or a uint8 array from left to right: 784 bytes each."""
    return preparation.letters(_planes(picture))


def _planes(picture):
    if isinstance(picture, (str, os.PathLike)):
        with open(picture, "rb") as file:
            picture = read_bounded(file)
    return decode.planes(picture) if isinstance(picture, bytes) else _planes_of_array(picture)


def read_bounded(file):
    """Read a binary file to its end; raises ValueError if it is longer than a picture may be."""
    data = file.read(MAXIMUM_FILE_BYTES + 1)
    if len(data) > MAXIMUM_FILE_BYTES:
        raise ValueError(f"longer than a picture may be ({MAXIMUM_FILE_BYTES} bytes)")
    return data


def _planes_of_array(array):
    shape, dtype = getattr(array, "shape", None), str(getattr(array, "dtype", None))
    if shape is None or dtype != "uint8" or len(shape) not in (2, 3) or 0 in shape:
        found = f"{type(array).__name__} {dtype} {shape}" if shape else type(array).__name__
        raise ValueError(f"expected a path, bytes or uint8 (h, w[, 3|4]), found {found}")
    if len(shape) == 2:
        return joined(shape[1], shape[0], [array.tobytes()])
    if shape[2] not in (3, 4):
        raise ValueError(f"expected 3 or 4 channels, found {shape[2]}")
    planes = [array[:, :, channel].tobytes() for channel in range(shape[2])]
    return joined(shape[1], shape[0], planes[:3], *planes[3:])
