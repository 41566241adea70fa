"""Real photographs are counted paper by paper, where their archive is at hand."""

import hashlib
import json
import zipfile

import pytest

from pipeline import parallel
from pipeline.data.alphabet import RUSSIAN
from pipeline.errors import PipelineError
from pipeline.files import RAW
from studies.strangers import RESULTS, photographs
from studies.strangers.scenery import SCENES
from tests.support.workplace import in_this_process

FILES = [RESULTS / "photographs.json", RESULTS / "photographs.png"]


@pytest.fixture
def archive(letter, exported, monkeypatch):
    """An archive of two clean pictures of every paper."""
    path = RAW / photographs.ARCHIVE
    picture = SCENES["drawing"].photograph(letter, None)
    with zipfile.ZipFile(path, "w") as file:
        for paper in photographs.PAPERS:
            for name in "ГЯ":
                file.writestr(f"photographs/{paper}/{name}/1.png", picture)
    monkeypatch.setattr(photographs, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_photographs_are_measured_and_shown(archive, exported, monkeypatch):
    monkeypatch.setattr(parallel, "map_all", in_this_process)
    taken = photographs.photographs(archive)
    assert [RUSSIAN[each.label] for each in taken if each.paper == "plain"] == ["Г", "Я"]
    photographs.run(exported)
    first = [path.read_bytes() for path in FILES]
    papers = json.loads(first[0])["papers"]
    assert {name: row["photographs"] for name, row in papers.items()} == {
        "plain": 2,
        "graph": 2,
        "squared": 2,
        "striped": 2,
        "together": 8,
    }
    # The same picture as two letters: one answer at most is right.
    assert papers["plain"]["right"] + papers["plain"]["wrong"] == 1
    photographs.run(exported)
    assert [path.read_bytes() for path in FILES] == first


def test_without_the_archive_one_line_says_so_and_the_results_stay(exported, capsys):
    FILES[0].parent.mkdir(parents=True, exist_ok=True)
    FILES[0].write_text("as it was")
    photographs.run(exported)
    assert capsys.readouterr().err.splitlines() == [
        "photographs.zip: not on this machine; no photograph is read"
    ]
    assert FILES[0].read_text() == "as it was"
    assert not FILES[1].exists()


def test_another_archive_is_refused(exported):
    path = RAW / photographs.ARCHIVE
    path.write_bytes(b"another")
    with pytest.raises(PipelineError, match=r"photographs\.zip: its SHA-256 is .*, expected"):
        photographs.run(exported)
