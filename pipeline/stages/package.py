"""Write the chosen model with what was measured of it, and build the wheel `edge` around it."""

import os
import shutil
import tempfile
from pathlib import Path

from build import ProjectBuilder

from edge import __version__, pack
from pipeline.data.corpora import named, strokes
from pipeline.errors import PipelineError
from pipeline.export import export, refusal
from pipeline.files import DIST, EXPORT, LANGUAGE, METRICS, MODELS, replacing
from pipeline.params import Params
from pipeline.results.predictions import claims

SOURCE = Path("edge")
TRAINED = EXPORT / "fp16" / "letters.safetensors"
RELEASED = SOURCE / "src/edge/letters.safetensors"

# The oldest time that a ZIP can hold: the same sources and pack make the same bytes.
WHEEL_TIMESTAMP = "315532800"


def run(params: Params) -> None:
    """Write `models/export/`, and build `dist/edge-*.whl` from the sources in `edge/` and the pack.

    The version says so if the wheel was trained on `strokes`, or on folders of one's own: pip would
    take it for the released one that is installed. Raises PipelineError on a network that `edge`
    cannot run.
    """
    accuracy = claims()
    if why := refusal(MODELS / params.split.method):
        raise PipelineError(f"{why}; no pack and no wheel (what was measured is in {METRICS}/)")
    with replacing(EXPORT) as target:
        export(target, MODELS / params.split.method, accuracy, params.export, LANGUAGE)
    corpora = [named(name) for name in pack.read(TRAINED).description["training"]["corpora"]]
    labels = ["own"] if any(corpus.own for corpus in corpora) else []
    labels += [strokes.CORPUS.name] if strokes.CORPUS in corpora else []
    with tempfile.TemporaryDirectory() as directory, replacing(DIST) as target:
        copy = Path(directory) / "edge"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        shutil.copyfile(TRAINED, copy / RELEASED.relative_to(SOURCE))
        if labels:
            module = copy / "src/edge/__init__.py"
            text = module.read_text(encoding="utf-8")
            version = f"{__version__}+{'.'.join(labels)}"
            module.write_text(text.replace(f'"{__version__}"', f'"{version}"'), encoding="utf-8")
        os.environ.setdefault("SOURCE_DATE_EPOCH", WHEEL_TIMESTAMP)
        wheel = Path(ProjectBuilder(copy).build("wheel", target))
        print(f"{DIST / wheel.name}: {wheel.stat().st_size:,} bytes")


def promote(force: bool = False) -> None:
    """Make the trained pack the released one, which is committed inside `edge`.

    Raises PipelineError, unless `force`, on a pack trained on `strokes` or one that is less
    accurate than the released pack on any test set that both know.
    """
    trained = pack.read(TRAINED).description
    if not force:
        if strokes.CORPUS.name in trained["training"]["corpora"]:
            raise PipelineError(f"{TRAINED}: trained on `strokes`, a demonstration; not promoted")
        released = pack.read(RELEASED).description["accuracy"] if RELEASED.exists() else {}
        for name, share in released.items():
            if trained["accuracy"].get(name, 0) < share:
                raise PipelineError(
                    f"{TRAINED}: {trained['accuracy'].get(name, 0):.2%} on {name}, the released "
                    f"pack has {share:.2%}; not promoted (--force does it all the same)"
                )
    with replacing(RELEASED) as temporary:
        shutil.copyfile(TRAINED, temporary)
    print(f"{RELEASED}: replaced by the pack of {trained['profile']}")
