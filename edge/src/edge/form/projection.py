"""The projective transform from a sheet of paper to its photograph."""

import numpy


def of_points(points, seen):
    """Return the matrix `(3, 3)` that takes four points `(4, 2)` to where they are seen.

    No three of them may lie on a line. The direct linear transform: R. Hartley and A. Zisserman,
    Multiple View Geometry in Computer Vision, 2nd edition, section 4.1.
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(points, seen):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return numpy.append(numpy.linalg.solve(rows, values), 1).reshape(3, 3)


def projected(matrix, points):
    """Return where points `(..., 2)` are seen."""
    points = numpy.asarray(points, float)
    seen = points @ matrix[:, :2].T + matrix[:, 2]
    return seen[..., :2] / seen[..., 2:]


def sampled(pixels, places):
    """Return the values `(..., channels)`, float32, of pixels at places `(..., 2)`, x and y.

    Between the middles of pixels `(height, width, channels)`, uint8, they are interpolated; beyond
    the picture its border goes on.
    """
    height, width, channels = pixels.shape
    flat = pixels.reshape(-1, channels)
    most = numpy.array([width - 1, height - 1])
    places = numpy.clip(places, 0, most)
    low = numpy.minimum(places.astype(numpy.intp), numpy.maximum(most - 1, 0))
    right, down = numpy.moveaxis((places - low).astype(numpy.float32)[..., None], -2, 0)
    start = low[..., 1] * width + low[..., 0]
    beside, below = min(1, width - 1), width * min(1, height - 1)
    upper = flat[start] * (1 - right) + flat[start + beside] * right
    lower = flat[start + below] * (1 - right) + flat[start + below + beside] * right
    return upper * (1 - down) + lower * down


def fitted(points, seen):
    """Return the matrix `(3, 3)` that best takes points `(n, 2)`, at least four, to where they are.

    The least squares of the equations of `of_points`.
    """
    (x, y), (u, v) = numpy.transpose(points), numpy.transpose(seen)
    zero, one = 0 * x, 0 * x + 1
    rows = [
        numpy.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=1),
        numpy.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=1),
    ]
    solved = numpy.linalg.lstsq(numpy.concatenate(rows), numpy.concatenate([u, v]), rcond=None)[0]
    return numpy.append(solved, 1).reshape(3, 3)
