"""A report whose page the browser tests open."""

import dataclasses

from seqarena.data.manifest import BestPossible
from seqarena.metrics.reliability import ReliabilityBin
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.details import Curve, Details, Reliability
from seqarena.reporting.report import whole_report
from seqarena.reporting.webpage import webpage
from seqarena.schema import DataSchema
from seqarena.significance.calibration import CalibrationBand

SOURCE = TaskFacts(
    "source",
    DataSchema("density", n_symbols=8),
    best_possible=BestPossible(1.5, "bits", 0.0, 1.5, 1.5, "closed form"),
    runs="#/experiments/7/runs?searchFilter=x",
)
DIGITS = TaskFacts("digits", DataSchema("classification", n_classes=10))
BINS = (ReliabilityBin(0.5, 0.5, 20, 0.3, 0.7), ReliabilityBin(0.95, 0.7, 30, 0.9, 1.0))
DETAILS = Details(
    curves=(Curve(0, (1, 2, 3), (1.0, 2.0, 4.0), (2.5, 2.0, 1.75)),),
    reliability=Reliability(0, BINS, CalibrationBand(0.1, 0.03, 0.01, 0.05, 0.01, 50, 0.95)),
)


def cell(task, name, values, family, **fields) -> Cell:
    """One experiment; costs grow with its place in the alphabet."""
    size = 10 ** (1 + ord(name[0]) % 5)
    seeds = [
        SeedResult(seed, {task.metric.name: value}, size, 0.1 * size + seed, 1.0, 1e6 * size)
        for seed, value in enumerate(values)
    ]
    own = {"mechanism": "none", "engine": "seqarena", "details": DETAILS, **fields}
    return Cell(f"{task.name}-{name}", task.name, family=family, seeds=tuple(seeds), **own)


def cells() -> list[Cell]:
    runs = (("mean", "#/runs/abc123"), ("seed 0", "#/runs/def456"))
    return [
        cell(SOURCE, "hmm", [1.6, 1.62], "hidden_markov", runs=runs),
        cell(SOURCE, "lstm", [1.7, 1.75], "lstm"),
        cell(SOURCE, "gru", [1.8, 1.81], "gru"),
        cell(SOURCE, "failed", [None], "gru"),
        cell(DIGITS, "gru", [0.9, 0.92], "gru"),
        cell(DIGITS, "lstm", [0.8, 0.85], "lstm"),
    ]


def report_page() -> str:
    return webpage(whole_report([SOURCE, DIGITS], cells(), {"commit": "abc"}))


def hostile_page(texts) -> str:
    """A page whose every name is one of these texts."""
    task = dataclasses.replace(SOURCE, name=texts[0], description=texts[1], runs="#/x")
    found = [
        cell(task, f"a{text}", [1.6 + place, 1.7], text, mechanism=text, flags=(text,))
        for place, text in enumerate(texts)
    ]
    return webpage(whole_report([task], found, {texts[2]: texts[3]}))
