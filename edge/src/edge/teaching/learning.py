"""The last layers of a network, adapted to a few letters of one hand and held near what they were.

Several networks learn at once, each from letters of its own: one from all of them, and one for each
part that cross-validation holds out. Parameters are lists of arrays, a layer's weights
`(networks, inputs, outputs)` and its bias `(networks, 1, outputs)` after one another.
"""

import numpy

from edge.network import softmax

# One for each time that the letters are bent anew.
STEPS = 40

# Of AdamW (Loshchilov and Hutter, 2019), whose decay pulls not to zero but to the released weights:
# of 24 hands' letters that chose these, fewer of either leave more errors.
LEARNING_RATE, PULL = 0.002, 50
MOMENTUM, SQUARES = 0.9, 0.95


def learned(passes, labels, parameters, shown):
    """Return parameters that have learned letters, each network those that it is `shown`.

    `passes` yields for each of the STEPS which letters it shows, `(m,)`, and what the last layers
    take of them, float32 `(m, inputs)`; `labels` is `(n,)`; `shown`, bool `(networks, n)`.
    """
    start = [numpy.repeat(array, len(shown), axis=0) for array in parameters]
    current = [array.copy() for array in start]
    means, squares = ([numpy.zeros_like(array) for array in start] for _ in range(2))
    classes = current[-1].shape[-1]
    targets = numpy.eye(classes, dtype=numpy.float32)
    # The fewer of all letters are shown, the nearer it stays: the others must not be forgotten.
    covered = numpy.array([len(set(labels[each].tolist())) for each in shown])
    caution = (classes / covered).astype(numpy.float32)[:, None, None]
    for step, (rows, inputs) in enumerate(passes):
        rate = LEARNING_RATE * (1 + numpy.cos(numpy.pi * step / STEPS)) / 2 / numpy.sqrt(caution)
        kept = 1 - rate * PULL * caution
        slopes = gradients(inputs, current, targets[labels[rows]], _shares(shown[:, rows]))
        for place, gradient in enumerate(slopes):
            array, mean, square = current[place], means[place], squares[place]
            mean += (1 - MOMENTUM) * (gradient - mean)
            square += (1 - SQUARES) * (gradient * gradient - square)
            deviation = numpy.sqrt(square / (1 - SQUARES ** (step + 1))) + 1e-8
            array -= rate / (1 - MOMENTUM ** (step + 1)) * mean / deviation
            array -= start[place]
            array *= kept
            array += start[place]
    return current


def probabilities(inputs, parameters):
    """Return what each network makes of inputs `(n, inputs)`: float32 `(networks, n, classes)`."""
    *_, logits = _values(inputs, parameters)
    count, letters, classes = logits.shape
    return softmax(logits.reshape(-1, classes)).reshape(count, letters, classes)


def between(parameters, reached, share):
    """Return the parameters that lie a `share` of the way to those that were `reached`."""
    return [before + share * (after - before) for before, after in zip(parameters, reached)]


def _shares(shown):
    """Return each letter's share in the loss of each network, `(networks, m, 1)`."""
    counts = numpy.maximum(shown.sum(axis=1, keepdims=True), 1)
    return (shown / counts).astype(numpy.float32)[:, :, None]


def _values(inputs, parameters):
    """Return what each layer takes, and the logits: `(networks, n, values)`, ReLUs in between."""
    values = [inputs[None]]
    for weights, bias in zip(parameters[::2], parameters[1::2]):
        if len(values) > 1:
            values[-1] = numpy.maximum(values[-1], 0)
        values.append(values[-1] @ weights + bias)
    return values


def gradients(inputs, parameters, targets, shares):
    """Yield the gradients of the mean cross-entropy, in the parameters' order (backpropagation)."""
    *taken, logits = _values(inputs, parameters)
    _, letters, classes = logits.shape
    given = softmax(logits.reshape(-1, classes)).reshape(-1, letters, classes)
    delta = (given - targets) * shares
    gradients = []
    for layer in reversed(range(len(taken))):
        gradients += [delta.sum(axis=1, keepdims=True), taken[layer].swapaxes(1, 2) @ delta]
        if layer:
            delta = (delta @ parameters[2 * layer].swapaxes(1, 2)) * (taken[layer] > 0)
    return reversed(gradients)
