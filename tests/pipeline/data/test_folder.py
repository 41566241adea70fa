"""A folder of one's own is a corpus: its letters, its pictures of any kind, its division."""

import io

import numpy
import pytest
from PIL import Image

import edge
from pipeline.data import alphabet
from pipeline.data.corpora.folder import FOLDERS
from pipeline.data.letters import read_clean, read_split
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, LETTERS, METRICS, RAW, SPLIT, read_json
from pipeline.stages import clean, fetch, split
from tests.support import greek
from tests.support.workplace import in_this_process, picture

FOLDER = FOLDERS / "letters"


def put(name, data):
    """Put a file into the folder."""
    (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_bytes(data)


@pytest.fixture
def cleaned(set_params, monkeypatch):
    """Fetch and clean the folder, with further parameters."""
    monkeypatch.setattr(clean, "map_all", in_this_process)

    def run(**changes):
        params = set_params(fetch__corpora=["letters"], **changes)
        fetch.run(params)
        clean.run(params)
        return params

    return run


def test_letters_are_those_of_the_folders_in_either_case_and_however_written(cleaned):
    for number, name in enumerate(("Б/1", "б/1", "и\u0306/1", "Ё/1", "е/deep/er/1", "Е/1", "дж/1")):
        put(f"{name}.png", picture(0xFF00 + number))
    cleaned()
    assert alphabet.read(CLEAN) == ["Б", "Дж", "Е", "Ё", "Й"]
    letters = read_clean()["letters"]
    assert numpy.bincount(letters.labels).tolist() == [2, 1, 2, 1, 1]
    # Under their own names, none of which is taken twice.
    assert len(set(letters.names.tolist())) == 7
    for name in letters.names:
        assert (FOLDER / name.decode().partition("/")[2]).exists()
        assert (LETTERS / "letters" / name.decode()).exists()


def test_an_alphabet_that_is_listed_decides_what_is_kept_and_in_which_order(cleaned):
    for number, name in enumerate("АБВ"):
        put(f"{name}/1.png", picture(0xFF00 + number))
    cleaned(alphabet="ВА")
    assert alphabet.read(CLEAN) == ["В", "А"]
    assert read_clean()["letters"].labels.tolist() == [1, 0]
    assert read_json(METRICS / "clean.json")["letters"]["dropped"] == {"not of the alphabet": 1}


def encoded(image, form):
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


def test_any_picture_that_edge_reads_is_read_as_edge_reads_it(cleaned, letter):
    # A page with a rule across: no clean picture, so that a network finds its ink.
    ruled = numpy.full((300, 300, 3), 235, numpy.uint8)
    ruled[::40] = (140, 160, 230)
    ruled[105:195, 105:195] = numpy.minimum(ruled[105:195, 105:195], letter[..., None])
    put("Р/clean.png", encoded(Image.fromarray(letter), "PNG"))
    put("Р/scan.pgm", encoded(Image.fromarray(letter), "PPM"))
    put("Р/photograph.jpg", encoded(Image.fromarray(ruled), "JPEG"))
    put("Р/drawing.webp", encoded(Image.fromarray(letter).convert("RGB"), "WEBP"))
    put("Т/1.bmp", encoded(Image.fromarray(letter.T), "BMP"))
    put("Т/broken.png", picture(5)[:60])
    put("Т/blank.png", picture(5, shade=255))
    put("stray.png", picture(6))
    for no_picture in ("Т/notes.txt", "Т/.hidden.png", ".cache/Т/1.png", "Т/._1.png"):
        put(no_picture, picture(7))
    cleaned()
    report = read_json(METRICS / "clean.json")["letters"]
    assert report["dropped"] == {"name gives no letter": 1, "unreadable": 1, "blank": 1}
    reader = edge.load()
    kept = read_clean()["letters"]
    assert len(kept.names) == 5
    for name, image in zip(kept.names, kept.images, strict=True):
        (found,) = reader.letters_in(FOLDER / name.decode().partition("/")[2])
        assert image.tobytes() == found.views[0]


@pytest.mark.parametrize("method", ["random", "tail"])
def test_a_share_of_every_letter_is_tested_on_and_one_at_least_chooses_the_epoch(cleaned, method):
    greek.write(FOLDER, 10)
    split.run(cleaned(), method)
    assert alphabet.read(SPLIT / method) == [*greek.GLYPHS]
    training, test = (read_split(method, part)["letters"] for part in ("train", "test"))
    assert numpy.bincount(test.labels).tolist() == [2] * 10
    assert numpy.bincount(training.labels[training.validation]).tolist() == [1] * 10
    if method == "tail":
        assert {name.decode()[-7:] for name in test.names} == {"008.png", "009.png"}


def test_a_letter_of_too_few_pictures_is_named(cleaned):
    greek.write(FOLDER, 3)
    (FOLDER / "Σ/001.png").unlink()
    with pytest.raises(PipelineError, match=r"folder_test_share: 0\.2, but letters has 2 .*Σ"):
        split.run(cleaned(), "tail")


def test_beside_another_corpus_it_may_have_a_few_letters_alone(cleaned, set_params):
    put("Ә/1.png", picture(3))
    put("Ә/2.png", picture(4))
    put("А/1.png", picture(5))
    cleaned()
    params = set_params(fetch__corpora=["strokes", "letters"], fetch__strokes__letters_per_class=4)
    fetch.run(params)
    clean.run(params)
    assert "".join(alphabet.read(CLEAN)) == "АӘБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
    kept = read_clean()
    assert set(kept["letters"].labels.tolist()) == {0, 1}
    assert set(kept["strokes"].labels.tolist()) == {0, *range(2, 34)}


def test_the_archive_has_the_same_bytes_each_time_and_follows_the_folder(set_params):
    params = set_params(fetch__corpora=["letters"])
    archives = []
    for names in (["А/1", "Б/1"], [], ["Б/2"]):
        for name in names:
            put(f"{name}.png", picture(9))
        fetch.run(params)
        archives.append((RAW / "letters.zip").read_bytes())
    assert archives[0] == archives[1] != archives[2]


def test_a_folder_that_is_missing_or_empty_is_named_with_what_to_do(set_params):
    params = set_params(fetch__corpora=["letters"])
    with pytest.raises(PipelineError, match=r"corpora/letters/ is no folder; make it"):
        fetch.run(params)
    put("А/notes.txt", b"hi")
    with pytest.raises(PipelineError, match=r"corpora/letters: no picture in it"):
        fetch.run(params)
