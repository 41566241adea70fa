"""Train the profile's network on one split and keep the weights of its best validation epoch."""

from functools import partial

import numpy
from safetensors.numpy import save_file
from threadpoolctl import threadpool_limits

from edge import ink as edge_ink
from edge.ink import ink
from pipeline import augment, interrupt, progress
from pipeline.checkpoints import CheckpointFile, computed_with
from pipeline.errors import PipelineError
from pipeline.files import METRICS, MODELS, PLOTS, replacing, write_json, writing_csv
from pipeline.nn.checkpoint import ForeignCheckpoint
from pipeline.nn.folding import folded
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD, AdamW, Optimizer
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.schedules import Constant, OneCycle, Schedule
from pipeline.nn.training import Epoch, TrainingDiverged, fit
from pipeline.params import Augmentation, Params, Profile
from pipeline.stages import split


def run(params: Params, method: str) -> None:
    """Train on the split `method`, into `models/<method>/`; go on from a checkpoint there.

    Raises PipelineError where the loss stops being a number or the checkpoint is of another
    training, Interrupted after Ctrl-C.
    """
    profile = params.profile
    letters = _repeated(split.read(method, "train"), profile.repeats)
    images, labels, validation = (
        numpy.concatenate([getattr(part, field) for part in letters.values()])
        for field in ("images", "labels", "validation")
    )
    training_labels = labels[~validation]
    generator = numpy.random.default_rng([params.seed, 2])
    network = Network(profile.network, generator, INITIALIZERS[profile.initializer])
    folder = MODELS / method
    checkpoint = CheckpointFile(
        folder / "checkpoint.safetensors",
        {
            "seed": params.seed,
            **params.train.model_dump(),
            **profile.model_dump(),
            **computed_with(__file__, augment.__file__, edge_ink.__file__),
        },
    )
    try:
        resume = checkpoint.load()
        done = len(resume.facts["history"]) if resume else 0
        with (
            progress.epochs(profile.epochs, done) as report,
            threadpool_limits(params.train.threads),
            interrupt.waiting() as check,
        ):
            result = fit(
                network,
                images[~validation],
                training_labels,
                validation_data=(ink(images[validation]), labels[validation]),
                optimizer=_optimizer(profile, len(training_labels)),
                schedule=_schedule(profile),
                epochs=profile.epochs,
                batch_size=profile.batch_size,
                rng=generator,
                prepare=partial(_prepared, augmentation=profile.augmentation),
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
    except (TrainingDiverged, ValueError) as error:
        raise PipelineError(f"params.yaml: profiles.{params.train.profile}: {error}") from None
    # What only training needs stays behind: the device computes fewer layers.
    trained = folded(network)
    with replacing(folder / "fp32.safetensors") as path:
        save_file(trained.parameters, path)
    write_json(folder / "network.json", trained.description())
    write_json(
        folder / "training.json",
        {
            "profile": params.train.profile,
            "corpora": list(letters),
            "split": method,
            "letters": len(training_labels),
            "seed": params.seed,
            **params.train.model_dump(exclude={"profile"}),
            **profile.model_dump(exclude={"network"}),
            "best_epoch": result.best.epoch,
            "validation_accuracy": result.best.validation_accuracy,
        },
    )
    _write_history(method, result.history)
    best = {field: value for field, value in result.best._asdict().items() if field != "seconds"}
    write_json(METRICS / method / "train.json", {"corpora": ", ".join(letters), **best})
    checkpoint.remove()


def _repeated(parts: dict[str, split.Letters], repeats: dict[str, int]) -> dict:
    """Repeat each corpus's letters to learn from; of one that is repeated 0 times, nothing is left.

    Letters that choose the epoch stay as often as they are.
    """
    repeated = {}
    for name, letters in parts.items():
        count = repeats.get(name, 1)
        if count:
            times = numpy.where(letters.validation, 1, count)
            repeated[name] = split.Letters(
                *(numpy.repeat(field, times, axis=0) for field in letters)
            )
    if not repeated:
        raise PipelineError(f"params.yaml: repeats: nothing is left of {', '.join(parts)}")
    return repeated


def _optimizer(profile: Profile, letters: int) -> Optimizer:
    chosen = profile.optimizer
    if chosen.type == "adamw":
        return AdamW(chosen.learning_rate, weight_decay=chosen.weight_decay)
    # The source work's convention: its lambda is divided by the number of training letters.
    return SGD(chosen.learning_rate, weight_decay_of_lambda(chosen.l2_lambda, letters))


def _schedule(profile: Profile) -> Schedule:
    chosen = profile.schedule
    return OneCycle(rise=chosen.rise) if chosen.type == "one_cycle" else Constant()


def _prepared(
    images: numpy.ndarray, rng: numpy.random.Generator, augmentation: Augmentation | None
) -> numpy.ndarray:
    """Turn pictures, uint8 `(n, 28, 28)`, into ink as another hand would have left it."""
    inks = ink(images).reshape(images.shape)
    if augmentation is None:
        return inks
    strength = augmentation.model_dump()
    pen, contrast = strength.pop("pen"), strength.pop("contrast")
    inks = augment.warp(inks, rng, **strength)
    return augment.contrast(augment.pen(inks, rng, pen), rng, contrast)


def _write_history(method: str, history: list[Epoch]) -> None:
    # The seconds differ from run to run and would make every run a change.
    fields = [field for field in Epoch._fields if field != "seconds"]
    with writing_csv(PLOTS / method / "training.csv") as writer:
        writer.writerow(fields)
        writer.writerows([getattr(epoch, field) for field in fields] for epoch in history)
