"""What a score is compared with: floors, ceilings, guesses, baselines, published numbers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seqarena.metrics.metric import Metric
from seqarena.reporting.ranking import Table

Kind = Literal["bound", "expectation", "guess", "baseline", "published"]


@dataclass(frozen=True)
class Reference:
    """One value, in the unit of the task's headline metric."""

    name: str
    value: float
    kind: Kind
    how: str
    """Where it comes from."""
    experiment: str = ""
    """The experiment of this report that reached it; empty: none."""


def references_of(table: Table) -> tuple[Reference, ...]:
    """Return what was computed or declared, the best possible value first.

    A published number obtained under other rules is left out: it stands in the table of published
    figures, with the rules that differ.
    """
    return (*_bounds(table), *_guesses(table), *_baselines(table), *_published(table))


def shortfall(metric: Metric, value: float, bound: float) -> float:
    """Return how much worse than the bound a value is, in the metric's unit."""
    return bound - value if metric.higher_is_better else value - bound


def _bounds(table: Table) -> Iterator[Reference]:
    best = table.task.best_possible
    if best is None:
        return
    if best.on_test is None or best.on_test == best.value:
        word = "ceiling" if table.task.metric.higher_is_better else "floor"
        yield Reference(word, best.value, "bound", best.how)
        return
    yield Reference("true process", best.on_test, "bound", "what it scores on these test examples")
    is_entropy = table.task.kind == "density"
    name = "entropy rate" if is_entropy else "true process, expected"
    yield Reference(name, best.value, "expectation", best.how)


def _guesses(table: Table) -> Iterator[Reference]:
    metric, schema = table.task.metric, table.task.schema
    if metric.name == "bits_per_step" and schema.n_symbols:
        yield Reference(
            "uniform", math.log2(schema.n_symbols), "guess", f"{schema.n_symbols} equal symbols"
        )
    choices = {"accuracy": schema.n_classes, "tag_accuracy": schema.n_tags}.get(metric.name)
    if choices:
        yield Reference("uniform guess", 1 / choices, "guess", f"one of {choices}, by chance")


def _baselines(table: Table) -> Iterator[Reference]:
    """Return the best experiment of each kind of baseline; rows stand in order of their means."""
    seen: set[str] = set()
    for row in table.rows:
        name = row.cell.baseline
        if name and row.interval is not None and name not in seen:
            seen.add(name)
            n = sum(other.cell.baseline == name for other in table.rows)
            shown = f"best {name}" if n > 1 else name
            yield Reference(
                shown, row.interval.mean, "baseline", f"{row.label} here", row.cell.experiment
            )


def _published(table: Table) -> Iterator[Reference]:
    for each in table.task.published:
        if each.metric == table.task.metric.name and not each.differences:
            figure = each.figure
            how = f"published ({figure.certainty}): {figure.reference}"
            yield Reference(figure.name, figure.value, "published", how)
