"""Transparent pictures come out as what they show looks on paper."""

import math

import pytest

from edge import preparation
from edge.decode.png import Planes, joined
from edge.preparation import segmentation
from tests.edge.preparation.test_clean import HEIGHT, STROKES, WIDTH, drawn

# How much of a pixel is ink, and what is left of it on white paper.
COVERED = drawn(STROKES["П"], ink=255, paper=0)
CLEAN = preparation.clean_ink(joined(WIDTH, HEIGHT, [drawn(STROKES["П"])]))


def ink_of(planes):
    return preparation.clean_ink(preparation.opaque(planes))


def filled(level):
    return bytes([level]) * (WIDTH * HEIGHT)


def test_an_opaque_picture_is_left_as_it_is():
    planes = joined(WIDTH, HEIGHT, [COVERED], filled(255))
    assert preparation.opaque(planes) is planes


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (250, 230, 0), (20, 40, 200)])
@pytest.mark.parametrize("opacity", [1, 0.5, 0.1, 0.01])
def test_ink_of_one_colour_is_black_on_white_however_thin(colour, opacity):
    alpha = bytes(round(share * opacity) for share in COVERED)
    planes = Planes(WIDTH, HEIGHT, *map(filled, colour), alpha)
    opaque = preparation.opaque(planes)
    assert opaque.alpha is None
    assert opaque.red == opaque.green == opaque.blue == drawn(STROKES["П"])


def test_ink_of_one_colour_keeps_its_soft_edges():
    alpha = bytes(value * 200 // 255 for value in range(256))
    opaque = preparation.opaque(joined(16, 16, [bytes(256)], alpha))
    assert max(abs(one - (255 - place)) for place, one in enumerate(opaque.red)) <= 2


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_what_cannot_be_seen_is_blank(shade):
    with pytest.raises(preparation.PictureError, match="no letter found"):
        ink_of(joined(WIDTH, HEIGHT, [filled(shade)], filled(0)))


def test_the_colour_of_what_cannot_be_seen_does_not_matter():
    hidden = bytes(place * 7 % 256 for place in range(WIDTH * HEIGHT))
    gray = bytes(30 if share else noise for share, noise in zip(COVERED, hidden))
    assert ink_of(joined(WIDTH, HEIGHT, [gray], COVERED)) == CLEAN


def test_dark_ink_of_two_colours_is_seen_on_white():
    red = bytes(60 if place % WIDTH < 80 else 0 for place in range(WIDTH * HEIGHT))
    ink = ink_of(Planes(WIDTH, HEIGHT, red, filled(0), filled(0), COVERED))
    assert [value > 0 for value in ink] == [value > 0 for value in CLEAN]


def test_light_ink_of_two_colours_is_seen_on_black():
    blue = bytes(255 if place % WIDTH < 80 else 240 for place in range(WIDTH * HEIGHT))
    ink = ink_of(Planes(WIDTH, HEIGHT, filled(255), filled(255), blue, COVERED))
    assert [value > 0 for value in ink] == [value > 0 for value in CLEAN]


def card(ink, paper, opacity=255, corner=0, shadow=0):
    """Draw a card around the letter on transparent ground, maybe with round corners or a shadow."""
    left, top, right, bottom = 30, 8, 130, 112
    planes = [bytearray(filled(0)) for _ in "rgba"]
    for place in range(WIDTH * HEIGHT):
        x, y = place % WIDTH, place // WIDTH
        beside = max(left + corner - x - 0.5, x + 0.5 - right + corner, 0)
        below = max(top + corner - y - 0.5, y + 0.5 - bottom + corner, 0)
        distance = math.hypot(beside, below)
        outside = distance - corner
        share = min(1, max(0, 0.5 - outside)) if distance else 1
        colour = ink if COVERED[place] else paper
        if share:
            levels = [*colour, round(opacity * share)]
        else:
            levels = [0, 0, 0, round(max(0, 100 * (1 - outside / shadow)) if shadow else 0)]
        for plane, level in zip(planes, levels):
            plane[place] = level
    return Planes(WIDTH, HEIGHT, *map(bytes, planes))


INKS = {
    "dark on light": ((20, 20, 20), (250, 250, 250)),
    "light on dark": ((240, 240, 240), (30, 30, 30)),
    "in colours": ((20, 40, 180), (255, 240, 120)),
}
CARDS = {
    "a plain one": {},
    "with round corners": {"corner": 12},
    "with a soft shadow": {"shadow": 7},
    "with both": {"corner": 12, "shadow": 7},
    "that shines through": {"opacity": 200, "corner": 12},
}


@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("kind", CARDS)
def test_a_card_is_cut_out_of_its_ground(kind, ink):
    opaque = preparation.opaque(card(*INKS[ink], **CARDS[kind]))
    assert opaque.alpha is None
    assert (opaque.width, opaque.height) == (100, 104)
    found = segmentation.boxed(preparation.clean_ink(opaque), opaque.width)
    assert found == segmentation.boxed(CLEAN, WIDTH)


def test_a_card_may_be_opaque_nowhere():
    gray = drawn(STROKES["П"], ink=20, paper=240)
    assert preparation.opaque(joined(WIDTH, HEIGHT, [gray], filled(130))).red == gray
