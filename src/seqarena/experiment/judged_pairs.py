"""Every two experiments of a task that the question names, on the same examples."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqarena.experiment.question import Asked, QuestionConfig
from seqarena.experiment.scored import Scored
from seqarena.reporting.judgement import JudgedPair
from seqarena.significance.corrections import holm
from seqarena.significance.difference import Difference
from seqarena.significance.estimate import Estimate, Unknown
from seqarena.significance.examples import compare_all
from seqarena.significance.statistics import ExampleStatistics, Score
from seqarena.significance.verdict import verdict

_SAID = ("bits", "nats")
"""Units that read well behind a number; others are words for what is counted."""


@dataclass(frozen=True)
class Contest:
    """Who meets whom under which metric."""

    asked: Asked
    config: QuestionConfig
    score: Score
    """The metric, from sums over examples."""
    scored: Sequence[Scored]
    labels: Mapping[str, str]
    """What each experiment is called in sentences."""


def labels_of(experiments: Sequence[str], task: str) -> dict[str, str]:
    """Return the names without the task in front, where that leaves each its own."""
    short = {name: name.removeprefix(f"{task}-") for name in experiments}
    return short if len(set(short.values())) == len(short) else {name: name for name in short}


def judge_pairs(contest: Contest) -> tuple[JudgedPair, ...]:
    """Return every pair that was asked for, corrected for all of them (Holm 1979).

    A pair of which one has no scores is there too, and says so.
    """
    pairs = _ordered(contest.asked)
    found = _differences(contest, pairs)
    p_values = [_p_value(found.get(pair)) for pair in pairs]
    return tuple(
        _judged(contest, pair, found.get(pair), corrected)
        for pair, corrected in zip(pairs, holm(p_values), strict=True)
    )


def system_of(scored: Scored, contest: Contest) -> ExampleStatistics:
    """Return an experiment's examples as tests take them."""
    is_high = contest.asked.metric.higher_is_better
    return ExampleStatistics(scored.sums, contest.score, is_high, scored.ids)


def _ordered(asked: Asked) -> list[tuple[str, str]]:
    """Return the pairs with their two in one order throughout, a baseline second."""
    order = {name: (name == asked.baseline, place) for place, name in enumerate(asked.experiments)}
    ranked = [sorted(pair, key=order.__getitem__) for pair in asked.pairs]
    return list(dict.fromkeys((one, other) for one, other in ranked))


def _differences(
    contest: Contest, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Difference]:
    """Return the differences of the pairs whose two have scores, by experiments."""
    asked, labels = contest.asked, contest.labels
    named = {name for pair in pairs for name in pair}
    systems = {
        each.experiment: system_of(each, contest)
        for each in sorted(contest.scored, key=lambda own: own.experiment == asked.baseline)
        if each.scores and each.experiment in named
    }
    if len(systems) < 2:
        return {}
    found = compare_all(
        {labels[name]: system for name, system in systems.items()},
        n_draws=contest.config.n_draws,
        seed=contest.config.seed,
        confidence=contest.config.confidence,
    )
    by_label = {(labels[one], labels[other]): (one, other) for one, other in pairs}
    return {by_label[names]: each for names, each in found.items() if names in by_label}


def _p_value(difference: Difference | None) -> float:
    estimate = None if difference is None else difference.of_families
    return estimate.p_value if isinstance(estimate, Estimate) else math.nan


def _judged(
    contest: Contest, pair: tuple[str, str], difference: Difference | None, corrected: float
) -> JudgedPair:
    if difference is None:
        return JudgedPair(*pair, "cannot say", _absence(contest, pair), None)
    asked, estimate, fits = contest.asked, difference.of_families, difference.of_fits
    said = verdict(
        difference,
        region=asked.region or 0.0,
        corrected=None if math.isnan(corrected) else corrected,
        unit=asked.metric.unit if asked.metric.unit in _SAID else "",
    )
    better, equal, worse = (
        estimate.shares(asked.region)
        if isinstance(estimate, Estimate) and asked.region is not None
        else (None, None, None)
    )
    is_known = isinstance(estimate, Estimate)
    return JudgedPair(
        one=pair[0],
        other=pair[1],
        word=said.word,
        sentence=said.sentence,
        value=_finite(difference.value),
        low=_of(estimate, "low"),
        high=_of(estimate, "high"),
        p_value=_of(estimate, "p_value"),
        corrected=corrected if is_known else None,
        effect_size=_known(difference.effect_size),
        superiority=_known(difference.superiority),
        better=better,
        equal=equal,
        worse=worse,
        fits_low=_of(fits, "low"),
        fits_high=_of(fits, "high"),
        fits_p_value=_of(fits, "p_value"),
        method=estimate.method if isinstance(estimate, Estimate) else estimate.sentence,
    )


def _absence(contest: Contest, pair: tuple[str, str]) -> str:
    """Say who of two has no scores."""
    present = {each.experiment for each in contest.scored if each.scores}
    missing = [contest.labels[name] for name in pair if name not in present]
    return f"{' and '.join(missing)} left no scores that could be compared."


def _of(estimate: Estimate | Unknown, name: str) -> float | None:
    return None if isinstance(estimate, Unknown) else float(getattr(estimate, name))


def _known(value: float | Unknown) -> float | None:
    return None if isinstance(value, Unknown) else float(value)


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else float(value)
