"""Which depth approximates which function: the errors, and what can be concluded from them."""

from statistics import mean, stdev

import numpy
from scipy.stats import ttest_rel

from tools.pages.markdown import listed, table
from tools.pages.studies import params, results

# If depth changes nothing, at most this is the probability of telling some depth of a row apart.
SIGNIFICANCE = 0.05

# By depth, one error for each seed.
Errors = dict[int, list[float]]


def perceptron_approximation() -> str:
    """Return the errors by function, arguments and depth, and which depth is best."""
    asked = params("perceptron", "approximation")
    measured = {
        (f"{function}, {activation}", int(arguments)): by_depth
        for function, of_function in results("perceptron", "approximation").items()
        for activation, rows in of_function.items()
        for arguments, by_depth in rows.items()
    }
    errors = {
        row: {int(depth): cell["errors"] for depth, cell in by_depth.items()}
        for row, by_depth in measured.items()
    }
    head = ["function, activation", "arguments"]
    for depth in asked["depths"]:
        widths = [by_depth[f"{depth}"]["width"] for by_depth in measured.values()]
        head.append(f"{depth} hidden, {min(widths)} to {max(widths)} wide")
    shared = asked["shared"]
    rates = [
        f"{listed(of['learning_rates'], 'or')} for {name}"
        for name, of in asked["activations"].items()
    ]
    return (
        table(head, ([*row, *_cells(errors[row])] for row in errors))
        + "\nRoot mean squared errors on points that the network has not learned from, in per cent"
        f" of the targets' standard deviation: means and standard deviations over {asked['seeds']}"
        f" seeds. At most {shared['parameters']:,} parameters; {shared['examples']:,} examples,"
        f" {shared['epochs']} epochs in mini-batches of {shared['batch_size']} by Adam in one"
        f" cycle, at a learning rate of {listed(rates)}, whichever is better on validation."
        " **Bold** is the lowest mean of a row, *slanted* what cannot be told from it: by"
        " one-sided t-tests on the errors' logarithms, paired by seed, at a level of"
        f" {SIGNIFICANCE:g} for the row as a whole (Bonferroni).\n\n" + conclusion(errors)
    )


def conclusion(errors: dict[tuple[str, int], Errors]) -> str:
    """Return for each function which depth is best, and whether one is best for all.

    `errors` has those of a row by its function and number of arguments.
    """
    best = {row: compared(of) for row, of in errors.items()}
    lines = []
    for function in dict.fromkeys(function for function, _ in errors):
        alike = {}
        for (name, arguments), found in best.items():
            if name == function:
                alike.setdefault(tuple(found), []).append(arguments)
        parts = [
            f"for {listed(arguments)} arguments depth {first} is best"
            + (f", from which {listed(others)} cannot be told" if others else "")
            for (first, *others), arguments in alike.items()
        ]
        means = [[*map(mean, of.values())] for (name, _), of in errors.items() if name == function]
        ratios = [max(row) / min(row) for row in means]
        lines.append(
            f"- {function}: {'; '.join(parts)}. The worst depth errs {min(ratios):.1f} to"
            f" {max(ratios):.1f} times as much as the best."
        )
    everywhere = sorted(set.intersection(*map(set, best.values())))
    found = "No depth is"
    if everywhere:
        several = len(everywhere) > 1
        found = f"Depth{'s' * several} {listed(everywhere)} {'are' if several else 'is'}"
    lines.append(f"- {found} in every row the best or one that cannot be told from it.")
    return "\n".join(lines) + "\n"


def compared(errors: Errors) -> list[int]:
    """Return the depth of the lowest mean error, then those that cannot be told from it."""
    best = min(errors, key=lambda depth: mean(errors[depth]))
    others = [depth for depth in errors if depth != best]
    # A seed that draws a harder function multiplies the errors of all depths alike.
    logarithms = {depth: numpy.log(row) for depth, row in errors.items()}
    level = SIGNIFICANCE / len(others)

    def worse(depth: int) -> bool:
        return ttest_rel(logarithms[depth], logarithms[best], alternative="greater").pvalue < level

    return [best, *(depth for depth in others if not worse(depth))]


def _cells(errors: Errors) -> list[str]:
    best, *others = compared(errors)
    marks = dict.fromkeys(others, "*") | {best: "**"}
    return [
        f"{marks.get(depth, '')}{mean(row):.2%}{marks.get(depth, '')} ± {100 * stdev(row):.2f}"
        for depth, row in errors.items()
    ]


PARTS = {"perceptron_approximation": perceptron_approximation}
