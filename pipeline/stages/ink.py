"""Train the network that finds the ink on scenes that are composed of training letters."""

from pipeline.data.letters import of_both_trainings
from pipeline.files import INK, METRICS, PLOTS, write_json
from pipeline.params import Params
from pipeline.training import finder
from pipeline.training.checkpoint_file import CheckpointFile
from pipeline.training.provenance import code_of, computed_with
from pipeline.training.running import running
from pipeline.training.trained import write_network

# What decides a training besides the parameters and the letters.
CODE = (
    "edge.augmentation",
    "edge.finding",
    "edge.functions",
    "edge.glyphs",
    "edge.ink",
    "edge.layers",
    "edge.network",
    "edge.pack",
    "edge.picture",
    "edge.preparation",
    "edge.resize",
    "pipeline.data.letters",
    "pipeline.data.papers",
    "pipeline.data.streams",
    "pipeline.nn",
    "pipeline.stages.ink",
    "pipeline.training.finder",
    "pipeline.training.optimizer",
    "pipeline.training.running",
)


def run(params: Params) -> None:
    """Compose the scenes and train on them, into `models/ink/`; go on from its checkpoint there.

    No letter of a test or a validation set is in a scene. Raises PipelineError if the loss stops
    being a number, Interrupted after Ctrl-C.
    """
    examples = finder.examples(of_both_trainings(), params)
    recipe = {"seed": params.seed, "threads": params.train.threads, **params.ink.model_dump()}
    recipe |= {**computed_with(), "code": code_of(CODE)}
    arrays = [array for part in examples for array in part]
    checkpoint = CheckpointFile(INK / "checkpoints", recipe, arrays)
    curve = PLOTS / "ink" / "training.csv"
    with running("training on scenes", params.ink.epochs, checkpoint, curve) as options:
        network, result = finder.train(params, *examples, **options)
    write_network(INK, network)
    write_json(INK / "training.json", {"scenes": params.ink.scenes, "seed": params.seed})
    best = result.best._asdict()
    measured = {name: best[name] for name in ("epoch", "training_loss", "validation_loss")}
    write_json(METRICS / "ink" / "train.json", measured)
