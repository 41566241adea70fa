"""What is written is written whole or not at all."""

import signal
import subprocess
import sys

import pytest

from pipeline.files import replacing, write_json
from tests.support.workplace import environment, remains


def test_the_old_stands_until_the_new_is_whole(tmp_path):
    path = tmp_path / "folder" / "a.json"
    write_json(path, {"old": 1})
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == '{\n  "old": 1\n}\n'
    assert remains(tmp_path) == ["folder/a.json"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    for name in ("one", "two"):
        with replacing(tmp_path / "folder") as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert remains(tmp_path) == ["folder/two"]


def test_what_a_killed_run_left_is_gone_after_the_next(tmp_path):
    code = (
        "import sys, time, pathlib\n"
        "from pipeline.files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.mkdir(); (temporary / 'half').touch(); print('now', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "folder")],
        env=environment(),
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"now\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert remains(tmp_path) == [".folder.tmp/half"]
    with replacing(tmp_path / "folder") as temporary:
        temporary.mkdir()
        (temporary / "whole").touch()
    assert remains(tmp_path) == ["folder/whole"]
