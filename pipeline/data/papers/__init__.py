"""Papers: letters composed into pictures such as people take, to find their ink in."""

from pipeline.data.papers.canvas import SIDE
from pipeline.data.papers.scenes import NONE, ONE, SEVERAL, Scenes, composed

__all__ = ["NONE", "ONE", "SEVERAL", "SIDE", "Scenes", "composed"]
