"""Forms as files: PDF and SVG show what is laid out, and need the standard library alone."""

import re
import zlib
from xml.etree import ElementTree

import pytest

from edge.form import drawing, layout, pdf, svg, writing
from tests.edge.form.test_layout import RUSSIAN
from tests.edge.processes import edge, refusal, without_numpy

PAGES = layout.pages(RUSSIAN)


def parts(page, kind):
    return [part for part in drawing.of(page) if isinstance(part, kind)]


def objects(data):
    """Return the objects of a PDF, as its table says where they are."""
    (start,) = re.findall(rb"startxref\n(\d+)\n%%EOF\n$", data)
    table = data[int(start) :]
    assert table.startswith(b"xref\n0 ")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n \n", table)]
    found = []
    for number, place in enumerate(places, 1):
        match = re.match(rb"(\d+) 0 obj\n(.*?)\nendobj\n", data[place:], re.DOTALL)
        assert int(match[1]) == number
        found.append(match[2])
    return found


def test_a_pdf_has_all_pages_and_on_them_every_square_and_frame():
    data = pdf.document(PAGES)
    assert data.startswith(b"%PDF-1.4\n")
    streams = [
        zlib.decompress(body.split(b"stream\n")[1].rsplit(b"\nendstream", 1)[0])
        for body in objects(data)
        if b"FlateDecode" in body
    ]
    assert len(streams) == len(PAGES)
    for stream, page in zip(streams, PAGES):
        text = stream.decode()
        drawn = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re ([fS])", text)
        expected = [
            (part, mark)
            for kind, mark in ((drawing.Square, "f"), (drawing.Frame, "S"))
            for part in parts(page, kind)
        ]
        assert len(drawn) == len(expected)
        for (left, top, width, height, mark), (part, sign) in zip(drawn, expected):
            assert mark == sign
            numbers = [float(value) for value in (left, top, width, height)]
            assert numbers == pytest.approx([*part[:2], part.side, part.side], abs=1e-3)
        assert text.count(" c\n") > 30 * len(page.labels)


def test_an_svg_has_every_square_frame_and_label_in_millimetres():
    for page in PAGES:
        root = ElementTree.fromstring(svg.document(page))
        assert (root.get("width"), root.get("height")) == ("210mm", "297mm")
        assert root.get("viewBox") == "0 0 210 297"
        name = "{http://www.w3.org/2000/svg}"
        _, *found = root.findall(f"{name}rect")
        expected = parts(page, (drawing.Square, drawing.Frame))
        places = [[float(each.get(key)) for key in ("x", "y", "width")] for each in found]
        assert places == [pytest.approx([*part[:2], part.side]) for part in expected]
        labels = [label.text for label in page.labels]
        assert [each.text for each in root.findall(f"{name}text")][-len(labels) :] == labels


def test_signs_of_a_model_do_not_end_the_svg_before_its_time():
    (page,) = layout.pages(["<", "&", "'"])
    root = ElementTree.fromstring(svg.document(page))
    assert [each.text for each in root][-12:-9] == ["<", "&", "'"]


def test_what_is_said_on_a_page_can_be_written_with_a_pen_and_ends_before_the_mark():
    for page in PAGES:
        for line in parts(page, drawing.Text):
            assert writing.can_write(line.text)
            points = [
                point
                for start, *segments in writing.curves(*line)
                for point in (start, *(each for segment in segments for each in segment))
            ]
            assert line.left <= min(x for x, _ in points) + 1
            assert max(x for x, _ in points) < layout.WIDTH - 20
            assert max(y for _, y in points) < line.baseline + line.height


def test_the_same_letters_give_the_same_bytes():
    assert pdf.document(layout.pages(RUSSIAN)) == pdf.document(PAGES)


@pytest.mark.parametrize(
    ("name", "written"),
    [("форма.pdf", ["форма.pdf"]), ("form.SVG", ["form-1.SVG", "form-2.SVG"])],
)
def test_a_form_is_printed_without_numpy(tmp_path, name, written):
    (tmp_path / "lib").mkdir()
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / name
    result = edge("form", "-o", path, **without_numpy(tmp_path / "lib"))
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode().endswith(": pages: 2, letters: 33, boxes: 198\n")
    assert sorted(each.name for each in path.parent.iterdir()) == written


def test_what_is_not_to_be_had_is_refused_in_one_line_and_nothing_is_left(tmp_path):
    for name, why in [
        ("form.png", "by its name no form; give it one that ends in .pdf or .svg"),
        ("missing/form.pdf", "No such file or directory"),
    ]:
        assert refusal("form", "-o", tmp_path / name) == f"edge: {tmp_path / name}: {why}"
    (tmp_path / "folder.pdf").mkdir()
    assert "folder.pdf: Is a directory" in refusal("form", "-o", tmp_path / "folder.pdf")
    assert [each.name for each in tmp_path.iterdir()] == ["folder.pdf"]


def test_letters_without_strokes_are_shown_in_svg_alone():
    pages = layout.pages(["Ә", "Б"])
    with pytest.raises(ValueError, match=r"Russian letters alone, not Ә, ә; take -o form\.svg"):
        pdf.document(pages)
    assert "Ә" in svg.document(pages[0]).decode()


def test_what_cannot_go_together_is_wrong_usage(tmp_path):
    for arguments in (["form"], ["form", "-o", tmp_path / "form.pdf", "--show", tmp_path / "a"]):
        result = edge(*arguments)
        assert result.returncode == 2
        assert b"Traceback" not in result.stderr
