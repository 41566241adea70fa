"""How good the released network and that of the other split are, as `evaluate` has measured."""

from itertools import zip_longest

import numpy

from edge.bench import reported
from pipeline import params
from pipeline.data.corpora import named, strokes
from pipeline.data.letters import METHODS
from pipeline.errors import PipelineError
from pipeline.files import METRICS, PLOTS, read_csv, read_json
from pipeline.report.plots import sheets
from pipeline.results import predictions
from pipeline.results.predictions import UNKNOWN, most_confused
from tools.pages import data, studies
from tools.pages.markdown import table

SPLITS = ["random split", "tail split: nearest to unseen hands"]

# Letters that are read less often than this are printed in bold.
WEAK = 0.9


def evaluated() -> dict[str, dict]:
    """Return what `evaluate` has measured, by split; raises PipelineError on drawn letters."""
    measured = {method: predictions.measured(method) for method in METHODS}
    if strokes.CORPUS.kind in measured["random"]["accuracy"]:
        raise PipelineError(f"{METRICS}: made on `strokes`, a demonstration; not for the pages")
    return measured


def results() -> str:
    """Return accuracy, chosen epoch and size at every precision, beside the source work's."""
    # int8 is measured by a study alone: no pack has it.
    measured, int8 = evaluated(), studies.results("strangers", "int8")
    trained = [read_json(METRICS / method / "train.json") for method in METHODS]
    rows = []
    for kind, shares in measured["random"]["accuracy"].items():
        for precision in shares:
            cells = [f"**{of['accuracy'][kind][precision]:.2%}**" for of in measured.values()]
            known = f"{reported.ACCURACY[precision]:.2%}" if kind == "scans" else "not measured"
            rows.append([f"{kind}, test, {precision}", *cells, known])
        looks = [f"**{of['classified'][kind]:.2%}**" for of in measured.values()]
        rows.append([f"{kind}, test, fp16 with second looks", *looks, "not measured"])
        shares = [f"**{int8[method][kind]:.2%}**" for method in METHODS]
        rows.append([f"{kind}, test, int8", *shares, "not measured"])
    best = f"{reported.BEST_ACCURACY:.3%}, best on test"
    # A pack has the network that finds ink, too; only the letters' is stored as int8.
    sizes = measured["random"]["bytes"] | {"int8 of the letters' network alone": int8["bytes"]}
    shown = ", ".join(f"{size / 1e3:.0f} kB" for size in sizes.values())
    validation = [f"{of['validation_accuracy']:.2%}" for of in trained]
    epochs = params.read().profile.epochs
    rows += [
        ["validation, which chooses the epoch", *validation, "none"],
        [f"epoch chosen, of {epochs}", *(of["epoch"] for of in trained), best],
        [f"weights: {', '.join(sizes)}", shown, "the same", "not said"],
    ]
    return table(["", *SPLITS, "the source work"], rows)


def cases() -> str:
    """Return how many test letters of each case are read, by either split's network."""
    measured = evaluated()
    rows = []
    for kind, by_case in measured["random"]["cases"].items():
        for case in by_case:
            read = [of["cases"][kind][case] for of in measured.values()]
            cells = [f"**{of['accuracy']:.2%}**, {of['tested']:,}" for of in read]
            rows.append([f"{kind}, {_named(case)}", *cells])
    return table(["test letters", *(f"{method} split: read, of" for method in METHODS)], rows)


def letters() -> str:
    """Return how many test letters of each class and case are read, the weak ones in bold."""
    read = {
        (row["corpus"], row["case"], method, row["letter"]): float(row["accuracy"])
        for method in METHODS
        for row in read_csv(PLOTS / method / "cases.csv")
    }
    columns = dict.fromkeys(key[:3] for key in sorted(read))
    head = [f"{named(corpus).kind}, {_named(case)}, {method}" for corpus, case, method in columns]
    rows = [
        [letter, *(_bold_if_weak(read.get((*column, letter))) for column in columns)]
        for letter in data.alphabet()
    ]
    return table(["", *head], rows) + f"\nIn bold what is read less often than {WEAK:.0%}.\n"


def confused() -> str:
    """Return the pairs of letters most often taken for one another, by corpus, with counts."""
    rows = read_csv(PLOTS / params.read().split.method / "confusion.csv")
    columns, letters = {}, data.alphabet()
    for corpus in dict.fromkeys(row["corpus"] for row in rows):
        counts = numpy.zeros((len(letters), len(letters)), int)
        for row in rows:
            if row["corpus"] == corpus:
                counts[letters.index(row["actual"]), letters.index(row["predicted"])] += 1
        columns[named(corpus).kind] = [
            ", ".join(f"{letters[a]} → {letters[b]} {counts[a, b]}" for a, b in (pair, pair[::-1]))
            for pair in most_confused(counts, sheets.PAIRS)
        ]
    return table([*columns], zip_longest(*columns.values(), fillvalue=""))


def _named(case: str) -> str:
    return "case not recorded" if case == UNKNOWN else case


def _bold_if_weak(share: float | None) -> str:
    if share is None:
        return "–"
    return f"**{share:.1%}**" if share < WEAK else f"{share:.1%}"


PARTS = {part.__name__: part for part in (results, cases, letters, confused)}
