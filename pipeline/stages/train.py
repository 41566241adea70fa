"""Train the profile's network on one split and keep the weights of its best validation epoch."""

from pipeline.data import alphabet
from pipeline.data.letters import read_composed, read_split, repeated
from pipeline.data.streams import stream
from pipeline.files import COMPOSED, METRICS, MODELS, PLOTS, SPLIT, write_json
from pipeline.params import Params
from pipeline.training import trainer
from pipeline.training.checkpoint_file import CheckpointFile
from pipeline.training.provenance import code_of, computed_with
from pipeline.training.running import running
from pipeline.training.trained import write_network

# What decides a training besides the parameters and the letters.
CODE = (
    "edge.augmentation",
    "edge.ink",
    "edge.picture",
    "pipeline.data.letters",
    "pipeline.data.streams",
    "pipeline.nn",
    "pipeline.stages.train",
    "pipeline.training.optimizer",
    "pipeline.training.running",
    "pipeline.training.trainer",
)


def run(params: Params, method: str) -> None:
    """Train on the split `method`, into `models/<method>/`; go on from its checkpoint there.

    Raises PipelineError if the loss stops being a number, Interrupted after Ctrl-C.
    """
    profile = params.profile
    parts = repeated(read_split(method, "train"), profile.repeats)
    corpora = list(parts)
    if profile.composed:
        parts |= repeated({COMPOSED.stem: read_composed()}, {COMPOSED.stem: profile.composed})
    letters, rng = alphabet.read(SPLIT / method), stream(params.seed, "training")
    network = trainer.untrained(profile, len(letters), rng)
    folder = MODELS / method
    recipe = params.train.model_dump() | profile.model_dump() | {"alphabet": letters}
    circumstances = {"seed": params.seed, **recipe, **computed_with(), "code": code_of(CODE)}
    learned = [of for part in parts.values() for of in (part.images, part.labels, part.validation)]
    checkpoint = CheckpointFile(folder / "checkpoints", circumstances, learned)
    curve = PLOTS / method / "training.csv"
    with running(f"training on {method}", profile.epochs, checkpoint, curve) as options:
        threads, place = params.train.threads, params.profile_place
        result = trainer.train(network, profile, parts, rng, threads, place, **options)
    write_network(folder, network)
    del recipe["network"]
    write_json(
        folder / "training.json",
        {
            "profile": recipe.pop("profile"),
            "corpora": corpora,
            "split": method,
            "letters": sum(int((~part.validation).sum()) for part in parts.values()),
            "seed": params.seed,
            **recipe,
            "unsure_below": trainer.least_sure(network, parts, params.train.unsure_share),
            "best_epoch": result.best.epoch,
            "validation_accuracy": result.best.validation_accuracy,
        },
    )
    best = {field: value for field, value in result.best._asdict().items() if field != "seconds"}
    write_json(METRICS / method / "train.json", {"corpora": ", ".join(corpora), **best})
