"""The letters' network learns to be unsure where no letter stands, and how sure it is elsewhere."""

import numpy
import pytest

from edge.ink import ink
from pipeline.data.letters import NO_LETTER, Letters
from pipeline.nn.losses import softmax
from pipeline.params import Profile
from pipeline.training import trainer

LETTERS = 33

PROFILE = Profile(
    repeats={},
    network={
        "input_shape": [28, 28],
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 40},
            {"type": "relu"},
            {"type": "dense", "units": "letters"},
        ],
    },
    initializer="he",
    epochs=12,
    batch_size=16,
    optimizer={"type": "adamw", "learning_rate": 0.01, "weight_decay": 0.0},
    schedule={"type": "one_cycle", "rise": 0.2},
    augmentation=None,
)


def part(labels, validation=()):
    """Return letters whose ink stands where the label says; what is no letter is two of them."""
    rng = numpy.random.default_rng(len(labels))
    images = numpy.full((len(labels), 28, 28), 255, numpy.uint8)
    for image, label in zip(images, labels, strict=True):
        shown = rng.choice(LETTERS, 2, replace=False) if label == NO_LETTER else [label]
        for number in shown:
            row, column = divmod(int(number), 6)
            image[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = rng.integers(0, 60)
    nothing = numpy.full(len(labels), b"", numpy.bytes_)
    held = numpy.isin(numpy.arange(len(labels)), validation)
    return Letters(images, numpy.array(labels, numpy.uint8), nothing, nothing, held)


def trained(parts, epochs=PROFILE.epochs):
    profile = PROFILE.model_copy(update={"epochs": epochs})
    rng = numpy.random.default_rng(1)
    network = trainer.untrained(profile, LETTERS, rng)
    return network, trainer.train(network, profile, parts, rng, 1, "here")


@pytest.fixture(scope="module")
def parts():
    letters = part([*range(LETTERS)] * 12, validation=range(66))
    return {"letters": letters, "composed": part([NO_LETTER] * 300 + [*range(LETTERS)])}


@pytest.fixture(scope="module")
def network(parts):
    return trained(parts)[0]


def test_what_is_no_letter_is_learned_as_all_of_them_alike(network):
    letters, none = part([*range(LETTERS)]), part([NO_LETTER] * 99)
    read, unread = (softmax(network.logits(ink(each.images))) for each in (letters, none))
    assert (read.argmax(axis=1) == letters.labels).mean() > 0.95
    assert read.max(axis=1).mean() > 0.6
    assert unread.max(axis=1).mean() < 0.35
    assert -(unread * numpy.log(unread)).sum(axis=1).mean() > 0.65 * numpy.log(LETTERS)


def test_only_letters_choose_the_epoch(parts):
    _, result = trained(parts, epochs=2)
    assert [epoch.validation_accuracy <= 1 for epoch in result.history] == [True] * 2
    assert max(epoch.validation_accuracy for epoch in result.history) * 66 % 1 == pytest.approx(0)


def test_without_such_pictures_labels_are_learned_as_they_are(parts):
    """The same network as before there were any: no target is made of labels."""
    network, _ = trained({"letters": parts["letters"]}, epochs=3)
    again, _ = trained({"letters": parts["letters"], "composed": part([])}, epochs=3)
    for name, array in network.parameters.items():
        assert numpy.array_equal(array, again.parameters[name])


def test_a_caller_may_have_targets_of_its_own(parts):
    asked = []

    def targets(inks, labels):
        asked.append(labels.max())
        return numpy.full((len(labels), LETTERS), 1 / LETTERS, numpy.float32)

    rng = numpy.random.default_rng(1)
    profile = PROFILE.model_copy(update={"epochs": 1})
    network = trainer.untrained(profile, LETTERS, rng)
    trainer.train(network, profile, parts, rng, 1, "here", targets=targets)
    assert max(asked) == NO_LETTER


class Answers:
    """What a network is to `least_sure`: it answers the first letter, this surely."""

    def __init__(self, probabilities):
        rest = (1 - numpy.array(probabilities)) / (LETTERS - 1)
        self._logits = numpy.log(numpy.repeat(rest[:, None], LETTERS, axis=1))
        self._logits[:, 0] = numpy.log(probabilities)

    def logits(self, inputs):
        assert len(inputs) == len(self._logits)
        return self._logits.copy()


@pytest.mark.parametrize(("share", "expected"), [(0, 0.5), (0.25, 0.6), (0.5, 0.7), (1, 0.9)])
def test_the_least_sure_of_the_right_answers_are_counted_off(share, expected):
    # The wrong answers, to letters that are not the first, count for nothing; nor do those learned.
    held = part([0, 0, 0, 5, 0, 0, 7, 0], validation=[0, 1, 2, 3, 4, 5, 6])
    network = Answers([0.9, 0.5, 0.7, 0.2, 0.6, 0.8, 0.1])
    assert trainer.least_sure(network, {"letters": held}, share) == expected


def test_a_network_without_a_right_answer_is_never_sure():
    held = part([5, 7], validation=[0, 1])
    assert trainer.least_sure(Answers([0.9, 0.5]), {"letters": held}, 0.01) == 1.0


def test_it_is_rounded_and_of_all_corpora(network, parts):
    found = trainer.least_sure(network, parts, 0.01)
    assert 0 < found < 1
    assert found == round(found, 4)
    assert trainer.least_sure(network, parts, 0.5) > found


def test_a_profile_may_name_activations_and_initializers_in_its_layers():
    short = [
        {"type": "dense", "units": 40, "activation": "relu", "kernel_initializer": "he"},
        {"type": "dense", "units": "letters"},
    ]
    network = PROFILE.network | {"layers": [{"type": "flatten"}, *short]}
    profile = Profile.model_validate(PROFILE.model_dump() | {"network": network})
    found = [
        trainer.untrained(each, LETTERS, numpy.random.default_rng(1)) for each in (profile, PROFILE)
    ]
    short, long = (each.description()["layers"] for each in found)
    assert [layer["type"] for layer in short] == [layer["type"] for layer in long]
    for name, array in found[0].parameters.items():
        numpy.testing.assert_array_equal(array, found[1].parameters[name])
