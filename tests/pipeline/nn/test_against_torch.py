"""The same computations here and in PyTorch, where that is installed."""

from collections import Counter
from functools import partial

import numpy
import pytest

from pipeline.nn.activations import ACTIVATIONS
from pipeline.nn.initializers import normal
from pipeline.nn.layers import LAYERS
from pipeline.nn.losses import LOSSES
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD, Adam, AdamW, RMSprop
from pipeline.nn.schedules import Cosine, OneCycle, Step
from pipeline.nn.training import fit
from tests.pipeline.nn.networks import copies, dense, described, entry, network_of

torch = pytest.importorskip("torch")
functional = torch.nn.functional

WIDTHS = (20, 12, 8, 5)
COUNT, BATCH_SIZE, EPOCHS = 70, 15, 4
LEARNING_RATE, WEIGHT_DECAY = 0.1, 0.01


def assert_close(found, expected, tolerance=1e-10, name=""):
    numpy.testing.assert_allclose(found, expected.detach(), tolerance, tolerance, err_msg=name)


def tracked(array):
    """Copy an array into a tensor whose gradient is wanted."""
    return torch.tensor(array).requires_grad_()


def convolution(options, inputs, parameters, groups=1):
    return functional.conv2d(
        inputs,
        parameters["weights"].permute(3, 0, 1, 2),
        parameters.get("bias"),
        options.get("stride", 1),
        options.get("padding", 0),
        options.get("dilation", 1),
        groups,
    )


def depthwise_convolution(options, inputs, parameters):
    return convolution(options, inputs, parameters, groups=inputs.shape[1])


def normalization(options, inputs, parameters):
    return functional.batch_norm(
        inputs,
        parameters["mean"],
        parameters["variance"],
        parameters["scale"],
        parameters["shift"],
        training=True,
        **{{"epsilon": "eps"}.get(name, name): value for name, value in options.items()},
    )


def pooling(function):
    """Return a pooling of torch's, whose padding is as large on both sides."""

    def pooled(options, inputs, parameters):
        margin = [size // 2 for size in options["size"]] if "padding" in options else 0
        return function(inputs, options["size"], options.get("stride"), margin)

    return pooled


# Each takes a layer's options, its inputs and its parameters.
EQUIVALENTS = {
    "dense": lambda options, x, own: x.flatten(1) @ own["weights"] + own.get("bias", 0),
    "convolution": convolution,
    "depthwise_convolution": depthwise_convolution,
    "max_pooling": pooling(functional.max_pool2d),
    "average_pooling": pooling(partial(functional.avg_pool2d, count_include_pad=False)),
    "global_average_pooling": lambda options, x, own: x.mean((2, 3)),
    "flatten": lambda options, x, own: x.flatten(1),
    "batch_normalization": normalization,
    "dropout": lambda options, x, own: functional.dropout(x, options["rate"], training=False),
    "identity": lambda options, x, own: x,
    "sigmoid": lambda options, x, own: x.sigmoid(),
    "tanh": lambda options, x, own: x.tanh(),
    "relu": lambda options, x, own: x.relu(),
    "leaky_relu": lambda options, x, own: functional.leaky_relu(x, options.get("slope", 0.01)),
    "prelu": lambda options, x, own: functional.prelu(x, own["slopes"]),
    "elu": lambda options, x, own: functional.elu(x, options.get("alpha", 1)),
    "selu": lambda options, x, own: functional.selu(x),
    "softplus": lambda options, x, own: functional.softplus(x),
    "softsign": lambda options, x, own: functional.softsign(x),
    "exponential": lambda options, x, own: x.exp(),
    "softmax": lambda options, x, own: x.softmax(1),
    "upsample": lambda options, x, own: functional.interpolate(x, scale_factor=options["factor"]),
}
PICTURES = (6, 3, 7, 8)
POOLS = [
    *({"size": 1}, {"size": 2}, {"size": 3, "stride": 1}, {"size": [2, 3], "stride": [3, 2]}),
    {"size": [3, 5], "stride": 1, "padding": "same"},
]
CASES = [
    ("dense", {"units": 4}, (6, 5)),
    ("dense", {"units": 4, "bias": False}, PICTURES),
    ("flatten", {}, PICTURES),
    *(
        ("convolution", {"filters": 4, **options}, PICTURES)
        for options in (
            {"kernel": 1},
            {"kernel": 3, "padding": 1},
            {"kernel": 5, "stride": 2, "padding": 2, "bias": False},
            {"kernel": [2, 3], "stride": [3, 1], "padding": [1, 0]},
            {"kernel": [7, 8]},
            {"kernel": 2, "stride": 3, "padding": 3},
            {"kernel": 3, "padding": "same", "dilation": [1, 2]},
            {"kernel": [2, 3], "stride": [2, 3], "padding": 1, "dilation": [4, 2]},
        )
    ),
    *(
        ("depthwise_convolution", options, PICTURES)
        for options in (
            {"kernel": 1},
            {"kernel": [3, 5], "padding": "same"},
            {"kernel": [2, 3], "stride": [3, 2], "padding": [1, 2], "bias": False},
        )
    ),
    *(
        (kind, options, PICTURES)
        for kind in ("max_pooling", "average_pooling")
        for options in POOLS
    ),
    ("global_average_pooling", {}, PICTURES),
    ("batch_normalization", {}, (6, 5)),
    ("batch_normalization", {"momentum": 0.3, "epsilon": 0.01}, PICTURES),
    *((layer.type, {}, shape) for layer in ACTIVATIONS for shape in ((6, 5), PICTURES)),
    ("upsample", {"factor": 2}, PICTURES),
    ("leaky_relu", {"slope": 0.3}, (6, 5)),
    ("elu", {"alpha": 0.7}, (6, 5)),
]


def built(kind, options, shape):
    more = {"bias_initializer": normal, "dtype": numpy.float64}
    return network_of(shape[1:], entry(kind, **options), **more).layers[0]


def test_every_layer_that_torch_has_is_compared():
    assert set(EQUIVALENTS) == {*(kind for kind, *_ in CASES), "dropout"}
    own = {"activity_regularization", "add", "concatenate"}
    assert set(LAYERS) - set(EQUIVALENTS) == own


@pytest.mark.parametrize(("kind", "options", "shape"), CASES, ids=str)
def test_layer_agrees(kind, options, shape):
    layer = built(kind, options, shape)
    inputs = numpy.random.default_rng(1).standard_normal(shape)
    parameters = {
        name: tracked(array) if name in layer.gradients else torch.tensor(array)
        for name, array in layer.parameters.items()
    }
    tensor = tracked(inputs)
    expected = EQUIVALENTS[kind](options, tensor, parameters)
    outputs = layer.forward(inputs, training=True)
    assert_close(outputs, expected)
    weighting = numpy.random.default_rng(2).standard_normal(outputs.shape)
    expected.backward(torch.tensor(weighting))
    assert_close(layer.backward(weighting), tensor.grad)
    for name, gradient in layer.gradients.items():
        assert_close(gradient, parameters[name].grad, name=name)
    for name, array in layer.parameters.items():
        assert_close(array, parameters[name], name=name)


@pytest.mark.parametrize("shape", [(6, 5), PICTURES])
def test_batch_normalization_agrees_in_inference(shape):
    layer = built("batch_normalization", {}, shape)
    module = (torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d)(shape[1]).double()
    for seed in range(3):
        inputs = 3 + 2 * numpy.random.default_rng(seed).standard_normal(shape)
        assert_close(layer.forward(inputs, training=True), module(torch.tensor(inputs)))
    module.eval()
    assert_close(layer.forward(inputs, training=False), module(torch.tensor(inputs)))


def test_dropout_agrees_in_inference():
    options, inputs = {"rate": 0.5}, numpy.random.default_rng(1).standard_normal(PICTURES)
    outputs = built("dropout", options, PICTURES).forward(inputs, training=False)
    assert_close(outputs, EQUIVALENTS["dropout"](options, torch.tensor(inputs), {}))


def torch_loss(name, outputs, labels):
    if name == "softmax_cross_entropy":
        return functional.cross_entropy(outputs, labels)
    targets = functional.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
    if name == "sigmoid_cross_entropy":
        summed = functional.binary_cross_entropy_with_logits(outputs, targets, reduction="sum")
        return summed / len(labels)
    if name == "mean_sigmoid_cross_entropy":
        return functional.binary_cross_entropy_with_logits(outputs, targets)
    if name == "dice":
        found = outputs.sigmoid()
        overlap = 2 * (found * targets).sum(1) + 1
        return (1 - overlap / (found.square() + targets.square()).sum(1).add(1)).mean()
    if name == "arctan_error":
        return (outputs - targets).arctan().square().mean()
    error = functional.mse_loss(outputs, targets)
    if name == "quadratic_cost":
        return error * outputs.shape[1] / 2
    return error.sqrt() if name == "root_mean_squared_error" else error


@pytest.mark.parametrize("name", LOSSES)
def test_loss_agrees(name):
    rng = numpy.random.default_rng(3)
    outputs, labels = 4 * rng.standard_normal((9, 5)), rng.integers(0, 5, 9)
    loss, gradient = LOSSES[name](outputs, labels)
    tensor = tracked(outputs)
    expected = torch_loss(name, tensor, torch.tensor(labels))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    assert_close(gradient, tensor.grad, 1e-12)


def test_weighted_loss_agrees():
    rng = numpy.random.default_rng(3)
    outputs, labels, weights = rng.standard_normal((9, 5)), rng.integers(0, 5, 9), rng.random(9)
    loss, gradient = LOSSES["softmax_cross_entropy"](outputs, labels, weights)
    tensor = tracked(outputs)
    losses = functional.cross_entropy(tensor, torch.tensor(labels), reduction="none")
    expected = (losses * torch.tensor(weights)).mean()
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    assert_close(gradient, tensor.grad, 1e-12)


@pytest.mark.parametrize(
    ("optimizer", "make", "options"),
    [
        (SGD(0.1), torch.optim.SGD, {}),
        (SGD(0.1, 0.5), torch.optim.SGD, {}),
        (SGD(0.1, momentum=0.9), torch.optim.SGD, {"momentum": 0.9}),
        (SGD(0.1, 0.5, 0.9), torch.optim.SGD, {"momentum": 0.9}),
        (SGD(0.1, 0.5, 0.9, True), torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        (RMSprop(0.1), torch.optim.RMSprop, {"alpha": 0.9}),
        (RMSprop(0.1, 0.5, 1e-3), torch.optim.RMSprop, {"alpha": 0.5, "eps": 1e-3}),
        (Adam(0.1), torch.optim.Adam, {}),
        (Adam(0.1, 0.5, 0.7, 1e-3), torch.optim.Adam, {"betas": (0.5, 0.7), "eps": 1e-3}),
        (AdamW(0.1), torch.optim.AdamW, {}),
        (AdamW(0.1, 0.5, 0.7, 1e-3, 2), torch.optim.AdamW, {"betas": (0.5, 0.7), "eps": 1e-3}),
    ],
    ids=repr,
)
def test_optimizer_agrees_over_20_steps(optimizer, make, options):
    rng = numpy.random.default_rng(4)
    parameters = {"weights": rng.standard_normal((4, 3)), "bias": rng.standard_normal(3)}
    tensors = {name: tracked(array) for name, array in parameters.items()}
    decay = getattr(optimizer, "weight_decay", 0)
    groups = [
        {"params": [tensors["weights"]], "weight_decay": decay},
        {"params": [tensors["bias"]], "weight_decay": 0},
    ]
    other = make(groups, lr=optimizer.learning_rate, **options)
    for _ in range(20):
        gradients = {name: rng.standard_normal(array.shape) for name, array in parameters.items()}
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradients[name])
        optimizer.update(parameters, gradients, {"weights"})
        other.step()
        for name, array in parameters.items():
            assert_close(array, tensors[name], name=name)


def torch_factors(make, steps, **options):
    """Return the learning rates of a scheduler that starts from 1."""
    optimizer = torch.optim.SGD([tracked(numpy.zeros(1))], lr=1)
    scheduler = make(optimizer, **options)
    factors = []
    for _ in range(steps):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return factors


@pytest.mark.parametrize(
    ("schedule", "make", "options"),
    [
        (Cosine(), "CosineAnnealingLR", {"T_max": 60}),
        (Cosine(0.2), "CosineAnnealingLR", {"T_max": 60, "eta_min": 0.2}),
        (Step(0.25), "StepLR", {"step_size": 15}),
        (Step(1 / 3, 0.5), "StepLR", {"step_size": 20, "gamma": 0.5}),
    ],
    ids=str,
)
def test_schedule_agrees(schedule, make, options):
    expected = torch_factors(getattr(torch.optim.lr_scheduler, make), 60, **options)
    found = [schedule(step / 60) for step in range(60)]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("rise", "start", "end"), [(0.3, 0.04, 0.01), (0.5, 0.2, 0.1)])
def test_one_cycle_agrees(rise, start, end):
    """Where PyTorch's first step is at 0, its last at 1, and the top a step before `rise`."""
    steps = 60
    top = rise * steps - 1
    places = [
        rise * step / top if step <= top else rise + (1 - rise) * (step - top) / (steps - 1 - top)
        for step in range(steps)
    ]
    expected = torch_factors(
        torch.optim.lr_scheduler.OneCycleLR,
        steps - 1,
        max_lr=1,
        total_steps=steps,
        pct_start=rise,
        div_factor=1 / start,
        final_div_factor=start / end,
    )
    schedule = OneCycle(rise, start, end)
    assert [schedule(place) for place in places[:-1]] == pytest.approx(expected, rel=1e-9)


def trained(network, inputs, labels, seed, **options):
    """Train on all examples; return the parameters after the last epoch, best or not."""
    final = {}
    fit(
        network,
        inputs,
        labels,
        validation=(inputs, labels),
        batch_size=BATCH_SIZE,
        rng=numpy.random.default_rng(seed),
        on_epoch=lambda epoch: final.update(copies(network.parameters)),
        **options,
    )
    return final


def shuffled_batches(inputs, labels, epochs, seed):
    """Yield tensors in the order in which `fit` takes the examples."""
    rng = numpy.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(labels))
        for start in range(0, len(labels), BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            yield torch.tensor(inputs[chosen]), torch.tensor(labels[chosen])


@pytest.mark.parametrize("loss", LOSSES)
def test_training_agrees(loss):
    first, second, third = map(dense, WIDTHS[1:])
    rng = numpy.random.default_rng(6)
    network = network_of([WIDTHS[0]], first, "relu", second, "relu", third, rng=rng)
    inputs = rng.random((COUNT, WIDTHS[0]), numpy.float32)
    labels = rng.integers(0, WIDTHS[-1], COUNT)

    weights, biases = (
        [tracked(array) for name, array in network.parameters.items() if name.endswith(part)]
        for part in ("weights", "bias")
    )
    optimizer = torch.optim.SGD(
        [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": biases}], lr=LEARNING_RATE
    )
    for outputs, targets in shuffled_batches(inputs, labels, EPOCHS, 7):
        for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            outputs = outputs @ weight + bias
            if number + 1 < len(weights):
                outputs = outputs.relu()
        optimizer.zero_grad()
        torch_loss(loss, outputs, targets).backward()
        optimizer.step()

    options = {"optimizer": SGD(LEARNING_RATE, WEIGHT_DECAY), "loss": LOSSES[loss]}
    final = trained(network, inputs, labels, epochs=EPOCHS, seed=7, **options)
    pairs = zip(weights, biases, strict=True)
    expected = [tensor.detach().numpy() for pair in pairs for tensor in pair]
    for (name, array), tensor in zip(final.items(), expected, strict=True):
        numpy.testing.assert_allclose(array, tensor, rtol=1e-4, atol=1e-6, err_msg=name)


def test_a_convolutional_network_agrees():
    description = described(
        [8, 9],
        entry("convolution", filters=4, kernel=3, padding=1, bias=False),
        *("batch_normalization", "relu", entry("max_pooling", size=2)),
        *(entry("convolution", filters=6, kernel=2), "elu", "flatten", dense(5)),
    )
    rng = numpy.random.default_rng(8)
    network = Network(description, rng, dtype=numpy.float64)
    inputs, labels = rng.random((COUNT, 8, 9)), rng.integers(0, 5, COUNT)

    tensors = {
        name: tracked(array) if name in network.gradients else torch.tensor(array)
        for name, array in network.parameters.items()
    }
    biases = network.gradients.keys() - network.decayed
    groups = [
        {"params": [tensors[name] for name in network.decayed], "weight_decay": WEIGHT_DECAY},
        {"params": [tensors[name] for name in biases], "weight_decay": 0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=0.01)
    for outputs, targets in shuffled_batches(inputs, labels, 3, 9):
        outputs, numbers = outputs[:, None], Counter()
        for options in description["layers"]:
            kind = options["type"]
            numbers[kind] += 1
            own = {
                name.removeprefix(f"{kind}_{numbers[kind]}/"): tensor
                for name, tensor in tensors.items()
            }
            options = {name: value for name, value in options.items() if name != "type"}
            outputs = EQUIVALENTS[kind](options, outputs, own)
        optimizer.zero_grad()
        functional.cross_entropy(outputs, targets).backward()
        optimizer.step()

    optimizer = AdamW(0.01, weight_decay=WEIGHT_DECAY)
    final = trained(network, inputs, labels, optimizer=optimizer, epochs=3, seed=9)
    for name, array in final.items():
        assert_close(array, tensors[name], 1e-8, name)
