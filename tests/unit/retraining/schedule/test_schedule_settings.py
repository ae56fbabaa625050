from pathlib import Path

import pytest

from seqarena.errors import ConfigError
from seqarena.retraining.schedule.hidden_variables import refuse_missing_secrets
from seqarena.retraining.schedule.outcomes import RETRAIN_CODES
from seqarena.retraining.schedule.settings import NotifyConfig, TaskSchedule, read_schedule


def mistakes(tmp_path, text: str, params: str = "") -> list[str]:
    (tmp_path / "schedule.yaml").write_text(text)
    if params:
        (tmp_path / "params.yaml").write_text(params)
    with pytest.raises(ConfigError) as refused:
        read_schedule(tmp_path / "schedule.yaml")
    return refused.value.mistakes


def test_every_mistake_is_told_at_once(tmp_path):
    text = """
time_zone: Mars/Olympus
tasks:
  one: {cron: "0 25 * * *", command: ["true"]}
  two: {cron: "0 2 * * *", time_zone: Berlin, command: ["true"]}
  "../three": {cron: "0 2 * * *", command: ["true"]}
"""
    assert mistakes(tmp_path, text) == [
        "schedule.yaml.tasks.one.cron: '0 25 * * *' is not a cron expression (bad hour); expected "
        "minute, hour, day of month, month and day of week, such as '30 2 * * mon'.",
        "schedule.yaml.tasks.two.time_zone: 'Berlin' is not a time zone; expected a name such as "
        "'Europe/Berlin' or 'UTC'.",
        "schedule.yaml.tasks.../three: a name holds letters, digits, '_' and '-' only.",
        "schedule.yaml.time_zone: 'Mars/Olympus' is not a time zone; expected a name such as "
        "'Europe/Berlin' or 'UTC'.",
    ]


@pytest.mark.parametrize(
    ("task", "mistake"),
    [
        ("{}", "schedule.yaml.tasks.one.cron: missing; it has no default."),
        (
            '{cron: "0 2 * * *", time_limit: 2}',
            "schedule.yaml.tasks.one.time_limit: unknown; did you mean 'time_limit_hours'?",
        ),
        (
            '{cron: "0 2 * * *", command: make retrain}',
            "schedule.yaml.tasks.one.command: got 'make retrain'; expected a list in square "
            "brackets.",
        ),
        (
            '{cron: "0 2 * * *", start_within_hours: 0}',
            "schedule.yaml.tasks.one.start_within_hours: got 0; input should be greater than 0.",
        ),
    ],
)
def test_a_mistake_in_a_task_names_its_key(tmp_path, task, mistake):
    assert mistakes(tmp_path, f"tasks:\n  one: {task}\n") == [mistake]


def test_a_task_that_params_do_not_have_is_found_before_it_is_due(tmp_path):
    text = 'tasks: {japanese_vowel: {cron: "0 2 * * *"}, own: {cron: "0 2 * * *", command: [x]}}'
    assert mistakes(tmp_path, text, "retraining: {japanese_vowels: {}}") == [
        "schedule.yaml.tasks.japanese_vowel: not among `retraining` of params.yaml; did you mean "
        "'japanese_vowels'?"
    ]
    assert mistakes(tmp_path, text, "tasks: {japanese_vowel: {}}") == [
        "schedule.yaml.tasks.japanese_vowel: not among `retraining` of params.yaml; add "
        "`retraining: {japanese_vowel: {experiments: [...]}}` there, or a `command` here."
    ]


def test_the_shipped_schedule_can_be_read():
    path = Path(__file__).parents[4] / "deploy" / "schedule" / "schedule.yaml"
    assert list(read_schedule(path).tasks) == ["japanese_vowels"]


def test_exit_codes_of_retraining_are_its_own_and_a_command_has_none():
    ours, own = TaskSchedule(cron="* * * * *"), TaskSchedule(cron="* * * * *", command=("x",))
    assert [ours.meaning_of(code) for code in (1, 3, 4, 5)] == [None, "rejected", "refused", "busy"]
    assert own.meaning_of(3) is None
    assert own.model_copy(update={"exit_codes": {9: "busy"}}).meaning_of(9) == "busy"


def test_the_exit_codes_are_those_that_retraining_gives():
    outcomes = pytest.importorskip(
        "seqarena.retraining.outcomes", reason="`seqarena retrain` is not here yet"
    )
    named = {code.name: int(code) for code in outcomes.ExitCode}
    assert {outcome.upper(): code for code, outcome in RETRAIN_CODES.items()} == {
        name: named[name] for name in ("REJECTED", "REFUSED", "BUSY")
    }


def notify(**webhook) -> NotifyConfig:
    return NotifyConfig.model_validate({"webhook": webhook})


def test_secrets_that_are_not_set_are_asked_for_before_anything_runs(monkeypatch):
    monkeypatch.delenv("SEQARENA_WEBHOOK_URL", raising=False)
    with pytest.raises(ConfigError) as refused:
        refuse_missing_secrets(notify(token_variable="TOKEN_OF_TEAM"))
    assert refused.value.mistakes == [
        f"notify.webhook.{key}: the environment variable {name} is not set; set it before the "
        "scheduler starts, or take the webhook out of schedule.yaml."
        for key, name in (
            ("url_variable", "SEQARENA_WEBHOOK_URL"),
            ("token_variable", "TOKEN_OF_TEAM"),
        )
    ]


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "example.com/hook", "http://", "http://["]
)
def test_an_address_that_is_none_is_refused_without_being_told(monkeypatch, address):
    monkeypatch.setenv("SEQARENA_WEBHOOK_URL", address)
    with pytest.raises(ConfigError) as refused:
        refuse_missing_secrets(notify())
    assert refused.value.mistakes == [
        "notify.webhook.url_variable: SEQARENA_WEBHOOK_URL holds no address of a server; expected "
        "http://… or https://…"
    ]


def test_a_secret_in_the_settings_themselves_is_refused(tmp_path):
    text = """
tasks: {one: {cron: "0 2 * * *", command: ["true"]}}
notify: {webhook: {url_variable: "https://hooks.example.com/T0/B0"}}
"""
    assert mistakes(tmp_path, text) == [
        "schedule.yaml.notify.webhook.url_variable: expected the name of an environment variable, "
        "not what it holds."
    ]
