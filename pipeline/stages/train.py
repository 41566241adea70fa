"""Train the profile's network on one split and keep the weights of its best validation epoch."""

import numpy
from safetensors.numpy import save_file
from threadpoolctl import threadpool_limits

from edge import network as edge_network
from pipeline import interrupt, progress
from pipeline.checkpoints import CheckpointFile, computed_with
from pipeline.errors import PipelineError
from pipeline.files import METRICS, MODELS, PLOTS, replacing, write_json, writing_csv
from pipeline.nn.checkpoint import ForeignCheckpoint
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.regularizers import weight_decay_of_lambda
from pipeline.nn.training import Epoch, TrainingDiverged, fit
from pipeline.params import Params
from pipeline.stages import split


def run(params: Params, method: str) -> None:
    """Train on the split `method`, into `models/<method>/`; go on from a checkpoint there.

    Raises PipelineError where the loss stops being a number or the checkpoint is of another
    training, Interrupted after Ctrl-C.
    """
    recipe = params.train
    parts = split.read(method, "train")
    images, labels, validation = (
        numpy.concatenate([getattr(letters, field) for letters in parts.values()])
        for field in ("images", "labels", "validation")
    )
    training_labels = labels[~validation]
    generator = numpy.random.default_rng([params.seed, 2])
    network = Network(recipe.network, generator, INITIALIZERS[recipe.initializer])
    folder = MODELS / method
    checkpoint = CheckpointFile(
        folder / "checkpoint.safetensors",
        {
            "seed": params.seed,
            **recipe.model_dump(),
            **computed_with(__file__, edge_network.__file__),
        },
    )
    try:
        # The source work's convention: its lambda is divided by the number of training letters.
        weight_decay = weight_decay_of_lambda(recipe.l2_lambda, len(training_labels))
        optimizer = SGD(recipe.learning_rate, weight_decay)
        resume = checkpoint.load()
        done = len(resume.facts["history"]) if resume else 0
        with (
            progress.epochs(recipe.epochs, done) as report,
            threadpool_limits(recipe.threads),
            interrupt.waiting() as check,
        ):
            result = fit(
                network,
                images[~validation],
                training_labels,
                validation_data=(edge_network.ink(images[validation]), labels[validation]),
                optimizer=optimizer,
                epochs=recipe.epochs,
                batch_size=recipe.batch_size,
                rng=generator,
                prepare=_ink,
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
        raise PipelineError(f"params.yaml: train: {error}") from None
    with replacing(folder / "fp32.safetensors") as path:
        save_file(network.parameters, path)
    write_json(folder / "network.json", network.description())
    write_json(
        folder / "training.json",
        {
            "profile": recipe.profile,
            "corpora": list(parts),
            "split": method,
            "letters": len(training_labels),
            "seed": params.seed,
            **recipe.model_dump(exclude={"profile", "network"}),
            "best_epoch": result.best.epoch,
            "validation_accuracy": result.best.validation_accuracy,
        },
    )
    _write_history(method, result.history)
    best = {field: value for field, value in result.best._asdict().items() if field != "seconds"}
    write_json(METRICS / method / "train.json", {"corpora": ", ".join(parts), **best})
    checkpoint.remove()


def _ink(images: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
    return edge_network.ink(images)


def _write_history(method: str, history: list[Epoch]) -> None:
    # The seconds differ from run to run and would make every run a change.
    fields = [field for field in Epoch._fields if field != "seconds"]
    with writing_csv(PLOTS / method / "training.csv") as writer:
        writer.writerow(fields)
        writer.writerows([getattr(epoch, field) for field in fields] for epoch in history)
