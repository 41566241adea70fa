"""The same network, data and batches here and in PyTorch, where that is installed."""

import numpy
import pytest

from pipeline.nn.losses import LOSSES
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.training import fit

torch = pytest.importorskip("torch")

WIDTHS = (20, 12, 8, 5)
COUNT, BATCH_SIZE, EPOCHS = 70, 15, 4
LEARNING_RATE, WEIGHT_DECAY = 0.1, 0.01


def torch_loss(name, outputs, labels):
    if name == "softmax_cross_entropy":
        return torch.nn.functional.cross_entropy(outputs, labels)
    targets = torch.nn.functional.one_hot(labels, WIDTHS[-1]).to(outputs.dtype)
    return torch.nn.functional.mse_loss(outputs, targets)


@pytest.mark.parametrize("loss", LOSSES)
def test_training_agrees(loss):
    layers = [{"type": "dense", "units": WIDTHS[1]}]
    for units in WIDTHS[2:]:
        layers += [{"type": "relu"}, {"type": "dense", "units": units}]
    rng = numpy.random.default_rng(6)
    network = Network({"input_shape": [WIDTHS[0]], "layers": layers}, rng)
    inputs = rng.random((COUNT, WIDTHS[0]), numpy.float32)
    labels = rng.integers(0, WIDTHS[-1], COUNT)

    weights, biases = (
        [torch.tensor(array) for name, array in network.parameters.items() if name.endswith(part)]
        for part in ("weights", "bias")
    )
    for tensor in weights + biases:
        tensor.requires_grad_()
    optimizer = torch.optim.SGD(
        [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": biases}], lr=LEARNING_RATE
    )
    shuffler = numpy.random.default_rng(7)
    for _ in range(EPOCHS):
        order = shuffler.permutation(COUNT)
        for start in range(0, COUNT, BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            outputs = torch.tensor(inputs[chosen])
            for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                outputs = outputs @ weight + bias
                if number + 1 < len(weights):
                    outputs = outputs.relu()
            optimizer.zero_grad()
            torch_loss(loss, outputs, torch.tensor(labels[chosen])).backward()
            optimizer.step()

    final = {}
    fit(
        network,
        inputs,
        labels,
        inputs,
        labels,
        optimizer=SGD(LEARNING_RATE, WEIGHT_DECAY),
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        rng=numpy.random.default_rng(7),
        loss=LOSSES[loss],
        on_epoch=lambda epoch: final.update(
            {name: array.copy() for name, array in network.parameters.items()}
        ),
    )
    pairs = zip(weights, biases, strict=True)
    expected = [tensor.detach().numpy() for pair in pairs for tensor in pair]
    for (name, array), tensor in zip(final.items(), expected, strict=True):
        numpy.testing.assert_allclose(array, tensor, rtol=1e-4, atol=1e-6, err_msg=name)
