"""`schedule.yaml`: when each task is retrained, and who is told. No stage of DVC reads it.

It stands beside `params.yaml`, not in it: a change of the hour must not touch what was trained.
"""

import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.errors import ConfigError
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.retraining.schedule.cron import Cron, zone_of
from seqarena.retraining.schedule.outcomes import OUTCOMES, RETRAIN_CODES, Outcome

SCHEDULE_FILE = Path("schedule.yaml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class TaskSchedule(BaseModel):
    """When one task is retrained, and how."""

    model_config = _STRICT

    cron: str
    """Minute, hour, day of month, month and day of week, as in a crontab; a sixth field, before
    them, is the second."""
    time_zone: str | None = None
    """IANA name of the zone of `cron`. None: that of the whole file."""
    command: tuple[str, ...] | None = Field(default=None, min_length=1, strict=False)
    """Words of the command, without a shell. None: `seqarena retrain TASK`."""
    exit_codes: dict[int, Outcome] | None = None
    """What exit codes other than 0 mean; others are failures. None: those of `seqarena retrain`, if
    that is the command."""
    start_within_hours: float = Field(default=24.0, gt=0, allow_inf_nan=False)
    """How late a run may begin; later, its tick is missed [hours]."""
    catch_up: bool = True
    """Whether one run makes up for all ticks that passed while no scheduler ran."""
    time_limit_hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """A run is ended when it takes longer [hours]. None: it may take for ever."""
    kept_logs: int = Field(default=100, ge=1)
    """Logs of the last so many runs are kept; the journal keeps the last lines of all."""

    def words(self, task: str) -> list[str]:
        """Return the command to start."""
        if self.command is not None:
            return list(self.command)
        return [sys.executable, "-m", "seqarena.cli", "retrain", task]

    def meaning_of(self, exit_code: int) -> Outcome | None:
        """Return what an exit code means by these settings; None: they do not say."""
        known = RETRAIN_CODES if self.command is None else {}
        return (known if self.exit_codes is None else self.exit_codes).get(exit_code)


class WebhookConfig(BaseModel):
    """An address that a POST of JSON tells the outcome to. Both secrets come by environment."""

    model_config = _STRICT

    url_variable: str = "SEQARENA_WEBHOOK_URL"
    """Environment variable with the address (http or https)."""
    token_variable: str | None = None
    """Environment variable with a token, sent as `Authorization: Bearer`. None: nothing is sent."""

    @field_validator("url_variable", "token_variable")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        if name is not None and not _VARIABLE.fullmatch(name):
            raise ValueError("expected the name of an environment variable, not what it holds.")
        return name


class NotifyConfig(BaseModel):
    """Who is told what became of a tick. A notification that fails never fails a run."""

    model_config = _STRICT

    outcomes: tuple[Outcome, ...] = Field(default=OUTCOMES, strict=False)
    """Outcomes that are told; all of them by default."""
    command: tuple[str, ...] | None = Field(default=None, min_length=1, strict=False)
    """Words of a command that reads the outcome as JSON from its standard input."""
    webhook: WebhookConfig | None = None
    """An address to POST the outcome to."""
    attempts: int = Field(default=3, ge=1, le=10)
    """How often it is tried."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=600)
    """How long one attempt may take [seconds]."""
    wait_seconds: float = Field(default=2.0, ge=0, le=600)
    """Pause after the first attempt, doubled after each further one [seconds]."""


class ScheduleConfig(BaseModel):
    """All of `schedule.yaml`."""

    model_config = _STRICT

    time_zone: str = "UTC"
    """IANA name of the zone in which every `cron` is meant that names none itself."""
    grace_seconds: float = Field(default=60.0, ge=0, allow_inf_nan=False)
    """How long runs may go on after the scheduler was told to stop [seconds]."""
    kill_seconds: float = Field(default=45.0, ge=0, allow_inf_nan=False)
    """How long a run that is ended has for putting things in order [seconds]."""
    heartbeat_seconds: float = Field(default=15.0, ge=0.05, le=3600)
    """Pause between two signs of life [seconds]."""
    tasks: dict[str, TaskSchedule] = Field(min_length=1)
    """What is retrained, by its name under `retraining` in `params.yaml`."""
    notify: NotifyConfig = NotifyConfig()
    """Who is told."""

    def cron_of(self, task: str) -> Cron:
        """Return when a task is due."""
        entry = self.tasks[task]
        return Cron.of(entry.cron, entry.time_zone or self.time_zone)


def read_schedule(path: Path = SCHEDULE_FILE) -> ScheduleConfig:
    """Read and check the file, and that `params.yaml` beside it knows its tasks.

    Raises:
        ConfigError: with one line for each mistake.
    """
    raw = read_yaml(path)
    mistakes: list[str] = []
    entries = raw.get("tasks")
    if isinstance(entries, dict):
        raw["tasks"] = _parsed_tasks(entries, path.name, mistakes)
    if not mistakes or raw["tasks"]:
        try:
            config: ScheduleConfig = parse(ScheduleConfig, raw, path.name)
            mistakes += _zone_mistakes(config.time_zone, path.name) + _unknown_tasks(config, path)
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(mistakes)
    return config


def _parsed_tasks(entries: dict[str, Any], at: str, mistakes: list[str]) -> dict[str, TaskSchedule]:
    """Return the tasks that can be read; what is wrong with the others joins the mistakes."""
    parsed: dict[str, TaskSchedule] = {}
    for name, entry in entries.items():
        key = f"{at}.tasks.{name}"
        try:
            parsed[str(name)] = parse(TaskSchedule, entry, key)
            mistakes += _task_mistakes(str(name), parsed[str(name)], key)
        except ConfigError as error:
            mistakes += error.mistakes
    return parsed


def _zone_mistakes(zone: str, at: str) -> list[str]:
    try:
        zone_of(zone)
    except ValueError as error:
        return [f"{at}.time_zone: {error}"]
    return []


def _task_mistakes(task: str, entry: TaskSchedule, at: str) -> list[str]:
    mistakes = _zone_mistakes(entry.time_zone or "UTC", at)
    if not _NAME.fullmatch(task):
        mistakes.append(f"{at}: a name holds letters, digits, '_' and '-' only.")
    try:
        Cron.of(entry.cron, "UTC")
    except ValueError as error:
        mistakes.append(f"{at}.cron: {error}")
    return mistakes


def _unknown_tasks(config: ScheduleConfig, path: Path) -> list[str]:
    """Return a line for each task that is to be retrained, and that `params.yaml` knows not how."""
    params = path.parent / "params.yaml"
    if not params.exists():
        return []
    known = [str(name) for name in read_yaml(params).get("retraining") or {}]
    return [
        f"{path.name}.tasks.{task}: not among `retraining` of {params.name}; "
        f"{_where_to_put(task, known)}"
        for task, entry in config.tasks.items()
        if entry.command is None and task not in known
    ]


def _where_to_put(task: str, known: list[str]) -> str:
    if known:
        return nearest(task, known)
    return f"add `retraining: {{{task}: {{experiments: [...]}}}}` there, or a `command` here."
