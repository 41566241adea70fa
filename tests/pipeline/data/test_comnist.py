"""CoMNIST: letters and times off names, sessions, and a split that divides none of them."""

import io

import numpy
import pytest
from PIL import Image

from edge.classifier import prepare
from pipeline.data import alphabet
from pipeline.data.alphabet import RUSSIAN
from pipeline.data.corpora import comnist
from pipeline.data.corpora.corpus import UNTIMED, Origin
from pipeline.data.letters import read_split
from pipeline.errors import PipelineError
from pipeline.files import CLEAN
from pipeline.stages import clean, split
from tests.support.workplace import write_zip

START = 0x58B13000
SESSIONS = 10


def drawn(seed, size=278):
    """Encode a PNG as CoMNIST has it, all of it black and the ink in the alpha channel."""
    bits = Image.new("L", (4, 4))
    bits.putdata([255 * (seed >> bit & 1) for bit in range(16)])
    alpha = Image.new("L", (size, size))
    alpha.paste(bits.resize((size // 2, size // 2)), (size // 4, size // 8))
    file = io.BytesIO()
    black = Image.new("L", alpha.size)
    Image.merge("RGBA", [black, black, black, alpha]).save(file, "PNG")
    return file.getvalue()


def members():
    """Ten sessions of all letters, a letter each two seconds, an hour apart; and one untimed."""
    timed = {
        f"Cyrillic/{letter}/{START + 3600 * session + 2 * number:x}{session:05}.png": drawn(
            1 + number * SESSIONS + session, 40
        )
        for session in range(SESSIONS)
        for number, letter in enumerate(RUSSIAN)
    }
    return {**timed, "Cyrillic/В/B_1a8f6c0w.png": drawn(5000, 40)}


@pytest.mark.parametrize(
    "member, expected",
    [
        ("Cyrillic/Ё/58b130366fdba.png", ("Ё", "timed", 0x58B13036)),
        ("CoMNIST/Cyrillic/Я/5a774828 - Copie.png", ("Я", "timed", 0x5A774828)),
        ("Cyrillic/А/A_1cvpdy93.png", ("А", UNTIMED, 0)),
        ("Cyrillic/У/_58bb705f87e94.png", ("У", UNTIMED, 0)),
        ("Cyrillic/I/58b130366fdba.png", ("I", "timed", 0x58B13036)),
        ("Latin/I/58b130366fdba.png", None),
        ("Cyrillic/58b130366fdba.png", None),
    ],
)
def test_the_folder_is_the_letter_and_the_name_the_time(member, expected):
    if expected:
        letter, run, time = expected
        expected = Origin(letter, run, (time, member.split("/")[-1]))
    assert comnist.origin(member) == expected


def test_a_pause_of_more_than_ten_minutes_begins_another_session():
    times = [START, START + 600, START + 1201, START + 1201, START + 1800, START + 9000]
    names = [f"Cyrillic/А/{time:x}0000{n}.png" for n, time in enumerate(times)]
    origins = [comnist.origin(name) for name in [*names, "Cyrillic/А/A_1.png"]]
    first, second, third = (f"{time:x}" for time in (START, START + 1201, START + 9000))
    expected = [first, first, second, second, second, third, UNTIMED]
    assert comnist.sessions(origins) == expected
    assert comnist.sessions(origins[::-1]) == expected[::-1]


def test_ink_in_the_alpha_channel_is_folded_as_it_is_and_prepared_as_edge_does(workplace):
    changed = {**members(), "Cyrillic/Д/58b1d0a9d1847.png": drawn(4000)}
    stray = {"Cyrillic/I/58b130366fdba.png": drawn(9)}
    copied = {"Cyrillic/Ц/_copy.png": changed["Cyrillic/Д/58b1d0a9d1847.png"]}
    blank = {"Cyrillic/Ц/empty.png": drawn(0)}
    path = write_zip(workplace / "comnist.zip", {**changed, **stray, **copied, **blank})
    report = clean.clean(comnist.CORPUS, path, [*RUSSIAN])
    assert report["dropped_names"] == {
        "not of the alphabet": list(stray),
        "duplicate": list(copied),
        "blank": list(blank),
    }
    assert report["kept"] == len(changed)
    with numpy.load("data/clean/comnist.npz") as arrays:
        names, images, runs = arrays["names"].tolist(), arrays["images"], arrays["runs"]
    assert runs[names.index(b"2/B_1a8f6c0w.png")] == UNTIMED.encode()
    for member, data in changed.items():
        _, letter, file = member.split("/")
        name = f"{RUSSIAN.index(letter)}/{file}"
        assert (workplace / "data/letters/comnist" / name).read_bytes() == data
        assert images[names.index(name.encode())].tobytes() == prepare(data)


@pytest.fixture
def cleaned(workplace):
    clean.clean(comnist.CORPUS, write_zip(workplace / "comnist.zip", members()), [*RUSSIAN])
    alphabet.write(CLEAN, [*RUSSIAN])


def session(name):
    return (int(name.split(b"/")[-1][:8], 16) - START) // 3600


def test_both_methods_test_on_the_newest_sessions_and_divide_none(cleaned, set_params):
    parameters = set_params(split__session_test_share=0.28, split__validation_share=0.1)
    sets = {}
    for method in ("random", "tail"):
        split.run(parameters, method)
        sets[method] = [read_split(method, part)["comnist"] for part in ("train", "test")]
    for one, other in zip(*sets.values(), strict=True):
        assert all((a == b).all() for a, b in zip(one, other, strict=True))
    training, test = sets["random"]
    # Nearest to 2.8 sessions are three, and none of them is divided.
    assert sorted(map(session, test.names)) == sorted([7, 8, 9] * len(RUSSIAN))
    assert not test.validation.any()
    validated = training.names[training.validation]
    assert sorted(map(session, validated)) == [6] * len(RUSSIAN)
    learned = training.names[~training.validation]
    untimed = b"2/B_1a8f6c0w.png"
    assert untimed in learned
    assert {session(name) for name in learned if name != untimed} == {0, 1, 2, 3, 4, 5}
    assert len(training.names) + len(test.names) == len(members())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_order(
    cleaned, workplace, set_params
):
    sets = []
    for seed in (1, 1, 2):
        split.run(set_params(seed=seed), "random")
        sets.append((workplace / "data/split/random/comnist/test.npz").read_bytes())
    assert sets[0] == sets[1] != sets[2]


@pytest.mark.parametrize("part, purpose", [("newest", "test"), ("oldest", "train")])
def test_a_letter_missing_on_one_side_is_named(workplace, set_params, part, purpose):
    sides = {"newest": range(8, 10), "oldest": range(7)}
    few = {
        name: data
        for name, data in members().items()
        if not (name.startswith("Cyrillic/Ё") and session(name.encode()) in sides[part])
    }
    clean.clean(comnist.CORPUS, write_zip(workplace / "comnist.zip", few), [*RUSSIAN])
    alphabet.write(CLEAN, [*RUSSIAN])
    parameters = set_params(split__session_test_share=0.18, split__validation_share=0.1)
    with pytest.raises(
        PipelineError,
        match=rf"^params\.yaml: split\.session_test_share: 0\.18, .* of Ё in comnist to {purpose} ",
    ):
        split.run(parameters, "tail")
