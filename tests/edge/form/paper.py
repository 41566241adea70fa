"""Forms on paper: printed with Pillow, filled with letters, and photographed.

with open("form.jpg", "wb") as file:
    file.write(photographed(filled(page, [written(box.letter, rng) for box in page.boxes])))
"""

import io

import numpy
from PIL import Image, ImageDraw, ImageFilter

from edge.form import drawing, layout, pdf, writing

# Pixels a millimetre of a printed page.
SCALE = 10


def printed(page):
    """Print a page, from what the PDF and the SVG are made of: uint8 (height, width)."""
    sheet = Image.new("L", (layout.WIDTH * SCALE, layout.HEIGHT * SCALE), 255)
    pen = ImageDraw.Draw(sheet)
    for part in drawing.of(page):
        if isinstance(part, drawing.Text):
            write(pen, part, pdf.PEN * part.height * SCALE)
            continue
        box = [SCALE * part.left, SCALE * part.top]
        box += [edge + SCALE * part.side - 1 for edge in box]
        if isinstance(part, drawing.Square):
            pen.rectangle(box, round(255 * part.gray))
        else:
            width = round(drawing.FRAME_WIDTH * SCALE)
            pen.rectangle(box, outline=round(255 * drawing.FRAME_GRAY), width=width)
    return numpy.array(sheet)


def write(pen, text, width):
    """Write an `edge.form.drawing.Text` with a pen of so many pixels."""
    for start, *segments in writing.curves(*text):
        points = [start]
        for segment in segments:
            t = numpy.arange(1, 9)[:, None] / 8
            first, second, third, last = numpy.array([points[-1], *segment])
            curve = (1 - t) ** 3 * first + 3 * t * (1 - t) ** 2 * second
            points += map(tuple, curve + 3 * t**2 * (1 - t) * third + t**3 * last)
        points = [(x * SCALE, y * SCALE) for x, y in points]
        pen.line(points, fill=0, width=round(width), joint="curve")


def written(sign, rng):
    """Write one sign as nobody else does: uint8 (112, 112), dark on white, in the middle."""
    sheet = Image.new("L", (200, 200), 255)
    write(ImageDraw.Draw(sheet), drawing.Text(sign, 7, 13, 7), rng.uniform(5, 9))
    lean, tall = rng.uniform(-0.1, 0.3), rng.uniform(0.9, 1.1)
    slanted = (1, lean, -lean * 100, 0, tall, 100 * (1 - tall))
    sheet = sheet.transform(sheet.size, Image.AFFINE, slanted, Image.BICUBIC, fillcolor=255)
    ink = 255 - numpy.asarray(sheet)
    rows, columns = numpy.flatnonzero(ink.max(axis=1)), numpy.flatnonzero(ink.max(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = 112
    around = [((side - length) // 2, side - length - (side - length) // 2) for length in ink.shape]
    return 255 - numpy.pad(ink, around)


def filled(page, letters, size=11, strength=0.85):
    """Return a printed page with letters in its boxes, uint8 (n, n), dark on white, or None.

    The picture of a letter takes `size` millimetres; black in it takes away a share `strength` of
    the light.
    """
    sheet = printed(page).astype(numpy.float32)
    side = round(size * SCALE)
    for box, letter in zip(page.boxes, letters):
        if letter is None:
            continue
        ink = 1 - numpy.asarray(Image.fromarray(letter).resize((side, side)), numpy.float32) / 255
        top, left = (round((at + (layout.BOX - size) / 2) * SCALE) for at in (box.top, box.left))
        sheet[top : top + side, left : left + side] *= 1 - strength * ink
    return sheet.astype(numpy.uint8)


def bent(sheet, far):
    """Return a sheet that bulges: its middle is seen so many millimetres off, right and down."""
    for axis in (0, 1):
        arch = numpy.sin(numpy.linspace(0, numpy.pi, sheet.shape[1 - axis]))
        shifts = numpy.rint(far * SCALE * arch).astype(int)
        places = numpy.arange(sheet.shape[axis])
        moved = (places[:, None] - shifts).clip(0, len(places) - 1)
        sheet = numpy.take_along_axis(sheet, moved if axis == 0 else moved.T, axis)
    return sheet


def photographed(
    sheet,
    side=2000,
    tilt=10,
    towards=45,
    turned=0,
    askew=0,
    share=0.85,
    light=0.4,
    desk=(110, 80, 50),
    blur=0.7,
    noise=4,
    quality=80,
    seed=1,
):
    """Return a JPEG, `side` pixels long, of a sheet on a desk of this colour.

    The camera is tilted by so many degrees `towards` a direction, and held `askew` by degrees and
    `turned` by quarters; the sheet is as long as a `share` of the picture; light falls off from one
    side to the other by a share.
    """
    rng = numpy.random.default_rng(seed)
    height, width = side, round(side * 3 / 4)
    matrix = view(width, height, tilt, towards, askew, share)
    # For Pillow: where the pixels of the picture are on the sheet, in pixels of the sheet.
    back = numpy.linalg.inv(matrix @ numpy.diag([1 / SCALE, 1 / SCALE, 1]))
    back = (back / back[2, 2]).ravel()[:8]
    paper, there = Image.fromarray(sheet), Image.new("L", sheet.shape[::-1], 255)
    # As a lens does, before the pixels of the camera are fewer than those of the sheet.
    ratio = SCALE * layout.HEIGHT / (share * height)
    if ratio > 1.5:
        paper = paper.filter(ImageFilter.GaussianBlur(ratio / 2.5))
    paper = paper.transform((width, height), Image.PERSPECTIVE, back, Image.BICUBIC)
    there = there.transform((width, height), Image.PERSPECTIVE, back, Image.BILINEAR)
    paper, there = (numpy.asarray(each, numpy.float32)[..., None] / 255 for each in (paper, there))
    grain = Image.fromarray(rng.normal(0, 12, (side // 8, side // 8)).astype(numpy.float32))
    grain = numpy.asarray(grain.resize((width, height), Image.BICUBIC))[..., None]
    scene = there * paper * 235 + (1 - there) * (numpy.array(desk, numpy.float32) + grain)
    angle = rng.uniform(0, 2 * numpy.pi)
    x, y = (numpy.linspace(-0.5, 0.5, length, dtype=numpy.float32) for length in (width, height))
    along = (x * numpy.cos(angle) + y[:, None] * numpy.sin(angle))[..., None] / 2**0.5
    scene *= 1 - light * (0.5 + along)
    scene *= numpy.array([1, 0.97, 0.9], numpy.float32)
    lens = Image.fromarray(scene.clip(0, 255).astype(numpy.uint8))
    scene = numpy.array(lens.filter(ImageFilter.GaussianBlur(blur)), numpy.float32)
    scene += noise * rng.standard_normal((height, width, 1), numpy.float32)
    scene = scene.clip(0, 255).astype(numpy.uint8)
    return jpeg(numpy.rot90(scene, turned), quality)


def jpeg(pixels, quality=80):
    data = io.BytesIO()
    Image.fromarray(numpy.ascontiguousarray(pixels)).save(data, "JPEG", quality=quality)
    return data.getvalue()


def view(width, height, tilt, towards, askew, share):
    """Return the matrix (3, 3) from millimetres on the sheet to pixels of the picture."""
    tilt, towards, askew = numpy.radians([tilt, towards, askew])
    x, y = numpy.cos(towards), numpy.sin(towards)
    cross = numpy.array([[0, 0, y], [0, 0, -x], [-y, x, 0]])
    # Rodrigues' formula.
    tilted = numpy.eye(3) + numpy.sin(tilt) * cross + (1 - numpy.cos(tilt)) * cross @ cross
    sine, cosine = numpy.sin(askew), numpy.cos(askew)
    around = numpy.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    # The camera is twice as far away as the sheet is long.
    away = 2 * layout.HEIGHT
    middle = numpy.array([[1, 0, -layout.WIDTH / 2], [0, 1, -layout.HEIGHT / 2], [0, 0, 1]])
    before = numpy.column_stack([(around @ tilted)[:, :2], [0, 0, away]]) @ middle
    focal = share * height / layout.HEIGHT * away
    return numpy.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]]) @ before
