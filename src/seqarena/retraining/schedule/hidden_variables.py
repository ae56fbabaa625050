"""Secrets of a notification: they come by environment, and go nowhere else."""

import os
from urllib.parse import urlsplit

from seqarena.errors import ConfigError
from seqarena.retraining.schedule.settings import NotifyConfig


def secrets_of(notify: NotifyConfig) -> dict[str, str]:
    """Return what the environment holds under the names that the settings name, as far as it does.

    Beside a whole address stand the parts of it that a library may print alone.
    """
    if notify.webhook is None:
        return {}
    names = (notify.webhook.url_variable, notify.webhook.token_variable)
    found = {name: os.environ[name] for name in names if name and os.environ.get(name)}
    address = found.get(notify.webhook.url_variable)
    if address is not None:
        parts = urlsplit(address)
        found |= {
            f"{notify.webhook.url_variable}:{name}": part
            for name, part in (("path", parts.path), ("query", parts.query))
            if len(part) > 1
        }
    return found


def environment_without(secrets: dict[str, str]) -> dict[str, str]:
    """Return the present environment without the variables that hold secrets."""
    return {name: value for name, value in os.environ.items() if name not in secrets}


def refuse_missing_secrets(notify: NotifyConfig) -> None:
    """See to it that every variable that the settings name is set.

    Raises:
        ConfigError: with one line for each that is not, or that holds no address.
    """
    webhook = notify.webhook
    if webhook is None:
        return
    mistakes = [
        f"notify.webhook.{key}: the environment variable {name} is not set; set it before the "
        "scheduler starts, or take the webhook out of schedule.yaml."
        for key, name in (
            ("url_variable", webhook.url_variable),
            ("token_variable", webhook.token_variable),
        )
        if name and not os.environ.get(name)
    ]
    address = os.environ.get(webhook.url_variable, "")
    if address and not (_scheme(address) in ("http", "https") and urlsplit(address).hostname):
        mistakes.append(
            f"notify.webhook.url_variable: {webhook.url_variable} holds no address of a server; "
            "expected http://… or https://…"
        )
    if mistakes:
        raise ConfigError(mistakes)


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme
    except ValueError:
        return ""
