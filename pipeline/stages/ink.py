"""Train the network that finds the ink on scenes that are composed of training letters."""

from edge import finding, resize
from pipeline.data.letters import of_both_trainings
from pipeline.files import INK, METRICS, PLOTS, write_json
from pipeline.params import Params
from pipeline.training import finder
from pipeline.training.checkpoint_file import CheckpointFile
from pipeline.training.provenance import computed_with
from pipeline.training.running import running
from pipeline.training.trained import write_history, write_network


def run(params: Params) -> None:
    """Compose the scenes and train on them, into `models/ink/`; go on from a checkpoint there.

    No letter of a test or a validation set is in a scene. Raises PipelineError if the loss stops
    being a number or the checkpoint is of another training, Interrupted after Ctrl-C.
    """
    examples = finder.examples(of_both_trainings(), params)
    recipe = {"seed": params.seed, **params.papers.model_dump(), **params.ink.model_dump()}
    recipe |= computed_with(finding, resize)
    checkpoint = CheckpointFile(INK / "checkpoint.safetensors", recipe)
    with running("training on scenes", params.ink.epochs, checkpoint) as options:
        network, result = finder.train(params, *examples, **options)
    write_network(INK, network)
    write_json(INK / "training.json", {"scenes": params.ink.scenes, "seed": params.seed})
    write_history(PLOTS / "ink" / "training.csv", result.history)
    best = result.best._asdict()
    measured = {name: best[name] for name in ("epoch", "training_loss", "validation_loss")}
    write_json(METRICS / "ink" / "train.json", measured)
    checkpoint.remove()
