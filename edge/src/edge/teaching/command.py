"""The command `edge teach`: from labelled letters to a pack that reads their hand better."""

import os

import edge
from edge import form, teaching
from edge.files import write_whole
from edge.pack import PackError
from edge.teaching.labelled import labelled


def run(paths, output, model, show, json, write, complain):
    """Teach the letters in `paths`, and write the pack that has learned to `output`.

    `show` is the path of a picture of what was taken from forms, or None; `write` is given text,
    `complain` a path and an error. Returns the exit status: 0, or 1 if something could not be read,
    or nothing was learned.
    """
    status = 0

    def refuse(path, error):
        nonlocal status
        complain(path, error)
        status = 1

    base = edge.load(model)
    names, letters, views, crops = [], [], [], []
    for name, picture, letter in labelled(paths, list(base.letters), refuse):
        if not isinstance(picture, str):
            crops.append((letter, picture))
        try:
            (found,) = base.letters_in(picture)
        except PackError:
            raise
        except (OSError, ValueError, MemoryError) as error:
            refuse(name, error)
            continue
        names.append(name)
        letters.append(letter)
        views.append(found.views)
    try:
        if show and crops:
            write_whole(show, form.contact_sheet(crops))
        lesson = teaching.learn(base.pack, views, letters)
        write_whole(output, lesson.pack)
    except PackError:
        raise  # the base's fault
    except (OSError, ValueError) as error:
        refuse(getattr(error, "filename", None) or output, error)
        return status
    doubted = [(names[place], letters[place], found) for place, found in lesson.doubted]
    write((_as_json if json else _as_text)(output, lesson, doubted, base.letters) + "\n")
    return status


def _as_text(output, lesson, doubted, alphabet):
    count = sum(lesson.letters.values())
    lines = [
        f"taught: {count} letters, {len(lesson.letters)} of {len(alphabet)} different ones",
        f"read right: {lesson.before:.1%} before, {lesson.after:.1%} after; {lesson.held_out} of "
        f"{count} were held out (cross-validation)",
    ]
    if lesson.held_out < count:
        lines.append("the others, too few of their shape, were bent anew instead, which flatters")
    if missing := [letter for letter in alphabet if letter not in lesson.letters]:
        lines.insert(1, f"not taught: {', '.join(missing)}")
    lines += [f"doubtful: {name}, {letter}, looks like {looks}" for name, letter, looks in doubted]
    return "\n".join([*lines, f"model: {output}"])


def _as_json(output, lesson, doubted, alphabet):
    import json

    document = {
        "model": os.fspath(output),
        "letters": {letter: lesson.letters.get(letter, 0) for letter in alphabet},
        "held_out": lesson.held_out,
        "before": lesson.before,
        "after": lesson.after,
        "doubted": [
            {"path": name, "letter": letter, "looks_like": looks} for name, letter, looks in doubted
        ],
    }
    return json.dumps(document, ensure_ascii=False)
