"""The scenes that a test letter is drawn into, and those that hold no letter."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy

from studies.strangers import layers
from studies.strangers.files import card, jpeg, png, transparent, window
from studies.strangers.layers import (
    BLACK,
    BROWN,
    DARK,
    GREEN,
    PALE,
    Colour,
    Layer,
    blend,
    boxes,
    camera,
    crease,
    desk,
    dirt,
    falling,
    frame,
    grain,
    lamp,
    lines,
    printed,
    ruled,
    shadow,
)
from studies.strangers.lettering import Page, box, written

WHITE, SHEET, PEN = (255, 255, 255), (214, 212, 205), (40, 45, 70)
YELLOW_CARD, BLUE_INK, BOARD, CHALK = (250, 232, 120), (20, 20, 120), (48, 72, 60), (228, 230, 222)

# Drawings, pieces of forms, photographs.
TINY, SMALL, DRAWING, RULED, WIDE = (
    Page(60, 60, 0.6),
    Page(100, 100, 0.6),
    Page(120, 120),
    Page(160, 160),
    Page(360, 120),
)
LARGE, PHOTO = Page(300, 300), Page(640, 480, 0.4)
MARKER = PHOTO._replace(pen=0.08)


class Scene(NamedTuple):
    """How a picture is made: its page, what is drawn before the letter and after it, its file."""

    group: str
    page: Page = DRAWING
    under: tuple[Layer, ...] = ()
    over: tuple[Layer, ...] = ()
    paper: Colour = WHITE
    pen: Colour = BLACK
    encode: Callable[[numpy.ndarray], bytes] = png

    def draw(self, ink: numpy.ndarray, rng: numpy.random.Generator) -> bytes:
        """Draw ink, shares of its page's pixels, and return the picture as a file."""
        return self.encode(self.pixels(ink, rng))

    def pixels(self, ink: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
        """Return the picture before it is a file: levels (height, width, 3 or 4)."""
        picture = numpy.empty((*ink.shape, 3), numpy.float32)
        picture[:] = self.paper
        for layer in self.under:
            picture = layer(picture, ink, rng)
        picture = blend(picture, ink, self.pen)
        for layer in self.over:
            picture = layer(picture, ink, rng)
        return picture

    def photograph(self, letter: numpy.ndarray, rng: numpy.random.Generator) -> bytes:
        """Draw a letter, uint8 (height, width) dark on white, and return the picture as a file."""
        return self.draw(written(letter, self.page), rng)


def cut(picture: numpy.ndarray, ink: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
    """Cut the picture to the letter, without soft edges: a layer."""
    top, bottom, left, right = box(ink * (ink > 0.5))
    return numpy.where(picture < 128, 0, 255)[top:bottom, left:right]


def photo(
    group: str,
    *over: Layer,
    under: tuple[Layer, ...] = (),
    page: Page = PHOTO,
    quality: int = 85,
    seen: Layer | None = None,
    **colours: Colour,
) -> Scene:
    """Return a scene on gray paper, seen by a camera: a JPEG."""
    layers_over = (*over, seen or camera())
    colours = {"paper": SHEET, "pen": PEN} | colours
    return Scene(group, page, under, layers_over, **colours, encode=partial(jpeg, quality=quality))


SOFT_LIGHT = shadow("right", 0.04, 0.35)
SQUARES_10, SQUARES_20 = ruled(10, 10), ruled(20, 20)

SCENES = {
    "drawing": Scene("clean"),
    "photograph": photo("clean"),
    "frame of one pixel": Scene("frames and boxes", TINY, over=(frame(1),)),
    "frame of two pixels": Scene("frames and boxes", SMALL, over=(frame(2),)),
    "box, black": Scene("frames and boxes", under=(boxes(0.83, colour=BLACK),)),
    "box, gray": Scene("frames and boxes", under=(boxes(0.83),)),
    "box, light blue": Scene("frames and boxes", under=(boxes(0.83, colour=PALE),)),
    "box, round corners": Scene("frames and boxes", under=(boxes(0.83, round_by=12),)),
    "row of boxes": Scene("frames and boxes", under=(boxes(0.75, row=True),)),
    "long row of boxes": Scene("frames and boxes", WIDE, under=(boxes(0.83, row=True),)),
    "a rule under": Scene("rules", RULED, under=(lines([1.15]),)),
    "a rule through": Scene("rules", RULED, under=(lines([0.6]),)),
    "two rules": Scene("rules", RULED, under=(lines([-0.15, 1.15]),)),
    "three rules": Scene("rules", RULED, under=(lines([-0.3, 0.5, 1.3]),)),
    "a margin line": Scene("rules", RULED, under=(lines(upright=[-0.8]),)),
    "one cell": Scene("rules", RULED, under=(lines([-0.3, 1.3], [-0.8, 0.8]),)),
    "ruled, askew": photo("rules", under=(ruled(60, slope=0.04),)),
    "ruled as dark as the ink": Scene("rules", LARGE, under=(ruled(60, colour=BLACK),)),
    "squares of 10 pixels": Scene("rules", under=(SQUARES_10,)),
    "squares of 20 pixels": Scene("rules", RULED, under=(SQUARES_20,)),
    "large squares": Scene("rules", LARGE, under=(ruled(75, 75),)),
    "squares as dark as the ink": Scene("rules", LARGE, under=(ruled(30, 30, BLACK),)),
    "photographed squares": photo("rules", SOFT_LIGHT, under=(ruled(26, 26, slope=0.02),)),
    "desk on all sides": photo("desks", desk(BROWN)),
    "desk on two sides": photo("desks", desk(DARK, sides="tr")),
    "wooden desk": photo("desks", desk(wooden=True)),
    "sticker": photo("desks", desk(GREEN, corner=0.12), paper=(245, 225, 120)),
    "two desks": photo("desks", desk(BROWN, (190, 186, 180))),
    "shadow from the left": photo("light", shadow("left", 0.008)),
    "shadow from the right": photo("light", shadow("right", 0.008)),
    "shadow from a corner": photo("light", shadow("corner", 0.008)),
    "soft shadow": photo("light", shadow("right", 0.06)),
    "half of the light lost": photo("light", falling(0.5)),
    "lamp": photo("light", lamp()),
    "vignette": photo("light", lamp(2.0, middle=True)),
    "marker in soft light": photo("light", SOFT_LIGHT, page=MARKER),
    "80% of the height in soft light": photo("light", SOFT_LIGHT, page=Page(640, 480, 0.8)),
    "cut to the ink": Scene("beside the letter", SMALL, over=(cut,)),
    "specks": Scene("beside the letter", under=(dirt(specks=6),)),
    "a hair": Scene("beside the letter", RULED, under=(dirt(hair=True),)),
    "a full stop": Scene("beside the letter", under=(dirt(stop=True),)),
    "a neighbour's stroke": Scene("beside the letter", under=(dirt(neighbour=True),)),
    "printed text": Scene("beside the letter", LARGE, under=(printed(),)),
    "light card, transparent": Scene("transparency", LARGE, over=(card(),), paper=(240, 240, 235)),
    "dark card, transparent": Scene(
        "transparency", LARGE, over=(card(),), paper=(0, 0, 0), pen=WHITE
    ),
    "coloured card, transparent": Scene(
        "transparency", LARGE, over=(card(),), paper=YELLOW_CARD, pen=BLUE_INK
    ),
    "window with a soft shadow": Scene("transparency", LARGE, over=(window(),)),
    "ink of 10% opacity": Scene("transparency", LARGE, over=(transparent(0.1),)),
    "turned by eXIf 3": Scene("transparency", LARGE, encode=partial(png, orientation=3)),
    "turned by eXIf 6": Scene("transparency", LARGE, encode=partial(png, orientation=6)),
    "turned by eXIf 8": Scene("transparency", LARGE, encode=partial(png, orientation=8)),
    "white on black": Scene("colours", paper=(0, 0, 0), pen=WHITE),
    "chalk on a board": photo("colours", falling(0.3), grain(6), paper=BOARD, pen=CHALK),
    "green ink on pink paper": photo("colours", paper=(240, 190, 195), pen=(30, 110, 60)),
    "yellow ink": photo("colours", pen=(225, 195, 40)),
    "red ink": photo("colours", pen=(205, 45, 50)),
    "noise, JPEG of quality 40": photo("cameras", quality=40, seen=camera(12, 1.0)),
    "grain of the paper": photo("cameras", grain(8)),
    "crease": photo("cameras", crease()),
    "1600x1200": photo("cameras", SOFT_LIGHT, page=Page(1600, 1200, 0.4), seen=camera(4, 2)),
    "20% of the height": photo("sizes", page=Page(640, 480, 0.2)),
    "30% of the height": photo("sizes", page=Page(640, 480, 0.3)),
    "50% of the height": photo("sizes", page=Page(640, 480, 0.5)),
    "all of the height": photo("sizes", page=Page(640, 480, 1.0)),
    "off the middle": photo("sizes", page=Page(640, 480, 0.3, 0.78, 0.27)),
}


def blurred(picture, ink, rng):
    """Cover everything with blurred spots of colour, as a photograph out of focus: a layer."""
    for _ in range(12):
        share = layers.spot(ink.shape, rng)
        picture = blend(picture, share, tuple(rng.integers(20, 235, 3)))
    return picture


# What these pictures show is no letter: their ink is nothing.
EMPTY = {
    "blank drawing": Scene("nothing"),
    "blank paper": photo("nothing", falling(0.3)),
    "noise": photo("nothing", seen=camera(30, 0.3)),
    "texture": photo("nothing", grain(18)),
    "rules": photo("nothing", under=(ruled(55),)),
    "squares": Scene("nothing", LARGE, under=(SQUARES_20,)),
    "text": Scene("nothing", LARGE, under=(printed(),)),
    "sheet on a desk": photo("nothing", desk(BROWN)),
    "gradient": photo("nothing", lamp(2.5), falling(0.5)),
    "out of focus": photo("nothing", blurred, seen=camera(2, 2)),
}
