"""The whole road in small: every stage but the report, on a few drawn letters, without DVC."""

import shutil
from pathlib import Path

import yaml

from pipeline import params, processes
from pipeline.corpora import strokes
from pipeline.files import RAW, write_json
from pipeline.stages import (
    clean,
    describe,
    doubt,
    evaluate,
    export,
    fetch,
    package,
    quantize,
    split,
    train,
)
from tests.pipeline.conftest import ROOT


def run(patch):
    """Go it in the working directory, an empty one, and give the parameters."""
    # So few letters are read before another process has begun.
    patch.setattr(processes, "map_all", lambda function, items, *_, **__: map(function, items))
    document = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    document["split"]["test_per_letter"] = 4
    document["doubt"]["epochs"] = document["profiles"]["letters"]["epochs"] = 1
    document["evaluate"]["pure_letters"] = 5
    Path("params.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    small = params.read()
    RAW.mkdir(parents=True)
    strokes.write_archive(RAW / strokes.CORPUS.archive, 12, 7)
    write_json(fetch.MANIFEST, {"corpora": [strokes.CORPUS.name]})
    shutil.copytree(ROOT / "edge", "edge", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    clean.run(small)
    for method in ("random", "tail"):
        for stage in (split, doubt, train, quantize):
            stage.run(small, method)
    for stage in (export, evaluate, describe, package):
        stage.run(small)
    return small
