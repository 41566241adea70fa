"""What the page says of depths follows from their errors."""

import numpy

from tools.pages.approximation import compared, conclusion

HARDNESS = numpy.array([1.0, 2.0, 0.5, 3.0, 1.5])


def test_a_depth_that_is_worse_for_every_seed_is_told_from_the_best_however_hard_the_seeds():
    noise = numpy.array([1.0, 1.02, 0.98, 1.01, 0.99])
    errors = {1: HARDNESS * 1.3 * noise, 2: HARDNESS, 3: HARDNESS * noise[::-1] * 1.01}
    assert compared({depth: row.tolist() for depth, row in errors.items()}) == [2, 3]


def test_the_conclusion_follows_from_the_numbers():
    rising, falling = (
        {depth: (HARDNESS ** (1 + depth / 100) * factor**depth).tolist() for depth in (1, 2, 3)}
        for factor in (2.0, 0.5)
    )
    noisy = [1.0, 1.2, 0.8, 1.1, 0.9]
    same = {1: [1.0] * 5, 2: noisy, 3: [each + 1e-3 for each in noisy[::-1]]}
    text = conclusion({("a", 4): rising, ("a", 8): rising, ("b", 4): falling, ("b", 8): same})
    everywhere = "is in every row the best or one that cannot be told from it.\n"
    assert "- a: for 4 and 8 arguments depth 1 is best. The worst depth errs 4.1 to 4.1" in text
    assert "- b: for 4 arguments depth 3 is best; for 8 arguments depth 1 is best, from" in text
    assert "from which 2 and 3 cannot be told" in text
    assert text.endswith(f"- No depth {everywhere}")
    assert conclusion({("a", 4): rising, ("b", 8): same}).endswith(f"- Depth 1 {everywhere}")
