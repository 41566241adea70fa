"""A classifier that has read something is copied, or sent to other processes, and reads on."""

import copy
import pickle

import pytest

import edge
from edge import classifier
from tests.edge.drawings import LETTER, RULED, RULED_LETTER, TWO_LETTERS, drawing
from tests.edge.png_writer import gray as png
from tests.edge.processes import python

pytest.importorskip("numpy")

OTHER = png(60, 90, drawing(60, 90, (5, 5, 20, 50)))
RULED_OTHER = png(90, 60, RULED[::-1])
COPIES = {"copy": copy.deepcopy, "pickle": lambda reader: pickle.loads(pickle.dumps(reader))}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_copied_classifier_reads_what_it_is_shown_and_not_its_last_picture(
    dark_pack, copied, threads, monkeypatch
):
    # A second look is at another number of pictures, in other memory.
    monkeypatch.setattr(classifier, "SURELY", 0)
    reader, expected = edge.load(dark_pack, "numpy", threads), {}
    for picture in (RULED_LETTER, RULED_OTHER, LETTER, OTHER):
        expected[picture] = reader.classify(picture)
    assert expected[LETTER] != expected[OTHER]
    assert expected[RULED_LETTER] != expected[RULED_OTHER]
    # In each network's memory are the others now.
    other = copied(reader)
    for picture in (LETTER, RULED_LETTER, OTHER, RULED_OTHER) * 2:
        assert other.classify(picture) == expected[picture]
    assert reader.classify(LETTER) == expected[LETTER]


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copied_prediction_and_refusal_keep_all_that_they_say(pack, copied):
    reader = edge.load(pack)
    (prediction,) = reader.classify_prepared(reader.letters_in(TWO_LETTERS))
    other = copied(prediction)
    assert other == prediction
    assert (other.sure, other.letters) == (prediction.sure, 2)
    with pytest.raises(ValueError, match="looks like 2") as refused:
        reader.classify(TWO_LETTERS)
    assert (str(copied(refused.value)), copied(refused.value).letters) == (str(refused.value), 2)


PROCESSES = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import edge, numpy

reader = edge.load(sys.argv[1], "numpy")
read = [reader.classify(path) for path in sys.argv[2:]]
assert read[0] != read[1]
views = [reader.letters_in(path)[0].views for path in sys.argv[2:]]
images = [numpy.frombuffer(*view, numpy.uint8).reshape(1, 28, 28) for view in views]
expected = [reader.predict(image).tolist() for image in images]
with multiprocessing.Pool(2) as pool:
    assert pool.map(reader.classify, sys.argv[2:]) == read
    assert [found.tolist() for found in pool.map(reader.predict, images)] == expected
with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
    assert list(pool.map(reader.classify, sys.argv[2:])) == read
    assert [found.tolist() for found in pool.map(reader.predict, images)] == expected
"""


def test_other_processes_read_with_a_classifier_in_use(pack, tmp_path):
    paths = [tmp_path / "1.png", tmp_path / "2.png"]
    for path, picture in zip(paths, (LETTER, OTHER)):
        path.write_bytes(picture)
    result = python("-c", PROCESSES, pack, *paths, *paths)
    assert (result.returncode, result.stderr.decode()) == (0, "")
