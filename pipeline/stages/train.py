"""Train the profile's network on one split and keep the weights of its best validation epoch."""

import numpy
from safetensors.numpy import save_file

from edge import ink
from pipeline import augment, interrupt, progress, recipe
from pipeline.checkpoints import CheckpointFile, computed_with
from pipeline.files import METRICS, MODELS, PLOTS, replacing, write_json, writing_csv
from pipeline.nn.checkpoint import ForeignCheckpoint
from pipeline.nn.folding import folded
from pipeline.nn.training import Epoch
from pipeline.params import Params
from pipeline.stages import doubt, split


def run(params: Params, method: str) -> None:
    """Train on the split `method`, into `models/<method>/`; go on from a checkpoint there.

    Raises PipelineError where the loss stops being a number or the checkpoint is of another
    training, Interrupted after Ctrl-C.
    """
    profile = params.profile
    parts = doubt.without(split.read(method, "train"), method, profile.drop_below)
    parts = recipe.chosen(parts, profile)
    rng = numpy.random.default_rng([params.seed, 2])
    network = recipe.untrained(profile, rng)
    folder = MODELS / method
    checkpoint = CheckpointFile(
        folder / "checkpoint.safetensors",
        {
            "seed": params.seed,
            **params.train.model_dump(),
            **profile.model_dump(),
            **computed_with(recipe.__file__, augment.__file__, ink.__file__),
        },
    )
    try:
        resume = checkpoint.load()
        done = len(resume.facts["history"]) if resume else 0
        with progress.epochs(profile.epochs, done) as report, interrupt.waiting() as check:
            result = recipe.learn(
                network,
                profile,
                parts,
                rng,
                params.train.threads,
                params.profile_place,
                on_epoch=report,
                on_batch=check,
                on_checkpoint=checkpoint.save,
                resume=resume,
            )
    except ForeignCheckpoint as error:
        raise checkpoint.refuse(error) from None
    except interrupt.Interrupted:
        raise interrupt.Interrupted(
            f"training on {method}: interrupted; the same command goes on after the last finished"
            f" epoch, which is in {checkpoint.path}"
        ) from None
    # What only training needs stays behind: the device computes fewer layers.
    trained = folded(network)
    with replacing(folder / "fp32.safetensors") as path:
        save_file(trained.parameters, path)
    write_json(folder / "network.json", trained.description())
    write_json(
        folder / "training.json",
        {
            "profile": params.train.profile,
            "corpora": list(parts),
            "split": method,
            "letters": sum(int((~part.validation).sum()) for part in parts.values()),
            "seed": params.seed,
            **params.train.model_dump(exclude={"profile"}),
            **profile.model_dump(exclude={"network"}),
            "best_epoch": result.best.epoch,
            "validation_accuracy": result.best.validation_accuracy,
        },
    )
    _write_history(method, result.history)
    best = {field: value for field, value in result.best._asdict().items() if field != "seconds"}
    write_json(METRICS / method / "train.json", {"corpora": ", ".join(parts), **best})
    checkpoint.remove()


def _write_history(method: str, history: list[Epoch]) -> None:
    # The seconds differ from run to run and would make every run a change.
    fields = [field for field in Epoch._fields if field != "seconds"]
    with writing_csv(PLOTS / method / "training.csv") as writer:
        writer.writerow(fields)
        writer.writerows([getattr(epoch, field) for field in fields] for epoch in history)
