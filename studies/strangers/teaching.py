"""How much better a stranger's hand is read after `edge` was taught some letters of it."""

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy
from safetensors.numpy import load_file

from edge import pack as packs
from edge import teaching
from edge.network import Network
from edge.network import parameters as parameters_of
from pipeline import parallel
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import named
from pipeline.data.letters import read_clean, read_split
from pipeline.data.streams import stream
from pipeline.export.pack_file import describe, write_pack
from pipeline.files import MODELS, write_json
from pipeline.params import Count, Params, Section, Share, section
from studies.strangers import PARAMS, RESULTS
from studies.strangers.hands import Hand, hands

# The split whose test letters are of hands that its network has not seen.
METHOD = "tail"

# Labels that are wrong, that are doubted, and that are both.
LABELS = ("wrong", "doubted", "doubted_wrong")

# A hand counts as read worse if it loses more than this share of its letters.
WORSE = 0.01


class Teaching(Section):
    """How many letters are taught, and how often they are drawn anew."""

    letters_per_class: list[Count]
    draws: Count
    least_letters: Count
    parts: Count
    wrong_labels: Share


def run(params: Params) -> None:
    """Teach the network of the split `tail` each hand of its test letters; measure it on the rest.

    Writes `results/teaching.json`: by kind of letters and how many of each class are taught, the
    accuracy before and after, the share of the errors that is `gone`, and what becomes of hands.
    """
    chosen = section(Teaching, PARAMS, "teaching")
    clean, pack = read_clean(), _pack()
    report = {}
    for corpus, letters in read_split(METHOD, "test").items():
        of = named(corpus)
        found = hands(of, letters, clean[corpus], chosen.parts, chosen.least_letters)
        kind = report[of.kind] = {}
        for count in chosen.letters_per_class:
            kind[str(count)] = _measured(pack, found, count, 0, chosen.draws, params.seed)
        kind["wrong labels"] = _measured(
            pack, found, count, chosen.wrong_labels, chosen.draws, params.seed
        )
    write_json(RESULTS / "teaching.json", report)


def _pack() -> packs.Pack:
    """Return the network that has seen none of the hands, as a pack."""
    description = describe(MODELS / METHOD, {})
    del description["ink"]
    weights = load_file(MODELS / METHOD / "fp32.safetensors")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pack.safetensors"
        stored = {name: array.astype(numpy.float16) for name, array in weights.items()}
        write_pack(path, description, stored)
        return packs.read(path)


def _measured(
    pack: packs.Pack, found: list[Hand], count: int, wrong: float, draws: int, seed: int
) -> dict:
    items = [(number, hand, draw) for number, hand in enumerate(found) for draw in range(draws)]
    teach = partial(taught, pack, count, wrong, seed)
    outcomes = parallel.map_all(teach, items, f"{len(found)} hands, {count} letters a class")
    by_hand = [outcomes[start : start + draws] for start in range(0, len(outcomes), draws)]
    sums = numpy.array([[each["letters"], each["before"], each["after"]] for each in outcomes])
    letters, before, after = sums.sum(axis=0).tolist()
    changes = [
        sum(each["before"] - each["after"] for each in of) / sum(each["letters"] for each in of)
        for of in by_hand
    ]
    return {
        "hands": len(found),
        "letters": letters,
        "before": 1 - before / letters,
        "after": 1 - after / letters,
        "gone": 1 - after / max(before, 1),
        "change_mean": float(numpy.mean(changes)),
        "change_deviation": float(numpy.std(changes)),
        "worse": sum(change < -WORSE for change in changes),
        "refused": sum(each["refused"] for each in outcomes) / len(outcomes),
        "seconds": float(numpy.median([each["seconds"] for each in outcomes])),
        **{name: sum(each[name] for each in outcomes) for name in LABELS},
    }


def taught(
    pack: packs.Pack, count: int, wrong: float, seed: int, item: tuple[int, Hand, int]
) -> dict:
    """Teach one hand `count` letters of each class, at most half of them, some with wrong labels.

    Returns how many other letters are misread, before and after.
    """
    number, hand, draw = item
    rng = stream(seed, "letters taught", number, draw, count)
    rows = rows_to_teach(hand, count, rng)
    others = numpy.setdiff1d(numpy.arange(len(hand.labels)), rows)
    signs = hand.signs(rows)
    mistaken = set(numpy.flatnonzero(rng.random(len(rows)) < wrong).tolist())
    for place in mistaken:
        wrongly = rng.integers(1, len(RUSSIAN))
        signs[place] = RUSSIAN[(hand.labels[rows[place]] + wrongly) % len(RUSSIAN)]
    views = [[image.tobytes()] for image in hand.images[rows]]
    start, learned, doubted = time.perf_counter(), pack, set()
    try:
        lesson = teaching.learn(pack, views, signs)
        learned = packs.parse(lesson.pack)
        doubted = {place for place, _ in lesson.doubted}
    except teaching.NothingLearned:
        pass
    seconds = time.perf_counter() - start
    return {
        "letters": len(others),
        "before": _misread(pack, hand, others),
        "after": _misread(learned, hand, others),
        "refused": learned is pack,
        "seconds": seconds,
        "wrong": len(mistaken),
        "doubted": len(doubted),
        "doubted_wrong": len(doubted & mistaken),
    }


def rows_to_teach(hand: Hand, count: int, rng: numpy.random.Generator) -> numpy.ndarray:
    """Return the letters to teach: of each class `count`, small and capital in turn."""
    rows = []
    for label in numpy.unique(hand.labels):
        shapes = [
            rng.permutation(numpy.flatnonzero((hand.labels == label) & (hand.small == small)))
            for small in rng.permutation([False, True])
        ]
        longest = max(map(len, shapes))
        turns = [shape[turn] for turn in range(longest) for shape in shapes if turn < len(shape)]
        rows += turns[: min(count, (len(turns) + 1) // 2)]
    return numpy.array(rows)


def _misread(pack: packs.Pack, hand: Hand, rows: numpy.ndarray) -> int:
    network = Network(pack.description["network"], parameters_of(pack))
    read = network.probabilities(hand.images[rows]).argmax(axis=1)
    return int((read != hand.labels[rows]).sum())
