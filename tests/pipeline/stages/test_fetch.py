"""Where a corpus is found, and what is refused."""

import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pipeline import params
from pipeline.data import archives
from pipeline.data.archives import MANIFEST
from pipeline.data.corpora import CORPORA, cyrillic_mnist
from pipeline.data.corpora.corpus import members_digest
from pipeline.errors import PipelineError
from pipeline.files import read_json
from pipeline.stages import fetch
from tests.support.workplace import picture, remains, scans, write_zip

NAME = "cyrillic-mnist.zip"
TARGET = Path("data/raw") / NAME


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def corpus(workplace, monkeypatch, set_params):
    """A small Cyrillic-MNIST, the one wanted, with its digests expected; gives its members."""
    set_params(fetch__corpora=["cyrillic-mnist"])
    members = scans()
    path = write_zip(workplace.parent.parent / NAME, members)
    digest = members_digest(path, cyrillic_mnist.CORPUS)
    small = replace(cyrillic_mnist.CORPUS, members_sha256=digest)
    monkeypatch.setitem(CORPORA, small.name, small)
    return members


def test_what_a_person_put_into_data_raw_is_taken_and_left_alone(corpus, capsys):
    write_zip(TARGET, corpus)
    Path("data/raw/notes.txt").write_text("mine")
    before = TARGET.stat()
    fetch.run(params.read())
    assert TARGET.stat().st_mtime_ns == before.st_mtime_ns
    assert Path("data/raw/notes.txt").read_text() == "mine"
    assert read_json(MANIFEST) == {"cyrillic-mnist": sha256(TARGET)}


def test_what_a_person_put_into_corpora_is_taken(corpus, capsys):
    write_zip(Path("corpora") / NAME, corpus)
    fetch.run(params.read())
    assert "copied from corpora/" in capsys.readouterr().out
    assert TARGET.exists()


def test_then_the_directory_of_bukva_mirror_then_shared_data_beside_the_checkout(
    corpus, workplace, monkeypatch, capsys
):
    shared = write_zip(workplace.parent / "shared/data" / NAME, corpus)
    fetch.run(params.read())
    assert "../shared/data" in capsys.readouterr().out
    TARGET.unlink()
    write_zip(shared, {"broken": b""})
    monkeypatch.setenv("BUKVA_MIRROR", str(workplace.parent / "mirror"))
    write_zip(workplace.parent / "mirror" / NAME, corpus)
    fetch.run(params.read())
    assert "mirror" in capsys.readouterr().out
    assert TARGET.exists()


@pytest.mark.parametrize("place", ["corpora", "data/raw", "../shared/data"])
def test_an_experiment_in_a_directory_of_its_own_finds_what_its_checkout_finds(
    corpus, workplace, monkeypatch, place, capsys
):
    write_zip(workplace / place / NAME, corpus)
    copy = workplace / ".dvc/tmp/exps/tmp1234"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    fetch.run(params.read(workplace / "params.yaml"))
    assert (copy / TARGET).exists()
    assert read_json(MANIFEST) == {"cyrillic-mnist": sha256(TARGET)}


@pytest.fixture
def upstream(corpus, workplace, monkeypatch):
    """A server here in the place of the upstream address; gives its answer, to change."""
    answer = {"body": write_zip(workplace.parent / "upstream.zip", corpus).read_bytes(), "cut": 0}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer["body"])))
            self.end_headers()
            self.wfile.write(answer["body"][: len(answer["body"]) - answer["cut"]])

        def log_message(self, *_):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = replace(CORPORA["cyrillic-mnist"], url=f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setitem(CORPORA, here.name, here)
        yield answer
        server.shutdown()


def test_then_the_upstream_address(upstream, capsys):
    fetch.run(params.read())
    assert "downloaded" in capsys.readouterr().out
    assert TARGET.read_bytes() == upstream["body"]


def test_an_archive_that_upstream_packs_otherwise_is_made_of_what_is_downloaded(
    upstream, monkeypatch, capsys
):
    def make(source, target):
        assert source.read_bytes() == upstream["body"]
        target.write_bytes(upstream["body"])

    monkeypatch.setitem(CORPORA, "cyrillic-mnist", replace(CORPORA["cyrillic-mnist"], make=make))
    fetch.run(params.read())
    assert "made of what was downloaded" in capsys.readouterr().out
    assert remains(TARGET.parent) == ["corpora.json", NAME]


def test_a_download_cut_short_is_out_of_reach_and_leaves_nothing(upstream, set_params, capsys):
    upstream["cut"] = 1000
    fetch.run(set_params(fetch__strokes={"letters_per_class": 4}))
    assert "out of reach" in capsys.readouterr().err
    assert remains(TARGET.parent) == ["corpora.json", "strokes.zip"]


@pytest.mark.parametrize("whole", [True, False])
def test_another_archive_upstream_or_none_is_refused(upstream, workplace, whole):
    other = write_zip(workplace.parent / "other.zip", {"a": b"b"}).read_bytes()
    upstream["body"] = other if whole else b"<html>Who are you?</html>"
    said = "not cyrillic-mnist" if whole else "not a whole ZIP archive"
    with pytest.raises(PipelineError, match=rf"^http://127\.0\.0\.1:\d+/: {said}"):
        fetch.run(params.read())
    assert remains(workplace / "data") == []


def test_another_packing_of_the_same_letters_is_accepted(corpus):
    upstream = {f"cmnist-adc9aa/{name}": data for name, data in reversed(corpus.items())}
    kazakh = {"cmnist-adc9aa/allgr/1_1_7_20190729110000.png": picture(999)}
    binary = {f"cmnist-adc9aa/allbi/{name[6:]}": data for name, data in corpus.items()}
    write_zip(TARGET, {**upstream, **kazakh, **binary, "cmnist-adc9aa/README.md": b"hello"})
    fetch.run(params.read())
    assert read_json(MANIFEST) == {"cyrillic-mnist": sha256(TARGET)}


def test_nothing_in_reach_gives_strokes_and_one_unmissable_line(workplace, set_params, capsys):
    fetch.run(set_params(fetch__strokes={"letters_per_class": 6}))
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("!!!")]
    assert "DEMONSTRATION" in line
    assert "strokes" in line
    assert NAME in line
    assert read_json(MANIFEST) == {"strokes": sha256("data/raw/strokes.zip")}
    assert remains(workplace / "data") == ["raw/corpora.json", "raw/strokes.zip"]


def test_strokes_may_be_asked_for(workplace, set_params, capsys):
    fetch.run(set_params(fetch__corpora=["strokes"], fetch__strokes={"letters_per_class": 6}))
    assert "!!!" not in capsys.readouterr().err
    assert read_json(MANIFEST) == {"strokes": sha256("data/raw/strokes.zip")}


def test_letters_that_were_pulled_are_used_where_no_archive_is_in_reach(corpus, set_params, capsys):
    write_zip(TARGET, corpus)
    fetch.run(params.read())
    pulled = MANIFEST.read_bytes()
    TARGET.unlink()
    fetch.run(params.read())
    said = capsys.readouterr()
    assert "cyrillic-mnist.zip: not in reach; the letters that were made of it are used" in said.out
    assert MANIFEST.read_bytes() == pulled
    # No demonstration takes the place of what is there.
    with pytest.raises(PipelineError, match=r"fetch\.corpora: comnist\.zip is not in reach"):
        fetch.run(set_params(fetch__corpora=["comnist"]))
    assert MANIFEST.read_bytes() == pulled


def test_an_archive_that_is_not_the_one_recorded_is_not_read(corpus, capsys):
    write_zip(TARGET, corpus)
    fetch.run(params.read())
    assert [*archives.fetched().values()] == [TARGET]
    # The same letters, in another order.
    write_zip(TARGET, dict(reversed(corpus.items())))
    with pytest.raises(
        PipelineError, match=f"^{TARGET}: not there, nor in reach, with the SHA-256"
    ):
        archives.fetched()


def test_only_some_of_the_corpora_in_reach_is_an_error(workplace, set_params):
    wanted = ["strokes", "cyrillic-mnist"]
    parameters = set_params(fetch__corpora=wanted, fetch__strokes={"letters_per_class": 4})
    with pytest.raises(PipelineError, match=r"fetch\.corpora: cyrillic-mnist\.zip is not in reach"):
        fetch.run(parameters)


@pytest.mark.parametrize("place", ["corpora", "data/raw", "../shared/data"])
@pytest.mark.parametrize("damage", ["cut short", "other letters", "no archive", "empty"])
def test_what_is_not_the_corpus_is_refused_and_named(corpus, workplace, place, damage):
    path = write_zip(Path(place) / NAME, corpus)
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:-1000])
    elif damage == "other letters":
        write_zip(path, {**corpus, next(iter(corpus)): picture(54321)})
    else:
        path.write_bytes(b"" if damage == "empty" else b"no archive at all")
    with pytest.raises(PipelineError) as caught:
        fetch.run(params.read())
    said = "not cyrillic-mnist: " if damage == "other letters" else "not a whole ZIP archive "
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)
    assert remains(workplace / "data") == ([f"raw/{NAME}"] if place == "data/raw" else [])


def test_a_mirror_that_is_no_directory_is_named(workplace, monkeypatch):
    monkeypatch.setenv("BUKVA_MIRROR", "/no/such/place")
    with pytest.raises(PipelineError, match="BUKVA_MIRROR: /no/such/place is no directory"):
        fetch.run(params.read())
