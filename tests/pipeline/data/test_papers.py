"""Scenes are of what is asked for, the mask says where the ink is, and the ink can be seen."""

import numpy
import pytest

from pipeline import params
from pipeline.data.papers import NONE, ONE, SEVERAL, SIDE, composed, ink, surroundings
from pipeline.data.papers.scenes import AT_ONCE
from pipeline.params import Papers
from tests.support.workplace import PARAMS

# As many as are painted at once: one generator paints the next ones after them.
COUNT = AT_ONCE
FULL = params.read(PARAMS).papers
# Letters alone, at their largest, on plain paper, as a screen shows them.
BARE = Papers(
    **{name: 0.0 for name, field in Papers.model_fields.items() if name not in ("extent", "sides")},
    extent=[0.5, 0.8],
    sides=[SIDE],
)
# What is beside the letter, over it, or about the light or the ink: the letter stays where it is.
AROUND = (
    *("grain", "crease", "print", "rules", "frame", "neighbour", "specks", "hair", "desk"),
    *("falling", "lamp", "shadow", "inverted", "jpeg", "even"),
)
# How the letter itself is written, and where it stands.
WRITTEN = ("bent", "thin", "marker", "cut", "close", "drafted")


def bars(count=COUNT):
    """Return letters of two strokes, an angle with uneven sides, uint8 `(n, 28, 28)`."""
    images = numpy.full((count, 28, 28), 255, numpy.uint8)
    for number, image in enumerate(images):
        image[4:24, 8:11] = 0
        image[20:24, 8 : 16 + number % 6] = 0
    return images


def scenes(papers=BARE, seed=1, **shares):
    return composed(bars(), numpy.random.default_rng(seed), papers.model_copy(update=shares))


def grown(marked):
    """Mark the neighbours of what is marked, too."""
    (height, width), around = marked.shape, numpy.pad(marked, 1)
    moved = [around[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return numpy.logical_or.reduce(moved)


def pieces(marked):
    """Count what hangs together in a mask."""
    left, count = marked.copy(), 0
    while left.any():
        count += 1
        piece = numpy.zeros_like(left)
        piece[numpy.unravel_index(left.argmax(), left.shape)] = True
        while (larger := grown(piece) & left).sum() > piece.sum():
            piece = larger
        left &= ~piece
    return count


def test_the_same_generator_gives_the_same_scenes_and_another_one_others():
    one, same, other = scenes(FULL), scenes(FULL), scenes(FULL, seed=2)
    assert len(one.pictures) == COUNT
    for left, right in zip(one.pictures, same.pictures, strict=True):
        assert numpy.array_equal(left, right)
    assert numpy.array_equal(one.masks, same.masks)
    assert numpy.array_equal(one.kinds, same.kinds)
    assert not numpy.array_equal(one.masks, other.masks)


def test_pictures_have_one_of_the_sides_and_masks_that_of_the_canvas():
    found = scenes(FULL)
    assert {picture.dtype for picture in found.pictures} == {numpy.dtype(numpy.uint8)}
    assert {picture.shape for picture in found.pictures} == {
        (3, side, side) for side in set(FULL.sides)
    }
    assert (found.masks.shape, found.masks.dtype) == ((COUNT, SIDE, SIDE), numpy.uint8)
    assert set(found.kinds.tolist()) <= {ONE, SEVERAL, NONE}


@pytest.mark.parametrize("name", AROUND)
def test_what_is_around_a_letter_changes_the_picture_and_not_the_mask(name):
    plain, changed = scenes(), scenes(**{name: 1.0})
    assert numpy.array_equal(changed.masks, plain.masks)
    same = [
        numpy.array_equal(left, right)
        for left, right in zip(plain.pictures, changed.pictures, strict=True)
    ]
    # Print, or a neighbour, may have no room.
    assert sum(same) <= COUNT // 2


@pytest.mark.parametrize("name", WRITTEN)
def test_how_a_letter_is_written_changes_its_mask(name):
    plain, changed = scenes(), scenes(**{name: 1.0})
    same = (changed.masks == plain.masks).all(axis=(1, 2))
    assert same.mean() < 0.1
    assert (changed.masks.max(axis=(1, 2)) > 128).all()


def test_every_share_is_of_one_of_these_tests():
    tested = {*AROUND, *WRITTEN, "none", "several", "extent", "sides"}
    assert tested == set(Papers.model_fields)


def test_where_no_letter_stands_nothing_is_marked():
    found = scenes(FULL, none=1.0, several=0.0)
    assert (found.kinds == NONE).all()
    assert not found.masks.any()
    found = scenes(FULL, none=0.0, several=0.0)
    assert (found.kinds == ONE).all()
    assert found.masks.any(axis=(1, 2)).all()


def test_several_letters_are_two_or_more():
    found = scenes(several=1.0)
    assert (found.kinds == SEVERAL).all()
    counts = [pieces(mask > 100) for mask in found.masks]
    assert min(counts) >= 2
    assert max(counts) <= 5


def test_one_letter_is_one_piece_of_the_size_that_is_asked_for():
    found = scenes(extent=[0.4, 0.6])
    for mask in found.masks:
        assert pieces(mask > 100) == 1
        places = [numpy.flatnonzero((mask > 100).any(axis=axis)) for axis in (0, 1)]
        longer = max(place[-1] + 1 - place[0] for place in places)
        assert 0.4 * SIDE - 3 <= longer <= 0.6 * SIDE + 3


def test_the_letter_stands_where_the_mask_says():
    found, alike = scenes(seed=2), []
    for picture, mask in zip(found.pictures, found.masks, strict=True):
        levels = picture.astype(float)
        ink, paper = levels[:, mask == 255].mean(axis=1), levels[:, mask == 0].mean(axis=1)
        colour = numpy.argmax(abs(ink - paper))
        distance = abs(levels[colour] - paper[colour]) / abs(ink[colour] - paper[colour])
        alike.append(numpy.corrcoef(distance.ravel(), mask.ravel())[0, 1])
    # The palest ink stands in the camera's noise.
    assert min(alike) > 0.6
    assert numpy.median(alike) > 0.95


def test_a_fine_pen_leaves_thin_strokes_and_no_stroke_out():
    plain, fine = (scenes(thin=share).masks.astype(float) for share in (0.0, 1.0))
    amounts = fine.sum(axis=(1, 2)) / plain.sum(axis=(1, 2))
    assert numpy.median(amounts) < 0.5
    assert amounts.min() > 0.05
    for thick, thin in zip(plain, fine, strict=True):
        # It runs within the stroke, and as far.
        assert (thin[thick == 0] < 128).all()
        near = thin > 60
        for _ in range(8):
            near = grown(near)
        assert near[thick > 200].mean() > 0.98
    coverage = numpy.zeros((1, SIDE, SIDE), numpy.float32)
    coverage[0, 20:70, 40:47] = 1
    line = ink.thin(coverage)[0]
    assert (line[26:64].sum(axis=1) < 3).all()
    assert (line[26:64].max(axis=1) > 0.6).all()


def test_a_marker_is_wider():
    plain, wide = scenes(), scenes(marker=1.0)
    assert wide.masks.mean() > 1.2 * plain.masks.mean()


def test_a_letter_that_is_cut_out_fills_the_picture():
    for mask in scenes(cut=1.0).masks > 60:
        for places in (numpy.flatnonzero(mask.any(axis=axis)) for axis in (0, 1)):
            # Less than half of one of the 28 pixels that the letter had, enlarged.
            assert places[0] < 9
            assert places[-1] > SIDE - 10


def test_a_letter_drawn_with_a_ruler_has_straight_strokes_and_stands_where_the_other_would():
    plain, straight = scenes(), scenes(drafted=1.0)
    for before, mask in zip(plain.masks > 100, straight.masks > 100, strict=True):
        for axis in (0, 1):
            first, last = numpy.flatnonzero(mask.any(axis=axis))[[0, -1]]
            middle = numpy.flatnonzero(before.any(axis=axis))[[0, -1]].mean()
            # Unless it would leave the picture, or has a part that hangs below or above.
            assert abs((first + last) / 2 - middle) <= 2 or first <= 4 or last >= SIDE - 5
    # Most block letters have strokes that run along the rows or the columns of pixels.
    runs = [
        max((mask > 250).sum(axis=axis).max() for axis in (1, 2))
        for mask in straight.masks[:, None]
    ]
    assert numpy.median(runs) > 0.3 * SIDE


def test_even_ink_is_of_one_colour_as_print_is():
    for picture, mask in zip(*scenes(even=1.0)[:2], strict=True):
        # The camera's noise is left.
        assert picture[:, mask == 255].std(axis=1).max() < 15


def test_ink_can_be_told_from_its_paper():
    rng = numpy.random.default_rng(3)
    paper = surroundings.paper_colours(rng, 5000)
    colours = surroundings.ink_colours(rng, paper)
    for found in (paper, colours):
        assert found.min() >= 0
        assert found.max() <= 1
    promised = surroundings.LEAST_CONTRAST * numpy.minimum(1, paper.max(axis=1))
    assert (abs(colours - paper).max(axis=1) >= promised - 1e-6).all()


def test_light_ink_stands_on_dark_paper_where_a_picture_is_inverted():
    for plain, dark in zip(scenes().pictures, scenes(inverted=1.0).pictures, strict=True):
        # Up to the camera's noise.
        assert abs(plain.astype(int) + dark - 255).mean() < 25
