"""What becomes of a picture that is read: an answer, right or wrong, sure or not, or a refusal."""

from collections.abc import Sequence

import edge

# How `edge` begins to refuse a picture of several letters.
SEVERAL = "looks like"

# All that may happen. Unsure answers are told apart from those that a caller would trust.
OUTCOMES = ("right", "wrong", "unsure, right", "unsure, wrong", "refused as several", "refused")


def outcome(classifier: edge.Classifier, file: bytes, label: int | None = None) -> str:
    """Read a picture's file as a user does and say what happened, one of `OUTCOMES`.

    `label` is the letter's class; without one, every answer is wrong.
    """
    try:
        prediction = classifier.classify(file)
    except ValueError as error:
        return "refused as several" if str(error).startswith(SEVERAL) else "refused"
    right = label is not None and prediction.letter == classifier.letters[label]
    answer = "right" if right else "wrong"
    return answer if getattr(prediction, "sure", True) else f"unsure, {answer}"


def shares(outcomes: Sequence[str]) -> dict[str, float]:
    """Return the shares of what happened to pictures.

    `right` counts the right letters, sure or not, `wrong` the wrong letters that were sure.
    `refused` counts all refusals, `several` those of them that name several letters.
    """
    counted = {name: outcomes.count(name) / len(outcomes) for name in OUTCOMES}
    return {
        "right": counted["right"] + counted["unsure, right"],
        "refused": counted["refused"] + counted["refused as several"],
        "several": counted["refused as several"],
        "unsure": counted["unsure, right"] + counted["unsure, wrong"],
        "wrong": counted["wrong"],
    }
