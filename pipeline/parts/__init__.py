"""The generated parts of the pages, each a function of no arguments that gives Markdown."""

from pipeline.parts.accuracy import ablation, confused, profiles, results
from pipeline.parts.approximation import perceptron_approximation
from pipeline.parts.cards import cases, classes, corpora, letters, sets
from pipeline.parts.changes import failures, photographs, robustness
from pipeline.parts.experiments import GROUPS, digits_loop, digits_read
from pipeline.parts.graph import dag
from pipeline.parts.keras import keras_comparison
from pipeline.parts.speed import inference, speed, sweep

PARTS = {
    part.__name__: part
    for part in (
        results,
        profiles,
        ablation,
        confused,
        robustness,
        photographs,
        speed,
        inference,
        sweep,
        dag,
        cases,
        letters,
        failures,
        corpora,
        sets,
        classes,
        digits_loop,
        digits_read,
        perceptron_approximation,
        keras_comparison,
    )
} | GROUPS
