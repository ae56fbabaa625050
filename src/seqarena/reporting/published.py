"""A published figure beside what stands here: reproduced, approached or missed, and why."""

from dataclasses import dataclass
from typing import Literal

from seqarena.metrics.metric import Metric

Certainty = Literal["read", "recomputed", "remembered"]
"""How the figure is known: read in a public source, computed again on the very files, or from
memory of a paper and not checked against it."""

Outcome = Literal["surpassed", "reproduced", "approached", "missed", "other protocol", "no result"]


@dataclass(frozen=True)
class PublishedFigure:
    """A number that somebody has reported, and how near to it counts."""

    name: str
    value: float
    tolerance: float
    """A distance that counts as the same [unit of the metric]."""
    approach: float
    """A distance that counts as near."""
    reference: str
    certainty: Certainty
    note: str = ""
    """Why the two may differ: other data, size or hours."""


@dataclass(frozen=True)
class Beside:
    """A published figure, and the experiment that stands for it here."""

    task: str
    figure: PublishedFigure
    metric: str
    higher_is_better: bool
    experiment: str
    found: float | None
    """Mean over the seeds; None: infinite, or it did not finish."""
    differences: tuple[str, ...] = ()
    """Where the protocol of the task is not that of the figure, a line each."""
    n_rivals: int = 1
    """Experiments that could have stood for it; this one has the lowest validation loss."""

    @property
    def outcome(self) -> Outcome:
        """Compare the two, unless they were obtained under different rules."""
        if self.differences:
            return "other protocol"
        if self.found is None:
            return "no result"
        sign = 1.0 if self.higher_is_better else -1.0
        # Rounded, so that a distance that is the tolerance in decimals is within it.
        shortfall = round(sign * (self.figure.value - self.found), 9)
        if shortfall < -self.figure.tolerance:
            return "surpassed"
        if shortfall <= self.figure.tolerance:
            return "reproduced"
        return "approached" if shortfall <= self.figure.approach else "missed"

    @property
    def remark(self) -> str:
        """Say what differs, what the figure's own note says, and among how many it was chosen."""
        chosen = f"of {self.n_rivals}, by validation" if self.n_rivals > 1 else ""
        return "; ".join(filter(None, (*self.differences, self.figure.note, chosen)))


def direction_of(name: str, known: tuple[Metric, ...]) -> bool | None:
    """Say whether more of the metric is better; None: the task has no such metric."""
    return next((each.higher_is_better for each in known if each.name == name), None)
