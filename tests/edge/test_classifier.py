"""`edge` from Python: what a picture may be, and what comes back."""

import pytest

import edge
from edge import classifier, views
from edge.pack import PackError
from edge.preparation.segmentation import BARELY, SURELY
from tests.edge import packs
from tests.edge.decode.test_exif import noted
from tests.edge.drawings import CROSS, LETTER, RULED, RULED_LETTER, TWO_LETTERS, drawing
from tests.edge.png_writer import chunk

numpy = pytest.importorskip("numpy")
finding = pytest.importorskip("edge.finding")

GRAY = numpy.frombuffer(CROSS, numpy.uint8).reshape(60, 90)


@pytest.fixture(scope="module")
def reader(pack):
    return edge.load(pack)


@pytest.fixture(scope="module")
def finder(dark_pack):
    return edge.load(dark_pack)


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


def test_a_picture_is_turned_as_its_exif_data_say(reader):
    turned = LETTER[:33] + chunk(b"eXIf", noted(6)) + LETTER[33:]
    assert reader.letters_in(turned) == reader.letters_in(numpy.rot90(GRAY, -1))
    assert reader.letters_in(turned) != reader.letters_in(GRAY)
    assert reader.classify(turned) == reader.classify(numpy.rot90(GRAY, -1))


def one(picture):
    """Return the letter of a clean picture, prepared as one."""
    return classifier.Letter([classifier.prepare(picture)])


def test_what_looks_like_several_letters_is_one_if_it_is_read_as_one(reader):
    (prediction,) = reader.classify_prepared([one(LETTER)])
    share = prediction.probability
    for alone, letters in ((share, 1), (share + 1e-9, 3)):
        crowd = classifier.Letter(one(LETTER).views, 3, alone)
        assert reader.classify_prepared([crowd])[0].letters == letters


def test_a_clean_letter_has_one_view_and_one_that_a_network_has_found_several(reader, finder):
    assert reader.letters_in(LETTER) == [one(LETTER)]
    assert finder.letters_in(LETTER) == reader.letters_in(LETTER)
    ((views, *_),) = finder.letters_in(RULED_LETTER)
    assert len(views) == len(finding.LOOKS) * len(finding.VIEWS)
    assert {len(view) for view in views} == {784}


def test_a_picture_is_as_many_letters_as_in_the_middle_one_of_its_looks(dark_pack, monkeypatch):
    """Two bars that one look parts, another joins in a wide letter, and the third in a narrow."""
    side = 48
    apart, wide, narrow = (numpy.zeros((side, side), numpy.uint8) for _ in range(3))
    apart[14:34, 4:14] = apart[14:34, 30:44] = wide[14:34, 4:44] = narrow[14:34, 14:34] = 255
    for looks, expected in (
        ((apart, narrow, wide), (2, BARELY)),
        ((apart, narrow, wide, apart), (2, BARELY)),
        ((apart, narrow), (1, 0)),
        ((apart, apart, narrow), (2, SURELY)),
        ((narrow, apart, narrow), (1, 0)),
        ((narrow,), (1, 0)),
    ):
        inks = [look.tobytes() for look in looks]
        monkeypatch.setattr(finding.Finder, "inks", lambda self, pixels, inks=inks: inks)
        (letter,) = edge.load(dark_pack).letters_in(RULED_LETTER)
        assert (letter.letters, letter.alone) == expected
        assert len(letter.views) == len(looks) * len(finding.VIEWS)


def test_a_hair_across_a_clean_letter_adds_views_without_it(reader):
    array = numpy.full((120, 120), 255, numpy.uint8)
    array[40:80, 30:38] = array[72:80, 30:60] = 0
    (letter,) = reader.letters_in(array)
    # A pixel wide, from side to side.
    array[60, 10:110] = 120
    (across,) = reader.letters_in(array)
    assert len(across.views) == 2 * (1 + len(views.VIEWS))
    bare = across.views[1 + len(views.VIEWS)]
    pixels = [numpy.frombuffer(view, numpy.uint8) for view in (letter.views[0], bare)]
    assert numpy.corrcoef(pixels)[0, 1] > 0.95


@pytest.mark.parametrize("backend", ["numpy", "pure"])
def test_a_letter_that_is_not_read_surely_is_looked_at_again(pack, backend, monkeypatch):
    reader = edge.load(pack, backend)
    letter = one(LETTER)
    shown = views.with_others(letter.views[0])
    images = numpy.frombuffer(b"".join(shown), numpy.uint8).reshape(-1, 28, 28)
    first, *_ = shares = edge.load(pack, "numpy").predict(images)
    for surely, expected in ((first.max() + 1e-3, shares.mean(axis=0)), (0, first)):
        monkeypatch.setattr(classifier, "SURELY", surely)
        # Beside others that are read at once.
        (found, _) = reader.classify_prepared([letter, letter])
        by_letter = dict(found.top)
        read = [by_letter[name] for name in reader.letters]
        assert abs(read - expected).max() < 1e-6


def test_several_letters_are_counted_and_not_read_as_one(reader, finder):
    (both,) = reader.letters_in(TWO_LETTERS)
    assert both.letters == 2
    with pytest.raises(ValueError, match="looks like 2 letters"):
        reader.classify(TWO_LETTERS)
    array = numpy.hstack([GRAY, GRAY])
    # A pale line: not clean.
    array[:, 3] = 225
    with pytest.raises(ValueError, match="looks like 2 letters"):
        finder.classify(array)


def test_what_several_views_of_a_letter_give_is_averaged(reader, monkeypatch):
    monkeypatch.setattr(classifier, "SURELY", 0)
    letters = [one(drawing_of(width)) for width in (20, 50, 80)]
    both = classifier.Letter(letters[0].views + letters[1].views)
    mean, alone = reader.classify_prepared([both, letters[2]])
    shares = [dict(prediction.top) for prediction in reader.classify_prepared(letters)]
    expected = {letter: (share + shares[1][letter]) / 2 for letter, share in shares[0].items()}
    assert dict(mean.top) == pytest.approx(expected)
    assert dict(alone.top) == pytest.approx(shares[2])


def test_a_ruled_letter_is_read_alike_as_bytes_and_an_array(finder):
    expected = finder.classify(RULED_LETTER)
    array = numpy.frombuffer(RULED, numpy.uint8).reshape(60, 90)
    assert finder.classify(array) == expected
    assert finder.classify(numpy.stack([array] * 3, axis=2)) == expected


def test_a_ruled_letter_is_read_alike_however_it_is_computed(finder, dark_pack):
    with_numpy = edge.load(dark_pack, "numpy").classify(RULED_LETTER)
    assert dict(finder.classify(RULED_LETTER).top) == pytest.approx(dict(with_numpy.top), abs=1e-6)


def test_once_ink_was_found_with_numpy_letters_are_read_with_it_too(dark_pack, monkeypatch):
    reader = edge.load(dark_pack)
    expected = reader.classify(LETTER)
    found = reader.letters_in(RULED_LETTER)
    monkeypatch.delattr(classifier.pure, "probabilities")
    (prediction,) = reader.classify_prepared(found)
    assert prediction.letter in packs.LETTERS
    assert dict(reader.classify(LETTER).top) == pytest.approx(dict(expected.top), abs=1e-6)


def test_a_prediction_is_sure_from_what_the_pack_says_on(tmp_path):
    def read(**changes):
        path = tmp_path / "test.safetensors"
        path.write_bytes(packs.pack(**changes))
        return edge.load(path).classify(GRAY)

    prediction = read()
    assert prediction.sure is True
    assert read(unsure_below=prediction.probability).sure is True
    assert read(unsure_below=prediction.probability + 1e-9).sure is False


def test_many_pictures_give_with_numpy_what_each_gives_without(reader):
    pictures = [one(drawing_of(width)) for width in range(10, 10 + 2 * classifier.PURE_PICTURES)]
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
    assert released.description["training"]["corpora"] == ["comnist", "cyrillic-mnist", "kyrgyz"]
    assert released.description["accuracy"]["scans"] >= 0.98
    assert released.description["accuracy"]["touch"] >= 0.955
    assert released.description["accuracy"]["forms"] >= 0.965
    assert "33 letters" in repr(released)
