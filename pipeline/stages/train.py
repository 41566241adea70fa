"""Train the profile's network on one split and keep the weights of its best validation epoch."""

from safetensors.numpy import save

from pipeline.data.letters import read_split, repeated
from pipeline.data.streams import stream
from pipeline.files import METRICS, MODELS, PLOTS, replacing, write_json, writing_csv
from pipeline.nn.checkpoint import ForeignCheckpoint
from pipeline.nn.folding import folded
from pipeline.nn.training import Epoch
from pipeline.params import Params
from pipeline.training import interruption, progress, trainer
from pipeline.training.checkpoint_file import CheckpointFile
from pipeline.training.provenance import computed_with


def run(params: Params, method: str) -> None:
    """Train on the split `method`, into `models/<method>/`; go on from a checkpoint there.

    Raises PipelineError if the loss stops being a number or the checkpoint is of another training,
    Interrupted after Ctrl-C.
    """
    profile = params.profile
    parts = repeated(read_split(method, "train"), profile.repeats)
    rng = stream(params.seed, "training")
    network = trainer.untrained(profile, rng)
    folder = MODELS / method
    recipe = params.train.model_dump() | profile.model_dump()
    checkpoint = CheckpointFile(
        folder / "checkpoint.safetensors", {"seed": params.seed, **recipe, **computed_with()}
    )
    try:
        saved = checkpoint.load()
        done = len(saved.facts["history"]) if saved else 0
        with progress.epochs(profile.epochs, done) as report, interruption.waiting() as check:
            result = trainer.train(
                network,
                profile,
                parts,
                rng,
                params.train.threads,
                params.profile_place,
                on_epoch=report,
                on_batch=check,
                checkpoints=checkpoint,
            )
    except ForeignCheckpoint as error:
        raise checkpoint.refuse(error) from None
    except interruption.Interrupted:
        raise interruption.Interrupted(
            f"training on {method}: interrupted; the same command goes on after the last finished"
            f" epoch, which is in {checkpoint.path}"
        ) from None
    # What only training needs stays behind: the device computes fewer layers.
    trained = folded(network)
    with replacing(folder / "fp32.safetensors") as path:
        path.write_bytes(save(trained.parameters))
    write_json(folder / "network.json", trained.description())
    del recipe["network"]
    write_json(
        folder / "training.json",
        {
            "profile": recipe.pop("profile"),
            "corpora": list(parts),
            "split": method,
            "letters": sum(int((~part.validation).sum()) for part in parts.values()),
            "seed": params.seed,
            **recipe,
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
