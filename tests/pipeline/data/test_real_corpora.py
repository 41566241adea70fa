"""On the real corpora, where they are in reach: the figures of their README."""

import hashlib
import io

import numpy
import pytest
from PIL import Image, ImageOps

import edge
from edge.classifier import Letter, prepare
from pipeline import params
from pipeline.data import alphabet
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import comnist, cyrillic_mnist
from pipeline.data.corpora.corpus import UNTIMED, members_digest, open_archive, read_members
from pipeline.data.letters import read_split
from pipeline.files import CLEAN, read_json
from pipeline.stages import clean, split
from tests.support.workplace import remains
from tools.archives import in_reach

ARCHIVE, TOUCH = map(in_reach, (cyrillic_mnist.CORPUS, comnist.CORPUS))

pytestmark = pytest.mark.skipif(
    None in (ARCHIVE, TOUCH),
    reason="the corpora are not in BUKVA_MIRROR, data/raw or ../shared/data",
)

# From the README of the corpora, А to Я.
RIGHT_COUNTS = [
    4594, 3447, 3542, 2773, 2918, 4081, 3262, 2663, 2220, 3270, 2043,
    2820, 5132, 2440, 2771, 2305, 2185, 2564, 3478, 3562, 2191, 3656,
    2155, 1593, 2412, 2631, 2815, 2113, 2363, 2167, 2525, 2337, 2091,
]  # fmt: skip

# The names of both sets, in their order.
SCANS_SPLIT = {"random": "7b2254daa191498b", "tail": "6e5a66c5c080b58d"}


def test_the_names_alone_give_the_right_counts_and_digest():
    with open_archive(ARCHIVE) as archive:
        letters = [origin.letter for _, origin in read_members(archive, cyrillic_mnist.CORPUS)]
    assert [letters.count(letter) for letter in RUSSIAN] == RIGHT_COUNTS
    assert members_digest(ARCHIVE, cyrillic_mnist.CORPUS) == cyrillic_mnist.CORPUS.members_sha256


@pytest.mark.slow
def test_clean_and_split_give_the_figures_of_the_design(workplace):
    report = clean.clean(cyrillic_mnist.CORPUS, ARCHIVE, [*RUSSIAN])
    alphabet.write(CLEAN, [*RUSSIAN])
    assert (report["in"], report["kept"]) == (93_119, 93_119)
    assert list(report["classes"].values()) == RIGHT_COUNTS
    folder = workplace / "data/letters/cyrillic-mnist"
    assert [len(remains(folder / str(number))) for number in range(33)] == RIGHT_COUNTS
    for method in ("random", "tail"):
        split.run(params.read(), method)
        training, test = (read_split(method, part)["cyrillic-mnist"] for part in ("train", "test"))
        assert (len(training.labels), len(test.labels)) == (76_619, 16_500)
        assert numpy.bincount(test.labels).tolist() == [500] * 33
        assert not set(training.names.tolist()) & set(test.names.tolist())
        listing = b"\n".join([*training.names, b"", *test.names])
        assert hashlib.sha256(listing).hexdigest()[:16] == SCANS_SPLIT[method]


@pytest.mark.slow
def test_comnist_is_cleaned_and_split_by_its_sessions(workplace):
    assert members_digest(TOUCH, comnist.CORPUS) == comnist.CORPUS.members_sha256
    with open_archive(TOUCH) as archive:
        origins = [origin for _, origin in read_members(archive, comnist.CORPUS)]
    letters = [origin for origin in origins if origin.letter in RUSSIAN]
    assert (len(origins), len(letters)) == (15_480, 15_233)
    assert len(set(comnist.sessions(letters)) - {UNTIMED}) == 358

    report = clean.clean(comnist.CORPUS, TOUCH, [*RUSSIAN])
    alphabet.write(CLEAN, [*RUSSIAN])
    # Of the eight groups of duplicates one is in the stray folder.
    assert report["dropped"] == {"not of the alphabet": 247, "duplicate": 7}
    assert report["kept"] == 15_226
    counts = report["classes"]
    assert (min(counts, key=counts.get), min(counts.values())) == ("Ё", 344)
    assert (max(counts, key=counts.get), max(counts.values())) == ("Е", 576)

    split.run(params.read(), "tail")
    training, test = (read_split("tail", part)["comnist"] for part in ("train", "test"))
    with numpy.load("data/clean/comnist.npz") as arrays:
        session = dict(zip(arrays["names"].tolist(), arrays["runs"].tolist(), strict=True))
    held = training.validation
    names = training.names[~held], training.names[held], test.names
    learned, validated, tested = ({session[name] for name in part.tolist()} for part in names)
    assert UNTIMED.encode() not in validated | tested
    learned.discard(UNTIMED.encode())
    assert max(learned) < min(validated) <= max(validated) < min(tested)
    # Of 14,994 with a time: a fifth to test on, a fiftieth of the rest to validate on.
    assert (len(test.labels), held.sum(), len(training.labels)) == (3_008, 312, 12_218)
    assert set(test.labels.tolist()) == set(range(33))


def test_the_committed_metrics_are_of_the_real_corpus(committed):
    report = read_json(committed / "metrics/clean.json")
    assert list(report["cyrillic-mnist"]["classes"].values()) == RIGHT_COUNTS


def as_it_is(image):
    return image


def large_in_colour_and_off_centre(image):
    ink = image.resize((280, 280), Image.Resampling.BICUBIC)
    paper = Image.new("RGB", (640, 480), (250, 248, 240))
    paper.paste(ImageOps.colorize(ink, (20, 30, 120), (250, 248, 240)), (340, 30))
    return paper


def ink_in_the_alpha_channel(image):
    ink = ImageOps.invert(image.resize((278, 278), Image.Resampling.BICUBIC))
    return Image.merge("RGBA", [Image.new("L", ink.size)] * 3 + [ink])


FORMS = [as_it_is, ImageOps.invert, large_in_colour_and_off_centre, ink_in_the_alpha_channel]


@pytest.fixture(scope="module")
def scans():
    """Three hundred real letters, each with the picture of it: one more or less decides nothing."""
    with open_archive(ARCHIVE) as archive:
        chosen = list(read_members(archive, cyrillic_mnist.CORPUS))[::300]
        letters = [(origin.letter, archive.read(member)) for member, origin in chosen]
    return [(letter, Image.open(io.BytesIO(data))) for letter, data in letters]


def test_a_prepared_scan_is_hardly_moved_by_preparing_it_again(scans):
    once = [prepare(numpy.asarray(image)) for _, image in scans]
    again = [prepare(numpy.frombuffer(picture, numpy.uint8).reshape(28, 28)) for picture in once]
    pixels = numpy.array([list(picture) for picture in once + again]).reshape(2, len(once), -1)
    # Of 255; where a stroke ends faintly, its end is cut off and the rest stretched.
    assert numpy.median(abs(pixels[0] - pixels[1]).mean(axis=1)) < 6


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_released_model_reads_real_letters_in_any_form(form, scans):
    pictures = []
    for _, image in scans:
        file = io.BytesIO()
        form(image).save(file, "PNG")
        pictures.append(Letter([prepare(file.getvalue())]))
    read = edge.load(backend="numpy").classify_prepared(pictures)
    right = sum(found.letter == wanted for found, (wanted, _) in zip(read, scans, strict=True))
    assert right / len(scans) >= 0.95
