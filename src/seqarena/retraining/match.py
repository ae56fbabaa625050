"""Challenger against champion: what both said of the same examples, and what the gate says."""

import statistics
import time
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from seqarena.evaluation.predictions import metrics_of
from seqarena.experiment.evaluate import score
from seqarena.experiment.fitted import load_fitted
from seqarena.families.catalogue import AnyFamily
from seqarena.retraining.candidates import Candidate
from seqarena.retraining.comparing import Answers, finite, gains, slice_scores
from seqarena.retraining.data_version import DataVersion
from seqarena.retraining.gate.comparison import Gain, SliceScore, improvement, slice_losses
from seqarena.retraining.gate.limits import (
    Cost,
    calibration_limit,
    calibration_loss,
    cost_limits,
    enough_examples,
)
from seqarena.retraining.gate.settings import GateConfig, TestSet
from seqarena.retraining.gate.verdict import Verdict, judged
from seqarena.retraining.shared_examples import SharedExamples, shared_examples

Who = Literal["challenger", "champion"]

_SETS: tuple[TestSet, ...] = ("old", "new", "both")
_N_TIMED = 20


@dataclass(frozen=True)
class Match:
    """What both models said, and what follows from it."""

    shared: SharedExamples
    has_champion: bool
    answers: dict[Who, Answers]
    """Without a champion there is one; without an example there is none."""
    gains: dict[TestSet, Gain]
    slices: list[SliceScore]
    cost: Cost

    def verdicts(self, rules: GateConfig) -> list[Verdict]:
        """Return the verdict of every rule on models."""
        errors = {who: _calibration(answers) for who, answers in self.answers.items()}
        error = errors.get("challenger")
        return [
            enough_examples(len(self.shared.rows(self._judged_on(rules))), rules),
            self._improvement(rules),
            *slice_losses(self.slices, rules),
            calibration_loss(error, errors.get("champion"), rules),
            calibration_limit(error, rules),
            *cost_limits(self.cost, rules),
        ]

    def metrics(self) -> dict[str, float]:
        """Return every number that was measured, by a name that MLflow takes."""
        found: dict[str, float | None] = {}
        for who, answers in self.answers.items():
            for test_set in _SETS:
                rows = self.shared.rows(test_set)
                for name, value in _metrics(answers, rows).items():
                    found[f"{test_set}/{name}/{who}"] = finite(value)
        for test_set, gain in self.gains.items():
            found[f"{test_set}/gain"] = gain.gain
            found[f"{test_set}/gain_low"] = gain.low
            found[f"{test_set}/gain_high"] = gain.high
        found |= {f"cost/{name}": value for name, value in asdict(self.cost).items()}
        return {name: float(value) for name, value in found.items() if value is not None}

    def _judged_on(self, rules: GateConfig) -> TestSet:
        return rules.judged_on if self.has_champion else "new"

    def _improvement(self, rules: GateConfig) -> Verdict:
        gain = self.gains.get(rules.judged_on)
        if gain is None and self.has_champion:
            words = f"no example of the test set {rules.judged_on!r} is left to judge by."
            return judged("improvement", False, words)
        return improvement(gain, rules)


def play(
    candidate: Candidate,
    version: DataVersion,
    champion: AnyFamily | None,
    old: DataVersion | None,
    rules: GateConfig,
) -> Match:
    """Ask both models the same questions.

    Args:
        candidate: the challenger.
        version: the data that it was fitted to.
        champion: what serves; None: nothing does.
        old: the champion's data.
        rules: of the gate.

    Raises:
        ArtifactError: the fit is of other data, or altered.
        DataError: a model cannot read the other version's examples.
    """
    family, _ = load_fitted(candidate.fit, version.manifest)
    shared = shared_examples(version, old)
    cost = candidate.cost(_latency_ms(family, version))
    if not len(shared):
        return Match(shared, champion is not None, {}, {}, [], cost)
    ours = Answers(shared.answers(family, version.manifest), version.manifest)
    if champion is None or old is None:
        return Match(shared, False, {"challenger": ours}, {}, [], cost)
    theirs = Answers(shared.answers(champion, old.manifest), old.manifest)
    found = gains(ours, theirs, shared, rules.confidence)
    slices = slice_scores(ours, theirs, shared)
    return Match(shared, True, {"challenger": ours, "champion": theirs}, found, slices, cost)


def _latency_ms(family: AnyFamily, version: DataVersion) -> float:
    """Return the median time of an answer to one example [ms]."""
    part, taken = version.test_split, []
    for row in range(min(_N_TIMED, len(part.sequences))):
        one = part.select(np.array([row]))
        began = time.perf_counter()
        score(family, one, version.manifest)
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def _calibration(answers: Answers) -> float | None:
    """Return the expected calibration error, where there is one."""
    rows = np.arange(answers.predictions.num_rows)
    return _metrics(answers, rows).get("expected_calibration_error")


def _metrics(answers: Answers, rows: np.ndarray) -> dict[str, float]:
    if not len(rows):
        return {}
    found = metrics_of(answers.predictions.take(pa.array(rows)), answers.manifest.schema)
    return {name: float(value) for name, value in found.items()}
