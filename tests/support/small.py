"""The whole pipeline in small: every stage but the report, on few letters, without DVC."""

import shutil
from pathlib import Path

import yaml

from pipeline import parallel, params
from pipeline.data.letters import METHODS
from pipeline.stages import clean, compose, evaluate, fetch, ink, language, package, split, train
from tests.support.workplace import PARAMS, ROOT, in_this_process


def run(patch, corpus="strokes", **letters):
    """Run the stages in the working directory, and return the parameters.

    `letters` are parameters of the profile of that name.
    """
    patch.setattr(clean, "map_all", in_this_process)
    patch.setattr(parallel, "map_all", in_this_process)
    document = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    document["fetch"] = {"corpora": [corpus], "strokes": {"letters_per_class": 12}}
    document["split"]["test_per_letter"] = 4
    document["ink"] |= {"scenes": 64, "validation_scenes": 32, "epochs": 1}
    document["compose"]["letters"] = 66
    document["language"]["words"] = "small"
    document["profiles"]["letters"] |= {"epochs": 1, **letters}
    document["evaluate"]["pure_letters"] = 5
    Path("params.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    small = params.read()
    shutil.copytree(ROOT / "edge", "edge", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    fetch.run(small)
    clean.run(small)
    for method in METHODS:
        split.run(small, method)
    ink.run(small)
    compose.run(small)
    for method in METHODS:
        train.run(small, method)
        evaluate.run(small, method)
    language.run(small)
    package.run(small)
    return small
