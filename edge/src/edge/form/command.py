"""The command `edge form`: print a form, or cut up photographs of filled ones."""

import errno
import os

from edge import classifier as classifiers
from edge.files import write_whole
from edge.form import layout, pdf, svg


def run(output, photographs, show, letters, write, complain):
    """Print a form for `letters` to `output`, or put those on `photographs` into folders there.

    `write` is given every line of results, `complain` a path and an error. Returns the exit status:
    0, 1 (something could not be read or written), or 2 (options that do not go together).
    """

    def refuse(path, error):
        complain(getattr(error, "filename", None) or path, error)
        return 1

    if photographs is None:
        if show is not None:
            complain("--show", ValueError("shows what --cut cuts out, which is missing"))
            return 2
        try:
            write(_printed(output, letters))
        except (OSError, ValueError) as error:
            return refuse(output, error)
        return 0
    if why := classifiers.why_no_numpy():
        return refuse("--cut", ValueError(f"it needs NumPy ({why})"))
    from edge.form import reading, sheet

    status, shown = 0, []
    if show is not None and os.path.lexists(show):
        return refuse(show, _exists(show))
    for photograph in photographs:
        try:
            taken = reading.read(photograph, letters)
            count = _save(output, photograph, taken)
        except (OSError, ValueError, MemoryError) as error:
            status = refuse(photograph, error)
            continue
        shown += [(box.sign, crop) for box, crop in taken]
        write(f"{photograph}: {count} letters to {output}, {len(taken) - count} boxes left out")
    if show is not None and shown:
        try:
            write_whole(show, sheet.drawn(shown))
        except OSError as error:
            status = refuse(show, error)
    return status


def _printed(path, letters):
    """Write a form, one file a page of SVG, and say what was written."""
    pages = layout.pages(letters)
    start, ending = os.path.splitext(path)
    if ending.lower() not in (".pdf", ".svg"):
        raise ValueError("by its name no form; give it one that ends in .pdf or .svg")
    if ending.lower() == ".pdf":
        files = {path: pdf.document(pages)}
    elif len(pages) == 1:
        files = {path: svg.document(pages[0])}
    else:
        files = {f"{start}-{page.number}{ending}": svg.document(page) for page in pages}
    for name, data in files.items():
        write_whole(name, data)
    boxes = sum(len(page.boxes) for page in pages)
    counts = f"pages: {len(pages)}, letters: {len(letters)}, boxes: {boxes}"
    return f"{', '.join(files)}: {counts}"


def _save(folder, photograph, taken):
    """Write the letters of a form, all or none, as `folder/letter/name-1.png`; return how many."""
    from edge.png import encode_gray

    name = os.path.splitext(os.path.basename(photograph))[0].lstrip(".") or "form"
    files, counts = {}, {}
    for box, crop in taken:
        letter = box.letter
        # Letters of a foreign pack may be any signs.
        if letter in (".", "..") or os.path.basename(letter) != letter:
            raise ValueError(f"letter {letter!r} of the model, after which no folder can be named")
        if crop is None:
            continue
        counts[letter] = counts.get(letter, 0) + 1
        path = os.path.join(folder, letter, f"{name}-{counts[letter]}.png")
        files[path] = encode_gray(*crop.shape[::-1], crop.tobytes())
    if there := next(filter(os.path.lexists, files), None):
        raise _exists(there)
    written = []
    try:
        for path, data in files.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_whole(path, data)
            written.append(path)
    except BaseException:
        for path in written:
            os.remove(path)
        raise
    return len(files)


def _exists(path):
    return FileExistsError(errno.EEXIST, "is there already; remove it, or choose another", path)
