"""Train the profile's network on one split and keep the weights of its best validation epoch."""

import numpy
from safetensors.numpy import save_file
from threadpoolctl import threadpool_limits

from edge import network as edge_network
from pipeline import progress
from pipeline.errors import PipelineError
from pipeline.files import METRICS, MODELS, PLOTS, replacing, write_json, writing_csv
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.network import Network
from pipeline.nn.optimizers import SGD
from pipeline.nn.training import Epoch, TrainingDiverged, fit
from pipeline.params import Params
from pipeline.stages import split


def run(params: Params, method: str) -> None:
    """Train on the split `method`, into `models/<method>/`.

    Raises PipelineError where the loss stops being a number.
    """
    recipe = params.train
    parts = split.read(method, "train")
    images, labels, validation = (
        numpy.concatenate([getattr(letters, field) for letters in parts.values()])
        for field in ("images", "labels", "validation")
    )
    ink = edge_network.ink(images)
    training_labels = labels[~validation]
    generator = numpy.random.default_rng([params.seed, 2])
    network = Network(recipe.network, generator, INITIALIZERS[recipe.initializer])
    # The source work's convention: its lambda is divided by the number of training letters.
    weight_decay = recipe.l2_lambda / len(training_labels)
    try:
        optimizer = SGD(recipe.learning_rate, weight_decay)
        with progress.epochs(recipe.epochs) as report, threadpool_limits(recipe.threads):
            result = fit(
                network,
                ink[~validation],
                training_labels,
                ink[validation],
                labels[validation],
                optimizer=optimizer,
                epochs=recipe.epochs,
                batch_size=recipe.batch_size,
                rng=generator,
                on_epoch=report,
            )
    except (TrainingDiverged, ValueError) as error:
        raise PipelineError(f"params.yaml: train: {error}") from None
    folder = MODELS / method
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


def _write_history(method: str, history: list[Epoch]) -> None:
    # The seconds differ from run to run and would make every run a change.
    fields = [field for field in Epoch._fields if field != "seconds"]
    with writing_csv(PLOTS / method / "training.csv") as writer:
        writer.writerow(fields)
        writer.writerows([getattr(epoch, field) for field in fields] for epoch in history)
