"""Words, lines and forms of people whom the network does not know: how much of them is read."""

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy
from PIL import Image

import edge
from edge import language as languages
from edge.reading import command, lattice
from pipeline import parallel
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import named
from pipeline.data.letters import read_clean, read_split
from pipeline.data.streams import stream
from pipeline.errors import PipelineError
from pipeline.export import export
from pipeline.files import LANGUAGE, MODELS, replacing, write_json
from pipeline.language import words
from pipeline.params import Count, NotNegative, Params, Section, section
from pipeline.report.plots import sheets
from studies.strangers import PARAMS, RESULTS, writing
from studies.strangers.files import png
from studies.strangers.hands import Hand, hands
from studies.strangers.layers import BROWN, blend, desk, falling, lamp, ruled, shadow
from studies.strangers.scenery import SCENES, Scene, photo

# The split whose test letters are of hands that its network has not seen.
METHOD = "tail"

# Which number of the stream this study has, apart from those of the letters and of the crowds.
READING = -3 % 2**32

# Gaps between the letters of a word, shares of their height.
GAPS = {
    "touching": (-0.05, 0.05),
    "0.05 to 0.15": (0.05, 0.15),
    "0.15 to 0.3": (0.15, 0.3),
    "0.3 to 0.5": (0.3, 0.5),
}

# What the README shows, as tasks without a hand; their number is beyond those of all others.
SHOWN = {
    "word.png": ("word", "РУКОПИСЬ", "0.15 to 0.3", "squares"),
    "form.png": ("form", "АННА ПЕТРОВА   ", "boxes", "perspective"),
}
FIRST = 2**31

HEIGHTS, SIDES = (36, 90), (28, 70)

SOFT = shadow("right", 0.04, 0.35)
CLEAN, PHOTOGRAPH = Scene("clean"), photo("clean", SOFT)
PAPERS = {
    "photograph": photo("paper"),
    "ruled": photo("paper", under=(ruled(60, slope=0.02),)),
    "squares": photo("paper", SOFT, under=(ruled(26, 26, slope=0.01),)),
    "desk": photo("paper", desk(BROWN)),
    "shadow": photo("paper", shadow("right", 0.03)),
    "lamp": photo("paper", lamp(), falling(0.3)),
    "chalk": SCENES["chalk on a board"],
}
# Print of a form.
PRINTED = ((20, 20, 20), (150, 150, 150), (120, 160, 220), (200, 120, 120))
DEGREES = 10

# A class of thirty, a name a pupil.
NAMES = """
АЛЕКСАНДР АЛЕКСЕЙ АНДРЕЙ АНТОН АРТЁМ БОРИС ВАДИМ ВИКТОР
ВЛАДИМИР ГЛЕБ ГРИГОРИЙ ДЕНИС ДМИТРИЙ ЕВГЕНИЙ ИВАН ИГОРЬ
АЛЁНА АНАСТАСИЯ АННА ВЕРА ВИКТОРИЯ ГАЛИНА ДАРЬЯ ЕКАТЕРИНА
ЕЛЕНА ИРИНА КСЕНИЯ МАРИНА НАДЕЖДА ОЛЬГА
""".split()  # noqa: SIM905


class Reading(Section):
    """How many texts of each kind are read, of whom, and the weights of a language to try."""

    words_of_a_gap: Count  # On clean paper, and as many on others.
    lines: Count
    forms: Count
    names: Count
    least_letters: Count
    parts: Count
    weights: list[NotNegative]


class Task(NamedTuple):
    """A text to be written by a hand, and how: on `paper`, with `gap` between letters."""

    kind: str
    text: str
    hand: Hand
    gap: str
    paper: str
    number: int

    def draw(self, seed: int) -> bytes:
        """Return the picture's file."""
        rng = stream(seed, "changes of a letter", READING, self.number)
        if self.kind == "form":
            return _form(self, rng)
        height = int(rng.integers(*HEIGHTS))
        line = writing.line(self.text, self.hand, height, GAPS[self.gap], rng)
        scene = PAPERS.get(self.paper, CLEAN)
        margin = round(height * rng.uniform(0.2, 0.6))
        if self.paper == "desk":
            # The sheet's sides must not cut the word.
            margin += round(0.15 * line.shape[1])
        return scene.draw(writing.page([line], margin), rng)


def _form(task: Task, rng: numpy.random.Generator) -> bytes:
    ink, frames = writing.boxes(task.text, task.hand, int(rng.integers(*SIDES)), rng)
    colour = PRINTED[rng.integers(len(PRINTED))]
    scene = CLEAN if task.paper == "scan" else PHOTOGRAPH
    scene = scene._replace(under=(lambda picture, ink, rng: blend(picture, frames, colour),))
    pixels = scene.pixels(ink, rng)
    if task.paper == "perspective":
        pixels = writing.seen_aside(pixels, DEGREES, rng)
    return scene.encode(pixels)


def run(params: Params, pack: Path | None = None) -> None:
    """Write words, lines and forms with the test letters of the split `tail`, and read them.

    With a pack, by default that of the network which has not seen these hands. Writes
    `results/reading.json`: by kind of text and paper the characters, the shares of them that are
    read wrongly (the edit distance by the characters) with and without a language, and of the texts
    that are read right; what the weights of a language give on validation words; and `reading.png`.
    Raises PipelineError if the letters, the network or the language are missing.
    """
    sizes = section(Reading, PARAMS, "reading")
    if params.language is None:
        raise PipelineError("params.yaml: language: found null; there is none to measure")
    with TemporaryDirectory() as folder:
        if pack is None:
            export(Path(folder), MODELS / METHOD, {}, params.export, LANGUAGE)
            pack = Path(folder) / "fp16" / "letters.safetensors"
        tasks = _tasks(sizes, params, "test")
        outcomes = parallel.map_all(partial(_read, pack, params.seed), tasks, "texts", 4)
        report = _report(tasks, outcomes)
        tried = [task for task in _tasks(sizes, params, "validation") if task.kind == "word"]
        weigh = partial(_weighed, pack, params.seed, sizes.weights)
        wrong = numpy.sum(parallel.map_all(weigh, tried, "weights", 4), axis=0)
    shares = (wrong / sum(len(task.text) for task in tried)).tolist()
    report["weights"] = dict(zip(map(str, sizes.weights), shares, strict=True))
    write_json(RESULTS / "reading.json", report)
    for name, picture in _shown(params, sizes).items():
        with replacing(RESULTS / name) as path:
            path.write_bytes(picture)
    with replacing(RESULTS / "reading.png") as path:
        sheets.draw_photographs(path, _examples(params.seed, tasks, outcomes))


def _shown(params: Params, sizes: Reading) -> dict[str, bytes]:
    """Draw what the README shows: a word and a form, by the first hand that has their letters."""
    drawn = {}
    for name, how in SHOWN.items():
        hands_of_all = [hand for of in _hands(params, sizes, "test") for hand in of]
        hand = next((hand for hand in hands_of_all if writing.fits(how[1], hand)), None)
        if hand:
            picture = Task(how[0], how[1], hand, *how[2:], FIRST).draw(params.seed)
            # Any device reads it without Pillow.
            drawn[name] = png(numpy.asarray(Image.open(io.BytesIO(picture))))
    return drawn


def _hands(params: Params, sizes: Reading, part: str) -> list[list[Hand]]:
    """Return the hands of every corpus: of the test letters, or of those that chose the epoch."""
    clean, found = read_clean(), []
    for corpus, letters in read_split(METHOD, "test" if part == "test" else "train").items():
        if part == "validation":
            letters = letters.take(letters.validation)
        of = hands(named(corpus), letters, clean[corpus], sizes.parts, sizes.least_letters)
        # A word is of capitals, or of small letters.
        shapes = [(hand, hand.small == small) for hand in of for small in (False, True)]
        of = [
            hand._replace(
                images=hand.images[rows], labels=hand.labels[rows], small=hand.small[rows]
            )
            for hand, rows in shapes
            if rows.any()
        ]
        found += [of] if of else []
    return found


def _tasks(sizes: Reading, params: Params, part: str) -> list[Task]:
    """Return the texts to be written, every kind by the hands of every corpus in turn."""
    by_corpus = _hands(params, sizes, part)
    rng = stream(params.seed, "changes of a letter", READING, words.PARTS.index(part))
    listed = words.part(words.frequencies(params.language.words), part)
    drawn = iter(words.drawn(listed, 50 * _count(sizes), rng))
    tasks: list[Task] = []

    def add(kind: str, text: Callable[[Hand], str | None], gap: str, paper: str) -> None:
        while True:
            of = by_corpus[len(tasks) % len(by_corpus)]
            hand = of[rng.integers(len(of))]
            if written := text(hand):
                tasks.append(Task(kind, written, hand, gap, paper, len(tasks)))
                return

    def word(hand: Hand) -> str | None:
        return next(
            (each for each in (next(drawn) for _ in range(30)) if writing.fits(each, hand)), None
        )

    def several(hand: Hand) -> str | None:
        found = [word(hand) for _ in range(rng.integers(2, 6))]
        return " ".join(found) if all(found) else None

    def in_boxes(hand: Hand) -> str | None:
        boxes, first, second = int(rng.integers(10, 21)), word(hand), word(hand)
        if first and second and rng.random() < 0.5 and len(first) + len(second) < boxes:
            first = f"{first} {second}"
        return first and first[:boxes].ljust(boxes)

    def name(hand: Hand) -> str | None:
        fitting = [each for each in NAMES if writing.fits(each, hand)]
        return fitting[rng.integers(len(fitting))] if fitting else None

    for gap in GAPS:
        for number in range(sizes.words_of_a_gap):
            add("word", word, gap, "clean")
            add("word", word, gap, list(PAPERS)[number % len(PAPERS)])
    for _ in range(sizes.lines):
        add("line", several, "0.15 to 0.3", "clean")
    for _ in range(sizes.forms):
        for paper in ("scan", "photograph", "perspective"):
            add("form", in_boxes, "boxes", paper)
    for number in range(sizes.names):
        add("name" if number % 2 else "other", name if number % 2 else word, "0.15 to 0.3", "clean")
    return tasks


def _count(sizes: Reading) -> int:
    return 8 * sizes.words_of_a_gap + 5 * sizes.lines + 6 * sizes.forms + sizes.names


def _read(pack: Path, seed: int, task: Task) -> dict:
    """Read a text: edits without and with the language, and what else is counted of its kind."""
    classifier, picture = edge.load(pack, "numpy"), task.draw(seed)
    text = task.text.strip()
    outcome = {"characters": len(text)}
    for name, language in (("letters", False), ("language", True)):
        read = _document(classifier, picture, language)
        outcome[f"{name}_text"] = read["text"]
        outcome[name] = distance(read["text"], text)
    if task.kind == "form":
        (row, *others) = read["lines"] or [{"letters": []}]
        boxes = [letter["letter"] for letter in row["letters"]]
        outcome["boxes"] = len(task.text)
        outcome["told"] = 0
        if not others and len(boxes) == len(task.text):
            outcome["told"] = sum(
                (b is None) == (sign == " ") for b, sign in zip(boxes, task.text, strict=True)
            )
        outcome["alone"] = _alone(classifier, task, seed)
    elif task.kind in ("name", "other"):
        numbers = {tuple(map(RUSSIAN.index, each)): each for each in NAMES}
        word = _document(classifier, picture, False, numbers)["lines"][0].get("word")
        outcome["said"] = word and word["text"]
    return outcome


def _document(classifier: edge.Classifier, picture: bytes, language: bool, words=None) -> dict:
    try:
        return command.document(classifier.read_text(picture, language), words)
    except ValueError:
        # Refused.
        return {"text": "", "lines": [{"letters": [], "text": ""}]}


def _alone(classifier: edge.Classifier, task: Task, seed: int) -> int:
    """Return how many letters of a text are misread as they are in the corpus, each by itself."""
    rng = stream(seed, "changes of a letter", READING, task.number, 1)
    wrong = 0
    for sign in task.text.replace(" ", ""):
        rows = numpy.flatnonzero(task.hand.labels == RUSSIAN.index(sign))
        try:
            wrong += classifier.classify(task.hand.images[rng.choice(rows)]).letter != sign
        except ValueError:
            wrong += 1
    return wrong


def _weighed(pack: Path, seed: int, weights: Sequence[float], task: Task) -> list[int]:
    """Return the edits of a text that a language of each weight leaves."""
    classifier = edge.load(pack, "numpy")
    costs = languages.costs(classifier.pack)
    try:
        lines = classifier.read_text(task.draw(seed)).lines
    except ValueError:
        return [len(task.text)] * len(weights)
    edits = []
    for weight in weights:
        weighed = costs._replace(weight=weight) if weight else None
        ways = [lattice.best(line.lattice, weighed) for line in lines]
        said = "\n".join(
            "".join(" " * step.space + classifier.letters[step.letter] for step in way)
            for way in ways
        )
        edits.append(distance(said, task.text))
    return edits


def _report(tasks: Sequence[Task], outcomes: Sequence[dict]) -> dict:
    groups: dict[str, dict[str, list]] = {"words": {}, "lines": {}, "forms": {}}
    for task, outcome in zip(tasks, outcomes, strict=True):
        if task.kind == "word":
            on = "clean" if task.paper == "clean" else "papers"
            groups["words"].setdefault(f"{task.gap}, {on}", []).append(outcome)
        elif task.kind in ("line", "form"):
            groups[f"{task.kind}s"].setdefault(task.paper, []).append(outcome)
    report = {
        kind: {name: _summary(of) for name, of in found.items()} for kind, found in groups.items()
    }
    pairs = list(zip(tasks, outcomes, strict=True))
    said = [(task.text, outcome["said"]) for task, outcome in pairs if task.kind == "name"]
    other = [outcome["said"] for task, outcome in pairs if task.kind == "other"]
    report["names"] = {
        "list": len(NAMES),
        "words": len(said),
        "right": sum(text == name for text, name in said) / len(said),
        "none": sum(name is None for _, name in said) / len(said),
        "others": len(other),
        "others_taken": sum(name is not None for name in other) / len(other),
    }
    return report


def _summary(outcomes: Sequence[dict]) -> dict:
    total = {
        name: sum(each[name] for each in outcomes) for name in outcomes[0] if "_text" not in name
    }
    summary = {"texts": len(outcomes), "characters": total["characters"]}
    for name in ("letters", "language"):
        summary[name] = total[name] / total["characters"]
        summary[f"{name}_right"] = sum(not each[name] for each in outcomes) / len(outcomes)
    if "boxes" in total:
        summary["alone"] = total["alone"] / total["characters"]
        summary |= {"boxes": total["boxes"], "told": total["told"] / total["boxes"]}
    return summary


def distance(read: str, text: str) -> int:
    """Return how many letters must be put in, left out or replaced (Levenshtein 1966)."""
    row = list(range(len(text) + 1))
    for count, one in enumerate(read, 1):
        before, row = row, [count]
        for place, other in enumerate(text):
            row.append(min(before[place + 1] + 1, row[-1] + 1, before[place] + (one != other)))
    return row[-1]


def _examples(seed: int, tasks: Sequence[Task], outcomes: Sequence[dict]) -> dict:
    """Return some pictures of words on all papers, and of forms, by what is read in them."""
    shown = {}
    for paper in ("clean", *PAPERS, "scan", "photograph", "perspective"):
        of = [number for number, task in enumerate(tasks) if task.paper == paper][:2]
        for number in of:
            picture = Image.open(io.BytesIO(tasks[number].draw(seed))).convert("RGB")
            picture.thumbnail((400, 90))
            shown[f"{paper}: {outcomes[number]['language_text']}"] = numpy.asarray(picture)
    return shown
