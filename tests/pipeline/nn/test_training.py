import dataclasses
import json
import math
import threading
import time

import numpy
import pytest
from threadpoolctl import threadpool_limits

from pipeline.nn.batches import batches
from pipeline.nn.checkpoint import Checkpoint, ForeignCheckpoint
from pipeline.nn.initializers import zeros
from pipeline.nn.losses import LOSSES, WeightedSum, softmax_cross_entropy
from pipeline.nn.optimizers import OPTIMIZERS, SGD, AdamW
from pipeline.nn.schedules import OneCycle, Step
from pipeline.nn.training import TrainingDiverged, evaluate, fit
from tests.pipeline.nn.networks import assert_same, bytes_of, copies, dense, entry, network_of


def perceptron(hidden=16, classes=3, dtype=numpy.float32):
    return network_of([2], dense(hidden), "relu", dense(classes), dtype=dtype)


def clouds(count=200, classes=3, seed=1):
    """Draw points around the corners of a triangle."""
    rng = numpy.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    angles = labels * 2 * math.pi / classes
    centers = numpy.stack([numpy.cos(angles), numpy.sin(angles)], axis=1)
    points = centers + rng.normal(scale=0.15, size=(count, 2))
    return points.astype(numpy.float32), labels


def without_seconds(history):
    return [epoch._replace(seconds=0) for epoch in history]


def train(network, data=None, validation=None, **changes):
    data = data or clouds()
    options = {"epochs": 3, "batch_size": 15, "validation": validation or data}
    options |= {"optimizer": SGD(0.1), "rng": numpy.random.default_rng(4)}
    return fit(network, *data, **options | changes)


def weights_after(*data, **changes):
    """Train a perceptron; return its parameters as bytes."""
    network = perceptron()
    train(network, *data, **changes)
    return bytes_of(network.parameters)


@pytest.mark.parametrize("loss", LOSSES)
def test_learns_separable_clouds(loss):
    network = perceptron()
    result = train(network, validation=clouds(seed=2), epochs=20, loss=LOSSES[loss])
    assert result.best.validation_accuracy == 1
    assert result.history[-1].training_loss < result.history[0].training_loss / 2
    points, labels = clouds(seed=3)
    assert (network.predict(points) == labels).all()


def test_approximates_numbers():
    points = numpy.random.default_rng(0).uniform(-1, 1, (400, 2)).astype(numpy.float32)
    targets = numpy.stack([points[:, 0] * points[:, 1], points.sum(axis=1)], axis=1)
    network = perceptron(hidden=24, classes=2)
    options = {"epochs": 60, "loss": LOSSES["mean_squared_error"], "batch_size": 8}
    result = train(network, (points, targets), **options)
    assert math.isnan(result.best.validation_accuracy)
    assert result.best.validation_loss == min(epoch.validation_loss for epoch in result.history)
    assert result.best.validation_loss < 0.01 * targets.var()


def test_accumulated_gradients_of_examples_learn_as_their_batch_does():
    data = clouds(count=60)
    together, apart = perceptron(dtype=numpy.float64), perceptron(dtype=numpy.float64)
    data = data[0].astype(numpy.float64), data[1]
    train(together, data, batch_size=15)
    train(apart, data, batch_size=1, optimizer=SGD(0.1, gradient_accumulation_steps=15))
    assert_same(apart.parameters, together.parameters, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("as_given", [dict, list, numpy.array], ids=str)
def test_weights_of_classes_multiply_the_training_loss_alone(as_given):
    weights = [1, 3, 0.5]
    points, labels = clouds(count=40)
    found = []
    for given in (as_given({1: 3, 2: 0.5} if as_given is dict else weights), None):
        network = perceptron()
        start = network.logits(points)
        recipe = {"batch_size": 40, "optimizer": SGD(1e-12), "epochs": 1, "class_weight": given}
        found.append(train(network, (points, labels), **recipe).best)
    losses = [softmax_cross_entropy(start[[i]], labels[[i]])[0] for i in range(40)]
    expected = numpy.mean(numpy.multiply(losses, numpy.take(weights, labels)))
    assert found[0].training_loss == pytest.approx(expected, rel=1e-5)
    assert found[0].validation_loss == found[1].validation_loss
    assert found[0].training_accuracy == found[1].training_accuracy


def test_a_rare_class_of_more_weight_is_found_more_often():
    """Of two classes on one place, the heavier one is the answer."""
    points = numpy.zeros((100, 2), numpy.float32)
    labels = numpy.repeat([0, 1], [90, 10])
    for class_weight, answer in ((None, 0), ({1: 20}, 1)):
        network = perceptron(classes=2)
        train(network, (points, labels), class_weight=class_weight, epochs=20)
        assert network.predict(points[:1]) == answer


def test_a_class_without_weight_is_not_learned():
    points, labels = clouds()
    others = labels != 2
    without, unweighted = perceptron(), perceptron()
    every = {"epochs": 1, "batch_size": 200, "optimizer": SGD(0.1)}
    train(without, (points, labels), class_weight=[1, 1, 0], **every)
    share = others.mean()
    train(unweighted, (points[others], labels[others]), **every | {"optimizer": SGD(0.1 * share)})
    assert_same(without.parameters, unweighted.parameters, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("share", [None, 0.25])
def test_weights_of_examples_multiply_those_of_their_classes(share):
    """Weighing a class, and its examples one by one, is the same."""
    points, labels = clouds(count=40)
    by_class = numpy.array([1, 3, 0.5], numpy.float32)
    recipe = {"validation": share or (points, labels)}
    expected = weights_after((points, labels), class_weight=by_class, **recipe)
    weights = by_class[labels]
    assert weights_after((points, labels), sample_weight=weights, **recipe) == expected
    both = {"sample_weight": weights.tolist(), "class_weight": {0: 2, 1: 2, 2: 2}}
    halves = {"optimizer": SGD(0.05)}
    assert weights_after((points, labels), **both, **halves, **recipe) == expected


def test_an_example_without_weight_is_not_learned():
    points, labels = clouds(count=40)
    other = numpy.where(numpy.arange(40) < 5, (labels + 1) % 3, labels)
    found = [
        weights_after((points, given), points_and_labels, sample_weight=numpy.arange(40) >= 5.0)
        for given in (labels, other)
        for points_and_labels in [(points, labels)]
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        ([1, 2], r"found int64 of shape \(2,\), expected \(200,\), a number an example"),
        (["1"] * 200, "found <U1 of shape"),
        ([-1] * 200, "found -1 to -1, expected finite numbers from 0 on"),
        ([math.nan] * 200, "found nan to nan"),
    ],
    ids=["too few", "text", "negative", "nan"],
)
def test_impossible_weights_of_examples(sample_weight, message):
    with pytest.raises(ValueError, match=f"sample_weight: {message}"):
        train(perceptron(), sample_weight=sample_weight)


def test_without_validation_the_last_epoch_is_kept():
    kept = []
    network = perceptron()
    result = fit(
        network,
        *clouds(),
        **{"epochs": 3, "batch_size": 15, "optimizer": SGD(0.1)},
        rng=numpy.random.default_rng(4),
        on_epoch=lambda epoch: kept.append(copies(network.parameters)),
    )
    assert result.best is result.history[-1]
    assert math.isnan(result.best.validation_loss) and math.isnan(result.best.validation_accuracy)
    assert_same(network.parameters, kept[-1])
    assert bytes_of(kept[0]) != bytes_of(kept[1]) != bytes_of(kept[2])


def test_without_validation_nothing_says_when_to_stop():
    recipe = {"epochs": 3, "batch_size": 15, "optimizer": SGD(0.1)}
    with pytest.raises(ValueError, match="patience: found 2 without a validation, expected both"):
        fit(perceptron(), *clouds(), **recipe, rng=numpy.random.default_rng(4), patience=2)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ([1, 2], r"found shape \(2,\), expected \(3,\), one weight a class"),
        (2, r"found shape \(\)"),
        ([1, 2, -1], "class 2: found -1, expected a finite number from 0 on"),
        ([1, 2, math.nan], "class 2: found nan"),
        (["1", "2", "3"], "class 0: found '1'"),
        ({0: None}, "class 0: found None"),
        ({3: 1}, "found class 3, expected a whole number from 0 to 2"),
        ({-1: 1}, "found class -1"),
        ({"a": 1}, "found class 'a'"),
    ],
)
def test_impossible_weights_of_classes(class_weight, message):
    with pytest.raises(ValueError, match=f"class_weight: {message}"):
        train(perceptron(), class_weight=class_weight)


def test_numbers_have_no_weights_of_classes():
    points = numpy.zeros((4, 2), numpy.float32)
    message = r"class_weight: found one with labels of shape \(4, 3\), expected labels that are"
    with pytest.raises(ValueError, match=message):
        targets = numpy.zeros((4, 3), numpy.float32)
        train(perceptron(), (points, targets), class_weight=[1, 1, 1])


def test_a_class_beyond_the_outputs_has_a_weight_where_targets_know_it():
    points, labels = clouds()
    labels[:20] = 3
    aims = numpy.vstack([numpy.eye(3), numpy.full((1, 3), 1 / 3)]).astype(numpy.float32)
    options = {"targets": lambda inputs, labels: aims[labels], "validation": clouds()}
    with pytest.raises(ValueError, match=r"expected \(4,\), one weight a class"):
        train(perceptron(), (points, labels), class_weight=[1, 1, 1], **options)
    train(perceptron(), (points, labels), class_weight=[1, 1, 1, 0.5], **options)


def test_learns_xor():
    points = numpy.array([[0, 0], [0, 1], [1, 0], [1, 1]], numpy.float32)
    labels = numpy.array([0, 1, 1, 0])
    network = perceptron(hidden=8, classes=2)
    train(network, (points, labels), epochs=500, batch_size=4, optimizer=SGD(0.3))
    assert network.predict(points).tolist() == labels.tolist()


def test_one_step_by_hand():
    # One input x = 2, two classes, all weights 0: softmax is (1/2, 1/2), the gradient by the logits
    # of label 0 is (-1/2, 1/2), by the weights (-1, 1).
    network = network_of([1], dense(2), initializer=zeros)
    data = numpy.array([[2]], numpy.float32), numpy.array([0])
    result = train(network, data, epochs=1, optimizer=SGD(0.1))
    numpy.testing.assert_allclose(network.parameters["dense_1/weights"], [[0.1, -0.1]])
    numpy.testing.assert_allclose(network.parameters["dense_1/bias"], [0.05, -0.05])
    assert result.best.training_loss == pytest.approx(math.log(2))


@pytest.mark.parametrize("batch_size", [1, 7, 8, 15, 199, 200, 1000])
def test_an_epoch_is_plain_gradient_descent_whatever_the_batch_size(batch_size):
    """With a smaller last batch too."""
    points, labels = clouds()
    points = points.astype(numpy.float64)
    network, plain = perceptron(dtype=numpy.float64), perceptron(dtype=numpy.float64)
    options = {"epochs": 2, "batch_size": batch_size, "optimizer": SGD(0.1, 0.02)}
    result = train(network, (points, labels), **options)
    rng = numpy.random.default_rng(4)
    for epoch in result.history:
        order = rng.permutation(200)
        losses, hits = 0, 0
        for start in range(0, 200, batch_size):
            chosen = order[start : start + batch_size]
            outputs = plain.forward(points[chosen], training=True)
            loss, gradient = softmax_cross_entropy(outputs, labels[chosen])
            losses += loss * len(chosen)
            hits += (outputs.argmax(axis=1) == labels[chosen]).sum()
            plain.backward(gradient)
            for name, parameter in plain.parameters.items():
                if name.endswith("weights"):
                    parameter *= 1 - 0.1 * 0.02
                parameter -= 0.1 * plain.gradients[name]
        assert epoch.training_loss == pytest.approx(losses / 200)
        assert epoch.training_accuracy == hits / 200
    assert result.best == result.history[1]
    assert_same(network.parameters, plain.parameters, rtol=1e-9, atol=1e-12)


def test_larger_lambda_smaller_weights():
    norms = []
    for weight_decay in (0, 0.01, 0.1, 1):
        network = perceptron()
        train(network, epochs=5, optimizer=SGD(0.1, weight_decay))
        norms.append(sum(numpy.linalg.norm(network.parameters[n]) for n in network.decayed))
    assert norms == sorted(norms, reverse=True)
    assert norms[0] > norms[-1] * 1.5


def test_same_seed_same_bytes():
    def trained(seed):
        network = perceptron()
        result = train(network, rng=numpy.random.default_rng(seed))
        return bytes_of(network.parameters), without_seconds(result.history)

    assert trained(4) == trained(4)
    assert trained(4) != trained(5)


def test_keeps_the_best_epoch():
    """With validation labels that training unlearns, the first epoch is the best."""
    points, labels = clouds()
    kept = []
    network = perceptron()
    validation = points, (labels + 1) % 3

    def keep(epoch):
        kept.append(copies(network.parameters))

    result = train(network, (points, labels), validation, epochs=6, on_epoch=keep)
    ranks = [(epoch.validation_accuracy, -epoch.validation_loss) for epoch in result.history]
    assert result.best is result.history[ranks.index(max(ranks))]
    assert result.best is not result.history[-1]
    assert_same(network.parameters, kept[result.best.epoch - 1])
    measured = result.best.validation_loss, result.best.validation_accuracy
    assert evaluate(network, *validation) == measured


def test_of_equal_accuracies_the_lower_loss_is_best():
    result = train(perceptron(), epochs=30)
    accurate = [epoch for epoch in result.history if epoch.validation_accuracy == 1]
    assert len(accurate) > 1
    assert result.best.validation_loss == min(epoch.validation_loss for epoch in accurate)


def test_of_equal_epochs_the_first_is_best():
    # A learning rate too small for float32 to notice.
    result = train(perceptron(), optimizer=SGD(1e-30))
    assert result.best.epoch == 1


def test_callbacks():
    epochs, batches = [], []
    watched = {"on_epoch": epochs.append, "on_batch": lambda *numbers: batches.append(numbers)}
    result = train(perceptron(), **watched)
    assert epochs == result.history
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3]
    assert batches == [(done, 14) for done in range(1, 15)] * 3


@pytest.mark.filterwarnings("error")
def test_divergence_stops_and_says_where_and_what_to_try():
    with pytest.raises(TrainingDiverged, match=r"epoch \d+, .*lower the learning rate"):
        train(perceptron(), optimizer=SGD(1e30), epochs=9)


@pytest.mark.parametrize(
    ("points", "held_points", "place"),
    [
        (clouds()[0] * math.nan, clouds()[0], "the loss is nan at epoch 1, batch 1 of 14"),
        (clouds()[0], clouds()[0] * math.inf, "epoch 1, validation"),
    ],
    ids=["training", "validation"],
)
def test_an_input_that_is_not_finite_stops_at_its_place(points, held_points, place):
    _, labels = clouds()
    with pytest.raises(TrainingDiverged, match=place):
        train(perceptron(), (points, labels), (held_points, labels))


TWO_POINTS = numpy.zeros((2, 2), numpy.float32)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (numpy.zeros((2, 2)), [0, 1], "training inputs: found float64 .* expected float32"),
        (numpy.zeros((0, 2), numpy.float32), [], "training inputs: found none"),
        (TWO_POINTS, [0], r"labels: .*\(1,\).* of shape \(2,\)"),
        (TWO_POINTS, [0.0, 1.0], "labels: found float32"),
        (TWO_POINTS, numpy.zeros(2), "labels: found float64"),
        (TWO_POINTS, ["a", "b"], "labels: found <U1"),
        (TWO_POINTS, [[0, 1, 2], [0, 0, 1]], "labels: found whole numbers from 0 to 2"),
        (TWO_POINTS, [0, 3], "labels: found 0 to 3, expected 0 to 2"),
        (TWO_POINTS, [-1, 0], "labels: found -1 to 0"),
        (numpy.zeros((2, 3), numpy.float32), [0, 1], r"inputs: found float32 of shape \(2, 3\)"),
        ([TWO_POINTS, TWO_POINTS], [0, 1], r"inputs: found float32 of shape \(2, 2, 2\), expected"),
        ([[1, 2], [3]], [0, 1], "training inputs: found a list, expected an array, or a list of"),
    ],
)
def test_data_that_does_not_fit(points, labels, message):
    with pytest.raises(ValueError, match=message):
        train(perceptron(), (points, labels), clouds())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("epochs", "batch_size") for value in (0, -1, 1.5, True)),
        *(("validation", share) for share in (0.001, 0.998, 1, -0.5, 1.5, "half")),
    ],
)
def test_impossible_options(name, value):
    with pytest.raises(ValueError, match=f"{name}: found {value!r}"):
        train(perceptron(), **{name: value})


def test_a_network_whose_outputs_are_not_classes():
    network = network_of([2, 2], "relu")
    with pytest.raises(ValueError, match=r"outputs of shape \(2, 2\), expected \(classes,\)"):
        train(network, (numpy.zeros((1, 2, 2), numpy.float32), [0]))


def everything_that_draws():
    """Return a network with every kind of state."""
    return network_of(
        *([2], dense(16), "batch_normalization", "relu", entry("dropout", rate=0.3)),
        *(dense(8, kernel_regularizer={"l1": 1e-4}), "prelu", entry("dropout", rate=0.2), dense(3)),
    )


def shaken(points, rng):
    return points + rng.normal(scale=0.05, size=points.shape).astype(numpy.float32)


def stateful(**changes):
    """Train such a network; return its weights and history."""
    network = everything_that_draws()
    options = {"prepare": shaken, "epochs": 6, "patience": 5}
    options["optimizer"] = AdamW(0.01, schedule=OneCycle())
    result = train(network, **(options | changes))
    return bytes_of(network.parameters), without_seconds(result.history)


class Kept:
    """Checkpoints in memory, as a file would have them."""

    def __init__(self, *saved):
        self.saved = list(saved)

    def load(self):
        return self.saved[-1] if self.saved else None

    def save(self, checkpoint):
        facts = json.loads(json.dumps(checkpoint.facts))
        self.saved.append(Checkpoint(copies(checkpoint.arrays), facts))


@pytest.mark.parametrize(
    "optimizer",
    [
        *(OPTIMIZERS[name](0.01, schedule=OneCycle()) for name in OPTIMIZERS),
        SGD(0.01, 0.01, 0.9, True, schedule=OneCycle()),
    ],
)
def test_a_training_resumed_after_any_epoch_ends_with_the_same_bytes(optimizer):
    kept = Kept()
    expected = stateful(optimizer=optimizer, checkpoints=kept)
    assert len(kept.saved) == 6
    for checkpoint in kept.saved:
        fresh = dataclasses.replace(optimizer)
        assert stateful(optimizer=fresh, checkpoints=Kept(checkpoint)) == expected


def test_a_training_without_validation_goes_on_from_its_last_epoch():
    def trained(checkpoints, epochs):
        network, rng = perceptron(), numpy.random.default_rng(4)
        recipe = {"optimizer": "rmsprop", "batch_size": 15, "sample_weight": numpy.arange(200.0)}
        fit(network, *clouds(), **recipe, rng=rng, epochs=epochs, checkpoints=checkpoints)
        return bytes_of(network.parameters)

    kept = Kept()
    expected = trained(kept, 3)
    for checkpoint in kept.saved:
        assert trained(Kept(checkpoint), 3) == expected


@pytest.mark.parametrize(
    "bit_generator",
    [numpy.random.PCG64, numpy.random.Philox, numpy.random.SFC64, numpy.random.MT19937],
)
def test_a_training_goes_on_whatever_generator_draws(bit_generator):
    kept = Kept()
    first, again = (numpy.random.Generator(bit_generator(3)) for _ in range(2))
    expected = stateful(rng=first, checkpoints=kept)
    assert stateful(rng=again, checkpoints=Kept(kept.saved[2])) == expected


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"epochs": 7}, "epochs 6, now 7"),
        ({"batch_size": 16}, "batch_size 15, now 16"),
        ({"patience": None}, "patience 5, now None"),
        (
            {"optimizer": AdamW(0.01, schedule=Step(0.5))},
            r"optimizer '.*schedule=OneCycle\(.*\), .*', now '.*schedule=Step\(",
        ),
        (
            {"optimizer": AdamW(0.02, schedule=OneCycle())},
            r"optimizer 'AdamW\(learning_rate=0.01, .*now 'AdamW\(learning_rate=0.02",
        ),
        ({"loss": LOSSES["arctan_error"]}, "loss 'softmax_cross_entropy', now 'arctan_error'"),
        ({"prepare": None}, "prepare 'shaken', now 'None'"),
        ({"class_weight": {1: 2}}, r"class_weight None, now \[1.0, 2.0, 1.0\]"),
        ({"rng": numpy.random.default_rng(5)}, "initial state '"),
        ({"validation": clouds(seed=9)}, "data '"),
        ({"sample_weight": numpy.ones(200)}, "data '"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(changes, difference):
    kept = Kept()
    stateful(checkpoints=kept)
    with pytest.raises(ForeignCheckpoint, match=f"made by another training: {difference}"):
        stateful(**changes, checkpoints=kept)


@pytest.mark.parametrize("threads", [1, 2])
def test_same_seed_same_bytes_whatever_the_threads(threads):
    """Large enough that BLAS divides the products among its threads."""

    def trained(threads):
        rng = numpy.random.default_rng(3)
        inputs, labels = rng.random((512, 300), numpy.float32), rng.integers(0, 3, 512)
        network = network_of([300], dense(200), "relu", dense(3), rng=rng)
        with threadpool_limits(threads):
            train(network, (inputs, labels), batch_size=128, epochs=2)
        return [array.tobytes() for array in network.parameters.values()]

    assert trained(threads) == trained(threads)


def test_the_optimizer_is_told_what_share_of_the_training_is_done():
    class Recording(SGD):
        shares = []  # noqa: RUF012

        def update(self, *arguments):
            self.shares.append(arguments[-1])
            super().update(*arguments)

    train(perceptron(), epochs=2, batch_size=100, optimizer=(optimizer := Recording(0.1)))
    assert optimizer.shares == [0.125, 0.375, 0.625, 0.875]


def test_patience_ends_a_training_that_does_not_improve():
    points, labels = clouds()
    validation = points, (labels + 1) % 3
    result = train(perceptron(), (points, labels), validation, epochs=50, patience=3)
    assert len(result.history) == result.best.epoch + 3 < 50


def test_a_share_for_validation_is_taken_from_the_end_before_any_shuffling():
    points, labels = clouds()
    split = train(perceptron(), (points, labels), validation=0.25)
    data = train(perceptron(), (points[:150], labels[:150]), (points[150:], labels[150:]))
    assert without_seconds(split.history) == without_seconds(data.history)


def test_targets_are_aimed_at_instead_of_the_labels():
    points, labels = clouds()
    given = []

    def targets(inputs, batch_labels):
        given.append((inputs.copy(), batch_labels.copy()))
        return numpy.eye(3, dtype=numpy.float32)[(batch_labels + 1) % 3]

    train(perceptron(), (points, labels), epochs=5, targets=targets)
    assert all(len(inputs) == len(batch_labels) for inputs, batch_labels in given)
    assert {len(inputs) for inputs, _ in given} == {15, 200 % 15}
    expected = perceptron()
    # The labels choose the epoch; one epoch leaves nothing to choose.
    train(network := perceptron(), (points, labels), epochs=1, targets=targets)
    train(expected, (points, (labels + 1) % 3), epochs=1)
    assert_same(network.parameters, expected.parameters, rtol=1e-5, atol=1e-7)


def coloured(count=120, seed=1):
    """Draw pictures in bytes, of which a mask shows where the first channel is the brightest."""
    pictures = numpy.random.default_rng(seed).integers(0, 256, (count, 3, 4, 4), numpy.uint8)
    return pictures, (pictures[:, :1] >= pictures.max(axis=1, keepdims=True)) * numpy.uint8(255)


def shares(stored, rng=None):
    return stored / numpy.float32(255)


def shares_of_masks(inputs, masks):
    return shares(masks)


def of_pictures():
    first = entry("convolution", filters=6, kernel=3, padding="same", name="first")
    layers = [first, "relu", entry("convolution", filters=6, kernel=1, name="second")]
    layers += [entry("add", inputs=["second", "first"]), "relu"]
    return network_of([3, 4, 4], *layers, entry("convolution", filters=1, kernel=1))


MASK_LOSS = WeightedSum({"mean_sigmoid_cross_entropy": 1.0, "dice": 0.3})
FOR_MASKS = {"loss": MASK_LOSS, "batch_size": 8}


def test_masks_are_learned_from_bytes_as_from_numbers():
    pictures, masks = coloured()
    held_pictures, held_masks = coloured(40, seed=2)
    results = []
    for data, held, options in [
        ((shares(pictures), shares(masks)), shares(held_masks), {}),
        ((pictures, masks), held_masks, {"prepare": shares, "targets": shares_of_masks}),
        ((pictures, masks), shares(held_masks), {"prepare": shares, "targets": shares_of_masks}),
    ]:
        network = of_pictures()
        options |= {**FOR_MASKS, "optimizer": AdamW(0.02), "epochs": 12}
        result = train(network, data, (shares(held_pictures), held), **options)
        results.append((bytes_of(network.parameters), str(without_seconds(result.history))))
    assert results[0] == results[1] == results[2]
    assert math.isnan(result.best.validation_accuracy)
    assert result.best.validation_loss == min(epoch.validation_loss for epoch in result.history)
    assert result.best.validation_loss < result.history[0].validation_loss / 2
    measured = evaluate(network, shares(held_pictures), held_masks, MASK_LOSS, shares_of_masks)
    assert measured[0] == result.best.validation_loss


def test_pictures_and_masks_are_prepared_alike():
    def mirrored(pictures, masks, rng):
        flips = rng.random(len(pictures)) < 0.5
        pictures, masks = shares(pictures), shares(masks)
        for both in (pictures, masks):
            both[flips] = both[flips, :, :, ::-1]
        return pictures, masks

    pictures, masks = coloured()
    given = []

    def targets(inputs, batch_masks):
        given.append((inputs.copy(), batch_masks.copy()))
        return batch_masks

    held = shares(pictures), shares(masks)
    options = {**FOR_MASKS, "targets": targets, "epochs": 1, "prepare_pairs": mirrored}
    train(of_pictures(), (pictures, masks), held, **options)
    for inputs, batch_masks in given:
        brightest = inputs[:, :1] >= inputs.max(axis=1, keepdims=True)
        numpy.testing.assert_array_equal(batch_masks, brightest)
    del options["targets"]
    train(of_pictures(), (pictures, masks), held, **options)
    with pytest.raises(ValueError, match="prepare_pairs: found one with a prepare"):
        train(of_pictures(), (pictures, masks), held, **options, prepare=shares)


@pytest.mark.parametrize(
    ("masks", "options", "message"),
    [
        (
            numpy.full((120, 1, 4, 4), 255, numpy.uint8),
            {},
            "training labels: found whole numbers from 255 to 255, expected answers of 0 and 1",
        ),
        (
            numpy.zeros((120, 4, 4), numpy.uint8),
            {},
            r"outputs of shape \(1, 4, 4\), expected \(classes,\) for uint8 .*, or give targets of",
        ),
        (numpy.zeros((120, 4, 4), numpy.float32), {}, r"for float32 of shape \(120, 4, 4\)"),
        (
            numpy.zeros((119, 1, 4, 4), numpy.uint8),
            {"targets": shares_of_masks},
            "training labels: found 119, expected 120, one an input",
        ),
    ],
)
def test_masks_that_do_not_fit(masks, options, message):
    pictures, held = coloured()
    held = shares(pictures), shares(held)
    with pytest.raises(ValueError, match=message):
        train(of_pictures(), (shares(pictures), masks), held, **FOR_MASKS, **options)


def test_a_training_with_masks_goes_on_from_its_checkpoint():
    pictures, masks = coloured()
    held, kept = (shares(pictures), masks), Kept()
    options = {**FOR_MASKS, "targets": shares_of_masks, "prepare": shares}

    def trained(**changes):
        network = of_pictures()
        train(network, (pictures, masks), held, **options | changes)
        return bytes_of(network.parameters)

    expected = trained(checkpoints=kept)
    assert trained(checkpoints=Kept(kept.saved[0])) == expected
    with pytest.raises(ForeignCheckpoint, match=r"loss \"WeightedSum.*0\.3.*0\.4"):
        weights = {"mean_sigmoid_cross_entropy": 1.0, "dice": 0.4}
        trained(checkpoints=kept, loss=WeightedSum(weights))


def test_regularizers_are_part_of_the_training_loss():
    losses = []
    for factor in (0, 0.5):
        network = network_of([2], dense(3, kernel_regularizer={"l2": factor}))
        penalty = factor * numpy.square(network.parameters["dense_1/weights"]).sum()
        result = train(network, epochs=1, batch_size=200, optimizer=SGD(1e-9))
        losses.append(result.best.training_loss - penalty)
        assert result.best.validation_loss == pytest.approx(losses[0], rel=1e-6)
    assert losses[1] == pytest.approx(losses[0], rel=1e-6)


def test_pictures_may_be_bytes_that_are_prepared_on_the_way():
    points, labels = clouds()
    stored = numpy.round(points * 10 + 100).astype(numpy.uint8)

    def prepared(examples, rng=None):
        return (examples.astype(numpy.float32) - 100) / 10

    expected = weights_after((prepared(stored), labels), (points, labels))
    assert weights_after((stored, labels), (points, labels), prepare=prepared) == expected


def test_an_error_in_the_preparation_is_raised():
    def fails(examples, rng):
        raise RuntimeError("no paper")

    with pytest.raises(RuntimeError, match="no paper"):
        train(perceptron(), prepare=fails)


@pytest.mark.parametrize("batch_size", [1, 15, 128, 700, 1000])
def test_batches_are_all_examples_in_order(monkeypatch, batch_size):
    monkeypatch.setattr("pipeline.nn.batches.BLOCK_BYTES", 3000)
    inputs = numpy.arange(1400, dtype=numpy.float32).reshape(700, 2)
    labels = numpy.arange(700)
    order = numpy.random.default_rng(0).permutation(700)
    seen, rows_seen = [], []
    ready = batches(inputs, labels, order, batch_size, shape=(2,), dtype=inputs.dtype, rng=None)
    for rows, batch_labels in ready:
        assert len(rows) == len(batch_labels) <= batch_size
        seen += batch_labels.tolist()
        rows_seen += rows[:, 0].tolist()
    assert seen == order.tolist()
    assert rows_seen == (2 * order).tolist()


def test_a_batch_stays_while_the_next_is_gathered(monkeypatch):
    monkeypatch.setattr("pipeline.nn.batches.BLOCK_BYTES", 1)
    inputs, order = numpy.arange(12, dtype=numpy.float32), numpy.arange(12)
    for rows, labels in batches(inputs, order, order, 4, shape=(), dtype=inputs.dtype, rng=None):
        time.sleep(0.02)
        assert rows.tolist() == labels.tolist()


@pytest.mark.parametrize(
    "layer", ["batch_normalization", entry("activity_regularization", l2=0.5)], ids=str
)
def test_a_layer_that_combines_examples_gets_exactly_the_batch(layer):
    points, labels = clouds(7)
    network, plain = (network_of([2], dense(5), layer, dense(3)) for _ in range(2))
    train(network, (points, labels), epochs=1, batch_size=7)
    order = numpy.random.default_rng(4).permutation(7)
    gradient = softmax_cross_entropy(plain.forward(points[order], True), labels[order])[1]
    plain.backward(gradient)
    for name, array in plain.gradients.items():
        expected = plain.parameters[name] - 0.1 * array
        numpy.testing.assert_allclose(network.parameters[name], expected, rtol=1e-5, atol=1e-6)


def test_after_an_exception_nothing_draws_any_more():
    def stop(*_):
        raise RuntimeError("enough")

    before = threading.active_count()
    rng = numpy.random.default_rng(0)
    with pytest.raises(RuntimeError, match="enough"):
        train(perceptron(), clouds(5000), prepare=shaken, rng=rng, on_batch=stop)
    assert threading.active_count() == before


def test_pictures_in_any_order_of_memory_are_the_same():
    points, labels = clouds()
    assert weights_after((numpy.asfortranarray(points), labels)) == weights_after((points, labels))


def test_a_preparation_that_loses_examples_is_refused():
    with pytest.raises(ValueError, match="reshape"):
        train(perceptron(), prepare=lambda examples, rng: examples[:1])
