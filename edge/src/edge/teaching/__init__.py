"""Teaching: the last layers of a pack's network learn a hand, from ten letters to hundreds."""

import unicodedata
from collections import namedtuple

import numpy

from edge import classifier
from edge import pack as packs
from edge.preparation import PictureError
from edge.teaching import learning, taught_pack
from edge.teaching.examination import Examination
from edge.teaching.eye import Eye

LEAST_LETTERS = 10

# So many letters are learned from at a time; of more, others each time.
BATCH_SIZE = 256

# How far to go towards what was learned: whichever cross-validation finds better.
SHARES = (0.5, 1)

# A letter is doubted if a network that was not shown it takes it for another so surely.
SURELY = 0.9

Lesson = namedtuple("Lesson", "pack letters before after held_out doubted")
Lesson.__doc__ = """The bytes of a pack that has learned, and how it reads what it was taught.

`letters` is how many of each; `before` and `after` are accuracies by cross-validation, for which
`held_out` letters were held out; `doubted` are pairs of a letter's place and what it looks like.
"""


class NothingLearned(ValueError):  # noqa: N818 - it is nobody's error
    """Letters that are read no better after they were taught."""


def teach(pictures, letters, base=None):
    """Return a `Classifier` that has learned the hand of `pictures`, each of one of the `letters`.

    Pictures are paths, bytes or uint8 arrays, as `Classifier.classify` takes them; `base` is a
    `Classifier`, the released one by default. Raises ValueError on what cannot be read or is no
    letter of its alphabet, on fewer than ten letters, and if they are read no better afterwards;
    OSError on an unreadable path.
    """
    base = base or classifier.load()
    if len(pictures) != len(letters):
        raise ValueError(f"{len(pictures)} pictures of {len(letters)} letters")
    views = []
    for place, picture in enumerate(pictures):
        try:
            views += [letter.views for letter in base.letters_in(picture)]
        except PictureError as error:
            raise ValueError(f"picture {place}: {error}") from None
    lesson = learn(base.pack, views, letters)
    return classifier.Classifier(packs.parse(lesson.pack), base.backend)


# Of weights as large as a foreign pack may have, sums overflow, which is marked accordingly.
@numpy.errstate(all="ignore")
def learn(pack, views, letters):
    """Teach a pack (`edge.pack.Pack`) prepared letters, each a list of views; return a `Lesson`.

    A small letter may be named as such: what its shape gives is then measured apart. Raises
    ValueError as `teach`.
    """
    alphabet = list(pack.description["letters"])
    labels = numpy.array([alphabet.index(letter_of(text, alphabet)) for text in letters], int)
    if len(labels) < LEAST_LETTERS:
        raise ValueError(f"{len(labels)} letters to learn from, expected {LEAST_LETTERS} or more")
    eye, rng = Eye(pack), numpy.random.default_rng(0)
    start = list(eye.parameters.values())
    examination = Examination(eye, views, letters, labels, rng)
    passes = _passes(eye, views, rng)
    reached = learning.learned(passes, labels, start, examination.shown)
    released = examination.answers(start)
    ways = [learning.between(start, reached, share) for share in SHARES]
    way = max(ways, key=lambda way: examination.mark(examination.answers(way)))
    answers = examination.answers(way)
    before, after = map(examination.accuracy, (released, answers))
    if not examination.mark(answers) > examination.mark(released):
        found = f"{before:.1%} of the letters were read right, and {after:.1%} would be"
        raise NothingLearned(f"nothing learned: {found}; more letters may help")

    counts = numpy.bincount(labels, minlength=len(alphabet)).tolist()
    taught = {
        "base": pack.description["sha256"],
        "letters": {letter: count for letter, count in zip(alphabet, counts) if count},
        "held_out": int(examination.held_out.sum()),
        "before": before,
        "after": after,
    }
    accuracy = {"taught letters": after}
    data = taught_pack.written(
        pack,
        dict(zip(eye.parameters, (array[0] for array in way))),
        {**pack.description, "accuracy": accuracy, "taught": taught},
    )
    # A network that has been shown a letter believes whatever it was told.
    answers = numpy.where(examination.held_out[:, None], answers, released)
    found = answers.argmax(axis=1)
    doubted = numpy.flatnonzero((found != labels) & (answers.max(axis=1) >= SURELY))
    looks = [(int(place), alphabet[found[place]]) for place in doubted]
    return Lesson(data, taught["letters"], before, after, taught["held_out"], looks)


def letter_of(text, alphabet):
    """Return the letter of an alphabet that a text names, a small letter for a capital one.

    Raises ValueError if it names none.
    """
    text = unicodedata.normalize("NFC", text)
    for letter in (text, text.upper(), text.capitalize(), text.lower()):
        if letter in alphabet:
            return letter
    raise ValueError(f"{text!r} is no letter of {', '.join(alphabet)}")


def _passes(eye, views, rng):
    """Yield, for each step of learning, which letters it shows, and how they look, bent anew."""
    for step in range(learning.STEPS):
        rows = numpy.arange(len(views))
        if len(rows) > BATCH_SIZE:
            rows = rng.choice(len(rows), BATCH_SIZE, replace=False)
        yield rows, eye.look([views[row] for row in rows], step, rng)
