"""The test examples in groups, and a metric of each group: by length, rarity, lag."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Num

from seqarena.evaluation.example_statistics import statistic_of
from seqarena.evaluation.slices import SLICE_COLUMN
from seqarena.evaluation.strata import LENGTH_COLUMN, RARITY_COLUMN
from seqarena.metrics.metric import Metric
from seqarena.schema import DataSchema

_N_GROUPS = 4
_MOST_VALUES = 8
_FEWEST = 5
"""Examples that a group must have."""


@dataclass(frozen=True)
class ExampleGroup:
    """Examples that are alike, and the metric of them alone."""

    by: str
    low: float
    high: float
    n_examples: int
    value: float

    @property
    def label(self) -> str:
        """Say from where to where it goes."""
        ends = [
            f"{end:.0f}" if self.by != "rarity" else f"{end:.1f}" for end in (self.low, self.high)
        ]
        return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def groups_of_test(
    predictions: pa.Table, metric: Metric, schema: DataSchema
) -> tuple[ExampleGroup, ...]:
    """Return the groups by every way to tell the examples apart that tells two groups at least.

    The groups follow from the examples alone, so that they are the same for every model.
    """
    statistic = statistic_of(metric, schema)
    parts = statistic.parts(predictions)
    ways = {
        "length": LENGTH_COLUMN,
        "rarity": RARITY_COLUMN,
        schema.slice_name or "": SLICE_COLUMN,
    }
    found: list[ExampleGroup] = []
    for by, column in ways.items():
        if by and column in predictions.column_names:
            values = predictions[column].to_numpy()
            for chosen in grouped(values):
                own = values[chosen]
                ends = float(own.min()), float(own.max())
                found.append(ExampleGroup(by, *ends, len(own), statistic.total(parts[chosen])))
    return tuple(found)


def grouped(values: Num[np.ndarray, "examples"]) -> list[Bool[np.ndarray, "examples"]]:
    """Return which examples stand in each group: of one value, or of a quarter of the examples.

    Few values make a group each. Nothing is returned where there would be one group alone, or one
    of fewer than five examples.
    """
    kinds = np.unique(values)
    if len(kinds) <= _MOST_VALUES:
        groups = [values == kind for kind in kinds]
    else:
        # Ends are values that occur, so that equals stay together.
        ends = np.unique(np.quantile(values, np.linspace(0, 1, _N_GROUPS + 1)[1:], method="lower"))
        places = np.searchsorted(ends, values)
        groups = [places == place for place in range(len(ends))]
    groups = [group for group in groups if group.any()]
    sizes = [int(group.sum()) for group in groups]
    return groups if len(groups) > 1 and min(sizes) >= _FEWEST else []
