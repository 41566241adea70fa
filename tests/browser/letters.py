"""Letters of the touch test set as pen strokes, to be drawn on the page."""

import io
from collections import Counter

import numpy
from PIL import Image

from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora.comnist import CORPUS
from pipeline.data.corpora.corpus import UNTIMED, open_archive, read_members
from tools import pen
from tools.archives import in_reach

ARCHIVE = in_reach(CORPUS)


def touch(first, last):
    """Return letters of the touch test set, (letter, strokes), as many of one as of another.

    The stage `split` tests on the newest fifth of all letters whose time is known.
    """
    with open_archive(ARCHIVE) as archive:
        timed = sorted(
            (origin.position, member.filename, origin.letter)
            for member, origin in read_members(archive, CORPUS)
            if origin and origin.letter in RUSSIAN and origin.run != UNTIMED
        )
        ranked, ranks = [], Counter()
        for _, name, letter in timed[len(timed) * 4 // 5 + 1 :]:
            ranked.append((ranks[letter], letter, name))
            ranks[letter] += 1
        pictures = [(letter, archive.read(name)) for _, letter, name in sorted(ranked)[first:last]]
    return [(letter, strokes(picture)) for letter, picture in pictures]


def strokes(picture):
    """Trace a published PNG, ink in its alpha channel, in shares of its side."""
    image = Image.open(io.BytesIO(picture)).convert("RGBA")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image)
    return [line / max(image.size) for line in pen.traced(numpy.asarray(page.convert("L")))]
