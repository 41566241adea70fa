"""Every runtime of an exported model, and whether they agree."""

from collections.abc import Mapping
from pathlib import Path

import numpy
import onnxruntime
from rich.progress import track

import edge
from edge import pack, pure
from edge.classifier import Letter
from edge.ink import ink
from pipeline.errors import PipelineError
from pipeline.files import read_json
from pipeline.nn.losses import softmax
from pipeline.nn.network import Network

PACK = "letters.safetensors"
ONNX_BATCH = 1024


def read_with_all(
    folder: Path, images: numpy.ndarray, pure_letters: int
) -> dict[str, numpy.ndarray]:
    """Read images, uint8 (n, 28, 28), with the model in `folder`, once with each runtime.

    Returns probabilities (n, classes) by runtime; those of `pure`, the standard library alone,
    which takes milliseconds a letter, for the first `pure_letters` images.
    """
    path = folder / PACK
    session = onnxruntime.InferenceSession(
        path.with_suffix(".onnx"), providers=["CPUExecutionProvider"]
    )
    batches = numpy.array_split(images, -(-len(images) // ONNX_BATCH))
    opened = pack.read(path)
    few = track(images[:pure_letters], f"{folder.name}, standard library alone")
    return {
        "edge": edge.load(path).predict(images),
        "onnx": numpy.concatenate([session.run(None, {"images": batch})[0] for batch in batches]),
        "pure": numpy.array([pure.probabilities(opened, image.tobytes()) for image in few]),
    }


def read_with_library(
    folder: Path, weights: Mapping[str, numpy.ndarray], images: numpy.ndarray
) -> numpy.ndarray:
    """Read images, uint8 (n, 28, 28), with the training in `folder`, by the network library alone.

    `weights` are the network's by name. Returns probabilities (n, classes).
    """
    network = Network.from_parameters(read_json(folder / "network.json"), weights)
    return softmax(network.logits(ink(images)))


def classified(folder: Path, images: numpy.ndarray) -> numpy.ndarray:
    """Return the classes (n,) that `edge classify` names with the model in `folder`.

    It looks again at what it does not read surely. `images` are prepared, uint8 (n, 28, 28).
    """
    classifier = edge.load(folder / PACK, backend="numpy")
    letters = [Letter([image.tobytes()]) for image in images]
    read = classifier.classify_prepared(letters)
    return numpy.array([classifier.letters.index(prediction.letter) for prediction in read])


def largest_difference(
    where: object, runtimes: Mapping[str, numpy.ndarray], tolerance: float
) -> float:
    """Return the largest difference between two runtimes' probabilities.

    Raises PipelineError, which names `where` the model is, if it exceeds the tolerance, or if the
    classes differ although the two likeliest are further apart than that.
    """
    reference = runtimes["edge"]
    second, first = numpy.sort(reference, axis=1)[:, -2:].T
    clear = first - second > tolerance
    largest = 0.0
    for name, shares in runtimes.items():
        rows = len(shares)
        difference = abs(shares - reference[:rows]).max()
        differing = (shares.argmax(axis=1) != reference[:rows].argmax(axis=1)) & clear[:rows]
        if not difference <= tolerance or differing.any():
            raise PipelineError(
                f"{where}: {name} and edge disagree: probabilities by up to {difference:.1e},"
                f" expected at most {tolerance:.0e}, and {differing.sum()} clear letters read"
                " differently; the export is wrong"
            )
        largest = max(largest, float(difference))
    return largest
