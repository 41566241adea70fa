import numpy
import pytest

from pipeline.nn.metrics import (
    accuracy,
    class_scores,
    confusion_matrix,
    macro_average,
    top_k_accuracy,
    weighted_average,
)

LABELS = numpy.array([0, 0, 0, 1, 1, 2], numpy.uint8)
PREDICTIONS = numpy.array([0, 0, 1, 1, 0, 1])


def test_accuracy():
    assert accuracy(LABELS, PREDICTIONS) == 0.5


def test_top_k_accuracy_by_hand():
    # The labels come first, second and third.
    logits = numpy.array([[9.0, 1, 5], [9, 1, 5], [9, 1, 5]])
    labels = numpy.array([0, 2, 1], numpy.uint8)
    found = [top_k_accuracy(labels, logits, k) for k in (1, 2, 3)]
    assert found == pytest.approx([1 / 3, 2 / 3, 1])


@pytest.mark.parametrize("values", [2, 1000])
def test_the_largest_alone_is_accuracy_and_all_classes_are_all_right(values):
    """Among few values many are equal: the lower class then counts as the larger."""
    rng = numpy.random.default_rng(0)
    logits = rng.integers(0, values, (500, 7)).astype(numpy.float32)
    labels = rng.integers(0, 7, 500)
    assert top_k_accuracy(labels, logits, 1) == accuracy(labels, logits.argmax(axis=1))
    assert top_k_accuracy(labels, logits, 7) == 1
    shares = [top_k_accuracy(labels, logits, k) for k in range(1, 8)]
    assert shares == sorted(shares)


def test_of_equal_logits_the_lower_class_counts_as_the_larger():
    logits = numpy.zeros((4, 4))
    labels = numpy.arange(4)
    assert [top_k_accuracy(labels, logits, k) for k in (1, 2, 3, 4)] == [0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("k", [0, -1, 4])
def test_impossible_k(k):
    with pytest.raises(ValueError, match=f"k: found {k}, expected 1 to 3, the number of classes"):
        top_k_accuracy([0], numpy.zeros((1, 3)), k)


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
    assert macro_average(scores) == pytest.approx((1 / 4, 7 / 24, 4 / 15))


def test_weighted_average_by_hand():
    # Three, two and one of six examples; what is not there counts for nothing.
    matrix = confusion_matrix(LABELS, PREDICTIONS, 4)
    average = weighted_average(class_scores(matrix), matrix)
    assert average.precision == pytest.approx((3 * 2 / 3 + 2 * 1 / 3) / 6)
    assert average.recall == pytest.approx((3 * 2 / 3 + 2 * 1 / 2) / 6)
    assert average.recall == pytest.approx(accuracy(LABELS, PREDICTIONS))
    assert average.f1 == pytest.approx((3 * 2 / 3 + 2 * 2 / 5) / 6)
    assert all(type(score) is float for score in average)


def test_a_perfect_classifier():
    matrix = confusion_matrix(LABELS, LABELS, 3)
    scores = class_scores(matrix)
    assert macro_average(scores) == (1, 1, 1)
    assert weighted_average(scores, matrix) == pytest.approx((1, 1, 1))


def test_no_examples():
    matrix = confusion_matrix(numpy.array([], int), numpy.array([], int), 2)
    assert matrix.tolist() == [[0, 0], [0, 0]]
    assert macro_average(class_scores(matrix)) == (0, 0, 0)
    assert weighted_average(class_scores(matrix), matrix) == (0, 0, 0)


@pytest.mark.parametrize("numbers", [[0, 3], [-1, 0]])
def test_a_number_that_is_not_a_class(numbers):
    with pytest.raises(ValueError, match=r"labels: found .*expected 0 to 2"):
        confusion_matrix(numbers, [0, 0], 3)
    with pytest.raises(ValueError, match=r"predictions: found .*expected 0 to 2"):
        confusion_matrix([0, 0], numbers, 3)
