"""Where the families of a task looked, in numbers: records, filled by whoever read the maps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Looked:
    """One experiment, over all probes and seeds; None: there is no such number."""

    experiment: str
    label: str
    """Its name without the task."""
    influence: float | None
    """How much each output hangs on single steps, summed over them [bits]."""
    blind: float | None
    """Share of the outputs that hang on no single step."""
    redundancy: float | None
    """Influence of single steps over the effect of replacing all at once."""
    mechanism: float | None
    """Row divergence of weights and influence [bits]."""
    oracle_divergence: float | None
    """Row divergence from the map of the true process [bits]."""
    oracle_outside: float | None
    """Share of the influence where the true process does not look."""
    seed_noise: float | None
    """Row divergence of two seeds [bits]."""
    weights_noise: float | None = None
    """Row divergence of the attention weights of two seeds, heads matched [bits]."""


@dataclass(frozen=True)
class LookedPair:
    """Two experiments of a task; None: there is no such number."""

    one: str
    other: str
    between: float | None
    """Row divergence of a fit of the one and a fit of the other [bits]."""
    difference: float | None
    """`between` less the mean row divergence of two seeds of one of them [bits]."""
    low: float | None
    """Ends of the 95 % interval of `difference` over probes [bits]."""
    high: float | None
    p_value: float | None
    """Of all relabellings of the seeds."""
    corrected: float | None
    """After Holm's correction over the pairs of the task."""
    is_apart: bool
    """Whether every two fits across are farther apart than any two seeds of one of them."""
    verdict: str
    sentence: str


@dataclass(frozen=True)
class LookedTable:
    """Further numbers; None: there is no such number."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    note: str


@dataclass(frozen=True)
class TaskLooking:
    """All of one task."""

    cells: tuple[Looked, ...]
    pairs: tuple[LookedPair, ...]
    note: str
    """What the number of seeds does not allow; empty: nothing."""
    page: str
    """File with the maps themselves, from the report's folder."""
    tables: tuple[LookedTable, ...] = ()
    picture: str | None = None
    """File with alignments side by side, from the report's folder; None: there are none."""
