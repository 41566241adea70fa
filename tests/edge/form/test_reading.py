"""Photographs and scans of filled forms: every letter in its place, nothing from empty boxes."""

import io

import pytest

numpy = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")

from edge import form  # noqa: E402
from edge.form import boxes, layout, reading  # noqa: E402
from tests.edge import limits  # noqa: E402
from tests.edge.form import paper  # noqa: E402
from tests.edge.form.test_layout import RUSSIAN  # noqa: E402

PAGES = layout.pages(RUSSIAN)
EMPTY = 0.15


def written(page, seed):
    """Write into most of the boxes of a page."""
    rng = numpy.random.default_rng(seed)
    signs = [label.text for label in page.labels for _ in range(layout.SAMPLES)]
    return [paper.written(sign, rng) if rng.random() > EMPTY else None for sign in signs]


LETTERS = [written(page, page.number) for page in PAGES]
SHEETS = [paper.filled(page, letters) for page, letters in zip(PAGES, LETTERS)]


def signature(picture):
    """Return where the ink is in the inside of a box: (256,), mean 0 and length 1."""
    values = numpy.asarray(Image.fromarray(picture).resize((16, 16), Image.BOX), float).ravel()
    return (values - values.mean()) / (values.std() * 16)


def placed(letter, size=11):
    """Return a letter as it stands in the inside of its box, as `paper.filled` puts it."""
    side = round(boxes.SIDE / boxes.INSIDE * size)
    inside = Image.new("L", (boxes.SIDE, boxes.SIDE), 255)
    corner = (boxes.SIDE - side) // 2
    inside.paste(Image.fromarray(letter).resize((side, side)), (corner, corner))
    return numpy.asarray(inside)


def check(read, page, letters):
    """Every box that was written into has its own letter and no other's, and the others nothing."""
    assert [box for box, _ in read] == page.boxes
    taken = [crop for _, crop in read]
    assert [crop is None for crop in taken] == [letter is None for letter in letters]
    cut = numpy.array([signature(crop) for crop in taken if crop is not None])
    put = numpy.array([signature(placed(letter)) for letter in letters if letter is not None])
    alike = cut @ put.T
    # Two of three samples of a letter may hardly differ.
    assert (alike.max(axis=1) - alike.diagonal()).max() < 0.05
    assert alike.diagonal().min() > 0.7


@pytest.mark.parametrize(
    ("place", "how"),
    [
        (0, {"side": 600, "quality": 60, "blur": 0.4}),
        (1, {"side": 1000, "turned": 1, "towards": 130, "desk": (230, 228, 220)}),
        (0, {"side": 2000, "turned": 2, "towards": 200, "light": 0.6, "desk": (15, 15, 20)}),
        (1, {"side": 4000, "turned": 3, "towards": 300, "blur": 2, "askew": -5, "quality": 90}),
        (0, {"side": 1500, "tilt": 25, "askew": 20, "share": 0.7, "noise": 12}),
    ],
)
def test_every_letter_is_found_in_its_place_however_the_sheet_is_photographed(place, how):
    data = paper.photographed(SHEETS[place], **how)
    check(reading.read(data, RUSSIAN), PAGES[place], LETTERS[place])


@pytest.mark.parametrize(("far", "side"), [(-2, 1600), (1, 1000), (2, 1200)])
def test_a_sheet_that_bulges_is_read(far, side):
    data = paper.photographed(paper.bent(SHEETS[1], far), side=side)
    check(reading.read(data, RUSSIAN), PAGES[1], LETTERS[1])


def scanned(scale, place=0):
    size = round(layout.WIDTH * scale), round(layout.HEIGHT * scale)
    return numpy.asarray(Image.fromarray(SHEETS[place]).resize(size, Image.BOX))


@pytest.mark.parametrize("scale", [2.2, 6])
def test_a_scan_is_read_from_an_array_or_a_file(scale, tmp_path):
    scan = scanned(scale)
    check(reading.read(scan, RUSSIAN), PAGES[0], LETTERS[0])
    path = tmp_path / "scan.png"
    Image.fromarray(scan).save(path)
    check(reading.read(path, RUSSIAN), PAGES[0], LETTERS[0])
    coloured = numpy.dstack([scan] * 3)
    check(reading.read(coloured, RUSSIAN), PAGES[0], LETTERS[0])
    clear = numpy.dstack([coloured * 0, 255 - scan])
    check(reading.read(clear, RUSSIAN), PAGES[0], LETTERS[0])


def test_a_scan_of_more_pixels_than_are_needed_is_read():
    check(reading.read(SHEETS[1], RUSSIAN), PAGES[1], LETTERS[1])


def test_a_photograph_is_turned_by_its_exif():
    image = Image.open(io.BytesIO(paper.photographed(SHEETS[0], turned=1)))
    exif, data = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    image.save(data, "JPEG", exif=exif)
    check(reading.read(data.getvalue(), RUSSIAN), PAGES[0], LETTERS[0])


def test_faint_pencil_is_taken():
    sheet = paper.filled(PAGES[0], LETTERS[0], strength=0.25)
    for side in (1200, 2000):
        check(reading.read(paper.photographed(sheet, side=side), RUSSIAN), PAGES[0], LETTERS[0])


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_ink_of_any_colour_is_taken(channel):
    """Yellow ink, for one, is dark in blue light alone."""
    coloured = numpy.dstack([paper.printed(PAGES[0])] * 3)
    coloured[..., channel] = SHEETS[0]
    photograph = numpy.asarray(Image.fromarray(coloured).resize((1050, 1485), Image.BOX))
    check(reading.read(paper.jpeg(photograph), RUSSIAN), PAGES[0], LETTERS[0])


@pytest.mark.parametrize("side", [600, 1000, 2000])
def test_specks_and_what_stands_beside_the_boxes_are_left_out(side):
    sheet, rng = SHEETS[0].copy(), numpy.random.default_rng(3)
    for box, letter in zip(PAGES[0].boxes, LETTERS[0]):
        top, left = round(box.top * paper.SCALE), round(box.left * paper.SCALE)
        if letter is None:
            y, x = rng.integers(30, 120, 2)
            # Up to 0.8 mm.
            size = rng.integers(3, 9)
            sheet[top + y : top + y + size, left + x : left + x + size] = 30
        sheet[top + 158 : top + 166, left : left + 140] = 30
    data = paper.photographed(sheet, side=side)
    check(reading.read(data, RUSSIAN), PAGES[0], LETTERS[0])


def test_a_blank_form_has_no_letters():
    blank = paper.filled(PAGES[1], [])
    for side in (600, 1600):
        data = paper.photographed(blank, side=side)
        assert form.cut(data, RUSSIAN) == []
        assert len(reading.read(data, RUSSIAN)) == len(PAGES[1].boxes)


def test_letters_are_dark_on_even_white_paper():
    for _, crop in form.cut(paper.photographed(SHEETS[0], light=0.6), RUSSIAN):
        assert crop.dtype == numpy.uint8
        assert crop.shape == (80, 80)
        assert crop.min() == 0
        # Hence the standard library alone can prepare it.
        assert (numpy.concatenate([crop[[0, -1]].ravel(), crop[:, [0, -1]].ravel()]) == 255).all()


def refused(picture, letters=RUSSIAN):
    with limits.measured() as cost, pytest.raises(ValueError) as caught:
        reading.read(picture, letters)
    assert cost.memory < 150e6
    assert cost.seconds < limits.seconds(3)
    message = str(caught.value)
    assert message.isprintable()
    return message


NO_FORM = "no form: expected a black square in each corner"


def test_a_form_for_other_letters_is_told_from_one_that_is_none():
    message = refused(scanned(4), "АБВГД")
    assert message.startswith("a form for other letters than the model's")
    assert reading.read(scanned(4, 1), RUSSIAN)


@pytest.mark.parametrize("corner", range(4))
def test_a_form_with_a_covered_corner_is_refused(corner):
    scan = scanned(4).copy()
    x, y = (round(4 * edge) for edge in layout.CORNERS[corner])
    scan[max(0, y - 30) : y + 30, max(0, x - 30) : x + 30] = 180
    assert refused(scan).startswith(NO_FORM)


@pytest.mark.parametrize("box", [(0, 0, 840, 1100), (0, 100, 840, 1188), (60, 0, 840, 1188)])
def test_a_form_that_is_cut_off_is_refused(box):
    assert refused(numpy.asarray(Image.fromarray(scanned(4)).crop(box))).startswith(NO_FORM)


def test_a_form_without_its_code_is_refused():
    scan = scanned(4).copy()
    scan[1120:1160, 100:500] = 255
    assert refused(scan).startswith(NO_FORM)


def test_a_mirrored_form_is_refused():
    assert refused(scanned(4)[:, ::-1]).startswith(NO_FORM)


Y, X = numpy.mgrid[:999, :1500]
PATTERNS = {
    "dot": numpy.zeros((1, 1), numpy.uint8),
    "black": numpy.zeros((900, 700), numpy.uint8),
    "noise": numpy.random.default_rng(1).integers(0, 256, (2990, 999), numpy.uint8),
    "large noise": numpy.random.default_rng(1).integers(0, 256, (3000, 4000, 3), numpy.uint8),
    "chequered": ((X // 9 + Y // 9) % 2 * 255).astype(numpy.uint8),
    "squares": ((X % 40 < 20) | (Y % 40 < 20)).astype(numpy.uint8) * 255,
    "stripes": (X % 2 * 255).astype(numpy.uint8),
    "comb": numpy.where((X % 4 < 2) & (Y > 10), 0, 255).astype(numpy.uint8),
    "spiral": ((numpy.hypot(X - 700, Y - 500) + numpy.arctan2(Y - 500, X - 700)) % 6 * 40).astype(
        numpy.uint8
    ),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_picture_that_is_no_form_is_refused_at_once(name):
    assert refused(PATTERNS[name]).startswith(NO_FORM)


def test_a_strip_is_refused_by_its_sides():
    assert refused(numpy.zeros((100, 5000), numpy.uint8)).startswith("no form: a strip")


def test_broken_files_are_refused_or_read_but_nothing_else():
    whole = paper.photographed(SHEETS[0], side=800)
    rng = numpy.random.default_rng(4)
    for number in range(20):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), rng.integers(1, 12)):
            data[place] = rng.integers(256)
        try:
            read = reading.read(
                bytes(data[: rng.integers(1, len(data))] if number % 4 == 0 else data), RUSSIAN
            )
        except ValueError as error:
            assert "\n" not in str(error)
        else:
            assert len(read) == len(PAGES[0].boxes)


def test_noise_in_the_boxes_does_not_take_long():
    scan, rng = scanned(4).copy(), numpy.random.default_rng(5)
    for box in PAGES[0].boxes:
        top, left = round(4 * box.top), round(4 * box.left)
        scan[top : top + 60, left : left + 60] = rng.integers(0, 256, (60, 60))
    with limits.measured() as cost:
        reading.read(scan, RUSSIAN)
    assert cost.seconds < limits.seconds(3)
