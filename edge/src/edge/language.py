"""What a language expects: how unlikely a letter is after the two before it."""

from collections import namedtuple

from edge.pack import LANGUAGE, LANGUAGE_NUMBERS


class Costs(namedtuple("Costs", "data symbols step weight usual")):
    """The costs of letters after the two before them: -ln P(c | a, b), in nats.

    Symbols are numbers: a letter its place among the pack's letters, and the last one, `boundary`,
    whatever stands between words and at either end. What stands before a boundary decides nothing
    of what comes after it. The cost is `data[(a * symbols + b) * symbols + c] * step`, of `data`
    bytes. They weigh `weight` times as much as the classifier's, and `usual` is what a symbol costs
    on an average.
    """

    __slots__ = ()

    @property
    def boundary(self):
        """The number of the space, the start and the end."""
        return self.symbols - 1

    def cost(self, a, b, c):
        """Return the cost of the symbol `c` after `a` and `b`, in nats."""
        return self.data[(a * self.symbols + b) * self.symbols + c] * self.step


def costs(pack):
    """Return the `Costs` of a pack's language, or None if it has none."""
    language = pack.description.get("language")
    if language is None:
        return None
    tensor = pack.tensors[LANGUAGE]
    symbols = tensor.shape[0]
    data = pack.data[tensor.offset : tensor.offset + symbols**3]
    return Costs(data, symbols, *(language[name] for name in LANGUAGE_NUMBERS))
