"""The Kyrgyz forms: letters and rounds off names, and the archive made of upstream's pictures."""

import io

import numpy
import pytest
from PIL import Image

from edge.decode import png
from pipeline.data import alphabet
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import kyrgyz
from pipeline.data.corpora.corpus import Origin, members_digest
from pipeline.data.letters import read_split
from pipeline.errors import PipelineError
from pipeline.files import CLEAN
from pipeline.stages import clean, split
from tests.support.workplace import write_zip


def encoded(picture):
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def form(seed, side=67):
    """Encode a gray PNG with a letter of its own in the middle."""
    bits = Image.new("L", (4, 4))
    bits.putdata([255 * (seed >> bit & 1) for bit in range(16)])
    paper = Image.new("L", (side, side), 255)
    paper.paste(0, (side // 4, side // 4), bits.resize((side // 2, side // 2)))
    return encoded(paper)


@pytest.mark.parametrize(
    "member, expected",
    [
        ("letters/А/img023_-1_-1.png", ("А", "round 1", (False, 23, -1, -1))),
        ("Letters-bdb67ae/Ё/img034_3_20.png", ("Ё", "round 1", (False, 34, 3, 20))),
        ("letters/Я/img035_0_0.png", ("Я", "round 2", (False, 35, 0, 0))),
        ("letters/С/img160_2_3.png", ("С", "round 5", (True, 160, 2, 3))),
        ("letters/П/img132_1_1.png", ("П", "round 4", (False, 132, 1, 1))),
        ("letters/Ц/img216_15_22.png", ("Ц", "round 6", (False, 216, 15, 22))),
        ("letters/Ң/img100_1_1.png", ("Ң", "round 4", (False, 100, 1, 1))),
        ("letters/А/58bbc494c9805.png", None),
        ("CNN 99.1%.png", None),
    ],
)
def test_the_folder_is_the_letter_and_the_sheet_the_round(member, expected):
    assert kyrgyz.origin(member) == (expected and Origin(*expected))


def test_the_last_whole_round_is_tested_and_another_chooses_the_epoch(workplace, set_params):
    sheets = [10, 40, 70, 110, 140, 170]
    members = {
        f"letters/{letter}/img{sheet}_{row}_{number}.png": form(
            1 + number + 33 * (row + 2 * sheets.index(sheet))
        )
        for number, letter in enumerate(RUSSIAN)
        for sheet in sheets
        for row in range(2)
    }
    report = clean.clean(kyrgyz.CORPUS, write_zip(workplace / "forms.zip", members), [*RUSSIAN])
    alphabet.write(CLEAN, [*RUSSIAN])
    assert (report["kept"], report["sessions"]) == (6 * 2 * 33, 6)
    for method in ("random", "tail"):
        split.run(set_params(), method)
        training, test = (read_split(method, part)["kyrgyz"] for part in ("train", "test"))
        assert set(test.runs) == {b"round 5"}
        assert set(training.runs[training.validation]) == {b"round 6"}
        assert set(training.runs[~training.validation]) == {b"round %d" % n for n in range(1, 5)}


def test_upstreams_pictures_become_gray_on_white_and_half_as_large(tmp_path):
    rng = numpy.random.default_rng(1)
    rgba = rng.integers(0, 256, (134, 134, 4), numpy.uint8)
    rgba[:2, :2] = [[[0, 0, 0, 255], [0, 0, 0, 0]], [[255, 0, 0, 255], [0, 0, 255, 255]]]
    upstream = {
        "root/А/img001_0_0.png": encoded(Image.fromarray(rgba)),
        "root/Ү/img001_0_1.png": encoded(Image.fromarray(rgba)),
        "root/README.png": b"no letter",
    }
    kyrgyz.make(write_zip(tmp_path / "upstream.zip", upstream), tmp_path / "made.zip")
    made = clean.open_archive(tmp_path / "made.zip")
    assert made.namelist() == ["letters/А/img001_0_0.png"]
    planes = png.planes(made.read("letters/А/img001_0_0.png"))
    assert (planes.width, planes.height) == (67, 67)
    # Black, paper, and by BT.601 red 76 and blue 29: their mean is 90.
    assert planes.red[0] == 90
    # As Pillow puts a picture on paper and makes it gray, but for the last digit.
    picture = Image.fromarray(rgba)
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    gray = numpy.asarray(paper.convert("L"), float).reshape(67, 2, 67, 2).mean(axis=(1, 3))
    found = numpy.frombuffer(planes.red, numpy.uint8).reshape(67, 67)
    assert abs(found - gray).max() <= 1.5


def test_the_digest_is_of_pixels_however_the_pictures_are_compressed(tmp_path):
    data = form(5)
    again = io.BytesIO()
    Image.open(io.BytesIO(data)).save(again, "PNG", compress_level=0)
    assert again.getvalue() != data
    digests = {
        members_digest(write_zip(tmp_path / "a.zip", {"x/А/img1_0_0.png": each}), kyrgyz.CORPUS)
        for each in (data, again.getvalue())
    }
    assert len(digests) == 1


@pytest.mark.parametrize("data", [b"no PNG", form(3)])
def test_what_is_not_a_picture_of_upstreams_is_refused_by_name(tmp_path, data):
    source = write_zip(tmp_path / "upstream.zip", {"root/А/img001_0_0.png": data})
    with pytest.raises(PipelineError, match=r"upstream\.zip: member root/А/img001_0_0\.png: "):
        kyrgyz.make(source, tmp_path / "made.zip")
