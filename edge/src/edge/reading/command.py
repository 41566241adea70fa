"""The command `edge read`: the text in pictures."""

from edge.reading import words as lists

# Of each letter, JSON names so many of the likeliest.
TOP = 5


def document(text, words=None):
    """Return a `Text` as JSON has it; with `words`, of `edge.reading.words.read`, a word a line."""
    lines = []
    for line in text.lines:
        letters = [
            {
                "letter": letter.letter,
                "probability": letter.probability,
                "top": [{"letter": name, "probability": p} for name, p in letter.top[:TOP]],
                "box": letter.box,
            }
            for letter in line.letters
        ]
        lines.append({"text": line.text, "letters": letters})
        if words is not None:
            found = lists.likeliest(line, words)
            lines[-1]["word"] = found and {"text": found[0], "probability": found[1]}
    return {"text": "\n".join(line.text for line in text.lines), "lines": lines}


def shown(read):
    """Return the lines of a `document` as people read them."""
    return [_word(line) if "word" in line else line["text"] for line in read["lines"]]


def _word(line):
    word = line["word"]
    if word is None:
        return f"none of the words ({line['text']})"
    return f"{word['text']} {word['probability']:.1%}"
