"""A page of the form as SVG (https://www.w3.org/TR/SVG2/), its labels as text."""

from html import escape

from edge.form import drawing, layout

# The height of a capital, a share of the size of most fonts without serifs.
_CAPITAL = 0.72


def document(page):
    """Return an `edge.form.layout.Page` as the bytes of an SVG file, in millimetres."""
    size = f'width="{layout.WIDTH}mm" height="{layout.HEIGHT}mm"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}'
        f' viewBox="0 0 {layout.WIDTH} {layout.HEIGHT}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        *map(_element, drawing.of(page)),
        "</svg>\n",
    ]
    return "\n".join(lines).encode()


def _element(part):
    if isinstance(part, drawing.Text):
        size = part.height / _CAPITAL
        place = f'x="{part.left:g}" y="{part.baseline:g}" font-size="{size:.3g}"'
        return f"<text {place}>{escape(part.text)}</text>"
    place = f'x="{part.left:g}" y="{part.top:g}" width="{part.side:g}" height="{part.side:g}"'
    if isinstance(part, drawing.Square):
        return f'<rect {place} fill="{_colour(part.gray)}"/>'
    stroke = f'stroke="{_colour(drawing.FRAME_GRAY)}" stroke-width="{drawing.FRAME_WIDTH:g}"'
    return f'<rect {place} fill="none" {stroke}/>'


def _colour(gray):
    return "#" + f"{round(255 * gray):02x}" * 3
