"""The tables of the model card and the data card: letters, cases, corpora, sets."""

import csv

from edge.alphabet import LETTERS
from pipeline.corpora import CORPORA
from pipeline.files import METRICS, PLOTS, read_json

# A class that is read less often than this is named as a failure.
WEAK = 0.9


def cases() -> str:
    """Lay out how many test letters of each case are read, by either split's network."""
    report = read_json(METRICS / "describe.json")["accuracy"]
    rows = [
        "| test letters | random split: read, of | tail split: read, of |",
        "| --- | --- | --- |",
    ]
    for corpus, by_case in report["random"].items():
        for case in by_case:
            found = [report[method][corpus][case] for method in ("random", "tail")]
            cells = [f"**{row['accuracy']:.2%}**, {row['tested']:,}" for row in found]
            rows.append(f"| {CORPORA[corpus].kind}, {_named(case)} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def letters() -> str:
    """Lay out how many test letters of each class and case are read, and name the weak ones."""
    with (PLOTS / "cases.csv").open(encoding="utf-8", newline="") as file:
        read = {
            (row["corpus"], row["case"], row["split"], row["letter"]): float(row["accuracy"])
            for row in csv.DictReader(file)
        }
    columns = list(dict.fromkeys(key[:3] for key in sorted(read)))
    titles = [f"{CORPORA[corpus].kind}, {_named(case)}, {split}" for corpus, case, split in columns]
    rows = [f"| | {' | '.join(titles)} |", f"| --- {'| --- ' * len(columns)}|"]
    for letter in LETTERS:
        shares = [read.get((*column, letter)) for column in columns]
        cells = ["–" if share is None else _bold_if_weak(share) for share in shares]
        rows.append(f"| {letter} | {' | '.join(cells)} |")
    return "\n".join(rows) + f"\n\nIn bold what is read less often than {WEAK:.0%}.\n"


def corpora() -> str:
    """Lay out what each corpus holds, and what `clean` has dropped and why."""
    cleaned = read_json(METRICS / "clean.json")
    described = read_json(METRICS / "describe.json")["corpora"]
    rows = {
        "in the archive": [f"{of['in']:,}" for of in cleaned.values()],
        "dropped": [
            ", ".join(f"{count:,} {why}" for why, count in of["dropped"].items()) or "none"
            for of in cleaned.values()
        ],
        "kept": [f"**{of['kept']:,}**" for of in cleaned.values()],
        "of the commonest letter": [_extreme(of["classes"], max) for of in cleaned.values()],
        "of the rarest letter": [_extreme(of["classes"], min) for of in cleaned.values()],
        "case": [_case_counts(described[name]) for name in cleaned],
        "sessions": [_session_counts(described[name]) for name in cleaned],
    }
    kinds = [f"{name} ({CORPORA[name].kind})" for name in cleaned]
    lines = [f"| | {' | '.join(kinds)} |", f"| --- {'| --- ' * len(kinds)}|"]
    lines += [f"| {title} | {' | '.join(cells)} |" for title, cells in rows.items()]
    return "\n".join(lines) + "\n"


def sets() -> str:
    """Lay out how many letters each split gives to training, validation and test."""
    report = read_json(METRICS / "describe.json")["sets"]
    parts = ("training", "validation", "test")
    rows = [f"| | {' | '.join(parts)} |", f"| --- {'| --- ' * len(parts)}|"]
    for method, by_corpus in report.items():
        for corpus, of in by_corpus.items():
            cells = []
            for part in parts:
                counts = of[part]
                detail = (
                    f"{counts['sessions']} sessions" if "sessions" in counts else _by_case(counts)
                )
                if counts.get("untimed"):
                    detail += f", {counts['untimed']} letters of no known time"
                cells.append(f"{counts['letters']:,} ({detail})")
            rows.append(f"| {CORPORA[corpus].kind}, {method} split | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def classes() -> str:
    """Lay out how many pictures of each letter every corpus has."""
    report = read_json(METRICS / "clean.json")
    third = -(-len(LETTERS) // 3)
    kinds = [CORPORA[name].kind for name in report]
    rows = [
        f"| {' | '.join(['letter', *kinds] * 3)} |",
        f"|{' --- |' * (3 * (1 + len(kinds)))}",
    ]
    for row in range(third):
        cells = []
        for letter in LETTERS[row::third]:
            cells += [f"**{letter}**", *(f"{of['classes'][letter]:,}" for of in report.values())]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _named(case: str) -> str:
    return "case not recorded" if case == "unknown" else case


def _bold_if_weak(share: float) -> str:
    return f"**{share:.1%}**" if share < WEAK else f"{share:.1%}"


def _extreme(counts: dict[str, int], which) -> str:
    letter = which(counts, key=counts.get)
    return f"{counts[letter]:,} {letter}"


def _by_case(counts: dict) -> str:
    return ", ".join(f"{count:,} {case}" for case, count in counts["cases"].items())


def _case_counts(counts: dict) -> str:
    if "cases" not in counts:
        return "not recorded"
    lacking = "; ".join(
        f"no {case} {', '.join(letters)}" for case, letters in counts["lacking"].items() if letters
    )
    return f"{_by_case(counts)}; {lacking}" if lacking else _by_case(counts)


def _session_counts(counts: dict) -> str:
    if "sessions" not in counts:
        return "not recorded"
    return f"{counts['sessions']}, and {counts['untimed']} letters of no known time"
