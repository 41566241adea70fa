"""All of the network library may stand in a profile: trained, measured, and packed or refused.

One epoch on few drawn letters each, through the stages' own functions.
"""

import re
import shutil
from pathlib import Path

import numpy
import pytest
import yaml
from safetensors.numpy import load_file

from edge import pack
from edge.ink import ink
from pipeline.data.letters import joined as joined_letters
from pipeline.data.letters import read_split
from pipeline.errors import PipelineError
from pipeline.export import export
from pipeline.files import METRICS, MODELS, PLOTS, read_csv, read_json
from pipeline.nn.activations import ACTIVATIONS
from pipeline.nn.initializers import INITIALIZERS
from pipeline.nn.layers import LAYERS
from pipeline.nn.losses import LOSSES
from pipeline.nn.network import Network
from pipeline.nn.optimizers import OPTIMIZERS
from pipeline.nn.schedules import SCHEDULES
from pipeline.params import read
from pipeline.results import predictions
from pipeline.stages import evaluate, package, split, train
from tests.support.ink import write_dark
from tests.support.workplace import ROOT, clean_strokes

FLATTEN, LETTERS = {"type": "flatten"}, {"type": "dense", "units": "letters"}
CONVOLUTION = {"type": "convolution", "filters": 4, "kernel": 5, "stride": 4}


def after(*layers):
    """Return a network in which layers follow a convolution."""
    return [CONVOLUTION, *layers, FLATTEN, LETTERS]


def joined(kind):
    """Return a network in which a layer takes two others."""
    same = {"type": "convolution", "filters": 4, "kernel": 3, "padding": "same", "name": "b"}
    return after({"type": "relu", "name": "a"}, same, {"type": kind, "inputs": ["a", "b"]})


# Of every layer an example; those of the second group have no pack.
PACKED = {
    **{each.type: after({"type": each.type}) for each in ACTIVATIONS},
    "dense": [FLATTEN, {**LETTERS, "units": 9, "kernel_constraint": {"max_norm": 2}}, LETTERS],
    "convolution": [
        {**CONVOLUTION, "bias": False, "kernel_regularizer": {"l2": 0.01}},
        *(FLATTEN, LETTERS),
    ],
    "max_pooling": after({"type": "max_pooling", "size": 2}),
    "average_pooling": after({"type": "average_pooling", "size": 3, "padding": "same"}),
    "global_average_pooling": [CONVOLUTION, {"type": "global_average_pooling"}, LETTERS],
    "flatten": [FLATTEN, LETTERS],
    "dropout": after({"type": "dropout", "rate": 0.2}),
    "batch_normalization": after({"type": "tanh"}, {"type": "batch_normalization"}),
    "activity_regularization": after({"type": "activity_regularization", "l1": 0.01}),
}
REFUSED = {
    "depthwise_convolution": after({"type": "depthwise_convolution", "kernel": 3}),
    "add": joined("add"),
    "concatenate": joined("concatenate"),
    "upsample": after({"type": "upsample", "factor": 2}),
}
OPTIONS = {"adamw": {"weight_decay": 0.1}, "sgd": {"momentum": 0.9, "nesterov": True}}
SCHEDULED = {
    "step": {"every": 0.5},
    "warm_up": {"rise": 0.2, "then": {"type": "cosine", "floor": 0.1}},
    "one_cycle": {"rise": 0.3},
}
RECIPES = {
    **{
        f"optimizer {name}": {
            "optimizer": {"type": name, "learning_rate": 0.01, **OPTIONS.get(name, {})}
        }
        for name in OPTIMIZERS
    },
    **{
        f"schedule {name}": {"schedule": {"type": name, **SCHEDULED.get(name, {})}}
        for name in SCHEDULES
    },
    **{f"loss {name}": {"loss": name} for name in LOSSES},
    **{f"initializer {name}": {"initializer": name} for name in INITIALIZERS},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A place with few letters, cleaned and split, and a network that finds ink."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("library"))
        clean_strokes(12)
        shutil.copy(ROOT / "params.yaml", "params.yaml")
        write_dark()
        params = changed()
        for method in ("random", "tail"):
            split.run(params, method)
        yield


def changed(**profile):
    """Write and read parameters of a small network, trained for one epoch."""
    document = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    document["fetch"]["corpora"] = ["strokes"]
    document["split"]["test_per_letter"] = 4
    document["evaluate"]["pure_letters"] = 5
    layers = profile.pop("layers", [FLATTEN, LETTERS])
    document["profiles"]["letters"] |= {
        "network": {"input_shape": [28, 28], "layers": layers},
        **{"epochs": 1, "composed": 0, "augmentation": None},
        **profile,
    }
    Path("params.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return read()


def measured(params, method="random"):
    """Train and evaluate on a split; return the accuracy on the test letters."""
    train.run(params, method)
    evaluate.run(params, method)
    (epoch,) = read_csv(PLOTS / method / "training.csv")
    assert 0 <= float(epoch["validation_accuracy"]) <= 1
    accuracy = read_json(METRICS / method / "evaluate.json")["accuracy"]
    assert set(accuracy["strokes"]) == {"fp32", "fp16"}
    assert (PLOTS / method / "letters.csv").exists()
    return accuracy["strokes"]["fp32"]


def test_every_layer_of_the_library_has_an_example():
    assert {*PACKED, *REFUSED} == {*LAYERS}


@pytest.mark.parametrize("layer", PACKED)
def test_a_network_of_this_layer_is_trained_measured_and_packed(layer, place):
    params = changed(layers=PACKED[layer])
    accuracy = measured(params)
    read = predictions.read("random")
    assert list(read.probabilities)[:3] == ["fp32/edge", "fp32/onnx", "fp32/pure"]
    assert read.accuracy("fp32/onnx") == accuracy
    export(Path("exported"), MODELS / "random", {}, params.export)
    described = pack.read("exported/fp16/letters.safetensors").description["network"]["layers"]
    # What does nothing in inference is not in a pack.
    left_out = {"activity_regularization", "dropout", "identity"}
    assert {layer} - left_out <= {each["type"] for each in described}


@pytest.mark.parametrize("layer", REFUSED)
def test_a_network_of_this_layer_is_trained_and_measured_and_refused_by_name(layer, place, capsys):
    params = changed(layers=REFUSED[layer])
    measured(params, "tail")
    accuracy = measured(params)
    said = capsys.readouterr().out
    assert "measured by pipeline/nn alone, and `package` will refuse it" in said
    assert list(predictions.read("random").probabilities) == ["fp32/library", "fp16/library"]
    network = Network.from_parameters(
        read_json(MODELS / "random" / "network.json"),
        load_file(MODELS / "random" / "fp32.safetensors"),
    )
    letters, _ = joined_letters(read_split("random", "test"))
    assert accuracy == numpy.mean(network.predict(ink(letters.images)) == letters.labels)
    with pytest.raises(PipelineError) as caught:
        package.run(params)
    message = str(caught.value)
    assert re.match(rf"profiles\.letters\.network: '?{layer}_1'?: ", message)
    assert len(message) < 200
    assert "no pack and no wheel (what was measured is in metrics/)" in message
    assert not Path("dist").exists()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_carried_out(recipe, place):
    train.run(changed(**RECIPES[recipe]), "random")
    (epoch,) = read_csv(PLOTS / "random" / "training.csv")
    assert 0 <= float(epoch["validation_accuracy"]) <= 1
    trained = read_json(MODELS / "random" / "training.json")
    for name, value in RECIPES[recipe].items():
        assert trained[name] == value
