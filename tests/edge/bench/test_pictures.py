"""NPZ archives of letters: what is read of them, and what is refused."""

import sys
import zipfile

import numpy
import pytest

from edge.bench import pictures
from tests.edge import limits
from tests.edge.bench.archives import LABELS, npy, npz
from tests.edge.processes import python


@pytest.mark.parametrize("compressed", [False, True])
def test_what_the_pipeline_and_numpy_write_is_read(compressed, tmp_path):
    generator = numpy.random.default_rng(1)
    arrays = {
        "images": generator.integers(0, 256, (30, 28, 28), numpy.uint8),
        "labels": generator.integers(0, 33, 30).astype("uint8"),
        "names": numpy.array([b"0/a.png"] * 30),
        "validation": numpy.zeros(30, bool),
    }
    path = tmp_path / "test.npz"
    (numpy.savez_compressed if compressed else numpy.savez)(path, **arrays)
    for most in (10, 30, 100):
        letters = pictures.read(path, most, 33)
        assert letters.pictures == arrays["images"][:most].tobytes()
        assert list(letters.labels) == arrays["labels"][:most].tolist()


@pytest.mark.parametrize("dtype", ["|i1", "<u2", ">i4", "<i8", ">u8"])
def test_labels_may_be_whole_numbers_of_any_kind(dtype, tmp_path):
    path = tmp_path / "test.npz"
    labels = numpy.array([3, 0, 32], dtype)
    numpy.savez(path, images=numpy.zeros((3, 28, 28), numpy.uint8), labels=labels)
    assert pictures.read(path, 3, 33).labels == (3, 0, 32)


def bomb(path, shape="(3, 28, 28)"):
    """Pack 16 MB of zeros into 16 kB."""
    labels = npy(shape="(20000,)", data=bytes(20_000))
    npz(path, npy(shape=shape, data=bytes(20_000 * 784)), labels)


def many_members(path):
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number}", b"")


def no_images(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labels.npy", LABELS)


def trailing_bytes(path):
    npz(path, npy())
    path.write_bytes(path.read_bytes() + b"more")


def damaged(path):
    npz(path, npy(data=bytes(range(256)) * 9 + bytes(48)), compression=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)


def encrypted(path):
    npz(path, npy())
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)


HUGE = 10**11
REFUSED = {
    "missing": (lambda path: None, "No such file"),
    "empty": (lambda path: path.write_bytes(b""), "no NPZ"),
    "text": (lambda path: path.write_bytes(b"PK no archive" * 9), "no NPZ"),
    "a single array": (lambda path: path.write_bytes(npy()), "no NPZ"),
    "no images": (no_images, "no images in it"),
    "no labels": (lambda path: npz(path, npy(), None), "no labels in it"),
    "objects": (lambda path: npz(path, npy("'|O'")), "images are |O (3, 28, 28)"),
    "object labels": (lambda path: npz(path, npy(), npy("'|O'", "(3,)")), "labels are |O (3,)"),
    "a structure": (lambda path: npz(path, npy("[('a', '|u1')]")), "no plain array"),
    "an expression": (lambda path: npz(path, npy(shape="(__import__('os'),)")), "no plain array"),
    "other shape": (lambda path: npz(path, npy(shape="(3, 32, 32)")), "images are |u1 (3, 32, 32)"),
    "other dtype": (lambda path: npz(path, npy("'<f4'")), "images are <f4 (3, 28, 28)"),
    "no letters": (lambda path: npz(path, npy(shape="(0, 28, 28)")), "images are |u1 (0, 28, 28)"),
    "no axes": (lambda path: npz(path, npy(), npy(shape="()")), "labels are |u1 ()"),
    "columns first": (lambda path: npz(path, npy(fortran="True")), "Fortran order"),
    "huge shape": (lambda path: npz(path, npy(shape=f"({HUGE}, 28, 28)")), "their shape"),
    "huge header": (lambda path: npz(path, npy(shape="(" + "1, " * 9000 + ")")), "header of 27"),
    "no array": (lambda path: npz(path, b"\x80\4]."), "no array of NumPy's"),
    "cut short": (lambda path: npz(path, npy(data=bytes(2000))), "images take 2000 bytes"),
    "other count": (lambda path: npz(path, npy(), npy(shape="(2,)", data=b"ab")), "2 labels for 3"),
    "label 33": (lambda path: npz(path, npy(), npy(shape="(3,)", data=b"\0\1!")), "from 0 to 33"),
    "bzip2": (lambda path: npz(path, npy(), compression=zipfile.ZIP_BZIP2), "compression 12"),
    "lzma": (lambda path: npz(path, npy(), compression=zipfile.ZIP_LZMA), "compression 14"),
    "a comment": (lambda path: npz(path, npy(), comment=b"hello"), "no NPZ"),
    "trailing bytes": (trailing_bytes, "no NPZ"),
    "many members": (many_members, "list of members"),
    "damaged": (damaged, "CRC"),
    "encrypted": (encrypted, "encrypted"),
    "zip bomb": (bomb, "images take 15680000 bytes"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Have one process of the command line read them: its lines by name, its peak in kB."""
    folder = tmp_path_factory.mktemp("refused")
    paths = {name: folder / f"{name}.npz" for name in REFUSED}
    for name, (make, _) in REFUSED.items():
        make(paths[name])
    code = """if True:
        import sys, edge.cli
        for path in sys.argv[1:]:
            print(edge.cli.main(["bench", "--images", path]), flush=True)
        assert "numpy" not in sys.modules
        print(*(line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line))
    """
    result = python("-c", code, *paths.values())
    assert result.returncode == 0
    *statuses, peak = map(int, result.stdout.split())
    assert set(statuses) == {1}
    lines = result.stderr.decode().splitlines()
    assert len(lines) == len(REFUSED)
    return dict(zip(paths, lines)), folder, peak


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_that_is_no_set_of_letters_gives_one_line(name, refused):
    lines, folder, _ = refused
    start = f"edge: {folder / name}.npz: "
    assert lines[name].startswith(start)
    assert REFUSED[name][1] in lines[name].removeprefix(start)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory so")
def test_no_archive_takes_more_memory_than_it_is_worth(refused):
    assert refused[-1] < 60_000


def test_of_an_archive_that_unpacks_to_more_only_what_is_read_is_unpacked(tmp_path):
    path = tmp_path / "large.npz"
    bomb(path, "(20000, 28, 28)")
    with limits.measured() as cost:
        letters = pictures.read(path, 10, 33)
    assert letters == (bytes(7840), (0,) * 10)
    assert cost.memory < 1 << 20
