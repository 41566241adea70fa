"""How long an epoch takes as matrices, and example by example."""

from operator import truediv
from pathlib import Path
from statistics import median

from pipeline.files import write_json
from pipeline.params import Count, Params, Section, checked, section
from studies import datasets, row
from studies.row import Row

FOLDER = Path("studies/digits")


class Loop(Section):
    """What is timed, a row's `shared` fields, and how many times."""

    times: Count
    shared: dict


def run(params: Params) -> None:
    """Time epochs whose mini-batches are matrices, and ones that go example by example, in turn.

    Both end with the same weights but for rounding. `results/loop.json` has the medians of seconds
    an epoch, and of their ratio.
    """
    path = FOLDER / "params.yaml"
    wanted = section(Loop, path, "loop")
    matrices = checked(Row, wanted.shared, f"{path}: loop")
    examples = matrices.model_copy(update={"batch_size": 1, "accumulated": matrices.batch_size})
    dataset = datasets.load(matrices.data)
    seconds = {"matrices": [], "examples": []}
    for _ in range(wanted.times):
        for name, way in (("matrices", matrices), ("examples", examples)):
            history = row.train(way, dataset, params.seed).fit.history
            seconds[name].append(median(epoch.seconds for epoch in history))
            print(f"{name}: {seconds[name][-1]:.2f} s an epoch")
    middle = {name: median(times) for name, times in seconds.items()}
    ratio = median(map(truediv, seconds["examples"], seconds["matrices"]))
    write_json(FOLDER / "results" / "loop.json", middle | {"ratio": ratio})
