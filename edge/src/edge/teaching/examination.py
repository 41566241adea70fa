"""How well letters are read by networks that were not shown them: cross-validation."""

import math
from collections import Counter

import numpy

from edge.teaching import learning

# Parts of the letters that are held out in turn.
FOLDS = 5

# Of fewer letters of one shape none is held out: it would take half of what is known of the shape.
LEAST_OF_A_SHAPE = 3


class Examination:
    """Letters, each asked of a network that was not shown it.

    Capitals and small letters have shapes of their own. Of a shape of which there are too few, a
    copy that is bent anew stands in for the next letter to be written.
    """

    def __init__(self, eye, views, letters, labels, rng):
        """Take prepared letters as `edge.teaching.learn`, and their `labels`, int `(n,)`."""
        folds = _folds(letters, rng)
        used = sorted({*folds.tolist()} - {-1})
        self.held_out = folds >= 0
        # Of each network, whether it is shown a letter, `(networks, n)`; the first is shown all.
        self.shown = numpy.array([folds > -2, *(folds != fold for fold in used)])
        self._rows, self._labels = numpy.arange(len(labels)), labels
        self._examiners = numpy.where(self.held_out, 1 + numpy.searchsorted(used, folds), 0)
        seen, anew = eye.look(views), eye.look(views, rng=rng)
        self._inputs = numpy.where(self.held_out[:, None], seen, anew)

    def answers(self, parameters):
        """Return the probabilities that networks with these parameters give, `(n, classes)`."""
        given = learning.probabilities(self._inputs, parameters)
        return given[self._examiners if len(given) > 1 else 0, self._rows]

    def accuracy(self, answers):
        """Return the share of right answers."""
        return float((answers.argmax(axis=1) == self._labels).mean())

    def mark(self, answers):
        """Return what is the greater, the better answers are: accuracy, then the mean logarithm.

        Of few letters accuracy alone is coarse. Of weights so large that sums overflow, it is the
        least.
        """
        given = answers[self._rows, self._labels]
        if not numpy.isfinite(given).all():
            return 0.0, -math.inf
        return self.accuracy(answers), float(numpy.log(given + 1e-9).mean())


def _folds(letters, rng):
    """Return the part that each letter is in, `(n,)`, or -1 where its shape has too few.

    Never are all letters of a shape in one part.
    """
    counts, folds = Counter(letters), numpy.full(len(letters), -1)
    order = rng.permutation(len(letters)).tolist()
    several = [place for place in order if counts[letters[place]] >= LEAST_OF_A_SHAPE]
    several.sort(key=lambda place: letters[place])
    folds[several] = numpy.arange(len(several)) % FOLDS
    return folds
