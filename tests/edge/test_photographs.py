"""The released model reads a letter on photographs of paper, if it has what finds the ink."""

import pytest

import edge
from tests.edge.png_writer import gray

numpy = pytest.importorskip("numpy")

READER = edge.load()
pytestmark = pytest.mark.skipif(
    "ink" not in READER.description, reason="the released model finds no ink in photographs yet"
)

WIDTH, HEIGHT = 320, 240
PAPER, INK = 210, 40
Y, X = numpy.mgrid[:HEIGHT, :WIDTH].astype(float)
STROKES = {
    "К": [((120, 60), (120, 180)), ((120, 120), (190, 60)), ((120, 120), (190, 180))],
    "Н": [((120, 60), (120, 180)), ((190, 60), (190, 180)), ((120, 120), (190, 120))],
    "Х": [((120, 60), (190, 180)), ((190, 60), (120, 180))],
}
# Letters of level and upright strokes alone, as rules and frames are.
STRAIGHT = {
    "Г": [((120, 60), (120, 180)), ((120, 60), (190, 60))],
    "П": [((110, 60), (110, 180)), ((110, 60), (190, 60)), ((190, 60), (190, 180))],
    "Т": [((110, 60), (200, 60)), ((155, 60), (155, 180))],
    "Н": STROKES["Н"],
    "Е": [((120, 60), (120, 180)), *(((120, y), (180, y)) for y in (60, 120, 180))],
    "Ш": [((100, 180), (210, 180)), *(((x, 60), (x, 180)) for x in (100, 155, 210))],
}


def drawn(strokes, lean, pen=16):
    """Return how much of a pixel is ink: strokes of a round pen, leaning as a hand writes them."""
    nearest = numpy.full((HEIGHT, WIDTH), float(pen))
    for ends in strokes:
        (ax, ay), (bx, by) = ((x - lean * (y - 120), y + lean * (x - 155) / 2) for x, y in ends)
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = numpy.clip(((X - ax) * (bx - ax) + (Y - ay) * (by - ay)) / length, 0, 1)
        distance = numpy.hypot(X - ax - along * (bx - ax), Y - ay - along * (by - ay))
        nearest = numpy.minimum(nearest, distance)
    return numpy.clip(pen / 2 + 0.5 - nearest, 0, 1)


def rule(place, spacing):
    """Return how much of a pixel a line of two pixels covers, in rules of this spacing."""
    return numpy.clip(1.5 - abs((place + spacing / 2) % spacing - spacing / 2), 0, 1)


SEEN = {
    "evenly": numpy.ones((HEIGHT, WIDTH)),
    "ruled": 1 - 0.3 * rule(Y + 3, 24),
    "ruled askew": 1 - 0.3 * rule(Y + 0.035 * X, 24),
    "squared": 1 - 0.3 * numpy.maximum(rule(Y + 3, 15), rule(X + 5, 15)),
    "from the side": 1 - 0.5 * X / WIDTH,
    "from a lamp": 1 / (1 + 1.2 * numpy.hypot(X - 60, Y - 40) ** 2 / WIDTH**2),
    "with a shadow": 1 - 0.35 / (1 + numpy.exp((X + Y - 250) / 8)),
    "with a dark edge": numpy.where(X < 20, 0.1, 1),
    "ruled, from the side": (1 - 0.3 * rule(Y + 3, 24)) * (1 - 0.5 * X / WIDTH),
}


def photographed(letter, seen, paper=PAPER, ink=INK, noise=4, lean=0.2):
    """Return what a camera makes of a letter under this light, uint8."""
    strokes = (STROKES | STRAIGHT)[letter]
    picture = (paper + (ink - paper) * drawn(strokes, lean)) * SEEN[seen]
    grain = numpy.random.default_rng(1).normal(0, noise, picture.shape)
    return numpy.clip(picture + grain, 0, 255).round().astype(numpy.uint8)


@pytest.mark.parametrize("letter", STROKES)
@pytest.mark.parametrize("seen", SEEN)
def test_a_letter_is_read_whatever_paper_and_light_add(seen, letter):
    assert READER.classify(photographed(letter, seen)).letter == letter


@pytest.mark.parametrize("letter", STROKES | STRAIGHT)
def test_strokes_as_straight_as_rules_are_not_taken_for_some(letter):
    assert READER.classify(photographed(letter, "evenly", lean=0)).letter == letter


@pytest.mark.parametrize("letter", STROKES)
def test_chalk_is_read_on_a_blackboard(letter):
    chalk = photographed(letter, "from the side", paper=60, ink=220)
    assert READER.classify(chalk).letter == letter


@pytest.mark.parametrize("letter", STROKES)
def test_chalk_is_read_on_the_rough_ground_of_a_board(letter):
    chalk = photographed(letter, "evenly", paper=70, ink=200, noise=0).astype(float)
    spots = numpy.random.default_rng(1).normal(0, 20, (HEIGHT // 4, WIDTH // 4))
    board = numpy.clip(chalk + spots.repeat(4, 0).repeat(4, 1), 0, 255).astype(numpy.uint8)
    assert READER.classify(board).letter == letter


@pytest.mark.parametrize("letter", STROKES)
def test_a_small_sheet_on_a_dark_desk_is_not_taken_for_light_ink(letter):
    desk = numpy.random.default_rng(1).normal(30, 4, (3 * HEIGHT, 3 * WIDTH))
    desk[HEIGHT : 2 * HEIGHT, WIDTH // 2 : WIDTH // 2 + WIDTH] = photographed(letter, "evenly")
    assert READER.classify(numpy.clip(desk, 0, 255).astype(numpy.uint8)).letter == letter


@pytest.mark.parametrize("noise", [13, 26])
@pytest.mark.parametrize("letter", STROKES)
def test_a_letter_is_read_in_noise(letter, noise):
    assert READER.classify(photographed(letter, "evenly", noise=noise)).letter == letter


def test_a_large_photograph_is_read_as_a_small_one():
    large = photographed("К", "from a lamp").repeat(5, 0).repeat(5, 1)
    assert READER.classify(large).letter == "К"
    assert READER.classify(gray(5 * WIDTH, 5 * HEIGHT, large.tobytes())).letter == "К"
