"""What the comparison is made from: plain records, filled by whoever read the files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seqarena.data.manifest import BestPossible
from seqarena.metrics.metric import Metric, headline_metric, judged_by
from seqarena.reporting.details import Details
from seqarena.reporting.judgement import TaskJudgement
from seqarena.reporting.looking import TaskLooking
from seqarena.reporting.published import Beside
from seqarena.reporting.search import Search
from seqarena.schema import DataSchema, TaskKind


@dataclass(frozen=True)
class TaskFacts:
    """One table of the report."""

    name: str
    schema: DataSchema
    description: str = ""
    """What is to be done on which data, in a sentence or two."""
    n_test: int | None = None
    """Sequences of the test split."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Sequences of each split, by its name."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What preparing it left out, replaced or found, as the manifest names it."""
    duplicates: str = ""
    """What was done with an input that stands in two splits: `refuse`, `count` or `drop`."""
    best_possible: BestPossible | None = None
    published: tuple[Beside, ...] = ()
    """Figures that others have reported for it, beside the experiments that stand for them."""
    looking: TaskLooking | None = None
    """Where its families looked; None: none of them can say."""
    runs: str = ""
    """Path in MLflow at which its aggregate runs stand side by side; empty: not in the store."""
    judgement: TaskJudgement | None = None
    """What was asked of its scores, and what they answer; None: nobody asked."""

    @property
    def kind(self) -> TaskKind:
        """What is to be done."""
        return self.schema.task_kind

    @property
    def metric(self) -> Metric:
        """What orders the rows: what was asked for, or the headline."""
        asked = self.judgement
        return headline_metric(self.schema) if asked is None else asked.question.metric

    @property
    def confidence(self) -> float:
        """Of the intervals over seeds."""
        return 0.95 if self.judgement is None else self.judgement.question.confidence

    @property
    def further(self) -> tuple[Metric, ...]:
        """What else was measured, the most telling first."""
        return tuple(each for each in judged_by(self.schema) if each != self.metric)

    @property
    def bound(self) -> str | None:
        """Say what no model can beat on these test examples, and how that is known."""
        best = self.best_possible
        if best is None:
            return None
        if best.on_test is None or best.on_test == best.value:
            return f"{best.value:.3f} {best.unit} ({best.how})"
        return (
            f"{best.paired:.3f} {best.unit} on these test examples, where the true process itself "
            f"scores that; {best.value:.3f} in expectation ({best.how})"
        )


@dataclass(frozen=True)
class SeedResult:
    """One fit: what it scored, from metrics.json, and what it cost, from report.json."""

    seed: int
    metrics: Mapping[str, float | int | None]
    """None: infinite."""
    n_parameters: int
    wall_seconds: float
    """Of the fit."""
    cpu_seconds: float
    training_flops: float | None = None
    """Estimated for the whole fit; None: not counted."""
    stop_reason: str = ""
    valid_loss: float | None = None
    """Of the epoch that was kept, from report.json."""


@dataclass(frozen=True)
class Cell:
    """One experiment: a family, with its mechanism, on a task, over all of its seeds."""

    experiment: str
    task: str
    """Name of a `TaskFacts`."""
    family: str
    mechanism: str | None
    engine: str | None
    seeds: tuple[SeedResult, ...]
    """Those that finished; none at all is a cell that failed, and is shown as one."""
    flags: tuple[str, ...] = ()
    """What makes the numbers doubtful."""
    failures: tuple[str, ...] = ()
    """Why seeds are missing, a line for each."""
    pictures: tuple[Path, ...] = field(default=())
    """Attention picture of each probe of one seed, in the order of the task's probes."""
    entry: str = ""
    """Name of its family in params.yaml: the same family on several tasks."""
    baseline: str = ""
    """As which yardstick it serves others ("n-gram", "majority class"); empty: as none."""
    details: Details = field(default_factory=Details)
    """What is drawn of it beside its scores."""
    runs: tuple[tuple[str, str], ...] = ()
    """Its runs in MLflow: what each is, and its id; empty: the store does not have them."""
    search: Search | None = None
    """How its settings were chosen; None: they stand in params.yaml."""
    budget: str = ""
    """What it was allowed to cost, in words; empty: nobody said."""

    @property
    def n_trials(self) -> int:
        """Settings that were tried on the validation split."""
        return 1 if self.search is None else len(self.search.trials)
