"""Random numbers for one purpose have nothing to do with those for another."""

import re

import pytest

from pipeline.data.streams import STREAMS, stream
from tests.support.workplace import ROOT


def test_no_two_purposes_share_a_number():
    assert len(STREAMS) > 1
    assert len(set(STREAMS.values())) == len(STREAMS)


def test_the_same_purpose_gives_the_same_numbers_and_all_else_gives_others():
    # Another seed, another purpose, and a purpose that is divided again.
    others = (2, "training"), (1, "split"), (1, "training", 1), (1, "training", 2)
    drawn, again = ([stream(*each).random() for each in ((1, "training"), *others)] for _ in "ab")
    assert len(set(drawn)) == len(drawn)
    assert drawn == again


def test_an_unknown_purpose_is_refused():
    with pytest.raises(KeyError, match="luck"):
        stream(1, "luck")


def test_every_purpose_that_is_drawn_for_has_a_name():
    """Nothing but the drawn corpus, which has a grammar of its own, makes a generator by itself."""
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "pipeline").rglob("*.py"))
    }
    made = [name for name, text in sources.items() if "default_rng(" in text]
    # What folding builds is overwritten by trained weights.
    assert made == [
        "pipeline/data/corpora/strokes.py",
        "pipeline/data/streams.py",
        "pipeline/nn/folding.py",
    ]
    named = re.findall(r"\bstream\([^\"()]*\"([^\"]+)\"", "".join(sources.values()))
    assert {"split", "training"} <= {*named} <= {*STREAMS}
