"""`edge.load()` and what it gives: a classifier over either forward pass."""

import os
from collections import namedtuple
from math import isfinite

from edge import pack as packs
from edge import png, prepare, pure

RELEASED_PACK = os.path.join(os.path.dirname(__file__), "letters.safetensors")
BACKENDS = ("auto", "numpy", "pure")

# `auto` reads up to this many pictures without NumPy, whose import costs as much as they do.
PURE_PICTURES = 14

# A picture is read whole into memory: no photograph of a letter is larger than this.
MAXIMUM_FILE_BYTES = 64 << 20

Prediction = namedtuple("Prediction", "letter probability top")
Prediction.__doc__ = (
    "A letter, its probability, and all (letter, probability) pairs, likeliest first."
)


def load(path=None, backend="auto", threads=1):
    """Load a pack, the released one by default, and return a `Classifier`.

    `backend` is `numpy`, `pure` (the standard library alone) or `auto`, which is `pure` for
    single pictures. With NumPy, many pictures are computed in so many `threads`, which is quicker
    where BLAS has but one (OPENBLAS_NUM_THREADS=1). Raises `edge.pack.PackError` (a ValueError) on
    a damaged or foreign file.
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

        Raises ValueError on what is no picture or holds no letter or looks like several, OSError
        on an unreadable path.
        """
        found = letters(picture)
        if len(found) > 1:
            raise prepare.PictureError(f"looks like {len(found)} letters")
        return self.read(found)[0]

    def classify_all(self, picture):
        """Read all letters of a line, from left to right: a list; else as `classify`."""
        return self.read(letters(picture))

    def read(self, pictures):
        """Read prepared pictures, 784 bytes each, and return a list of `Prediction`s."""
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
        """Give the probabilities, float32 `(n, letters)`, of pictures, uint8 `(n, 28, 28)`.

        The pictures are taken as they stand: dark ink on white, as `prepared` gives it.
        """
        if images.dtype.char != "B" or images.shape[1:] != (28, 28):
            raise ValueError(
                f"images are {images.dtype} {images.shape}, expected uint8 (n, 28, 28)"
            )
        if self._network is None:
            from edge import network

            arrays = network.parameters(self._pack)
            self._network = network.Network(self.description["network"], arrays, self._threads)
        return self._network.probabilities(images)

    def _prediction(self, row):
        top = sorted(zip(self.letters, row), key=lambda pair: -pair[1])
        return Prediction(top[0][0], top[0][1], top)


def prepared(picture):
    """Prepare all that stands in a picture, as `letters`, for one letter."""
    return prepare.letter(_planes(picture))


def letters(picture):
    """Prepare the letters in a path, bytes or a uint8 array, from left to right, for the network.

    Returns a list of 784 bytes each, 28x28 pixels.
    """
    return prepare.letters(_planes(picture))


def _planes(picture):
    if isinstance(picture, (str, os.PathLike)):
        with open(picture, "rb") as file:
            picture = read_bounded(file)
    return _planes_of_bytes(picture) if isinstance(picture, bytes) else _planes_of_array(picture)


def read_bounded(file):
    """Read a binary file to its end; raises ValueError where it is longer than a picture may be."""
    data = file.read(MAXIMUM_FILE_BYTES + 1)
    if len(data) > MAXIMUM_FILE_BYTES:
        raise ValueError(f"longer than a picture may be ({MAXIMUM_FILE_BYTES} bytes)")
    return data


def _planes_of_bytes(data):
    if data[:4] == png.SIGNATURE[:4]:
        return png.planes(data)
    # Not above: a PNG must not wait for what only other formats need.
    from edge import formats

    return formats.planes(data)


def _planes_of_array(array):
    shape, dtype = getattr(array, "shape", None), str(getattr(array, "dtype", None))
    if shape is None or dtype != "uint8" or len(shape) not in (2, 3) or 0 in shape:
        found = f"{type(array).__name__} {dtype} {shape}" if shape else type(array).__name__
        raise ValueError(f"expected a path, bytes or uint8 (h, w[, 3|4]), found {found}")
    if len(shape) == 2:
        gray = array.tobytes()
        return png.Planes(shape[1], shape[0], gray, gray, gray, None)
    if shape[2] not in (3, 4):
        raise ValueError(f"expected 3 or 4 channels, found {shape[2]}")
    planes = [array[:, :, channel].tobytes() for channel in range(shape[2])]
    return png.Planes(shape[1], shape[0], *planes, *([None] if shape[2] == 3 else []))
