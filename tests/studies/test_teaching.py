"""Hands are told apart as far as the corpora tell, taught, and read in what else they wrote."""

import numpy
import pytest
from safetensors.numpy import save_file

from edge import pack as packs
from pipeline.data.corpora import comnist, cyrillic_mnist, kyrgyz
from pipeline.data.letters import CleanLetters, Letters
from pipeline.files import INK, MODELS, read_json, write_json
from pipeline.nn.initializers import he
from pipeline.nn.network import Network
from pipeline.stages import split
from studies.strangers import RESULTS, teaching
from studies.strangers.hands import Hand, hands
from tests.support.workplace import NETWORK, clean_strokes


def letters(names, runs, labels=None):
    count = len(names)
    labels = numpy.zeros(count, numpy.uint8) if labels is None else labels
    images = numpy.zeros((count, 28, 28), numpy.uint8)
    return Letters(images, labels, numpy.array(names), numpy.array(runs), numpy.zeros(count, bool))


def test_columns_of_the_forms_are_hands_and_their_lower_rows_small_letters():
    names = [b"0/img1_-1_-1.png", b"0/img1_5_-1.png", b"0/img1_6_-1.png", b"2/img7_15_3.png"]
    found = hands(kyrgyz.CORPUS, letters(names, [b"round 5"] * 4), None, 1, 1)
    assert [hand.name for hand in found] == ["column -1", "column 3"]
    assert [hand.small.tolist() for hand in found] == [[False, False, True], [True]]
    assert found[0].signs(numpy.arange(3)) == ["А", "А", "а"]


def test_sessions_are_hands_if_they_are_long_enough_and_timed():
    runs = [b"a"] * 3 + [b"b"] * 2 + [b"untimed"] * 4
    found = hands(comnist.CORPUS, letters([b"x"] * 9, runs), None, 1, 3)
    assert [(hand.name, len(hand.labels)) for hand in found] == [("session a", 3)]


def test_of_scans_each_letters_order_of_capture_is_parted():
    names = [b"%02d" % number for number in range(12)]
    labels = numpy.arange(12, dtype=numpy.uint8) % 2
    positions = numpy.arange(12)[::-1]
    of = letters(names, [b"lowercase"] * 12, labels)
    clean = CleanLetters(of.images, labels, of.names, of.runs, positions)
    found = hands(cyrillic_mnist.CORPUS, of.take(numpy.arange(12)[::-1]), clean, 3, 1)
    assert [hand.labels.tolist() for hand in found] == [[1, 0, 1, 0]] * 3


def test_what_is_taught_is_at_most_half_and_capital_and_small_letters_in_turn():
    labels = numpy.repeat(numpy.arange(3), (1, 4, 9))
    small = numpy.array([False] * 3 + [True] * 2 + [False] * 8 + [True])
    hand = Hand("x", numpy.zeros((14, 28, 28), numpy.uint8), labels, small)
    rows = teaching.rows_to_teach(hand, 4, numpy.random.default_rng(0))
    assert numpy.bincount(labels[rows]).tolist() == [1, 2, 4]
    assert small[rows[labels[rows] == 1]].sum() == 1
    assert small[rows[labels[rows] == 2]].sum() == 1


@pytest.mark.slow
def test_hands_are_taught_and_what_becomes_of_them_is_written(studies, set_params, set_study):
    clean_strokes(60)
    chosen = set_params(split__test_per_letter=20, split__validation_share=0.2)
    split.run(chosen, "tail")
    network = Network(NETWORK, numpy.random.default_rng(0), he)
    write_json(MODELS / "tail" / "network.json", network.description())
    save_file(network.parameters, MODELS / "tail" / "fp32.safetensors")
    alphabet = list(packs.read().description["letters"])
    of = {"profile": "test", "alphabet": alphabet, "unsure_below": 0.0}
    write_json(MODELS / "tail" / "training.json", of)
    for name in ("network", "training"):
        write_json(INK / f"{name}.json", {})
    few = {"letters_per_class": [1, 2], "draws": 2, "least_letters": 40, "parts": 3}
    set_study("strangers", teaching={**few, "wrong_labels": 0.2})
    studies("teaching")
    measured = read_json(RESULTS / "teaching.json")["strokes"]
    assert list(measured) == ["1", "2", "wrong labels"]
    for taught in measured.values():
        assert taught["hands"] >= 3
        assert 0 <= taught["before"] < 0.5
        assert taught["after"] > taught["before"] or taught["refused"] == 1
    assert measured["1"]["wrong"] == 0 < measured["wrong labels"]["wrong"]
    assert measured["2"]["letters"] < measured["1"]["letters"]
