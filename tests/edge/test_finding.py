"""A network finds the ink of any picture: looks at all of it, then closer; a letter has views."""

import pytest

from edge import pack, preparation
from edge.decode.png import joined
from edge.picture import SIZE
from tests.edge import limits, packs
from tests.edge.drawings import drawing
from tests.edge.preparation.test_clean import STROKES, drawn

numpy = pytest.importorskip("numpy")
finding = pytest.importorskip("edge.finding")

SIDE = 16
LOOK = [(2, ())]


class Answers:
    """What a network is to a finder: gives these masks in turn, and keeps what it was shown."""

    def __init__(self, *masks):
        self.masks, self.seen = list(masks), []

    def outputs(self, inputs):
        self.seen.append(inputs)
        logits = 60 * (self.masks.pop(0) / 255 - 0.5)
        return finding.parted(logits).reshape(1, -1)


def mask(top, left, bottom, right, value=255, side=SIDE):
    marked = numpy.zeros((side, side))
    marked[top:bottom, left:right] = value
    return marked


def ink_of(marked):
    return marked.astype(numpy.uint8).tobytes()


def noise(*shape):
    return numpy.random.default_rng(1).integers(0, 256, shape, dtype=numpy.uint8)


def test_standardized_pictures_have_no_mean_and_the_deviation_one():
    pictures = noise(2, 3, SIDE, SIDE) // numpy.array([1, 2], numpy.uint8).reshape(2, 1, 1, 1)
    shown = finding.standardized(pictures)
    assert shown.dtype == numpy.float32
    for picture, standardized in zip(pictures, shown):
        expected = (picture - picture.mean()) / (picture.std() + finding.LEAST_DEVIATION)
        numpy.testing.assert_allclose(standardized, expected, atol=1e-4)


def test_the_faint_noise_of_blank_paper_stays_faint():
    blank = 200 + noise(3, SIDE, SIDE) % 2
    assert abs(finding.standardized(blank)).max() < 0.2
    assert not finding.standardized(numpy.full((3, SIDE, SIDE), 7, numpy.uint8)).any()


def test_no_standardized_value_is_larger_than_what_the_network_is_bounded_for():
    for picture in (numpy.zeros((3, SIDE, SIDE)), noise(3, SIDE, SIDE)):
        picture[0, 0, 0] = 255
        assert abs(finding.standardized(picture)).max() <= (3 * SIDE * SIDE) ** 0.5


def test_the_four_outputs_at_a_place_are_those_of_its_pixels_row_by_row():
    masks = noise(2, 6, 8)
    outputs = finding.parted(masks)
    assert outputs.shape == (2, 4, 3, 4)
    for y, x in numpy.ndindex(6, 8):
        assert (outputs[:, 2 * (y % 2) + x % 2, y // 2, x // 2] == masks[:, y, x]).all()


def test_a_thin_stroke_over_a_letter_stays_where_the_network_has_marked_it():
    marked = mask(20, 10, 44, 30, side=48) + mask(6, 18, 14, 20, side=48)
    finder = finding.Finder(Answers(marked), 48)
    assert finder.look(noise(3, 48, 48), (0, 0, 48, 48)) == ink_of(marked)


def test_what_the_network_marks_comes_out_where_it_is():
    marked = mask(3, 5, 12, 9)
    marked[6:8, 5:9] = 130
    finder = finding.Finder(Answers(marked), SIDE)
    ink = numpy.frombuffer(finder.look(noise(3, 40, 50), (0, 0, 40, 50)), numpy.uint8)
    sure = 1 / (1 + numpy.exp(-60 * (marked / 255 - 0.5)))
    numpy.testing.assert_allclose(ink.reshape(SIDE, SIDE), 255 * sure, atol=0.6)


@pytest.mark.parametrize(
    "marked",
    [
        mask(0, 0, 0, 0),
        mask(3, 3, 9, 9, 126),
        # The heaviest piece is faint, the strong one a speck beside it.
        mask(0, 0, SIDE, 12, 125) + mask(4, 14, 5, 15),
    ],
    ids=["nothing", "faint", "a speck beside what is faint"],
)
def test_a_picture_without_ink_has_no_letter(marked):
    for answers in ([marked], [mask(3, 3, 9, 9), marked, marked]):
        finder = finding.Finder(Answers(*answers), SIDE)
        with pytest.raises(preparation.PictureError, match="no letter found"):
            finder.inks(noise(3, 40, 50), LOOK)


def test_a_closer_look_is_at_what_is_marked_and_a_margin():
    finder = finding.Finder(None, SIDE)
    # In a box of 160x320 pixels each of the mask's is 10 high and 20 wide.
    box = finder.closer(ink_of(mask(4, 6, 8, 9)), (0, 0, 160, 320), 2)
    assert box == pytest.approx((60 - 60, 150 - 60, 60 + 60, 150 + 60))
    box = finder.closer(ink_of(mask(0, 15, 16, 16)), (100, 50, 116, 66), 1.5)
    assert box == pytest.approx((108 - 12, 65.5 - 12, 108 + 12, 65.5 + 12))


def test_what_is_faint_does_not_widen_a_closer_look():
    finder = finding.Finder(None, SIDE)
    marked = mask(4, 6, 8, 9)
    assert finder.closer(
        ink_of(numpy.maximum(marked, mask(0, 0, SIDE, SIDE, 127))), (0, 0, 16, 16), 2
    ) == finder.closer(ink_of(marked), (0, 0, 16, 16), 2)


def test_a_finder_looks_at_all_and_then_closer_from_several_distances_and_mirrored():
    pixels = noise(3, 160, 320)
    first, *closer = [mask(4, 6, 8, 9), mask(2, 3, 13, 14), mask(5, 5, 9, 9)]
    # The second look only tells light ink from dark.
    answers = Answers(first, first, closer[0], closer[1][:, ::-1])
    inks = finding.Finder(answers, SIDE).inks(pixels, [(2, ()), (1.5, (-1,))])
    near = 0, 90, 120, 210
    boxes = [((0, 0, 160, 320), ()), (near, ()), (near, ()), ((15, 105, 105, 195), (-1,))]
    assert (len(inks), len(answers.seen)) == (len(closer), len(boxes))
    for ink, marked in zip(inks, closer):
        assert [value > 0 for value in ink] == [value > 0 for value in marked.ravel()]
    for seen, (box, axes) in zip(answers.seen, boxes):
        expected = numpy.flip(finding.standardized(finding.resized(pixels, box, SIDE)), axes)
        numpy.testing.assert_allclose(seen, expected.reshape(1, -1), atol=1e-5)
    assert answers.masks == []


@pytest.mark.parametrize("axes", [(-1,), (-2,), (-2, -1)])
def test_what_is_found_in_a_mirrored_look_comes_out_where_it_is(axes):
    pixels, marked = noise(3, 40, 50), mask(3, 5, 12, 9)
    answers = Answers(marked, numpy.flip(marked, axes))
    finder = finding.Finder(answers, SIDE)
    box = (0, 0, 40, 50)
    assert finder.look(pixels, box) == finder.look(pixels, box, mirrored=axes)
    plain, mirrored = (seen.reshape(3, SIDE, SIDE) for seen in answers.seen)
    assert numpy.array_equal(numpy.flip(plain, axes), mirrored)


def test_the_looks_are_from_different_distances_and_mirrored_in_every_way():
    margins, ways = zip(*finding.LOOKS)
    assert len(set(margins)) == len(margins)
    assert set(ways) == {(), (-1,), (-2,), (-2, -1)}


# An upright and a foot, 40 to 120 of 160 pixels.
FOOTED = mask(4, 4, 12, 6) + mask(10, 6, 12, 12)


def footed(ink, paper, desk):
    """Return pixels of that letter on a sheet a little larger, on a desk."""
    pixels = numpy.full((3, 160, 160), desk, numpy.uint8)
    pixels[:, 30:130, 30:130] = paper
    pixels[:, numpy.repeat(numpy.repeat(FOOTED, 10, 0), 10, 1) > 0] = ink
    return pixels


@pytest.mark.parametrize(
    ("colours", "light"),
    [
        ({"ink": 220, "paper": 60, "desk": 60}, True),
        ({"ink": 220, "paper": 60, "desk": 240}, True),
        ({"ink": 40, "paper": 200, "desk": 200}, False),
        ({"ink": 40, "paper": 200, "desk": 20}, False),
    ],
    ids=["chalk", "a board on a wall", "a pen", "a sheet on a dark desk"],
)
def test_light_ink_is_looked_at_in_the_negative(colours, light):
    pixels = footed(**colours)
    answers = Answers(FOOTED, FOOTED, *[FOOTED] * light, FOOTED)
    (_,) = finding.Finder(answers, SIDE).inks(pixels, [(1, ())])
    shown = 255 - pixels if light else pixels
    box = finding.Finder(None, SIDE).closer(ink_of(FOOTED), (0, 0, 160, 160), 1)
    expected = finding.standardized(finding.resized(shown, box, SIDE))
    numpy.testing.assert_allclose(answers.seen[-1], expected.reshape(1, -1), atol=1e-4)
    assert answers.masks == []


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_stroke_of_the_letter_ends_at_the_border_and_a_rule_goes_on(side):
    def turned(picture):
        picture = picture if side in ("top", "bottom") else picture.swapaxes(-1, -2)
        return picture if side in ("top", "left") else picture[..., ::-1, ::-1]

    # A rule from side to side, and a stroke that begins at the border.
    picture = numpy.full((3, 160, 160), 200, numpy.uint8)
    picture[:, :, 20:30], picture[:, :100, 70:90] = 120, 20
    marked = mask(0, 7, 10, 9)
    box = {"top": (-80, 0), "bottom": (80, 0), "left": (0, -80), "right": (0, 80)}[side]
    box = (*box, box[0] + 160, box[1] + 160)
    shown = {}
    for name, first in (("ends", ink_of(turned(marked))), ("goes on", None)):
        answers = Answers(marked)
        finding.Finder(answers, SIDE).look(turned(picture), box, first)
        shown[name] = turned(answers.seen[0].reshape(3, SIDE, SIDE))
    for name, seen in shown.items():
        rule, stroke, paper = seen[:, :, 2], seen[:, :, 7], seen[:, :, 12]
        for beyond in range(8):
            numpy.testing.assert_allclose(rule[:, beyond], rule[:, 12], atol=0.01)
            expected = paper if name == "ends" else stroke
            numpy.testing.assert_allclose(stroke[:, beyond], expected[:, 12], atol=0.01)
        # In the picture it is as it was.
        assert (stroke[:, 9:16] < paper[:, 9:16] - 1).all()


def test_a_closer_look_knows_what_the_first_one_has_found():
    pixels, marked = noise(3, 160, 160), mask(0, 7, 10, 9)
    answers = Answers(marked, marked, marked)
    finder = finding.Finder(answers, SIDE)
    finder.inks(pixels, LOOK)
    box = finder.closer(ink_of(marked), (0, 0, 160, 160), 2)
    for first, same in ((ink_of(marked), True), (None, False)):
        alone = Answers(marked)
        finding.Finder(alone, SIDE).look(pixels, box, first)
        assert numpy.array_equal(answers.seen[-1], alone.seen[0]) == same


def test_where_the_whole_border_is_ink_nothing_is_known_of_the_paper_beyond():
    pixels, everything = noise(3, 160, 160), ink_of(mask(0, 0, 16, 16))
    seen = []
    for first in (everything, None):
        answers = Answers(mask(4, 4, 8, 8))
        finding.Finder(answers, SIDE).look(pixels, (-80, -80, 240, 240), first)
        seen += answers.seen
    assert numpy.array_equal(*seen)


def test_a_closer_look_that_finds_nothing_is_left_out():
    nothing, found = mask(0, 0, 0, 0), mask(5, 5, 9, 9)
    finder = finding.Finder(Answers(mask(4, 6, 8, 9), found, nothing, found, nothing), SIDE)
    (ink,) = finder.inks(noise(3, 160, 320), LOOK * 3)
    assert [value > 0 for value in ink] == [value > 0 for value in found.ravel()]


def test_the_ink_network_of_a_pack_is_used():
    finder = finding.Finder.of_pack(pack.parse(packs.dark()))
    plane = drawing(200, 150, (120, 20, 160, 60), ink=40, paper=190)
    inks = finder.inks(finding.pixels_of(joined(200, 150, [plane])))
    assert finder.side == 48
    assert len(inks) == len(finding.LOOKS)
    # The letter takes half of the first closer look: 24 of 48 pixels, in the middle.
    marked = numpy.frombuffer(inks[0], numpy.uint8).reshape(48, 48) >= 128
    rows, columns = (numpy.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    for places in (rows, columns):
        assert abs(places[0] - 12) <= 2
        assert abs(places[-1] - 35) <= 2


def test_weights_for_which_a_bright_spot_would_overflow_are_refused():
    weights = {"convolution_1/weights": [1e36] * 48}
    with pytest.raises(pack.PackError, match="weights so large"):
        finding.Finder.of_pack(pack.parse(packs.with_ink(packs.DARK, "F32", weights)))


def test_the_pixels_of_planes_are_as_they_were():
    planes = [noise(1, 6, 4)[0], noise(2, 6, 4)[1], noise(3, 6, 4)[2]]
    pixels = finding.pixels_of(joined(4, 6, [plane.tobytes() for plane in planes]))
    assert (pixels == planes).all()
    gray = finding.pixels_of(joined(4, 6, [planes[0].tobytes()]))
    assert (gray == planes[0]).all()


@pytest.mark.parametrize("height, width", [(2, 1 << 20), (1 << 20, 2)])
def test_an_endless_tape_takes_little_time_and_memory(height, width):
    planes = joined(width, height, [bytes(1 << 21)])
    with limits.measured() as cost:
        pixels = finding.pixels_of(planes)
        finding.resized(pixels, (0, 0, *pixels.shape[1:]), SIDE)
    assert max(pixels.shape) <= finding.MOST_LENGTH
    assert cost.seconds < limits.seconds(0.5)
    assert cost.memory < 30 << 20


def letter_of(plane, width):
    return preparation.letter_in(bytes(255 - v for v in plane), width)[0]


LETTERS = {
    "a cross": letter_of(drawing(90, 90, (5, 5, 85, 85)), 90),
    "a П": letter_of(drawn(STROKES["П"]), 160),
    "a tall one": letter_of(drawing(90, 90, (30, 5, 50, 85)), 90),
    "a flat one": letter_of(drawing(90, 90, (5, 40, 85, 60)), 90),
    "a small one": letter_of(drawing(20, 20, (3, 3, 15, 15)), 20),
    "a faint one": letter_of(drawing(90, 90, (5, 5, 85, 85), ink=120), 90),
    "a dot": [b"\xff"],
}


def boxes_of(view):
    """Return the box of what is not white, `(first, last)` of rows and of columns."""
    shown = numpy.frombuffer(view, numpy.uint8).reshape(SIZE, SIZE) < 255
    places = [numpy.flatnonzero(shown.any(axis=axis)) for axis in (1, 0)]
    return [(first[0], first[-1] + 1) for first in places]


@pytest.mark.parametrize("name", LETTERS)
def test_a_view_has_the_letter_in_its_middle_black_at_the_darkest(name):
    views = finding.views(LETTERS[name])
    assert len(views) == len(finding.VIEWS)
    for view, (_, _, right) in zip(views, finding.VIEWS):
        assert (len(view), min(view)) == (SIZE * SIZE, 0)
        (top, bottom), (left, end) = boxes_of(view)
        assert abs(top + bottom - SIZE) <= 2
        assert abs(left + end - SIZE - 2 * right * SIZE) <= 2 or end == SIZE


@pytest.mark.parametrize("name", ["a cross", "a П", "a faint one"])
def test_views_are_larger_by_what_they_say(name):
    first, *others = map(boxes_of, finding.views(LETTERS[name]))
    for boxes, scales in zip(others, finding.VIEWS[1:]):
        for (start, stop), (least, most), scale in zip(boxes, first, scales):
            expected = min(SIZE, (most - least) * scale)
            assert abs(stop - start - expected) <= 2 or stop == SIZE


@pytest.mark.parametrize("name", ["a cross", "a П", "a flat one", "a faint one"])
def test_the_first_view_is_what_the_clean_way_makes_of_a_letter(name):
    view, placed = finding.views(LETTERS[name])[0], preparation.placed(LETTERS[name])
    one, other = (numpy.frombuffer(each, numpy.uint8).astype(int) for each in (view, placed))
    # The mean of a pixel is softer by its surroundings.
    assert abs(one - other).sum() < 0.2 * (255 - other).sum()
