"""A folder of checkpoints holds those of a few trainings, each found by what decides it."""

import numpy

from pipeline.nn.checkpoint import Checkpoint
from pipeline.training.checkpoint_file import KEPT, CheckpointFile

STATE = Checkpoint({"parameters/weights": numpy.ones(3, numpy.float32)}, {"history": [[1, 0.5]]})


def test_the_last_written_are_kept(tmp_path):
    files = [CheckpointFile(tmp_path, {"seed": seed}, []) for seed in range(KEPT + 2)]
    for file in files:
        file.save(STATE)
    assert {path.name for path in tmp_path.iterdir()} == {file.path.name for file in files[2:]}
    assert files[0].load() is None
    assert files[-1].load().facts == STATE.facts


def test_each_is_found_by_its_parameters_and_its_data(tmp_path):
    ones = [numpy.ones((2, 3), numpy.uint8)]
    others = [numpy.ones((3, 2), numpy.uint8)], [numpy.ones((2, 3), numpy.int8)], []
    CheckpointFile(tmp_path, {"seed": 1, "epochs": 2}, ones).save(STATE)
    assert CheckpointFile(tmp_path, {"epochs": 2, "seed": 1}, ones).load()
    assert not CheckpointFile(tmp_path, {"seed": 2, "epochs": 2}, ones).load()
    for other in others:
        assert not CheckpointFile(tmp_path, {"seed": 1, "epochs": 2}, other).load()
