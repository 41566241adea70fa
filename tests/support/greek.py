"""Ten letters of another alphabet, drawn by a program as many hands would write them."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy
from PIL import Image, ImageDraw

# Strokes through points, from the top left corner (0, 0) to the bottom right (1, 1).
CIRCLE = [(0.5 + 0.5 * numpy.sin(a), 0.5 - 0.5 * numpy.cos(a)) for a in numpy.linspace(0, 6.3, 17)]
GLYPHS = {
    "Γ": [[(0.1, 1), (0.1, 0), (0.9, 0)]],
    "Δ": [[(0.5, 0), (0, 1), (1, 1), (0.5, 0)]],
    "Θ": [CIRCLE, [(0.25, 0.5), (0.75, 0.5)]],
    "Λ": [[(0, 1), (0.5, 0), (1, 1)]],
    "Ξ": [[(0, 0), (1, 0)], [(0.2, 0.5), (0.8, 0.5)], [(0, 1), (1, 1)]],
    "Π": [[(0, 0), (1, 0)], [(0.15, 0), (0.15, 1)], [(0.85, 0), (0.85, 1)]],
    "Σ": [[(0.9, 0), (0, 0), (0.5, 0.5), (0, 1), (0.9, 1)]],
    "Φ": [[(x, 0.25 + y / 2) for x, y in CIRCLE], [(0.5, 0), (0.5, 1)]],
    "Ψ": [[(0, 0), (0.1, 0.5), (0.5, 0.65), (0.9, 0.5), (1, 0)], [(0.5, 0), (0.5, 1)]],
    "Ω": [[(0, 1), (0.35, 0.95), (0.05, 0.45), (0.25, 0.05), (0.5, 0), (0.75, 0.05), (0.95, 0.45),
           (0.65, 0.95), (1, 1)]],
}  # fmt: skip


def write(folder, count, seed=1):
    """Write `count` pictures of each letter, `<letter>/<number>.png`, into a folder."""
    rng = numpy.random.default_rng(seed)
    for letter in GLYPHS:
        (folder / letter).mkdir(parents=True)
        for number in range(count):
            (folder / letter / f"{number:03}.png").write_bytes(drawn(letter, rng))


def drawn(letter, rng):
    """Return a PNG of a letter in one hand: gray ink on paper, 120 x 120."""
    slant, turn = rng.normal(0, 0.15), rng.normal(0, 0.1)
    turned = [[numpy.cos(turn), numpy.sin(turn)], [-numpy.sin(turn), numpy.cos(turn)]]
    size = 60 * numpy.exp(rng.normal(0, 0.12, 2))
    middle, pen = rng.uniform(50, 70, 2), int(rng.integers(3, 9))
    page = Image.new("L", (120, 120), int(rng.integers(235, 256)))
    canvas, ink = ImageDraw.Draw(page), int(rng.integers(0, 80))
    for stroke in GLYPHS[letter]:
        points = numpy.array(stroke) - 0.5 + rng.normal(0, 0.03, (len(stroke), 2))
        points = points @ [[1, 0], [-slant, 1]] @ turned * size + middle
        canvas.line([tuple(point) for point in points], ink, pen, joint="curve")
        for x, y in points:
            canvas.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), ink)
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def installed(dist, folder):
    """Unpack the wheel in `dist` into a folder, as pip would, and return its command line.

    It knows nothing of this checkout; called with arguments, it returns what `edge` prints, bytes.
    """
    (wheel,) = dist.glob("edge-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder)
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n"
    code += "import edge.cli; sys.exit(edge.cli.main())"

    def edge(*arguments):
        command = [sys.executable, "-I", "-c", code, *map(str, arguments)]
        return subprocess.run(command, stdout=subprocess.PIPE, timeout=120, check=False).stdout

    return edge


def share_read(edge, folder):
    """Return the share of the pictures in a folder of letters that `edge` reads rightly."""
    read = [json.loads(line) for line in edge("classify", "--json", folder).splitlines()]
    right = sum(Path(each["path"]).parent.name == each["letter"] for each in read)
    return right / len([*folder.rglob("*.png")])
