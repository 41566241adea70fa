"""What a training leaves behind: the network without what only training needs, and its curve."""

import math
from pathlib import Path

from safetensors.numpy import save

from pipeline.files import replacing, write_json, writing_csv
from pipeline.nn.folding import folded
from pipeline.nn.network import Network
from pipeline.nn.training import Epoch


def write_network(folder: Path, network: Network) -> None:
    """Write `fp32.safetensors` and `network.json`, with what the device computes alone."""
    trained = folded(network)
    with replacing(folder / "fp32.safetensors") as path:
        path.write_bytes(save(trained.parameters))
    write_json(folder / "network.json", trained.description())


def write_history(path: Path, history: list[Epoch]) -> None:
    """Write the curve as CSV, without figures that the training does not have."""
    # The seconds differ from run to run and would make every run a change.
    fields = [field for field in Epoch._fields if field != "seconds"]
    fields = [field for field in fields if not math.isnan(getattr(history[0], field))]
    with writing_csv(path) as writer:
        writer.writerow(fields)
        writer.writerows([getattr(epoch, field) for field in fields] for epoch in history)
