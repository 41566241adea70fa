"""What is a letter, which one, and what is dropped for which reason."""

import zipfile
from pathlib import Path

import numpy
import pytest

from edge.classifier import prepare
from pipeline.data import alphabet, archives
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import cyrillic_mnist
from pipeline.data.corpora.corpus import Origin
from pipeline.errors import PipelineError
from pipeline.files import CLEAN, RAW
from pipeline.stages import clean
from tests.support.workplace import picture, remains, scans, write_zip

CORPUS = cyrillic_mnist.CORPUS


@pytest.mark.parametrize(
    "name, expected",
    [
        ("allgr/0_0_1000_20190729081441.png", ("А", "uppercase")),
        ("allgr/0_0_1000_20190729095932.png", ("А", "lowercase")),
        # Read with one alphabet, these Ч would be Ц.
        ("allgr/31_3_7_20190729095759.png", ("Ч", "uppercase")),
        ("allgr/31_3_7_20190729095800.png", ("Ц", "lowercase")),
        ("allgr/31_3_7_201907290957591.png", ("Ч", "uppercase")),
        ("allgr/34_3_7_20190729095759.png", ("Ы", "uppercase")),
        ("allgr/34_3_7_20190730082600.png", ("Щ", "lowercase")),
        ("allgr/35_3_7_20190730082600.png", ("І", "uppercase")),
        ("allgr/35_3_7_20190729110000.png", ("Ъ", "lowercase")),
        ("allgr/38_3_7_20190729090000.png", ("Я", "uppercase")),
        ("allgr/41_3_7_20190729110000.png", ("Я", "lowercase")),
        ("allgr/1_3_7_20190729110000.png", ("Ә", "lowercase")),
        ("allgr/39_0_1_20190729090000.png", None),
        ("allgr/42_0_1_20190729110000.png", None),
        ("allgr/0_0_1_2019072911000.png", None),
        ("allgr/a_0_1_20190729110000.png", None),
        ("allgr/0_0_1_20190729110000.jpg", None),
        ("allbi/0_0_1_20190729110000.png", None),
    ],
)
def test_two_alphabets_give_the_letter_and_another_name_gives_none(name, expected):
    origin = cyrillic_mnist.origin(name)
    assert (origin and origin[:2]) == expected


def test_capture_order_is_timestamp_then_index():
    early = cyrillic_mnist.origin("allgr/0_0_900_20190729081441.png")
    late = cyrillic_mnist.origin("allgr/0_0_1000_20190729081441.png")
    assert early == Origin("А", "uppercase", ("20190729081441", 900))
    assert early.position < late.position


def test_what_is_no_letter_is_dropped_with_its_name_and_reason(workplace):
    members = scans()
    first = next(iter(members))
    spoiled = {
        "allgr/0_0_901_20190729110000.png": (b"no picture", "unreadable"),
        "allgr/0_0_902_20190729110000.png": (picture(77)[:60], "unreadable"),
        "allgr/0_0_903_20190729110000.png": (picture(77, shade=255), "blank"),
        "allgr/1_0_905_20190729110000.png": (picture(905), "not of the alphabet"),
        "allgr/strange.png": (picture(906), "name gives no letter"),
        # Members are read by name, so the copy must come after the original.
        "allgr/9_9_99999_20190729110000.png": (members[first], "duplicate"),
    }
    added = {name: data for name, (data, _) in spoiled.items()} | {"allgr/README": b"hi"}
    path = write_zip(workplace / "some.zip", members | added)
    report = clean.clean(CORPUS, path, [*RUSSIAN])
    assert report["in"] == len(members) + len(spoiled)
    assert report["kept"] == len(members) == sum(report["classes"].values())
    assert list(report["classes"]) == list(RUSSIAN)
    for name, (_, reason) in spoiled.items():
        assert name in report["dropped_names"][reason]
    assert sum(report["dropped"].values()) == len(spoiled)
    # As published, for whoever has no archive.
    with zipfile.ZipFile("data/clean/dropped/cyrillic-mnist.zip") as dropped:
        kept = {name: dropped.read(name) for name in dropped.namelist()}
    assert kept == {f"{reason}/{name}": data for name, (data, reason) in spoiled.items()}


def test_every_file_lies_in_its_class_folder_under_its_own_name_unchanged(workplace):
    members = scans(2)
    clean.clean(CORPUS, write_zip(workplace / "some.zip", members), [*RUSSIAN])
    folder = workplace / "data/letters/cyrillic-mnist"
    assert len(remains(folder)) == len(members)
    for name, data in members.items():
        number = RUSSIAN.index(cyrillic_mnist.origin(name).letter)
        assert (folder / str(number) / name.split("/")[1]).read_bytes() == data
    with numpy.load("data/clean/cyrillic-mnist.npz") as arrays:
        assert arrays["images"].shape == (66, 28, 28)
        assert {f"{name.decode()}" for name in arrays["names"]} == set(remains(folder))
        for name, label in zip(arrays["names"], arrays["labels"], strict=True):
            assert int(name.decode().split("/")[0]) == label


def test_the_arrays_hold_what_edge_would_read_and_in_the_order_of_the_names(workplace):
    members = {
        **scans(),
        "allgr/0_0_904_20190729110000.png": picture(78, size=(64, 48)),
        "allgr/0_0_905_20190729110000.png": picture(79, shade=190),
    }
    clean.clean(CORPUS, write_zip(workplace / "some.zip", members), [*RUSSIAN])
    with numpy.load("data/clean/cyrillic-mnist.npz") as arrays:
        assert arrays["images"].dtype == numpy.uint8
        for name, image in zip(sorted(members), arrays["images"], strict=True):
            assert image.tobytes() == prepare(members[name])


def test_the_same_archive_gives_the_same_bytes(workplace):
    path = write_zip(workplace / "some.zip", {**scans(), "allgr/strange.png": b"no picture"})
    outputs = []
    for _ in range(2):
        clean.clean(CORPUS, path, [*RUSSIAN])
        outputs.append([path.read_bytes() for path in sorted(Path("data/clean").rglob("*.*"))])
    assert len(outputs[0]) == 2
    assert outputs[0] == outputs[1]


def test_a_member_cannot_write_outside_its_folder(workplace):
    members = {**scans(), "allgr/../../../0_0_950_20190729110000.png": picture(950)}
    clean.clean(CORPUS, write_zip(workplace / "some.zip", members), [*RUSSIAN])
    assert not list(workplace.parent.glob("*.png"))


@pytest.mark.parametrize("damage", ["missing", "cut short", "no archive", "member"])
def test_a_damaged_archive_is_named_and_nothing_is_left(workplace, damage):
    path = write_zip(workplace / "some.zip", scans())
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "member":
        position = data.index(b"IDAT") + 6
        path.write_bytes(data[:position] + b"\0\0\0\0" + data[position + 4 :])
    else:
        path.write_bytes(data[:-100] if damage == "cut short" else b"no archive")
    with pytest.raises(PipelineError, match=r"some\.zip: ") as caught:
        clean.clean(CORPUS, path, [*RUSSIAN])
    assert "\n" not in str(caught.value)
    assert remains(workplace) == ["params.yaml", *(["some.zip"] if path.exists() else [])]


def test_a_letter_of_which_no_corpus_has_a_picture_is_named_and_there_is_no_alphabet(
    workplace, set_params
):
    members = {name: data for name, data in scans().items() if "allgr/8_" not in name}
    write_zip(RAW / "cyrillic-mnist.zip", members)
    archives.record([CORPUS], {})
    with pytest.raises(PipelineError, match="no picture of Ё in cyrillic-mnist"):
        clean.run(set_params())
    assert not (CLEAN / "alphabet.json").exists()
    clean.run(set_params(alphabet=RUSSIAN.replace("Ё", "")))
    assert alphabet.read(CLEAN) == [*RUSSIAN.replace("Ё", "")]
