"""What the last layers of a network take of letters, as they are or bent anew."""

import numpy

from edge import network
from edge.augmentation import augmented
from edge.ink import ink
from edge.layers import MAXIMUM_VALUES, layers
from edge.network import BATCH_SIZE
from edge.picture import SIZE

# Layers that learn, counted from the last one; those before them only see.
MOST_LAYERS = 2

# Somewhat more than half of what the released network was trained with: the hand is known.
BENT = {
    "rotation": 0.06,
    "shear": 0.12,
    "scale": 0.07,
    "shift": 0.45,
    "elastic": 0.36,
    "pen": 0.42,
    "sharpness": 0.6,
    "contrast": 0.18,
}


class Eye:
    """The layers of a pack's network (`edge.pack.Pack`) that do not learn.

    `parameters` are those of the layers that do, dense ones with ReLUs in between: by name, as
    `edge.teaching.learning` takes them. Raises ValueError if the network does not end with one.
    """

    def __init__(self, pack):
        description = pack.description["network"]
        row = layers(description, MAXIMUM_VALUES)
        names, first = _last_dense(row)
        if not names:
            raise ValueError(f"the network ends with {row[-1].type}, expected a dense layer")
        arrays = network.parameters(pack)
        # Refuses weights that no sum of float32 can hold.
        network.Network(description, arrays)
        self.parameters = {
            f"{layer}/{which}": arrays[f"{layer}/{which}"].reshape(1, -1, units)
            for layer, units in names.items()
            for which in ("weights", "bias")
        }
        self._network = None
        if first:
            seeing = {**description, "layers": description["layers"][:first]}
            self._network = network.Network(seeing, arrays)

    def look(self, letters, turn=0, rng=None):
        """Return what the learning layers take of prepared letters: float32 `(n, values)`.

        A letter is a list of views, of which the n-th `turn` shows one. With a random generator it
        is bent.
        """
        pictures = b"".join([views[turn % len(views)] for views in letters])
        images = numpy.frombuffer(pictures, numpy.uint8).reshape(-1, SIZE, SIZE)
        inks = augmented(images, rng, BENT) if rng else ink(images)
        inks = inks.reshape(len(images), -1)
        if self._network is None:
            return inks
        starts = range(0, len(inks), BATCH_SIZE)
        batches = [inks[start : start + BATCH_SIZE] for start in starts]
        return numpy.concatenate([self._network.outputs(batch) for batch in batches])


def _last_dense(row):
    """Return the units of the dense layers at the end, by name, and the place of the first."""
    names, first, expected = {}, len(row), "dense"
    for place in reversed(range(len(row))):
        if row[place].type != expected or len(names) == MOST_LAYERS:
            break
        if expected == "dense":
            names = {row[place].name: row[place].output_shape[0], **names}
            first = place
        expected = "relu" if expected == "dense" else "dense"
    return names, first
