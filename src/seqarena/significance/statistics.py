"""Statistics of single examples that add up to a metric of any set of them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from seqarena.errors import DataError
from seqarena.wording import counted

Score = Callable[[np.ndarray], np.ndarray]
"""From sums of statistics (..., k) to a metric (...); see `seqarena.significance.scores`."""

_N_NAMED = 3
"""Examples that a message names."""


@dataclass(frozen=True)
class ExampleStatistics:
    """What one system did on every example, each of its seeds apart, in numbers that add.

    The metric of any set of examples is `score(sum over them)`: (correct, 1) gives the accuracy,
    (nats, steps) the bits per step, (edits, gold) an error rate, (correct, predicted, gold) F1, and
    n-gram counts BLEU. Resampling examples is then a matrix product.

    What was called impossible and came about has infinitely many nats: such a statistic is
    infinite, and so is the score of all that contains it. NaN says nothing, and is refused.

    Raises:
        DataError: there is no seed or example; ids are too few, too many or not unique; or a
            statistic is NaN, or infinite below.
    """

    values: Float[np.ndarray, "seed example k"]
    """The statistics, 64 bits."""
    score: Score
    higher_is_better: bool
    """Direction of the score."""
    ids: tuple[str, ...]
    """Names the examples, in the order of `values`."""

    def __post_init__(self) -> None:
        if 0 in self.values.shape:
            raise DataError(
                f"statistics of shape {self.values.shape} hold nothing; they need at least one "
                "seed, one example and one number each."
            )
        _refuse_ids(self.ids, self.n_examples)
        for what, is_wrong in (("NaN", np.isnan), ("minus infinity", np.isneginf)):
            self._refuse(np.asarray(is_wrong(self.values).any(axis=2)), what)

    @property
    def n_seeds(self) -> int:
        """Fits that were asked."""
        return int(self.values.shape[0])

    @property
    def n_examples(self) -> int:
        """Examples that each of them was asked about."""
        return int(self.values.shape[1])

    @property
    def sign(self) -> float:
        """What a score is multiplied with so that more is better."""
        return 1.0 if self.higher_is_better else -1.0

    @property
    def is_impossible(self) -> Bool[np.ndarray, "example"]:
        """Say which examples some seed called impossible."""
        return np.asarray(np.isposinf(self.values).any(axis=(0, 2)))

    def seed_scores(self) -> Float[np.ndarray, "seed"]:
        """Return the score of each seed over all examples.

        Raises:
            DataError: the score has not one number per seed, is NaN, or is infinitely good.
        """
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            scores = np.asarray(self.score(self.values.sum(axis=1)), dtype=np.float64)
        if scores.shape != (self.n_seeds,):
            raise DataError(
                f"the score of {counted(self.n_seeds, 'seed')} has shape {scores.shape}; it must "
                "take (..., k) and return (...)."
            )
        for seed, score in enumerate(scores):
            if np.isnan(score) or self.sign * score == np.inf:
                what = "NaN" if np.isnan(score) else "infinitely good"
                raise DataError(
                    f"the score of seed {seed} over {counted(self.n_examples, 'example')} is "
                    f"{what}, which no comparison can use; look at this fit's own scores."
                )
        return scores

    def sorted(self) -> "ExampleStatistics":
        """Return the same with the examples in the order of their ids."""
        order = np.argsort(np.asarray(self.ids))
        if (order == np.arange(self.n_examples)).all():
            return self
        ids = tuple(self.ids[place] for place in order)
        return replace(self, values=self.values[:, order], ids=ids)

    def _refuse(self, is_wrong: Bool[np.ndarray, "seed example"], what: str) -> None:
        places = np.argwhere(is_wrong)
        if len(places):
            seed, example = places[0]
            raise DataError(
                f"example {self.ids[example]!r} of seed {seed} has a statistic that is {what} "
                f"({len(places)} of {is_wrong.size} such examples and seeds); leave out neither: "
                "mend the score that gave it."
            )


def alike(systems: Mapping[str, ExampleStatistics]) -> dict[str, ExampleStatistics]:
    """Return the systems with their examples in one order, so that place by place is the same one.

    Raises:
        DataError: two systems were scored on other examples, in the other direction, or with
            another number of statistics.
    """
    (first, reference), *others = systems.items()
    for name, other in others:
        _refuse_other_examples(first, reference, name, other)
        one, two = ((s.values.shape[2], s.higher_is_better) for s in (reference, other))
        if one != two:
            raise DataError(
                f"{first} and {name} are not scored by one metric: {_metric(*one)} against "
                f"{_metric(*two)}; compare numbers of the same metric."
            )
    return {name: system.sorted() for name, system in systems.items()}


def _metric(k: int, higher_is_better: bool) -> str:
    better = "higher" if higher_is_better else "lower"
    return f"{counted(k, 'statistic')} per example, {better} is better"


def _refuse_other_examples(
    name: str, one: ExampleStatistics, other_name: str, other: ExampleStatistics
) -> None:
    if one.ids == other.ids:
        return
    ours, theirs = set(one.ids), set(other.ids)
    parts = [
        f"{counted(len(left), 'example')} only in {who}, first {_first(left)}"
        for who, left in ((name, ours - theirs), (other_name, theirs - ours))
        if left
    ]
    if parts:
        raise DataError(
            f"{name} and {other_name} were not scored on the same examples: {'; '.join(parts)}; "
            "score both on one test split."
        )


def _refuse_ids(ids: tuple[str, ...], n_examples: int) -> None:
    if len(ids) != n_examples:
        raise DataError(f"{len(ids)} ids for {n_examples} examples; each example needs one.")
    if len(set(ids)) != n_examples:
        twice = {each for each, n in Counter(ids).items() if n > 1}
        raise DataError(
            f"ids that occur more than once: {len(twice)}, first {_first(twice)}; each must stand "
            "for one example."
        )


def _first(ids: set[str]) -> str:
    return ", ".join(repr(each) for each in sorted(ids)[:_N_NAMED])
