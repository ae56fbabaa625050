"""Scores of families over tasks, made comparable across metrics."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from seqarena.errors import DataError


@dataclass(frozen=True)
class TaskScores:
    """One score per family and task, and what counts as a difference on each task.

    Tasks have metrics of their own: a gap of 0.01 is much in bits and nothing in BLEU. So gaps are
    counted in regions: multiples of the largest difference that does not matter on that task.

    Raises:
        DataError: numbers of names, directions or regions do not fit, a region is not positive, or
            a family has no score at all.
    """

    scores: Float[np.ndarray, "task family"]
    """Means over seeds; NaN where a family was not run on a task, infinite where it is so."""
    tasks: tuple[str, ...]
    families: tuple[str, ...]
    higher_is_better: tuple[bool, ...]
    """Of each task's metric."""
    regions: tuple[float, ...]
    """Largest difference on each task that does not matter, in its metric's unit."""

    def __post_init__(self) -> None:
        lengths = (
            (len(self.tasks), len(self.families)),
            (len(self.higher_is_better), len(self.families)),
            (len(self.regions), len(self.families)),
        )
        if any(self.scores.shape != each for each in lengths):
            raise DataError(
                f"scores of shape {self.scores.shape} with {len(self.tasks)} tasks, "
                f"{len(self.families)} families, {len(self.higher_is_better)} directions and "
                f"{len(self.regions)} regions; each task needs a row, a direction and a region, "
                "each family a column."
            )
        for task, region in zip(self.tasks, self.regions, strict=True):
            if not (region > 0 and np.isfinite(region)):
                raise DataError(
                    f"task {task!r} has the region {region}; it must be the largest difference "
                    "that does not matter, above 0, in the unit of the task's metric."
                )
        for family, is_missing in zip(self.families, self.is_missing.T, strict=True):
            if is_missing.all():
                raise DataError(f"family {family!r} has no score on any task; leave it out.")

    @property
    def is_missing(self) -> Bool[np.ndarray, "task family"]:
        """Say which cells have no score."""
        return np.asarray(np.isnan(self.scores))

    @property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """Family and task of each cell without a score: there the family takes no part."""
        return tuple(
            (self.families[family], self.tasks[task])
            for task, family in np.argwhere(self.is_missing)
        )

    @property
    def is_complete(self) -> Bool[np.ndarray, "task"]:
        """Say which tasks have a score of every family."""
        return np.asarray(~self.is_missing.any(axis=1))

    @property
    def gains(self) -> Float[np.ndarray, "task family"]:
        """Return the scores in regions, more is better."""
        signs = np.where(self.higher_is_better, 1.0, -1.0)
        return np.asarray(signs[:, None] * self.scores / np.asarray(self.regions)[:, None])

    def gaps(self, one: int, other: int) -> Float[np.ndarray, "_"]:
        """Return by how many regions one family is better than another, on the tasks of both.

        An infinite gap becomes one that is wider than all others together: signs and ranks of gaps,
        and signs of sums of two of them, stay what they are. Two infinite scores are even.
        """
        ours, theirs = self.gains[:, one], self.gains[:, other]
        with np.errstate(invalid="ignore"):
            gaps = np.where(ours == theirs, 0.0, ours - theirs)
        gaps = gaps[~np.isnan(gaps)]
        finite = np.abs(gaps[np.isfinite(gaps)])
        return np.asarray(np.nan_to_num(gaps, posinf=(far := 3 * finite.sum() + 3), neginf=-far))
