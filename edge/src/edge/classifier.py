"""`edge.load()` and the classifier that it returns, over either forward pass."""

import os
import stat
from collections import namedtuple
from itertools import islice
from math import isfinite

from edge import decode, preparation, pure, views
from edge import pack as packs
from edge.decode.png import joined

BACKENDS = ("auto", "numpy", "pure")

# `auto` reads up to this many pictures without NumPy, whose import costs as much as they do.
PURE_PICTURES = 6

# A picture is read whole into memory: no photograph of a letter is larger than this.
MAXIMUM_FILE_BYTES = 64 << 20

# What a shell has opened for its command, `<(...)` or a pipe, is read whatever it is.
HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")

# A picture of more pixels than this, or with more bytes a pixel than a drawing has, is decoded with
# NumPy, which is quicker from here on, and reduced to this many pixels on its shorter side.
LARGE, BYTES_A_PIXEL, LEAST_SIDE = 1 << 20, 0.5, 384

# A page has lines of its own.
LEAST_SIDE_OF_TEXT = 1200

# Smaller ones are not worth the import.
SMALL_SIDE = 128

# A letter that is read with less than this probability is looked at again. It is one in seven of
# unknown hands, and what is surer hardly changes.
SURELY = 0.95

# What is said of a picture that only a network can prepare.
NOT_CLEAN = "no clean drawing or scan (a photograph, a frame, lines, ink at the border)"

Letter = namedtuple("Letter", "views letters alone", defaults=(1, 0))
Letter.__doc__ = """Views of ink that is read as one letter, and how many letters it looks like.

From the probability `alone` on, it is one all the same."""


class Prediction(namedtuple("Prediction", "letter probability top")):
    """A letter, its probability, and all such pairs, likeliest first.

    `sure` is False where the probability is so low that the picture may show no letter of these;
    `letters` is how many it looks like, of which the one that it was read as is then none.
    """

    sure, letters = True, 1


def load(path=None, backend="auto", threads=1):
    """Load a pack, the released one by default, and return a `Classifier`.

    `backend` is `numpy`, `pure` (the standard library alone) or `auto`, which is `pure` for
    few pictures and where NumPy cannot be imported. With NumPy, many pictures are computed in this
    number of `threads`, which is quicker if BLAS itself has only one (OPENBLAS_NUM_THREADS=1).
    Raises `edge.pack.PackError`, a ValueError, on a damaged or foreign file, OSError on an
    unreadable one, ImportError if `backend` is `numpy` and there is no usable one.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend {backend!r}, expected one of {', '.join(BACKENDS)}")
    if backend == "numpy" and (why := why_no_numpy()):
        raise ImportError(f"NumPy cannot be imported ({why})")
    return Classifier(packs.read(path), backend, threads)


class Classifier:
    """Reads letters with the network of one pack."""

    def __init__(self, pack, backend="auto", threads=1):
        self.description = pack.description
        self.letters = pack.description["letters"]
        self.backend = backend
        self.pack = pack
        self._threads = threads
        self._network = None
        self._finder = None

    def __repr__(self):
        return f"<Classifier of {len(self.letters)} letters, backend {self.backend}>"

    def save(self, path):
        """Write the pack that this reads with to a file; raises OSError."""
        from edge.files import write_whole

        write_whole(path, self.pack.data)

    def classify(self, picture):
        """Read one letter: a path, a picture's bytes, or a uint8 array `(height, width[, 3|4])`.

        Raises ValueError on what is not a picture, holds no letter or looks like several, OSError
        on an unreadable path.
        """
        (prediction,) = self.classify_prepared(self.letters_in(picture))
        if prediction.letters > 1:
            raise preparation.PictureError(several(prediction), prediction.letters)
        return prediction

    def letters_in(self, picture):
        """Prepare what stands in a path, bytes or a uint8 array, taken for one letter.

        Returns a list of that `Letter`, whose views are 784 bytes of 28x28 pixels each: one of a
        clean picture's letter, several of one with a hair across it, or that a network has found.
        Raises as `classify`.
        """
        seen = _planes(contents(picture))
        planes = preparation.opaque(seen)
        ink, width = preparation.clean_ink(planes, preparation.is_drawing(seen)), planes.width
        if ink is not None:
            rows, *crowd = preparation.letter_in(ink, width)
            return [Letter(views.of_clean(preparation.placed(rows)), *crowd)]
        return [self._found(planes)]

    def need_finder(self):
        """Raise PictureError unless the pack's network can find ink here."""
        if "ink" not in self.description:
            raise preparation.PictureError(f"{NOT_CLEAN}, and the model finds no ink in such")
        self.need_numpy()

    def need_numpy(self):
        """Raise PictureError unless pictures that are not clean can be looked at here."""
        if self.backend == "pure":
            raise preparation.PictureError(f"{NOT_CLEAN}: it needs NumPy, and the backend is pure")
        if why := why_no_numpy():
            raise preparation.PictureError(f"{NOT_CLEAN}: it needs NumPy ({why})")

    def _found(self, planes):
        """Return the `Letter` that the pack's network finds.

        It has the views of all looks, and is as many letters as in the middle one of them, sorted
        by how sure the classifier has to be that it is one; of two in the middle, the first.
        """
        self.need_finder()
        from edge import finding

        if self._finder is None:
            self._finder = finding.Finder.of_pack(self.pack)
        inks = self._finder.inks(finding.pixels_of(planes))
        found = [preparation.letter_in(ink, self._finder.side) for ink in inks]
        shown = [view for rows, _, _ in found for view in finding.views(rows)]
        crowds = sorted([crowd for _, *crowd in found], key=lambda crowd: crowd[::-1])
        return Letter(shown, *crowds[(len(crowds) - 1) // 2])

    def classify_prepared(self, letters):
        """Read letters as `letters_in` returns them: a list of `Prediction`s.

        Each is the mean of what the views of a letter give. A letter of one view that is not read
        surely is looked at again.
        """
        read = self.means([letter.views for letter in letters])
        again = [
            place
            for place, letter in enumerate(letters)
            if len(letter.views) == 1 and max(read[place]) < SURELY
        ]
        if again:
            shown = [views.with_others(*letters[place].views) for place in again]
            for place, row in zip(again, self.means(shown)):
                read[place] = row
        return list(map(self._prediction, read, letters))

    def read_text(self, picture, language=True, boxes=None):
        """Read words and lines of block letters: a path, bytes or an array as `classify` takes it.

        Returns `edge.reading.Text`. With `language`, what the pack knows of the letters' order in
        words counts. With `boxes` every letter stands in a box, as on a form; without (False) none
        does; None looks. Raises as `classify`.
        """
        from edge import language as languages
        from edge import reading

        picture = contents(picture)
        planes = _planes(picture, LEAST_SIDE_OF_TEXT)
        size = decode.size(picture) if isinstance(picture, bytes) else planes[:2]
        larger = max(size) / max(planes[:2])
        costs = languages.costs(self.pack) if language else None
        return reading.read(self, preparation.opaque(planes), costs, boxes, larger)

    def means(self, shown):
        """Return the mean probabilities, a list, of each list of 28x28 pictures, 784 bytes each."""
        pictures = [picture for views in shown for picture in views]
        if self.takes_numpy(len(pictures)):
            import numpy

            images = numpy.frombuffer(b"".join(pictures), numpy.uint8).reshape(-1, 28, 28)
            rows = self.predict(images).tolist()
        else:
            rows = [pure.probabilities(self.pack, picture) for picture in pictures]
        if not all(map(isfinite, map(sum, rows))):
            raise packs.PackError(packs.NO_PROBABILITY)
        rows = iter(rows)
        return [_mean(list(islice(rows, len(views)))) for views in shown]

    def takes_numpy(self, count):
        """Return whether so many pictures are read with NumPy."""
        # It may have been imported already.
        quicker = self._finder or self._network or count > PURE_PICTURES
        return self.backend == "numpy" or bool(
            self.backend == "auto" and quicker and not why_no_numpy()
        )

    def predict(self, images):
        """Return the probabilities, float32 `(n, letters)`, of uint8 pictures `(n, 28, 28)`.

        The pictures are taken as they are: dark ink on white, as `prepare` returns them.
        """
        if images.dtype.char != "B" or images.shape[1:] != (28, 28):
            found = f"{images.dtype} {images.shape}"
            raise ValueError(f"images are {found}, expected uint8 (n, 28, 28)")
        if self._network is None:
            from edge import network

            arrays = network.parameters(self.pack)
            self._network = network.Network(self.description["network"], arrays, self._threads)
        return self._network.probabilities(images)

    def _prediction(self, row, letter):
        top = sorted(zip(self.letters, row), key=lambda pair: -pair[1])
        prediction = Prediction(top[0][0], top[0][1], top)
        prediction.sure = prediction.probability >= self.description.get("unsure_below", 0)
        prediction.letters = 1 if prediction.probability >= letter.alone else letter.letters
        return prediction


def _planes(picture, least_side=LEAST_SIDE):
    """Return the planes of a picture's `contents`."""
    if not isinstance(picture, bytes):
        return picture
    width, height = decode.size(picture)
    drawn = len(picture) < BYTES_A_PIXEL * width * height < BYTES_A_PIXEL * LARGE
    if not drawn and min(width, height) > SMALL_SIDE and not why_no_numpy():
        return _planes_of_array(decode.pixels(picture, least_side))
    return decode.planes(picture)


def prepare(picture):
    """Prepare all that stands in a clean picture (path, bytes, uint8 array) as one letter.

    Returns 784 bytes; raises as `Classifier.classify`.
    """
    return preparation.letter(_planes(contents(picture)))


def several(prediction):
    """Return what is said of a picture that looks like several letters."""
    return f"looks like {prediction.letters} letters or more; one is expected"


def why_no_numpy():
    """Import NumPy; return why it cannot be imported, in one line, or None if it was."""
    try:
        # No file or folder that merely has its name.
        import numpy.lib.stride_tricks  # noqa: F401
    except Exception as error:
        # Not only ImportError: NumPy may find that it was built for another processor. Its own
        # message is a page of advice; below is the cause.
        while isinstance(error.__context__, ImportError):
            error = error.__context__
        return " ".join(str(error).split()) or type(error).__name__
    return None


def contents(picture):
    """Return the bytes of a picture that is a path or bytes, and of a uint8 array its planes.

    Raises ValueError on anything else, OSError on an unreadable path.
    """
    if isinstance(picture, (str, os.PathLike)):
        picture = _read(picture)
    return picture if isinstance(picture, bytes) else _planes_of_array(picture)


def _mean(rows):
    return rows[0] if len(rows) == 1 else [sum(column) / len(rows) for column in zip(*rows)]


def _read(path):
    """Read a file; raises ValueError on what would keep the reader waiting, or do something."""
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or os.fsdecode(path).startswith(HANDED_OVER)):
        kinds = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
        raise ValueError(f"{kinds.get(stat.S_IFMT(mode), 'a device')}, expected a file")
    with open(path, "rb") as file:
        return read_bounded(file)


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
