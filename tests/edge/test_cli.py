"""The command line, as a process: what it prints, and with which status it ends."""

import json
import os
import shutil
import subprocess
import sys
import time
import zlib

import pytest

import edge
from tests.edge import limits, packs, png_writer
from tests.edge.drawings import LETTER, RULED_LETTER, TWO_LETTERS, drawing
from tests.edge.png_writer import gray as png
from tests.edge.processes import ENVIRONMENT, python, refusal, without_numpy
from tests.edge.processes import edge as run


def peak_kilobytes(*arguments):
    """Run the command line; return the most memory that it took, and how many lines it printed."""
    code = (
        "import sys, edge.cli; edge.cli.main(sys.argv[1:]); "
        "print(*(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line))"
    )
    result = python("-c", code, *arguments)
    assert result.returncode == 0
    *lines, peak = result.stdout.splitlines()
    return int(peak), len(lines)


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "буква.png"
    path.write_bytes(LETTER)
    return path


def test_one_line_a_picture_with_letter_probability_and_runners_up(letter, pack):
    result = run("classify", letter, letter, "--model", pack)
    assert (result.returncode, result.stderr) == (0, b"")
    lines = result.stdout.decode().splitlines()
    assert len(lines) == 2
    path, _, rest = lines[0].partition(": ")
    assert path == str(letter)
    assert rest[0] in packs.LETTERS
    assert rest.count("%") == 3
    assert run("classify", letter, "--model", pack, "--top", 1).stdout.decode().count("%") == 1


def test_json_gives_one_object_a_line(letter, pack):
    result = run("classify", letter, "--json", "--top", 5, "--model", pack)
    (line,) = result.stdout.decode().splitlines()
    record = json.loads(line)
    assert list(record) == ["path", "letter", "probability", "sure", "top"]
    assert record["path"] == str(letter)
    assert len(record["top"]) == 5
    assert record["top"][0] == {"letter": record["letter"], "probability": record["probability"]}
    shares = [entry["probability"] for entry in record["top"]]
    assert shares == sorted(shares, reverse=True)


def test_all_backends_read_the_same_letter(letter, pack):
    lines = {
        run("classify", letter, "--model", pack, "--backend", backend).stdout
        for backend in ("auto", "numpy", "pure")
    }
    assert len(lines) == 1


def test_a_png_is_read_without_importing_what_only_others_need(letter):
    code = (
        "import sys, edge.png, edge.cli; status = edge.cli.main(); "
        "print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    result = python("-c", code, "classify", letter)
    others = {"numpy", "PIL", "argparse", "array", "json", "http.server", "edge.server"}
    others |= {"edge.decode.pillow", "edge.decode.pnm"}
    assert result.returncode == 0
    assert not others & {*result.stderr.decode().split()}


@pytest.fixture
def ruled(tmp_path):
    path = tmp_path / "ruled.png"
    path.write_bytes(RULED_LETTER)
    return path


NOT_CLEAN = "no clean drawing or scan (a photograph, a frame, lines, ink at the border)"


def only_clean_ones_read(ruled, letter, *options, **environment):
    """Have both read; return why the first one is refused."""
    result = run("classify", ruled, letter, *options, **environment)
    assert result.returncode == 1
    (line,) = result.stdout.decode().splitlines()
    assert line.startswith(f"{letter}: ")
    (complaint,) = result.stderr.decode().splitlines()
    start = f"edge: {ruled}: {NOT_CLEAN}"
    assert complaint.startswith(start)
    return complaint[len(start) :]


def test_a_picture_that_is_not_clean_needs_a_model_that_finds_ink(ruled, letter, pack):
    why = only_clean_ones_read(ruled, letter, "--model", pack)
    assert why == ", and the model finds no ink in such"


def test_a_picture_that_is_not_clean_needs_numpy(ruled, letter, dark_pack, tmp_path):
    why = only_clean_ones_read(ruled, letter, "--model", dark_pack, "--backend", "pure")
    assert why == ": it needs NumPy, and the backend is pure"
    (tmp_path / "missing").mkdir()
    missing = without_numpy(tmp_path / "missing")
    why = only_clean_ones_read(ruled, letter, "--model", dark_pack, **missing)
    assert why == ": it needs NumPy (no NumPy here)"


def test_ink_is_found_in_a_picture_that_is_not_clean(ruled, letter, dark_pack):
    result = run("classify", ruled, letter, "--json", "--model", dark_pack)
    assert (result.returncode, result.stderr) == (0, b"")
    records = [json.loads(line) for line in result.stdout.decode().splitlines()]
    assert [record["path"] for record in records] == [str(ruled), str(letter)]


def test_a_pack_whose_ink_network_overflows_is_named_not_the_picture(ruled, letter, tmp_path):
    path = tmp_path / "huge.safetensors"
    weights = {"convolution_1/weights": [1e38] * 48}
    path.write_bytes(packs.with_ink(packs.DARK, "F32", weights))
    line = refusal("classify", ruled, "--model", path)
    assert line.startswith(f"edge: {path}: weights so large")
    # What needs no ink network is read all the same.
    assert run("classify", letter, "--model", path).returncode == 0


def test_a_picture_that_may_show_no_letter_is_said_to_be_unsure(letter, tmp_path):
    for unsure_below, sure in ((0.0, True), (1.0, False)):
        path = tmp_path / f"{sure}.safetensors"
        path.write_bytes(packs.pack(unsure_below=unsure_below))
        line = run("classify", letter, "--model", path).stdout.decode().rstrip()
        assert line.endswith(")" if sure else "), unsure")
        line = run("classify", letter, "--model", path, "--top", 1).stdout.decode().rstrip()
        assert line.endswith("%" if sure else "%, unsure")
        record = json.loads(run("classify", letter, "--json", "--model", path).stdout)
        assert record["sure"] is sure


def test_standard_input_is_a_dash(letter, pack):
    result = run("classify", "-", "--model", pack, stdin=letter.read_bytes())
    assert result.returncode == 0
    assert result.stdout.startswith(b"-: ")


def test_several_letters_are_counted_and_what_reads_them_is_named(letter, pack, tmp_path):
    word = tmp_path / "word.png"
    word.write_bytes(TWO_LETTERS)
    result = run("classify", letter, word, letter, "--model", pack)
    assert result.returncode == 1
    found = "looks like 2 letters or more; one is expected; `edge read` reads words"
    assert result.stderr.decode() == f"edge: {word}: {found}\n"
    assert len(result.stdout.splitlines()) == 2


def test_many_pictures_come_out_in_order_and_an_unreadable_one_does_not_stop_them(tmp_path, pack):
    paths = []
    for number in range(300):
        paths.append(tmp_path / f"{number}.png")
        box = (5, 5, 20 + number % 30, 50)
        paths[-1].write_bytes(png(60, 60, drawing(60, 60, box)))
    paths[17].write_bytes(b"no picture")
    result = run("classify", *paths, "--model", pack)
    read = [line.split(": ")[0] for line in result.stdout.decode().splitlines()]
    assert read == [str(path) for path in paths if path is not paths[17]]
    assert result.returncode == 1
    assert result.stderr.decode().startswith(f"edge: {paths[17]}: ")


def test_a_folder_stands_for_the_pictures_in_it_and_below(letter, pack, tmp_path):
    folder = tmp_path / "буквы"
    (folder / "А/ещё").mkdir(parents=True)
    for name in ("1.png", "А/2.PNG", "А/ещё/3.png", "notes.txt"):
        shutil.copy(letter, folder / name)
    result = run("classify", letter, folder, "--model", pack)
    assert (result.returncode, result.stderr) == (0, b"")
    first, *others = (line.split(": ")[0] for line in result.stdout.decode().splitlines())
    assert first == str(letter)
    names = ["1.png", "А/2.PNG", "А/ещё/3.png"]
    assert sorted(others) == sorted(str(folder / name) for name in names)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may list all")
def test_a_folder_that_cannot_be_listed_does_not_stop_the_others(letter, pack, tmp_path):
    (tmp_path / "locked").mkdir(mode=0)
    result = run("classify", tmp_path, "--model", pack)
    assert result.returncode == 1
    assert result.stderr.decode() == f"edge: {tmp_path / 'locked'}: Permission denied\n"
    assert str(letter) in result.stdout.decode()


def test_a_folder_without_pictures_is_named_in_one_line(tmp_path, pack):
    (tmp_path / "notes.txt").write_text("none")
    line = refusal("classify", tmp_path, "--model", pack)
    assert line == f"edge: {tmp_path}: a folder without pictures"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory so")
@pytest.mark.skipif(limits.EMULATED, reason="an emulator's memory is not the process's")
def test_four_times_as_many_pictures_take_no_more_memory(tmp_path, pack):
    (tmp_path / "0.png").write_bytes(png(28, 28, drawing(28, 28, (5, 5, 20, 20))))
    peaks = []
    for first, count in ((1, 300), (300, 1200)):
        for number in range(first, count):
            os.link(tmp_path / "0.png", tmp_path / f"{number}.png")
        peak, lines = peak_kilobytes("classify", tmp_path, "--model", pack)
        assert lines == count
        peaks.append(peak)
    assert peaks[1] < 1.1 * peaks[0]


# A header of 60,000 x 60,000 pixels whose checksum is right.
HUGE = png_writer.png(
    png_writer.header(60_000, 60_000, 6, 8),
    png_writer.chunk(b"IDAT", zlib.compress(bytes(1 << 20))),
)
BAD = {
    "missing": None,
    "text": b"hello, this is no picture at all\n" * 40,
    "truncated": LETTER[:-30],
    "empty": b"",
    "huge header": HUGE,
    "blank": png(50, 50, b"\xff" * 2500),
    "zip bomb": png_writer.png(
        png_writer.header(9, 9, 0, 8), png_writer.chunk(b"IDAT", zlib.compress(bytes(32 << 20)))
    ),
}


@pytest.mark.parametrize("name", [*BAD, "directory"])
def test_bad_input_gives_one_line_and_status_1_in_under_a_second(name, tmp_path, pack):
    path = tmp_path / name
    if name == "directory":
        path.mkdir()
    elif BAD[name] is not None:
        path.write_bytes(BAD[name])
    start = time.perf_counter()
    line = refusal("classify", path, "--model", pack)
    assert time.perf_counter() - start < limits.seconds(1)
    assert line.startswith(f"edge: {path}: ")
    assert len(line) > len(f"edge: {path}: ") + 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory so")
def test_the_memory_for_a_huge_header_stays_small(tmp_path, pack):
    path = tmp_path / "huge.png"
    path.write_bytes(HUGE)
    peak, _ = peak_kilobytes("classify", path, "--model", pack)
    assert peak < 60_000  # of which Python has some 20,000


WRONG = {
    "": "required: COMMAND",
    "classify": "required: PATH",
    "classify a.png --top 0": "--top: '0', expected a whole number from 1 on",
    "classify a.png --top -1": "--top: '-1', expected a whole number from 1 on",
    "classify a.png --top many": "--top: 'many', expected a whole number from 1 on",
    "classify a.png --top=1.5": "--top: '1.5', expected a whole number from 1 on",
    "classify a.png --backend abacus": "invalid choice: 'abacus'",
    "frobnicate": "invalid choice: 'frobnicate'",
    "info surplus": "unrecognized arguments: surplus",
    "bench --compare a.json --images b.npz": "not allowed with argument",
    "serve --port=-1": "'-1', expected a port from 0 to 65535",
    "serve --port=65536": "'65536', expected a port from 0 to 65535",
    "serve --port=http": "'http', expected a port from 0 to 65535",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_has_status_2_and_says_what_is_expected(arguments):
    result = run(*arguments.split())
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"usage: edge" in result.stderr
    assert b"Traceback" not in result.stderr
    assert WRONG[arguments] in result.stderr.decode()


def test_a_damaged_pack_is_named_in_one_line(letter, tmp_path):
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(packs.pack()[:-1])
    for command in (("classify", letter), ("info",), ("bench",)):
        assert refusal(*command, "--model", path).startswith(f"edge: {path}: ")
    missing = tmp_path / "missing"
    line = refusal("info", "--model", missing)
    assert line == f"edge: {missing}: No such file or directory"


def test_what_a_foreign_pack_brings_makes_no_more_lines_and_no_endless_ones(letter, tmp_path):
    path = tmp_path / "foreign.safetensors"
    for kind in ("a\nb\x1b[2J", "я" * 100_000):
        network = {"input_shape": [28, 28], "layers": [{"type": kind}]}
        path.write_bytes(packs.pack(network=network))
        line = refusal("classify", letter, "--model", path)
        assert line.isprintable()
        assert len(line) < 500


def test_info_shows_notes_of_any_kind(tmp_path):
    path = tmp_path / "noted.safetensors"
    path.write_bytes(packs.pack(training={"seeds": [1, None, "x"], "epochs": {"a": 1}}))
    result = run("info", "--model", path)
    assert (result.returncode, result.stderr) == (0, b"")
    assert "1, None, x" in result.stdout.decode()


def test_info_begins_with_what_the_model_is_for_and_not_for(tmp_path):
    path = tmp_path / "card.safetensors"
    card = {"purpose": "names a letter", "limits": "not for words", "license": "MIT"}
    path.write_bytes(packs.pack(**card))
    shown = run("info", "--model", path).stdout.decode().splitlines()
    assert [tuple(line.split(maxsplit=1)) for line in shown[:3]] == list(card.items())


def test_letters_survive_a_console_that_is_not_utf_8(letter, pack):
    expected = run("classify", letter, "--model", pack).stdout
    for environment in ({"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}):
        assert run("classify", letter, "--model", pack, **environment).stdout == expected


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_file_name_that_is_no_text_is_still_read_and_printed(pack, tmp_path):
    path = tmp_path / os.fsdecode(b"\xff\xfe.png")
    path.write_bytes(LETTER)
    result = run("classify", path, "--json", "--model", pack)
    assert result.returncode == 0
    assert json.loads(result.stdout)["path"] == str(path)


def test_a_reader_that_goes_away_is_no_error_message(letter, pack):
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "classify", *[letter] * 2000, "--model", pack],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(60)


def test_version_and_help():
    assert run("--version").stdout.decode().split() == ["edge", edge.__version__]
    assert b"classify" in run("--help").stdout
    assert b"--backend" in run("classify", "--help").stdout


def test_a_letter_of_several_signs_is_named_whole(tmp_path, letter):
    path = tmp_path / "digraphs.safetensors"
    letters = [f"{each}ж" for each in packs.LETTERS]
    path.write_bytes(packs.pack(letters=letters))
    assert (
        json.loads(run("classify", "--json", "--model", path, letter).stdout)["letter"] in letters
    )
    assert ", ".join(letters) in run("info", "--model", path).stdout.decode()


def test_info_says_what_the_model_is(pack):
    shown = run("info", "--model", pack).stdout.decode()
    for expected in (packs.LETTERS, "28x28 - 5 - 33", "corpora", "none", "50.00%"):
        assert expected in shown
    assert json.loads(run("info", "--json", "--model", pack).stdout)["letters"] == packs.LETTERS
