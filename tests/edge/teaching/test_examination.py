"""A letter that is held out is asked of a network that was not shown it, and of no other."""

import numpy

from edge import pack as packs
from edge.teaching.examination import Examination
from edge.teaching.eye import Eye
from tests.edge import packs as made


def test_every_letter_is_asked_of_the_network_that_was_not_shown_it():
    eye, rng = Eye(packs.parse(made.pack())), numpy.random.default_rng(0)
    letters = ["А"] * 4 + ["а"] * 2 + ["Б"] * 3
    images = rng.integers(0, 256, (len(letters), 784), numpy.uint8)
    labels = numpy.array([0] * 6 + [1] * 3)
    views = [[image.tobytes()] for image in images]
    examination = Examination(eye, views, letters, labels, rng)
    networks = len(examination.shown)
    # Whatever it sees, the n-th network says the n-th letter.
    said = [
        numpy.zeros((networks, *array.shape[1:]), numpy.float32)
        for array in eye.parameters.values()
    ]
    said[-1][range(networks), 0, range(networks)] = 9
    asked = examination.answers(said).argmax(axis=1)
    rows = numpy.arange(len(letters))
    assert examination.held_out.tolist() == [sign != "а" for sign in letters]
    assert not examination.shown[asked, rows][examination.held_out].any()
    assert (asked[~examination.held_out] == 0).all()
    assert examination.shown[0].all()
    # Something of every shape is left to learn from.
    for sign in set(letters):
        of = [place for place, letter in enumerate(letters) if letter == sign]
        assert examination.shown[:, of].any(axis=1).all()
