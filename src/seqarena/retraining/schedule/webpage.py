"""The status of a schedule as one HTML file, which asks nobody for anything."""

import base64
import hashlib
from datetime import datetime
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seqarena.retraining.schedule.heartbeat import replace
from seqarena.retraining.schedule.outcomes import MEANING, TROUBLES
from seqarena.retraining.schedule.places import Places
from seqarena.retraining.schedule.settings import ScheduleConfig
from seqarena.retraining.schedule.status import ScheduleStatus, status_of
from seqarena.retraining.schedule.told import duration

_PACKAGE = "seqarena.retraining.schedule"


def webpage(status: ScheduleStatus, heartbeat_seconds: float) -> str:
    """Return the page. Texts are escaped; the one script is named by its hash.

    Args:
        status: what it shows.
        heartbeat_seconds: how often it is written anew; older than three times that, it says so.
    """
    environment = Environment(
        loader=PackageLoader(_PACKAGE, "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "moment": _moment}
    script = _own("status.js")
    shown = {run.outcome for run in status.recent}
    return environment.get_template("status.html.jinja").render(
        status=status,
        troubles=TROUBLES,
        meaning={name: text for name, text in MEANING.items() if name in shown},
        stale_seconds=3 * heartbeat_seconds + 5,
        # Markup: files of this package, not data.
        style=Markup(_own("status.css")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def publish(config: ScheduleConfig, places: Places) -> None:
    """Put the page of how the schedule stands now in the place of the last one."""
    page = webpage(status_of(config, places), config.heartbeat_seconds)
    replace(places.page, page.encode())


def _moment(instant: str) -> str:
    """Return an instant as `Mon 2026-01-05 02:00`, in UTC."""
    return f"{datetime.fromisoformat(instant):%a %Y-%m-%d %H:%M}"


def _own(name: str) -> str:
    return files(_PACKAGE).joinpath("page", name).read_text(encoding="utf-8")
