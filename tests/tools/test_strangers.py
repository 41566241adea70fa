"""The tables of studies/strangers: their numbers are those of the studies' results."""

import pytest

from tools.pages import strangers


def ended(right, **shares):
    nothing = dict.fromkeys(("refused", "several", "unsure", "wrong"), 0.0)
    return {"right": right} | nothing | shares


def scene(group, touch, scans):
    both = (touch + scans) / 2
    rights = {"touch": touch, "scans": scans, "together": both}
    found = {
        kind: ended(right) | {"clean": 0.9, "points": 100 * (right - 0.9)}
        for kind, right in rights.items()
    }
    return {"group": group} | found


RESULTS = {
    "scenes": {
        "pack": "ab",
        "scenes": {
            "drawing": scene("clean", 0.9, 0.98),
            "box, black": scene("frames", 0.5, 0.8),
            "box, gray": scene("frames", 0.8, 0.75),
        },
        "none": {"noise": {"pictures": 1000} | ended(0, refused=0.75, unsure=0.125, wrong=0.125)},
        "several": {"word": {"pictures": 20} | ended(0, refused=0.9, several=0.85, wrong=0.1)},
        "words_by_gap": {
            "0.05": {"pictures": 4} | ended(0, wrong=0.5),
            "0.1": {"pictures": 4} | ended(0, refused=1.0),
            "together": {"pictures": 8} | ended(0, wrong=0.25),
        },
    },
    "photographs": {
        "pack": "ab",
        "papers": {
            "plain": {"photographs": 1654}
            | ended(0.8768, refused=0.0312, unsure=0.05, wrong=0.0421),
            "together": {"photographs": 2625} | ended(0.9, unsure=0.1),
        },
    },
    "robustness": {
        "kinds": ["touch", "scans"],
        "curves": {
            "rotation": {
                "title": "rotation",
                "shown": {"0": "0°", "45": "45°"},
                "accuracy": {"touch": {"0": 0.95, "45": 0.5}},
            }
        },
    },
}


RESULTS |= {
    "ablation/default": {
        "tail": {"scans": [0.9, 0.92], "touch": [0.8, 0.8], "forms": [0.7, 0.74]},
    },
    "ablation/without_forms": {
        "tail": {"scans": [0.89, 0.91], "touch": [0.8, 0.81], "forms": [0.5, 0.6]},
    },
}
VARIANTS = {"profile": "letters", "splits": ["tail"], "seeds": 2, "epochs": 1}
VARIANTS |= {"variants": {"default": {}, "without_forms": {}}}


@pytest.fixture(autouse=True)
def _results(monkeypatch):
    monkeypatch.setattr(strangers, "results", lambda study, name: RESULTS[name])


def test_the_ablation_has_a_column_for_each_kind_and_split_and_differences_by_seed(monkeypatch):
    monkeypatch.setattr(strangers, "params", lambda study, name: VARIANTS)
    assert strangers.ablation().splitlines()[:4] == [
        "| 1 epochs, 2 seeds | scans, tail split | touch, tail split | forms, tail split |",
        "| --- | --- | --- | --- |",
        "| default | **91.00%** ± 1.41 | **80.00%** ± 0.00 | **72.00%** ± 2.83 |",
        "| without forms | -1.00 ± 0.00 | +0.50 ± 0.71 | -17.00 ± 4.24 |",
    ]


def test_scenes_are_gathered_by_group_with_the_worst_of_each():
    assert strangers.scenes().splitlines() == [
        "| group | scenes | touch: right, points | scans: right, points | worst |",
        "| --- | --- | --- | --- | --- |",
        "| clean | 1 | 90.0%, +0.0 | 98.0%, +8.0 | drawing: 94% |",
        "| frames | 2 | 65.0%, -25.0 | 77.5%, -12.5 | box, black: 65% |",
    ]


def test_photographs_are_shown_by_paper_with_what_is_refused_and_unsure():
    assert strangers.photographs().splitlines()[2:] == [
        "| plain | 1654 | **87.7%** | 3.1% | 5.0% | 4.2% |",
        "| together | 2625 | **90.0%** | 0.0% | 10.0% | 0.0% |",
    ]


def test_pictures_of_none_and_of_several_are_shown_with_what_is_read_in_them():
    assert strangers.refusals().splitlines()[2:] == [
        "| nothing: noise | 1,000 | 75% | 12% | 12% |",
        "| several: word | 20 | 90% | 0% | 10% |",
        "",
        "Of words, by the gap between two letters, a share of their height, are refused or unsure:"
        " 50% at 5% and 100% at 10%.",
    ]


def test_failures_name_what_is_read_too_seldom_the_worst_scene_and_the_photographs():
    changed, photographs = strangers.failures().split("\nReal photographs, by their paper:\n\n")
    assert changed.splitlines() == [
        "| read less often than 90% | touch | scans |",
        "| --- | --- | --- |",
        "| rotation | 45°: 50% | not measured |",
        "| the worst of all scenes | box, black: 50% | box, gray: 75% |",
    ]
    assert photographs == strangers.photographs()
