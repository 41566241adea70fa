"""How much a letter may change and still be read: what the study `strangers` has measured."""

from pipeline.distortions import CURVES
from pipeline.files import METRICS, PLOTS, read_json

# What reads fewer letters than this is named as a failure.
WEAK = 0.9


def robustness() -> str:
    """Lay out how many letters are read after a change, weak or strong, and link the curves."""
    report = read_json(METRICS / "robustness.json")
    rows = [
        f"| {' / '.join(report)} | | | | | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, curve in CURVES.items():
        cells = []
        for value in curve.shown:
            shares = [report[kind].get(name, {}).get(f"{value}") for kind in report]
            read = " / ".join("–" if share is None else f"{share:.0%}" for share in shares)
            cells.append(f"{curve.label.format(value)}: {read}")
        rows.append(f"| {curve.title} | {' | '.join(cells)} |")
    loss = report["touch"]["pen_loss_3_to_13"]
    picture = PLOTS / "robustness.png"
    return "\n".join(rows) + (
        f"\n\nBetween the best and the worst pen from 3% to 13% lie {100 * loss:.1f} points."
        f"\n\n![Accuracy on test letters that are changed step by step]({picture})\n"
    )


def photographs() -> str:
    """Lay out how many letters are read on photographs, scene by scene."""
    report = read_json(METRICS / "photographs.json")
    rows = [f"| on a photograph | {' | '.join(report)} |", f"| --- {'| --- ' * len(report)}|"]
    for scene in next(iter(report.values())):
        rows.append(f"| {scene} | {' | '.join(f'{report[kind][scene]:.0%}' for kind in report)} |")
    picture = PLOTS / "photographs.png"
    return "\n".join(rows) + f"\n\n![A letter on photographs]({picture})\n"


def failures() -> str:
    """Lay out what reads too few letters: the changes and the scenes, with the share that is."""
    changes, scenes = (
        read_json(METRICS / f"{name}.json") for name in ("robustness", "photographs")
    )
    rows = [f"| read less often than {WEAK:.0%} | {' | '.join(changes)} |"]
    rows.append(f"| --- {'| --- ' * len(changes)}|")
    for name, curve in CURVES.items():
        cells = []
        for kind in changes:
            measured = changes[kind].get(name, {})
            weak = [
                f"{curve.label.format(float(value))}: {share:.0%}"
                for value, share in measured.items()
                if share < WEAK
            ]
            cells.append(", ".join(weak) or ("none" if measured else "not measured"))
        rows.append(f"| {curve.title} | {' | '.join(cells)} |")
    worst = [min(scenes[kind], key=scenes[kind].get) for kind in changes]
    cells = [
        f"{scene}: {scenes[kind][scene]:.0%}" for kind, scene in zip(changes, worst, strict=True)
    ]
    rows.append(f"| the worst photograph | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"
