import numpy
import pytest

from pipeline.nn.metrics import accuracy, class_scores, confusion_matrix, macro_average

LABELS = numpy.array([0, 0, 0, 1, 1, 2], numpy.uint8)
PREDICTIONS = numpy.array([0, 0, 1, 1, 0, 1])


def test_accuracy():
    assert accuracy(LABELS, PREDICTIONS) == 0.5


def test_confusion_matrix():
    matrix = confusion_matrix(LABELS, PREDICTIONS, 4)
    assert matrix.dtype == numpy.int64
    assert matrix.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_class_scores():
    scores = class_scores(confusion_matrix(LABELS, PREDICTIONS, 4))
    # Class 2 is never predicted, class 3 neither predicted nor there: their 0/0 counts as 0.
    numpy.testing.assert_allclose(scores.precision, [2 / 3, 1 / 3, 0, 0])
    numpy.testing.assert_allclose(scores.recall, [2 / 3, 1 / 2, 0, 0])
    numpy.testing.assert_allclose(scores.f1, [2 / 3, 2 / 5, 0, 0])
    average = macro_average(scores)
    assert average.precision == pytest.approx(1 / 4)
    assert average.recall == pytest.approx(7 / 24)
    assert average.f1 == pytest.approx(4 / 15)


def test_a_perfect_classifier():
    scores = class_scores(confusion_matrix(LABELS, LABELS, 3))
    assert macro_average(scores) == (1, 1, 1)


def test_no_examples():
    matrix = confusion_matrix(numpy.array([], int), numpy.array([], int), 2)
    assert matrix.tolist() == [[0, 0], [0, 0]]
    assert macro_average(class_scores(matrix)) == (0, 0, 0)


@pytest.mark.parametrize(("labels", "name"), [([0, 3], "labels"), ([-1, 0], "labels")])
def test_a_label_that_is_no_class(labels, name):
    with pytest.raises(ValueError, match=f"{name}: found .*expected 0 to 2"):
        confusion_matrix(labels, [0, 0], 3)
