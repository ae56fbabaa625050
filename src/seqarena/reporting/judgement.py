"""What was asked on a task, and what the scores answer: records, filled by whoever read the files.

Differences are gains of the first over the second: positive means that the first is better,
whatever the metric's direction. A number that the data do not give is None, and a
sentence says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from seqarena.metrics.metric import Metric
from seqarena.significance.verdict import Word


@dataclass(frozen=True)
class Question:
    """What was asked on a task before anything ran."""

    metric: Metric
    region: float | None
    """A difference of at most this much does not matter [unit of the metric]; None: nobody said."""
    confidence: float
    n_draws: int
    """Draws of each bootstrap and permutation test."""
    baseline: str | None
    """With whom every other is compared; None: every two are, or the pairs that were named."""
    n_pairs: int
    """Comparisons that the correction is made for."""


@dataclass(frozen=True)
class JudgedCell:
    """One experiment under the metric that decides."""

    experiment: str
    label: str
    """Its name without the task."""
    scores: Mapping[int, float | None]
    """Of each seed that has one; None: infinite."""
    n_asked: int
    """Seeds that were asked for: those without a score are failures."""
    mean: float | None
    """Over the seeds; None: there is none, or one is infinite."""
    low: float | None
    """Ends of Student's t interval over the seeds."""
    high: float | None
    gap: float | None
    """How much worse the mean is than the best possible value, where that is known."""
    n_examples: int
    troubles: tuple[str, ...] = ()
    """What is missing or wrong, a sentence each."""
    choices: str = ""
    """What this experiment alone may choose and others otherwise (its decoding)."""

    @property
    def n_failed(self) -> int:
        """Seeds without a score."""
        return self.n_asked - len(self.scores)

    @property
    def n_infinite(self) -> int:
        """Seeds that called something impossible that happened."""
        return sum(score is None for score in self.scores.values())


@dataclass(frozen=True)
class JudgedPair:
    """Two experiments of a task, by name; over other seeds and other examples like these."""

    one: str
    other: str
    word: Word
    sentence: str
    value: float | None
    """Gain of the mean [unit of the metric]."""
    low: float | None = None
    """Ends of its interval, over seeds and examples."""
    high: float | None = None
    p_value: float | None = None
    corrected: float | None = None
    """After Holm's correction over all pairs of the task that were asked for."""
    effect_size: float | None = None
    """Mean over standard deviation of the examples' differences."""
    superiority: float | None = None
    """Share of pairs of seeds in which the first is better, ties half."""
    better: float | None = None
    """Probability that the first is better by more than the region; then of neither; of worse."""
    equal: float | None = None
    worse: float | None = None
    fits_low: float | None = None
    """Ends of the interval of these very fits, over examples alone."""
    fits_high: float | None = None
    fits_p_value: float | None = None
    method: str = ""
    """How interval and p-value were found."""


@dataclass(frozen=True)
class SetAside:
    """An experiment that stands in no table and no chart with the others, and why."""

    experiment: str
    label: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class TaskJudgement:
    """All that can be said of a task."""

    question: Question
    stamp: str
    """Digest of the rules under which all of its numbers came about."""
    cells: tuple[JudgedCell, ...]
    pairs: tuple[JudgedPair, ...]
    set_aside: tuple[SetAside, ...] = ()
    errors: tuple[str, ...] = ()
    """What theory forbids, and was found: the numbers of the task are then not to be used."""
    floor: float | None = None
    """The value that no model can beat [unit of the metric], on these examples where known."""

    def label(self, experiment: str) -> str:
        """Return what an experiment is called; by its own name, if it has no cell here."""
        found = (cell.label for cell in self.cells if cell.experiment == experiment)
        return next(found, experiment)

    def pair(self, one: str, other: str) -> JudgedPair | None:
        """Return what was found of two experiments, in the order in which they were asked for."""
        return next((each for each in self.pairs if {each.one, each.other} == {one, other}), None)
