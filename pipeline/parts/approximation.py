"""Which depth approximates which function: the errors, and what can be concluded from them."""

from collections.abc import Iterable
from pathlib import Path
from statistics import mean, stdev

import numpy
from scipy.stats import ttest_rel

from pipeline.experiments import depths
from pipeline.files import read_json

STUDY = Path("studies/perceptron")

# Where depth changes nothing, at most this is the probability of telling some depth of a row apart.
SIGNIFICANCE = 0.05

# By depth, one error a seed.
Errors = dict[int, list[float]]


def perceptron_approximation() -> str:
    """Lay out the errors by function, arguments and depth, and conclude which depth is best."""
    group, recipes = depths.read(STUDY)
    measured = {
        (f"{function}, {activation}", int(arguments)): by_depth
        for function, of_function in read_json(STUDY / "results" / f"{depths.GROUP}.json").items()
        for activation, rows in of_function.items()
        for arguments, by_depth in rows.items()
    }
    table = {
        row: {int(depth): cell["errors"] for depth, cell in by_depth.items()}
        for row, by_depth in measured.items()
    }
    columns = []
    for depth in group.depths:
        widths = [by_depth[f"{depth}"]["width"] for by_depth in measured.values()]
        columns.append(f"{depth} hidden, {min(widths)} to {max(widths)} wide")
    lines = [f"| function, activation | arguments | {' | '.join(columns)} |"]
    lines.append(f"| --- | --- {'| --- ' * len(columns)}|")
    for (function, arguments), errors in table.items():
        lines.append(f"| {function} | {arguments} | {' | '.join(_cells(errors))} |")
    (shared, *_) = recipes.values()
    rates = [f"{_listed(each.learning_rates, 'or')} for {name}" for name, each in recipes.items()]
    return (
        "\n".join(lines)
        + "\n\nRoot mean squared errors on points that the network has not met, in per cent of the"
        f" targets' standard deviation: means and standard deviations over {group.seeds} seeds."
        f" {shared.parameters:,} parameters at most; {shared.examples:,} examples, {shared.epochs}"
        f" epochs in mini-batches of {shared.batch_size} by Adam in one cycle, at a learning rate"
        f" of {_listed(rates)}, whichever is better on validation. **Bold** is the lowest mean of a"
        " row, *slanted* what cannot be told from it: by one-sided t-tests on the errors'"
        f" logarithms, paired by seed, at a level of {SIGNIFICANCE:g} for the row as a whole"
        f" (Bonferroni).\n\n![Error by depth]({STUDY.name}/curves/{depths.GROUP}.png)\n\n"
        + conclusion(table)
    )


def conclusion(table: dict[tuple[str, int], Errors]) -> str:
    """Say for each function which depth is best, and whether one is best for all.

    `table` has a row's errors by its function and number of arguments.
    """
    best = {row: compared(errors) for row, errors in table.items()}
    lines = []
    for function in dict.fromkeys(function for function, _ in table):
        alike = {}
        for (name, arguments), found in best.items():
            if name == function:
                alike.setdefault(tuple(found), []).append(arguments)
        parts = [
            f"for {_listed(arguments)} arguments depth {first} is best"
            + (f", from which {_listed(others)} cannot be told" if others else "")
            for (first, *others), arguments in alike.items()
        ]
        means = [[*map(mean, row.values())] for (name, _), row in table.items() if name == function]
        ratios = [max(row) / min(row) for row in means]
        lines.append(
            f"- {function}: {'; '.join(parts)}. The worst depth errs {min(ratios):.1f} to"
            f" {max(ratios):.1f} times as much as the best."
        )
    everywhere = sorted(set.intersection(*map(set, best.values())))
    found = "No depth is"
    if everywhere:
        several = len(everywhere) > 1
        found = f"Depth{'s' * several} {_listed(everywhere)} {'are' if several else 'is'}"
    lines.append(f"- {found} in every row the best or one that cannot be told from it.")
    return "\n".join(lines) + "\n"


def compared(errors: Errors) -> list[int]:
    """Give the depth of the lowest mean error, then those that cannot be told from it."""
    best = min(errors, key=lambda depth: mean(errors[depth]))
    others = [depth for depth in errors if depth != best]
    # A seed that draws a harder function multiplies the errors of all depths alike.
    logarithms = {depth: numpy.log(row) for depth, row in errors.items()}
    worse = {
        depth
        for depth in others
        if ttest_rel(logarithms[depth], logarithms[best], alternative="greater").pvalue
        < SIGNIFICANCE / len(others)
    }
    return [best, *(depth for depth in others if depth not in worse)]


def _cells(errors: Errors) -> list[str]:
    best, *others = compared(errors)
    marks = dict.fromkeys(others, "*") | {best: "**"}
    cells = []
    for depth, row in errors.items():
        percent = [100 * error for error in row]
        mark = marks.get(depth, "")
        cells.append(f"{mark}{mean(percent):.2f}%{mark} ± {stdev(percent):.2f}")
    return cells


def _listed(values: Iterable, last: str = "and") -> str:
    """Write values as a sentence has them: "4, 8 and 12"."""
    *first, final = map(str, values)
    return f"{', '.join(first)} {last} {final}" if first else final
