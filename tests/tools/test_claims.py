"""A claim's verdict follows from the figures alone, and from how far they spread."""

import pytest

from studies.table import read
from tests.support.workplace import ROOT
from tools.pages.claims import CLAIMS
from tools.pages.studies import TABLES
from tools.pages.verdicts import Claim, Figure, Measured, judged, others, rows


def row(*highest, rise=0.0):
    test = {"highest": list(highest), "final": [0.5] * len(highest)}
    return {"test": test, "training": [0.9] * len(highest), "rise": [rise], "wobble": [0.01]}


def verdict(claim, **table):
    of = Measured({"own": table}, {"own": ["a", "b", "c"]})
    return judged(claim, of)[1].strip("*")


A_ABOVE_B = Claim("a is above b", rows("own", "a"), rows("own", "b"))
A_IS_BEST = Claim("a is the best", rows("own", "a"), others("own", "a"))


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (row(0.90, 0.91), row(0.80, 0.81), "holds"),
        (row(0.80, 0.81), row(0.90, 0.91), "does not hold here"),
        (row(0.80, 0.81, rise=0.01), row(0.90, 0.91), "cannot be told"),
        (row(0.90, 0.91), row(0.80, 0.81, rise=0.01), "holds"),
        (row(0.90, 0.91), row(0.89, 0.905), "cannot be told"),
        # The spread is that of the table's rows with several seeds; without any it is not known.
        (row(0.90), row(0.80, 0.81), "holds"),
        (row(0.90), row(0.80), "cannot be told"),
    ],
)
def test_a_comparison_is_decided_by_the_difference_and_the_spread(a, b, said):
    assert verdict(A_ABOVE_B, a=a, b=b) == said


def test_the_standard_error_is_that_of_its_own_seeds_or_of_the_median_row():
    rows_of = {"a": row(0.90, 0.92), "b": row(0.80), "c": row(0.5, 0.5), "d": row(0.5, 0.7)}
    of = Measured({"own": rows_of}, {"own": list(rows_of)})
    # The variances are 0.0002, 0 and 0.02; that of the means' difference 0.0001 + 0.0002.
    assert judged(A_ABOVE_B, of)[2:] == ["91.00% (a), 80.00% (b)", "3.46 points"]
    wide = Claim("d is below b", rows("own", "b"), rows("own", "d"))
    assert judged(wide, of)[3] == f"{200 * (0.0002 + 0.01) ** 0.5:.2f} points"


def test_what_is_left_of_a_table_must_all_have_been_trained():
    a, b = row(0.90, 0.91), row(0.80, 0.81)
    assert verdict(A_IS_BEST, a=a, b=b) == "not trained yet"
    assert verdict(A_IS_BEST, a=a, b=b, c=row(0.95, 0.96)) == "does not hold here"
    lowest = Claim("b is the worst", others("own", "b", best=min), rows("own", "b"))
    assert verdict(lowest, a=a, b=b, c=row(0.70, 0.71)) == "does not hold here"


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (row(0.869), "holds"),
        (row(0.86), "less here"),
        (row(0.88), "more here"),
        (row(0.86, rise=0.002), "cannot be told"),
        (row(0.88, rise=0.002), "more here"),
        # One seed of two gives it.
        (row(0.80, 0.869), "holds"),
        (row(0.80, 0.86), "less here"),
    ],
)
def test_a_reported_figure_is_met_within_half_a_point_by_some_seed(measured, said):
    assert verdict(Claim("a gives 87.2%", rows("own", "a"), 0.872), a=measured) == said


def test_a_gap_is_that_between_training_and_test():
    claim = Claim("the gap is 40 points", rows("own", "a", kind="gap"), 0.4)
    assert verdict(claim, a=row(0.8)) == "holds"


@pytest.mark.parametrize("study", CLAIMS)
def test_every_claim_is_about_rows_that_the_study_has(study, monkeypatch):
    monkeypatch.chdir(ROOT)
    asked = {name: set(read(study, name)[1]) for name in TABLES[study]}
    for claim in CLAIMS[study]:
        for figure in claim[1:3]:
            if isinstance(figure, Figure):
                assert set(figure.rows) <= asked[figure.table], claim.words
