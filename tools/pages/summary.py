"""The generated parts of README.md and README.ru.md: rows of results, and the Pi's lines."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

from edge.bench import reported
from tools.pages.accuracy import evaluated
from tools.pages.speed import benchmark

INSTALL = """\
$ python3 -m venv --system-site-packages ~/edge && ~/edge/bin/pip install edge-*.whl
$ ~/edge/bin/edge classify letter.png
"""

ENGLISH = """\
| | random split | tail split: nearest to unseen hands | the thesis |
| --- | --- | --- | --- |
| letters on paper, *scans* | **{random[scans]:.2%}** | **{tail[scans]:.2%}** | {thesis:.2%} |
| letters on a screen, *touch* | **{random[touch]:.2%}** | **{tail[touch]:.2%}** | not measured |
| letters on forms by unseen people, *forms* | **{random[forms]:.2%}** | **{tail[forms]:.2%}** \
| not measured |
| the model's weights | {kilobytes:.0f} kB | the same | not said |
| `edge classify letter.png`, the whole command | {one:.0f} ms | the same | not measured |
| 10,000 letters at once, one thread | {many:.2f} s | the same | {least:.2f} to {most:.2f} s |

Accuracies are those of `edge classify`, weights are stored as fp16. Times: {processor}, {cores}
cores; the thesis timed five devices.
"""
RUSSIAN = """\
| | случайное деление | деление по хвосту: почти незнакомые почерки | диплом |
| --- | --- | --- | --- |
| буквы с бумаги, *scans* | **{random[scans]:.2%}** | **{tail[scans]:.2%}** | {thesis:.2%} |
| буквы с экрана, *touch* | **{random[touch]:.2%}** | **{tail[touch]:.2%}** | не измерялось |
| буквы незнакомых людей, с бланков, *forms* | **{random[forms]:.2%}** | **{tail[forms]:.2%}** \
| не измерялось |
| веса модели | {kilobytes:.0f} кБ | столько же | не указано |
| вся команда `edge classify letter.png` | {one:.0f} мс | столько же | не измерялось |
| 10 000 букв разом, в один поток | {many:.2f} с | столько же | от {least:.2f} до {most:.2f} с |

Точность — у `edge classify`, веса хранятся как fp16. Время — на {processor}, ядер: {cores};
в дипломе измерены пять устройств.
"""


def summary(words: str) -> str:
    """Return `words`, rows of results in one language, with the figures filled in."""
    measured, cold = evaluated(), benchmark("cold_start")
    accuracy = {method: of["classified"] for method, of in measured.items()}
    (batched,) = (
        row["batched"]
        for row in benchmark("inference")["rows"]
        if row["profile"] == "letters" and row["threads"] == 1
    )
    seconds = [of["fp16"] for of in reported.SECONDS.values()]
    text = words.format(
        **accuracy,
        thesis=reported.ACCURACY["fp16"],
        kilobytes=measured["random"]["bytes"]["fp16"] / 1e3,
        one=1e3 * cold["cold_start"]["seconds"]["edge"],
        many=batched["edge_seconds"],
        least=min(seconds),
        most=max(seconds),
        processor=cold["device"]["processor"],
        cores=cold["device"]["cores"],
    )
    return re.sub(r"(\d)\.(\d)", r"\1,\2", text) if words is RUSSIAN else text


def raspberry_pi() -> str:
    """Return what to type on a Raspberry Pi, and what the released model answers."""
    answer = subprocess.run(
        [sys.executable, "-m", "edge", "classify", "letter.png"],
        cwd="docs",
        env={**os.environ, "PYTHONPATH": str(Path("edge/src").resolve())},
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout
    return f"```console\n{INSTALL}{answer}```\n"


PARTS = {
    "summary": partial(summary, ENGLISH),
    "summary_ru": partial(summary, RUSSIAN),
    "raspberry_pi": raspberry_pi,
}
