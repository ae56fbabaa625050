"""The question of a comparison, written down before anything runs: `question` in params.yaml.

What is asked (metric, region of practical equivalence, who is compared) is read by the stages
`check` and `compare` alone: asking something else trains nothing again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from seqarena.errors import ConfigError
from seqarena.evaluation.stamp import short_hash
from seqarena.experiment.layout import PARAMS_FILE
from seqarena.experiment.suite import Suite, parse_suite
from seqarena.metrics.metric import Metric, judged_by, metrics_of_kind
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.schema import DataSchema

SECTION = "question"

_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)
_Pair = Annotated[list[str], Field(min_length=2, max_length=2)]


class TaskQuestion(BaseModel):
    """What is asked on one task."""

    model_config = _CONFIG

    metric: str | None = None
    """What decides: a metric that the task is judged by; None: its headline."""
    region: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Region of practical equivalence: a difference of at most this much does not matter [unit of
    the metric]. None: nobody has said, so that nothing can be called equivalent."""
    experiments: list[str] | None = Field(default=None, min_length=2)
    """Who is compared; None: all experiments of the task."""
    baseline: str | None = None
    """The experiment that all others are compared with; None: every two are."""
    pairs: list[_Pair] | None = Field(default=None, min_length=1)
    """The only pairs that are compared; None: every two are, or each with the baseline."""


class QuestionConfig(BaseModel):
    """What the comparison is to answer, of all tasks."""

    model_config = _CONFIG

    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    """Of every interval; 1 less this is the level of every test after correction."""
    n_draws: int = Field(default=10_000, ge=1_000, le=1_000_000)
    """Draws of each bootstrap and permutation test: no p-value is below 1 / (n_draws + 1)."""
    seed: int = Field(default=0, ge=0)
    """Of those draws: the same files give the same numbers."""
    tasks: dict[str, TaskQuestion] = Field(default_factory=dict)
    """By the name of the task; of a task that is not named, the defaults are asked."""

    def of(self, task: str) -> TaskQuestion:
        """Return what is asked on a task."""
        return self.tasks.get(task, TaskQuestion())


@dataclass(frozen=True)
class Asked:
    """The question on one task, resolved: nothing is left to a default."""

    task: str
    metric: Metric
    region: float | None
    experiments: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    baseline: str | None


def read_asked(path: Path = PARAMS_FILE) -> tuple[Suite, QuestionConfig]:
    """Read params.yaml whole: what is run, and what is asked.

    Raises:
        ConfigError: with one line for each mistake in any section.
    """
    return parse_asked(read_yaml(path))


def parse_asked(raw: dict[str, Any]) -> tuple[Suite, QuestionConfig]:
    """Check what is run and what is asked, and the one against the other.

    Raises:
        ConfigError: with one line for each mistake in any section.
    """
    mistakes: list[str] = []
    suite, question = None, QuestionConfig()
    try:
        suite = parse_suite(raw)
    except ConfigError as error:
        mistakes += error.mistakes
    try:
        question = _parse(raw)
    except ConfigError as error:
        mistakes += error.mistakes
    if suite is not None:
        mistakes += _strangers(question, suite)
    if mistakes or suite is None:
        raise ConfigError(mistakes)
    return suite, question


def resolve(question: QuestionConfig, suite: Suite, task: str, schema: DataSchema) -> Asked:
    """Return what is asked on a task, now that its data is known.

    Raises:
        ConfigError: the task is not judged by the metric that is asked for.
    """
    own = question.of(task)
    known = {each.name: each for each in judged_by(schema)}
    name = own.metric or next(iter(known))
    if name not in known:
        raise ConfigError(
            [f"{SECTION}.tasks.{task}.metric: {name!r} is not measured; {nearest(name, [*known])}"]
        )
    experiments = tuple(own.experiments or _experiments(suite, task))
    return Asked(task, known[name], own.region, experiments, _pairs(own, experiments), own.baseline)


def _pairs(own: TaskQuestion, experiments: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if own.pairs is not None:
        return tuple((one, other) for one, other in own.pairs)
    if own.baseline is not None:
        return tuple((each, own.baseline) for each in experiments if each != own.baseline)
    return tuple(combinations(experiments, 2))


def _parse(raw: Mapping[str, Any]) -> QuestionConfig:
    if SECTION not in raw:
        raise ConfigError(
            [
                f"{SECTION}: missing; say what the comparison is to answer before anything runs, "
                f"or write `{SECTION}: {{}}` to ask for the headline metric of every task."
            ]
        )
    question: QuestionConfig = parse(QuestionConfig, raw[SECTION], SECTION)
    return question


def _strangers(question: QuestionConfig, suite: Suite) -> list[str]:
    """Name every task, metric and experiment that is asked about and not there."""
    lines = []
    for task, own in question.tasks.items():
        at = f"{SECTION}.tasks.{task}"
        if task not in suite.tasks:
            lines.append(f"{at}: there is no such task; {nearest(task, list(suite.tasks))}")
            continue
        known = metrics_of_kind(suite.tasks[task].kind)
        if own.metric is not None and own.metric not in known:
            lines.append(
                f"{at}.metric: {own.metric!r} is not measured; {nearest(own.metric, known)}"
            )
        lines += _unknown(at, own, _experiments(suite, task))
    return lines


def _unknown(at: str, own: TaskQuestion, valid: list[str]) -> list[str]:
    """Complain of experiments that are not of the task, or not among those compared."""
    lines = [
        f"{at}.experiments: {name!r} is no experiment of this task; {nearest(name, valid)}"
        for name in own.experiments or []
        if name not in valid
    ]
    if len(set(own.experiments or [])) < len(own.experiments or []):
        lines.append(f"{at}.experiments: got {own.experiments}; expected each name once.")
    compared = own.experiments or valid
    asked = {"baseline": [own.baseline] if own.baseline else []}
    asked["pairs"] = [name for pair in own.pairs or [] for name in pair]
    lines += [
        f"{at}.{key}: {name!r} is none of the experiments that are compared; "
        f"{nearest(name, compared)}"
        for key, names in asked.items()
        for name in names
        if name not in compared
    ]
    if own.baseline and own.pairs:
        lines.append(f"{at}.pairs: a baseline is named too; leave out one of the two.")
    if any(one == other for one, other in own.pairs or []):
        lines.append(f"{at}.pairs: an experiment is paired with itself; name two.")
    return lines


def _experiments(suite: Suite, task: str) -> list[str]:
    return [name for name, each in suite.experiments.items() if each.task_name == task]


def digest_of_question(config: QuestionConfig, asked: Iterable[Asked]) -> str:
    """Return 16 hex digits of all that was asked, defaults, units and directions resolved."""
    general = config.model_dump(mode="json", exclude={"tasks"})
    return short_hash({**general, "tasks": [asdict(each) for each in asked]})
