"""What the corpora hold, what was dropped, how they are divided; the words; the stages' graph."""

import subprocess
from itertools import chain

from pipeline.data.corpora import named
from pipeline.data.letters import METHODS
from pipeline.files import METRICS, read_json
from tools.pages.markdown import table

PARTS_OF_A_SET = ["training", "validation", "test"]

# What the sessions of a kind are called, if not sessions.
SESSIONS = {"forms": "round"}


def corpora() -> str:
    """Return what each corpus holds, and what `clean` has dropped and why."""
    cleaned = read_json(METRICS / "clean.json")
    kinds = [named(name).kind for name in cleaned]
    rows = {
        "in the archive": lambda of: f"{of['in']:,}",
        "dropped": lambda of: _counts(of["dropped"]) or "none",
        "kept": lambda of: f"**{of['kept']:,}**",
        "of the commonest letter": lambda of: _extreme(of["classes"], max),
        "of the rarest letter": lambda of: _extreme(of["classes"], min),
        "case": _cases,
    }
    head = ["", *(f"{name} ({kind})" for name, kind in zip(cleaned, kinds, strict=True))]
    cells = [[title, *map(cell, cleaned.values())] for title, cell in rows.items()]
    return table(head, [*cells, ["sessions", *map(_sessions, cleaned.values(), kinds)]])


def alphabet() -> list[str]:
    """Return the letters of the committed run, in the order of their classes."""
    first, *_ = read_json(METRICS / "clean.json").values()
    return [*first["classes"]]


def classes() -> str:
    """Return how many pictures of each letter every corpus has, three letters in a row."""
    cleaned = read_json(METRICS / "clean.json")
    letters = alphabet()
    height = -(-len(letters) // 3)
    cells = [
        [f"**{letter}**", *(f"{of['classes'][letter]:,}" for of in cleaned.values())]
        for letter in letters
    ]
    rows = [[*chain(*cells[row::height])] for row in range(height)]
    return table(["letter", *(named(name).kind for name in cleaned)] * 3, rows)


def sets() -> str:
    """Return how many letters each split gives to training, validation and test."""
    rows = []
    for method in METHODS:
        for corpus, of in read_json(METRICS / method / "split.json").items():
            kind = named(corpus).kind
            parts = [of[part] for part in PARTS_OF_A_SET]
            cells = [f"{part['letters']:,} ({_detail(part, kind)})" for part in parts]
            rows.append([f"{kind}, {method} split", *cells])
    return table(["", *PARTS_OF_A_SET], rows)


def words() -> str:
    """Return how many words were counted and held out, and how well the latter are foretold."""
    measured = read_json(METRICS / "language.json")
    rows = []
    for part, count in measured["words"].items():
        perplexity = measured["perplexity"].get(part, {})
        shown = (
            f"{perplexity[name]:.2f}" if perplexity else "" for name in ("trigrams", "letters")
        )
        rows.append([part, f"{count:,}", *shown])
    return table(["", measured["source"], "perplexity by trigrams", "by letters alone"], rows)


def dag() -> str:
    """Return the stages as DVC sees them, drawn in Mermaid."""
    command = ["dvc", "dag", "--mermaid", "report"]
    drawn = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    return f"```mermaid\n{drawn.strip()}\n```\n"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _extreme(counts: dict[str, int], which) -> str:
    letter = which(counts, key=counts.get)
    return f"{counts[letter]:,} {letter}"


def _cases(of: dict) -> str:
    if "cases" not in of:
        return "not recorded"
    lacking = [f"no {case} {', '.join(some)}" for case, some in of["lacking"].items() if some]
    return "; ".join([_counts(of["cases"]), *lacking])


def _sessions(of: dict, kind: str) -> str:
    if "sessions" not in of:
        return "not recorded"
    word = SESSIONS.get(kind, "session") + ("s" if of["sessions"] != 1 else "")
    untimed = f", {of['untimed']} letters of no known time" if of["untimed"] else ""
    return f"{of['sessions']} {word}{untimed}"


def _detail(of: dict, kind: str) -> str:
    return _counts(of["cases"]) if "cases" in of else _sessions(of, kind)


PARTS = {part.__name__: part for part in (corpora, classes, sets, words, dag)}
