"""Two contestants in lines for the terminal: over seeds, over examples, slice by slice."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seqarena.evaluation.slices import SLICE_COLUMN
from seqarena.experiment.contestants import Contestant
from seqarena.experiment.question import QuestionConfig
from seqarena.experiment.scored import Measure, Scored, joined, seed_of
from seqarena.metrics.metric import Metric
from seqarena.significance.corrections import holm
from seqarena.significance.difference import Difference
from seqarena.significance.estimate import Estimate, Unknown
from seqarena.significance.examples import compare_examples
from seqarena.significance.jackknife import pseudo_values
from seqarena.significance.seeds import t_interval
from seqarena.significance.statistics import ExampleStatistics
from seqarena.significance.verdict import verdict
from seqarena.wording import counted

_N_EXAMPLES = 8
_SAID = ("bits", "nats")
"""Units that read well behind a number."""


@dataclass(frozen=True)
class Rules:
    """What is asked of the two."""

    metric: Metric
    region: float | None
    config: QuestionConfig


@dataclass(frozen=True)
class Side:
    """One of the two, under the metric that decides."""

    contestant: Contestant
    scored: Scored
    system: ExampleStatistics


def side_of(contestant: Contestant, rules: Rules) -> Side:
    """Return a contestant's scores, example by example.

    Raises:
        DataError: the metric is not a number, or the predictions lack what it needs.
    """
    measure = Measure(rules.metric, contestant.protocol.schema)
    seeds = [
        seed_of(table, protocol.seed, measure)
        for table, protocol in zip(contestant.predictions, contestant.protocols, strict=True)
    ]
    scored = joined(Scored(contestant.name, len(seeds)), seeds)
    is_high = rules.metric.higher_is_better
    system = ExampleStatistics(scored.sums, measure.statistic.score, is_high, scored.ids)
    return Side(contestant, scored, system)


def difference_of(first: Side, second: Side, rules: Rules) -> Difference:
    """Compare the two on the same examples.

    Raises:
        DataError: they are not the same.
    """
    return compare_examples(
        first.system,
        second.system,
        n_draws=rules.config.n_draws,
        seed=rules.config.seed,
        confidence=rules.config.confidence,
        names=_names(first, second),
    )


def _names(first: Side, second: Side) -> tuple[str, str]:
    one, other = first.contestant.name, second.contestant.name
    return (one, other) if one != other else (f"{one}, first", f"{other}, second")


def heading(first: Side, second: Side, rules: Rules) -> Iterator[str]:
    """Yield what is measured, and the score of each over its seeds."""
    metric, protocol = rules.metric, first.contestant.protocol
    way = "higher" if metric.higher_is_better else "lower"
    yield f"{protocol.task}: {metric.label} ({metric.unit}; {way} is better)"
    rows = [
        ("", "seeds", "mean", f"{rules.config.confidence:.0%} interval over seeds", "of each seed")
    ]
    for name, side in zip(_names(first, second), (first, second), strict=True):
        rows.append((name, *_over_seeds(side.scored, rules)))
    yield from _columns(rows)
    for side in (first, second):
        yield from side.scored.troubles


def _over_seeds(scored: Scored, rules: Rules) -> tuple[str, str, str, str]:
    each = " ".join(_number(score, rules) for score in scored.scores)
    if not scored.is_finite:
        return str(len(scored.seeds)), "infinite", "none", each
    found = t_interval(scored.scores, rules.config.confidence)
    ends = (
        "unknown from one seed"
        if found.low is None or found.high is None
        else f"{_number(found.low, rules)} to {_number(found.high, rules)}"
    )
    return str(found.n), _number(found.mean, rules), ends, each


def told(difference: Difference, rules: Rules) -> Iterator[str]:
    """Yield the difference with its intervals, and what it allows to be said."""
    one, _ = difference.names
    yield ""
    n = counted(difference.n_examples, "example")
    yield f"Difference (positive: {one} is better), over {n}:"
    yield f"  of the families: {_estimate(difference.of_families, rules)}"
    yield f"  of these fits:   {_estimate(difference.of_fits, rules)}"
    if not isinstance(difference.effect_size, Unknown):
        yield f"  effect size (mean over deviation of examples): {difference.effect_size:+.2f}"
    estimate = difference.of_families
    if rules.region and isinstance(estimate, Estimate):
        better, equal, worse = estimate.shares(rules.region)
        shares = f"{better:.2f}, {equal:.2f}, {worse:.2f}"
        yield f"  P(better, equal, worse), equal being within {rules.region:g}: {shares}"
    unit = rules.metric.unit if rules.metric.unit in _SAID else ""
    yield ""
    yield verdict(difference, region=rules.region or 0.0, unit=unit).sentence
    if rules.region is None:
        yield "No region of practical equivalence is given (--region), so equality cannot be shown."


def _estimate(found: Estimate | Unknown, rules: Rules) -> str:
    if isinstance(found, Unknown):
        return f"not known. {found.sentence}"
    digits = rules.metric.digits + 1
    return (
        f"{found.value:+.{digits}f}, {found.confidence:.0%} interval {found.low:+.{digits}f} to "
        f"{found.high:+.{digits}f}, p = {found.p_value:.2g} ({found.method})"
    )


def slices(first: Side, second: Side, rules: Rules) -> Iterator[str]:
    """Yield the difference slice by slice, where examples have such, corrected for all slices."""
    name = first.contestant.protocol.schema.slice_name
    if name is None or SLICE_COLUMN not in first.contestant.predictions[0].column_names:
        return
    values = np.unique(first.contestant.predictions[0][SLICE_COLUMN].to_numpy()).tolist()
    found = [_of_slice(first, second, value, rules) for value in values]
    estimates = [each.of_families for each in found]
    corrected = holm(
        [math.nan if isinstance(each, Unknown) else each.p_value for each in estimates]
    )
    rows = [(name, "examples", "difference", "interval", "p, corrected")]
    for value, each, p_value in zip(values, found, corrected, strict=True):
        rows.append((str(value), str(each.n_examples), *_short(each, p_value, rules)))
    yield ""
    yield f"By {name}:"
    yield from _columns(rows)


def _of_slice(first: Side, second: Side, value: int, rules: Rules) -> Difference:
    def only(table: pa.Table) -> pa.Table:
        return table.filter(pc.equal(table[SLICE_COLUMN], value))

    one, other = (side_of(_picked(each.contestant, only), rules) for each in (first, second))
    return difference_of(one, other, rules)


def _picked(contestant: Contestant, only: Callable[[pa.Table], pa.Table]) -> Contestant:
    tables = tuple(map(only, contestant.predictions))
    return Contestant(contestant.name, contestant.protocols, tables)


def _short(difference: Difference, p_value: float, rules: Rules) -> tuple[str, str, str]:
    found, digits = difference.of_families, rules.metric.digits + 1
    if isinstance(found, Unknown):
        value = "–" if difference.value is None else f"{difference.value:+.{digits}f}"
        return value, "unknown", "–"
    ends = f"{found.low:+.{digits}f} to {found.high:+.{digits}f}"
    return f"{found.value:+.{digits}f}", ends, f"{p_value:.2g}"


def examples(first: Side, second: Side) -> Iterator[str]:
    """Yield the examples that add most to the difference, whoever gains by them."""
    one, other = first.system.sorted(), second.system.sorted()
    gains = _gains(one, other)
    if gains is None:
        return
    order = np.argsort(-np.abs(gains), kind="stable")[:_N_EXAMPLES]
    alone = [_alone(system)[order] for system in (one, other)]
    rows = [("example", *_names(first, second), "adds to the difference")]
    for place, ours, theirs in zip(order, *alone, strict=True):
        rows.append((one.ids[place], f"{ours:.4g}", f"{theirs:.4g}", f"{gains[place]:+.2g}"))
    yield ""
    yield "Examples in which they differ most, each scored alone (mean over seeds):"
    yield from _columns(rows)


def _gains(one: ExampleStatistics, other: ExampleStatistics) -> np.ndarray | None:
    """Return what each example adds to the difference; None where a score is infinite."""
    parts = [system.sign * pseudo_values(system).mean(axis=0) for system in (one, other)]
    gains: np.ndarray = (parts[0] - parts[1]) / one.n_examples
    return gains if np.isfinite(gains).all() else None


def _alone(system: ExampleStatistics) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        scores: np.ndarray = np.asarray(system.score(system.values)).mean(axis=0)
    return scores


def _number(value: float, rules: Rules) -> str:
    return f"{value:.{rules.metric.digits + 1}f}" if math.isfinite(value) else "infinite"


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield the rows under each other, all columns as wide as their widest text."""
    shown = [[_printable(text) for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _printable(text: str) -> str:
    """Keep an id of a user's data from steering the terminal."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()
