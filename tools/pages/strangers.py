"""What makes the network read strangers' letters: the results of `studies/strangers`."""

from collections.abc import Sequence
from operator import sub
from statistics import mean, stdev

import pipeline.params
from pipeline.data.letters import METHODS
from tools.pages.accuracy import WEAK, evaluated
from tools.pages.markdown import listed, percent, table
from tools.pages.studies import params, results

# Whose test letters are shown, in the order of the columns.
KINDS = ("scans", "touch", "forms")


def profiles() -> str:
    """Return the accuracy of both profiles, as they are trained, on both splits."""
    measured = evaluated()
    rows = {
        "`letters`, all corpora": [
            [measured[method]["accuracy"][kind]["fp32"]] for kind, method in _test_sets(METHODS)
        ],
        "`thesis`, scans alone": _shares("thesis", "scans_alone"),
    }
    head = ["profile", *_columns(METHODS)]
    return table(head, ([name, *map(percent, rows[name])] for name in rows))


def ablation() -> str:
    """Return what every variant changes: means over the seeds, and standard deviations."""
    chosen = params("strangers", "ablation")
    full = pipeline.params.read().profiles[chosen["profile"]].epochs
    default = _shares("ablation", "default")
    rows = [["default", *(f"**{mean(row):.2%}** ± {100 * stdev(row):.2f}" for row in default)]]
    for name in chosen["variants"]:
        if name == "default":
            continue
        # A variant and the default with the same seed start alike: in pairs they vary less.
        pairs = zip(_shares("ablation", name), default, strict=True)
        changes = [[100 * change for change in map(sub, row, of)] for row, of in pairs]
        cells = [f"{mean(change):+.2f} ± {stdev(change):.2f}" for change in changes]
        rows.append([name.replace("_", " "), *cells])
    head = [f"{chosen['epochs']} epochs, {chosen['seeds']} seeds", *_columns(chosen["splits"])]
    return table(head, rows) + (
        f"\nMeans and standard deviations over the seeds, {chosen['epochs']} epochs each instead of"
        f" {full}. The first row is accuracy in per cent, the others are differences from it in"
        " points.\n"
    )


def robustness() -> str:
    """Return how many letters are read after a change, from weak to strong."""
    report = results("strangers", "robustness")
    rows = []
    for curve in report["curves"].values():
        cells = []
        for value, label in curve["shown"].items():
            shares = [curve["accuracy"].get(kind, {}).get(value) for kind in report["kinds"]]
            read = " / ".join("–" if share is None else f"{share:.0%}" for share in shares)
            cells.append(f"{label}: {read}")
        rows.append([curve["title"], *cells])
    head = [" / ".join(report["kinds"]), *[""] * (len(rows[0]) - 1)]
    return table(head, rows) + (
        f"\nBetween the best and the worst pen from 3% to 13% lie"
        f" {100 * report['pen_loss_3_to_13']:.1f} points.\n"
    )


def scenes() -> str:
    """Return how many letters are read in pictures of every kind, by group, and the worst scene."""
    found = results("strangers", "scenes")["scenes"]
    kinds = [name for name in next(iter(found.values())) if name not in ("group", "together")]
    groups = {}
    for name, of in found.items():
        groups.setdefault(of["group"], {})[name] = of
    rows = []
    for group, members in groups.items():
        cells = []
        for kind in kinds:
            right, points = (
                mean(of[kind][what] for of in members.values()) for what in ("right", "points")
            )
            cells.append(f"{right:.1%}, {points:+.1f}")
        worst = min(members, key=lambda name, of=members: of[name]["together"]["right"])
        share = members[worst]["together"]["right"]
        rows.append([group, len(members), *cells, f"{worst}: {share:.0%}"])
    return table(["group", "scenes", *(f"{kind}: right, points" for kind in kinds), "worst"], rows)


PHOTOGRAPHS = ["paper", "photographs", "right", "refused", "unsure", "wrong and sure"]
PHOTOGRAPHS_RU = [
    "бумага", "фотографий", "верно", "отказов", "неуверенных", "неверно и уверенно"
]  # fmt: skip
PAPERS_RU = {
    "plain": "чистая",
    "graph": "миллиметровая",
    "squared": "в клетку",
    "striped": "в линейку",
    "together": "вся",
}


def photographs() -> str:
    """Return how many real photographs are read, refused and unsure, by paper."""
    papers = results("strangers", "photographs")["papers"]
    rows = [
        [paper, of["photographs"], f"**{of['right']:.1%}**", *_refused(of, 1)]
        for paper, of in papers.items()
    ]
    return table(PHOTOGRAPHS, rows)


def photographs_ru() -> str:
    """Return the same in Russian."""
    papers = results("strangers", "photographs")["papers"]
    rows = [
        [PAPERS_RU[paper], of["photographs"], f"**{of['right']:.1%}**", *_refused(of, 1)]
        for paper, of in papers.items()
    ]
    return table(PHOTOGRAPHS_RU, rows).replace(".", ",")


def refusals() -> str:
    """Return what becomes of pictures in which no letter stands, or several."""
    report = results("strangers", "scenes")
    rows = [
        [f"{title}: {name}", f"{of['pictures']:,}", *_refused(of, 0)]
        for title, part in (("nothing", "none"), ("several", "several"))
        for name, of in report[part].items()
    ]
    gaps = [
        f"{1 - of['wrong']:.0%} at {float(gap):.0%}"
        for gap, of in report["words_by_gap"].items()
        if gap != "together"
    ]
    return table(["picture", "pictures", "refused", "unsure", "read as a letter"], rows) + (
        "\nOf words, by the gap between two letters, a share of their height, are refused or"
        f" unsure: {listed(gaps)}.\n"
    )


def teaching() -> str:
    """Return how much better hands are read after they were taught, by kind of letters."""
    rows = []
    for kind, measured in results("strangers", "teaching").items():
        for taught, of in measured.items():
            what = taught
            if taught == "wrong labels":
                what = f"{max(map(int, measured.keys() - {taught}))}, one label in 20 wrong"
            doubted = of["doubted"] - of["doubted_wrong"]
            rows.append(
                [
                    kind,
                    of["hands"],
                    what,
                    f"{of['before']:.1%}",
                    f"**{of['after']:.1%}**",
                    f"{of['gone']:.0%}",
                    f"{100 * of['change_mean']:+.1f} ± {100 * of['change_deviation']:.1f}",
                    of["worse"],
                    f"{of['refused']:.0%}",
                    f"{of['doubted_wrong']} of {of['wrong']}, {doubted}",
                ]
            )
    head = ["letters", "hands", "taught of each", "before", "after", "errors gone"]
    head += ["points a hand", "worse by a point", "refused", "doubted: wrong labels, right ones"]
    return table(head, rows)


def reading() -> str:
    """Return how much is read of words, lines and forms, with and without a language."""
    found = results("strangers", "reading")
    names = {"clean": "on clean paper", "papers": "on other papers"}
    rows = [
        [f"words {names[place]}, gaps {gap}", *_read(of)]
        for key, of in found["words"].items()
        for gap, place in [key.split(", ")]
    ]
    rows.sort(key=lambda row: names["papers"] in row[0])
    rows += [["lines of two to five words", *_read(of)] for of in found["lines"].values()]
    rows += [[f"forms, {kind}", *_read(of)] for kind, of in found["forms"].items()]
    head = ["", "texts", "wrong letters", "with the language", "texts right", "with the language"]
    forms = found["forms"].values()
    told = 1 - sum(of["told"] * of["boxes"] for of in forms) / sum(of["boxes"] for of in forms)
    alone = " / ".join(f"{of['alone']:.1%}" for of in forms)
    said = found["names"]
    weights = ", ".join(f"{weight}: {share:.2%}" for weight, share in found["weights"].items())
    boxes = sum(of["boxes"] for of in forms)
    other = 1 - said["right"] - said["none"]
    return table(head, rows) + (
        f"\nThe letters in the forms, each alone as it is in its corpus, are wrong in {alone}. Of"
        f" {boxes:,} boxes, empty ones and filled ones are taken for each other in {told:.2%}. Of a"
        f" list of {said['list']} names, {said['right']:.1%} of {said['words']} written ones are"
        f" named, {other:.1%} as another one, and {said['others_taken']:.1%} of"
        f" {said['others']} other words are taken for one of them. Wrong"
        f" letters on validation words by what the language weighs: {weights}.\n"
    )


def _read(of: dict) -> list[str]:
    names = ("letters", "language", "letters_right", "language_right")
    wrong, better, right, more = (of[name] for name in names)
    return [of["texts"], f"{wrong:.1%}", f"**{better:.1%}**", f"{right:.0%}", f"**{more:.0%}**"]


def failures() -> str:
    """Return the changes after which too few letters are read, and how photographs are read."""
    changes, found = results("strangers", "robustness"), results("strangers", "scenes")["scenes"]
    kinds = changes["kinds"]
    rows = []
    for curve in changes["curves"].values():
        (label, *_) = curve["shown"].values()
        cells = []
        for kind in kinds:
            measured = curve["accuracy"].get(kind, {})
            weak = [
                f"{_labelled(float(value), label)}: {share:.0%}"
                for value, share in measured.items()
                if share < WEAK
            ]
            cells.append(", ".join(weak) or ("none" if measured else "not measured"))
        rows.append([curve["title"], *cells])
    rows.append(["the worst of all scenes"])
    for kind in kinds:
        worst = min(found, key=lambda scene, kind=kind: found[scene][kind]["right"])
        rows[-1].append(f"{worst}: {found[worst][kind]['right']:.0%}")
    changed = table([f"read less often than {WEAK:.0%}", *kinds], rows)
    return f"{changed}\nReal photographs, by their paper:\n\n{photographs()}"


def _refused(of: dict, digits: int) -> list[str]:
    """Return the shares of pictures that are refused, unsure, and wrong though sure."""
    return [f"{of[name]:.{digits}%}" for name in ("refused", "unsure", "wrong")]


def _test_sets(methods: Sequence[str]) -> list[tuple[str, str]]:
    """Return whose test letters the columns are of, and by which split the network was trained."""
    return [(kind, method) for kind in KINDS for method in methods]


def _columns(methods: Sequence[str]) -> list[str]:
    return [f"{kind}, {method} split" for kind, method in _test_sets(methods)]


def _shares(group: str, variant: str) -> list[list[float]]:
    """Return a variant's accuracies on each test set of its table, one for each seed."""
    measured = results("strangers", f"{group}/{variant}")
    methods = params("strangers", group)["splits"]
    return [measured[method][kind] for kind, method in _test_sets(methods)]


def _labelled(value: float, like: str) -> str:
    """Write a step of a curve in the unit of another step's label."""
    return f"{100 * value:g}%" if like.endswith("%") else f"{value:g}{like.lstrip('-.0123456789')}"


PARTS = {
    part.__name__: part
    for part in (
        profiles,
        ablation,
        robustness,
        scenes,
        photographs,
        photographs_ru,
        refusals,
        teaching,
        reading,
        failures,
    )
}
