"""The form as PDF (ISO 32000-1). Its own fonts have no Cyrillic: text is drawn with a pen."""

import zlib

from edge.form import drawing, layout, writing

_POINTS = 72 / 25.4  # a millimetre

# The pen, a share of the height of a capital.
PEN = 0.09


def document(pages):
    """Return `edge.form.layout.Page`s as the bytes of a PDF file.

    Raises ValueError if there are no strokes for a letter.
    """
    unknown = {label.text for page in pages for label in page.labels}
    unknown = sorted(text for text in unknown if not writing.can_write(text))
    if unknown:
        shown = ", ".join(unknown[:5]) + (" ..." if len(unknown) > 5 else "")
        raise ValueError(f"a PDF can show Russian letters alone, not {shown}; take -o form.svg")
    first = 3  # the number of the first page's object
    kids = " ".join(f"{first + 2 * place} 0 R" for place in range(len(pages)))
    box = f"[0 0 {layout.WIDTH * _POINTS:.3f} {layout.HEIGHT * _POINTS:.3f}]"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] /MediaBox {box} >>".encode(),
    ]
    for place, page in enumerate(pages):
        contents = first + 2 * place + 1
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /Resources << >> /Contents {contents} 0 R >>".encode()
        )
        objects.append(_stream(_operators(page)))
    return _file(objects)


def _operators(page):
    """Draw a page: millimetres from the upper left corner, round pens."""
    lines = [f"{_POINTS:.6f} 0 0 {-_POINTS:.6f} 0 {layout.HEIGHT * _POINTS:.3f} cm", "1 J 1 j"]
    for part in drawing.of(page):
        if isinstance(part, drawing.Text):
            lines.append(f"0 G {PEN * part.height:.3f} w")
            for start, *segments in writing.curves(*part):
                lines.append(f"{_pair(start)} m")
                lines += [" ".join(map(_pair, segment)) + " c" for segment in segments]
                lines.append("S")
        elif isinstance(part, drawing.Square):
            lines.append(f"{part.gray:g} g {_rectangle(part)} f")
        else:
            pen = f"{drawing.FRAME_GRAY:g} G {drawing.FRAME_WIDTH:g} w"
            lines.append(f"{pen} {_rectangle(part)} S")
    return "\n".join(lines).encode()


def _rectangle(part):
    return f"{part.left:.3f} {part.top:.3f} {part.side:.3f} {part.side:.3f} re"


def _pair(point):
    return f"{point[0]:.3f} {point[1]:.3f}"


def _stream(data):
    data = zlib.compress(data)
    head = f"<< /Length {len(data)} /Filter /FlateDecode >>".encode()
    return b"%s\nstream\n%s\nendstream" % (head, data)


def _file(objects):
    """Number the objects, and list where each begins."""
    data, starts = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(objects) + 1
    return b"".join(
        [
            data,
            b"xref\n0 %d\n0000000000 65535 f \n" % size,
            table,
            b"trailer\n<< /Size %d /Root 1 0 R >>\n" % size,
            b"startxref\n%d\n%%%%EOF\n" % len(data),
        ]
    )
