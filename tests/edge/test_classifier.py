"""`edge` from Python: what a picture may be, and what comes back."""

import pytest

import edge
from edge import classifier
from edge.pack import PackError
from tests.edge import packs
from tests.edge.drawings import CROSS, LETTER, drawing

numpy = pytest.importorskip("numpy")

GRAY = numpy.frombuffer(CROSS, numpy.uint8).reshape(60, 90)


@pytest.fixture(scope="module")
def reader(pack):
    return edge.load(pack)


def test_a_path_bytes_and_arrays_of_the_same_picture_give_the_same_prediction(reader, tmp_path):
    path = tmp_path / "letter.png"
    path.write_bytes(LETTER)
    colour = numpy.stack([GRAY] * 3, axis=2)
    opaque = numpy.dstack([colour, numpy.full_like(GRAY, 255)])
    expected = reader.classify(path)
    for picture in (str(path), path.read_bytes(), GRAY, colour, opaque, GRAY[::-1][::-1]):
        assert reader.classify(picture) == expected


def test_a_prediction_ranks_all_letters(reader):
    prediction = reader.classify(GRAY)
    assert sorted(letter for letter, _ in prediction.top) == sorted(packs.LETTERS)
    shares = [share for _, share in prediction.top]
    assert shares == sorted(shares, reverse=True)
    assert abs(sum(shares) - 1) < 1e-6
    assert (prediction.letter, prediction.probability) == prediction.top[0]


def test_many_pictures_give_with_numpy_what_each_gives_without(reader):
    pictures = [
        classifier.prepare(drawing_of(width))
        for width in range(10, 10 + 2 * classifier.PURE_PICTURES)
    ]
    together = reader.classify_prepared(pictures)
    for picture, prediction in zip(pictures, together):
        (alone,) = reader.classify_prepared([picture])
        assert alone.letter == prediction.letter
        assert abs(alone.probability - prediction.probability) < 1e-6
    assert reader.classify_prepared([]) == []


@pytest.mark.parametrize("weight", [b"\0\x7c", b"\0\xfc", b"\0\x7e"], ids=["inf", "-inf", "NaN"])
@pytest.mark.parametrize("backend", ["numpy", "pure"])
@pytest.mark.filterwarnings("error")
def test_weights_that_are_no_finite_numbers_give_an_error_and_no_letter(backend, weight, tmp_path):
    path = tmp_path / "test.safetensors"
    path.write_bytes(packs.pack(data=weight * (len(packs.tensors()[1]) // 2)))
    with pytest.raises(PackError, match="no probability comes out"):
        edge.load(path, backend).classify(GRAY)


def drawing_of(width):
    plane = drawing(90, 60, (5, 5, 5 + width, 50))
    return numpy.frombuffer(plane, numpy.uint8).reshape(60, 90)


@pytest.mark.parametrize(
    "picture, found",
    [
        (GRAY.astype("float32"), "ndarray float32"),
        (GRAY[0], r"\(90,\)"),
        (GRAY[:0], r"\(0, 90\)"),
        (numpy.stack([GRAY] * 2, axis=2), "found 2"),
        (7, "int"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_was_found(reader, picture, found):
    with pytest.raises(ValueError, match=found):
        reader.classify(picture)


def test_an_unknown_backend_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"abacus.*auto, numpy, pure"):
        edge.load(backend="abacus")


def test_a_file_longer_than_a_picture_may_be_is_not_read_whole(reader, tmp_path, monkeypatch):
    path = tmp_path / "letter.png"
    path.write_bytes(LETTER)
    monkeypatch.setattr(classifier, "MAXIMUM_FILE_BYTES", 50)
    with pytest.raises(ValueError, match="longer than a picture may be"):
        reader.classify(path)


def test_the_released_model_knows_where_it_comes_from():
    released = edge.load()
    assert released.letters == packs.LETTERS
    assert released.description["training"]["corpora"] == ["comnist", "cyrillic-mnist"]
    assert released.description["accuracy"]["scans"] >= 0.98
    assert released.description["accuracy"]["touch"] >= 0.955
    assert "33 letters" in repr(released)
