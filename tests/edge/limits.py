"""How long is too long."""

import math
import os

EMULATED = "EDGE_EMULATED" in os.environ


def seconds(limit):
    """Give the limit, or none where an emulated processor (`make pi`) has a clock of its own."""
    return math.inf if EMULATED else limit
