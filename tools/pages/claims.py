"""What the source documents conclude, each claim with the figures measured here that decide it."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from tools.pages.markdown import table
from tools.pages.studies import FLAT, results
from tools.pages.verdicts import SECONDS, Claim, Measured, judged, measured, others, rows

RELU = partial("learning_rate 0.01, l2_lambda {}".format)
SIGMOID = partial("batch_size 15, learning_rate 0.02, l2_lambda {}".format)

THESIS = (
    Claim(
        "Under the quadratic cost, a learning rate of 4 brings less than 0.8",
        rows("learning_rate", "learning_rate 0.8"),
        rows("learning_rate", "learning_rate 4"),
    ),
    Claim(
        "Rate 4 is the worst of all",
        others("learning_rate", "learning_rate 4", best=min),
        rows("learning_rate", "learning_rate 4"),
    ),
    Claim(
        "The higher the rate, the more erratic the curve: change an epoch at 4 and at 0.8",
        rows("learning_rate", "learning_rate 4", kind="wobble"),
        rows("learning_rate", "learning_rate 0.8", kind="wobble"),
    ),
    Claim("Rate 3 gives almost 70%", rows("learning_rate", "learning_rate 3"), 0.70),
    Claim("Rate 0.8 gives about 83%", rows("learning_rate", "learning_rate 0.8"), 0.83),
    Claim(
        "Cross-entropy is better than the quadratic cost",
        rows("cross_entropy"),
        rows("learning_rate"),
    ),
    Claim(
        "Under cross-entropy, 0.11 is the best rate",
        rows("cross_entropy", "learning_rate 0.11"),
        others("cross_entropy", "learning_rate 0.11"),
    ),
    Claim("Rate 0.11 gives 87.4%, in twice as many epochs", rows("longer", "epochs 480"), 0.874),
    Claim(
        "0.12 gives less than 0.1",
        rows("cross_entropy", "learning_rate 0.1"),
        rows("cross_entropy", "learning_rate 0.12"),
    ),
    Claim(
        "Mini-batches of 15 are the best",
        rows("mini_batch", "batch_size 15"),
        others("mini_batch", "batch_size 15"),
    ),
    Claim(
        "Those of 5 are the worst",
        others("mini_batch", "batch_size 5", best=min),
        rows("mini_batch", "batch_size 5"),
    ),
    Claim(
        "The larger they are, the smoother the curve: change an epoch with 5 and with 50",
        rows("mini_batch", "batch_size 5", kind="wobble"),
        rows("mini_batch", "batch_size 50", kind="wobble"),
    ),
    Claim(
        "256-128 is better than 128-96 and 192-128",
        rows("hidden_layers", "hidden 256-128"),
        rows("hidden_layers", "hidden 128-96", "hidden 192-128"),
    ),
    Claim("256-128 gives 90.1%", rows("hidden_layers", "hidden 256-128"), 0.901),
    Claim(
        "A third hidden layer costs accuracy",
        rows("hidden_layers", "hidden 256-128"),
        rows("hidden_layers", "hidden 256-128-64"),
    ),
    Claim(
        "512-256 is a little better than 256-128",
        rows("hidden_layers", "hidden 512-256"),
        rows("hidden_layers", "hidden 256-128"),
    ),
    Claim(
        "Without regularization, training practically stops at epoch 200: rise at the end",
        rows("hidden_layers", "hidden 256-128", kind="rise"),
        0.0,
        FLAT,
    ),
    Claim(
        "L2 regularization is better than none",
        rows("l2"),
        rows("hidden_layers", "hidden 256-128"),
    ),
    Claim("λ 7.6 gives 95.47%", rows("l2", "l2_lambda 7.6"), 0.9547),
    Claim("Weights of 1/sqrt(n_in) gain more", rows("initial_weights"), rows("l2")),
    Claim(
        "The best λ of the sigmoids lies between 1.5 and 5",
        rows("initial_weights", *map(SIGMOID, (1.5, 3.0, 3.5, 4.0, 5.0))),
        rows("initial_weights", *map(SIGMOID, (8.0, 11.4))),
    ),
    Claim(
        "A large λ costs accuracy",
        rows("initial_weights", SIGMOID(3.5)),
        rows("initial_weights", SIGMOID(11.4)),
    ),
    Claim("The best row of table 2 gives 95.935%", rows("initial_weights", SIGMOID(3.5)), 0.95935),
    Claim(
        "ReLU is better than the sigmoid (by about 0.6 points)",
        rows("relu", RELU(20)),
        rows("initial_weights", SIGMOID(3.5)),
    ),
    Claim(
        "ReLU learns much faster at the beginning: after the first epoch",
        rows("relu", RELU(20), kind="first"),
        rows("initial_weights", SIGMOID(3.5), kind="first"),
    ),
    Claim(
        "With ReLU, λ 20 is better than none",
        rows("relu", RELU(20)),
        rows("relu", RELU(0)),
    ),
    Claim("λ 20 is the best of table 3", rows("relu", RELU(20)), others("relu", RELU(20))),
    Claim("λ 20 is better than 19 (by 0.6 points)", rows("relu", RELU(20)), rows("relu", RELU(19))),
    Claim("The best row of table 3 gives 96.545%", rows("relu", RELU(20)), 0.96545),
    Claim(
        "fp16 costs 0.04 points: what the best epoch by validation loses",
        rows("relu", RELU(20), kind="loss by fp16"),
        0.0004,
        FLAT,
    ),
)

QUADRATIC = "hidden {}, loss quadratic_cost, output sigmoid, learning_rate 3".format
LARGE = "hidden 100, l2_lambda 5"
SLOW = "hidden 100, l2_lambda 5, learning_rate 0.1, epochs 60"

MOMENTS = {
    "first": "after the first epoch",
    "final": "at the end",
    "training": "of what it learned from",
}

DIGITS = (
    *(
        Claim(f"{100 * share:g}% {MOMENTS[kind]}", rows(of, name, kind=kind), share)
        for of, name, kind, share in (
            ("ladder", QUADRATIC(30), "first", 0.9276),
            ("ladder", QUADRATIC(30), "final", 0.9493),
            ("ladder", QUADRATIC(30), "training", 0.9696),
            ("ladder", QUADRATIC(100), "final", 0.9661),
            ("ladder", QUADRATIC(100), "training", 0.9868),
            ("ladder", "hidden 30", "final", 0.9568),
            ("ladder", "hidden 30", "training", 0.9798),
            ("ladder", "hidden 100", "final", 0.9714),
            ("ladder", "hidden 100", "training", 0.9994),
            ("thousand", "l2_lambda 0", "final", 0.84),
            ("thousand", "l2_lambda 0", "training", 1.0),
            ("thousand", "l2_lambda 0.1", "final", 0.882),
            ("l2", "l2_lambda 0", "final", 0.9561),
            ("l2", "l2_lambda 0", "training", 0.9781),
            ("l2", "l2_lambda 5", "final", 0.9647),
            ("l2", LARGE, "final", 0.9761),
            ("l2", SLOW, "final", 0.9791),
            ("initial_weights", "initializer standard_normal", "first", 0.89),
            ("initial_weights", "initializer normal", "first", 0.93),
            ("demonstration", "l2_lambda 5", "final", 0.9782),
        )
    ),
    Claim(
        "Cross-entropy is better than the quadratic cost, with 30 hidden units",
        rows("ladder", "hidden 30", kind="final"),
        rows("ladder", QUADRATIC(30), kind="final"),
    ),
    Claim(
        "… and with 100",
        rows("ladder", "hidden 100", kind="final"),
        rows("ladder", QUADRATIC(100), kind="final"),
    ),
    Claim(
        "More data closes the gap between training and test: with 1,000 images and with 50,000",
        rows("thousand", "l2_lambda 0", kind="gap"),
        rows("l2", "l2_lambda 0", kind="gap"),
    ),
    Claim(
        "L2 regularization closes it further: with λ 0 and with 5",
        rows("l2", "l2_lambda 0", kind="gap"),
        rows("l2", "l2_lambda 5", kind="gap"),
    ),
    Claim(
        "On a thousand images, L2 regularization is better than none",
        rows("thousand", "l2_lambda 0.1", kind="final"),
        rows("thousand", "l2_lambda 0", kind="final"),
    ),
    Claim(
        "On 50,000 too",
        rows("l2", "l2_lambda 5", kind="final"),
        rows("l2", "l2_lambda 0", kind="final"),
    ),
    Claim(
        "Weights of 1/sqrt(n_in) learn faster: after the first epoch",
        rows("initial_weights", "initializer normal", kind="first"),
        rows("initial_weights", "initializer standard_normal", kind="first"),
    ),
    Claim(
        "Both end at about 96%",
        rows("initial_weights", kind="final", best=min),
        0.96,
    ),
    Claim(
        "The demonstrated network learns 99.998% of its examples by heart, with λ 5",
        rows("demonstration", "l2_lambda 5", kind="training"),
        0.99998,
        FLAT,
    ),
    Claim(
        "… and without L2 regularization",
        rows("demonstration", "l2_lambda 0", kind="training"),
        0.99998,
        FLAT,
    ),
)

KERAS = (
    Claim("By hand: 87%", rows("networks", "tanh_dropout, by hand", kind="accuracy"), 0.87),
    Claim("Keras: 97%", rows("networks", "relu_adam, Keras", kind="accuracy"), 0.97),
    Claim(
        "By hand takes longer than with Keras (10 minutes against 1): the first network, both ways",
        rows("networks", "tanh_dropout, by hand", kind=SECONDS),
        rows("networks", "tanh_dropout, Keras", kind=SECONDS),
    ),
    Claim(
        "… the second network, both ways",
        rows("networks", "relu_adam, by hand", kind=SECONDS),
        rows("networks", "relu_adam, Keras", kind=SECONDS),
    ),
    Claim(
        "… and the first by hand against the second with Keras",
        rows("networks", "tanh_dropout, by hand", kind=SECONDS),
        rows("networks", "relu_adam, Keras", kind=SECONDS),
    ),
)

CLAIMS = {"thesis": THESIS, "digits": DIGITS}


def claims(study: str) -> str:
    """Return a table of a document's claims, each with its verdict and the figures behind it."""
    return _table(CLAIMS[study], measured(study))


def keras_claims() -> str:
    """Return the same of the comparison with Keras."""
    networks = {
        f"{name}, {way}": found[library] | {"rise": [0.0]}
        for name, found in results("keras", "comparison")["networks"].items()
        for way, library in (("by hand", "nn"), ("Keras", "keras"))
    }
    return _table(KERAS, Measured({"networks": networks}, {"networks": list(networks)}))


def _table(of_document: Sequence[Claim], of: Measured) -> str:
    lines = [judged(claim, of) for claim in of_document]
    verdicts = Counter(verdict.strip("*") for _, verdict, *_ in lines)
    counts = ", ".join(f"{verdict}: {count}" for verdict, count in verdicts.items())
    head = ["claim", "verdict", "figures", "twice the standard error"]
    return table(head, lines) + f"\n{counts}.\n"


PARTS = {f"{study}_claims": partial(claims, study) for study in CLAIMS}
PARTS["keras_claims"] = keras_claims
