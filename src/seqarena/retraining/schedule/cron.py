"""Cron expressions: at which instants a schedule is due. Instants are UTC, whatever the time zone.

CronSim reads them as Debian's cron does. Where clocks are set forward, a fixed time that does not
exist that day is due at the first minute after the gap; where they are set back, a fixed time that
exists twice is due the first time. An expression with `*` in its minutes or hours follows the hours
that really pass, so that it has one tick more, or one less, on such a day.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError


@dataclass(frozen=True)
class Cron:
    """An expression in a time zone."""

    expression: str
    """Minute, hour, day of the month, month, day of the week (0 and 7 are Sunday)."""
    zone: ZoneInfo

    @classmethod
    def of(cls, expression: str, zone: str) -> "Cron":
        """Read both.

        Raises:
            ValueError: there is no such zone, the expression cannot be read, or is never due.
        """
        cron = cls(expression, zone_of(zone))
        try:
            due = cron.next_after(datetime.now(UTC))
        except CronSimError as error:
            raise ValueError(
                f"{expression!r} is not a cron expression ({str(error).lower()}); expected minute, "
                "hour, day of month, month and day of week, such as '30 2 * * mon'."
            ) from None
        if due is None:
            raise ValueError(f"{expression!r} is due on no day of the next 50 years.")
        return cron

    def next_after(self, instant: datetime) -> datetime | None:
        """Return the first tick after an instant; None: there is none within 50 years."""
        return next(self.after(instant), None)

    def after(self, instant: datetime) -> Iterator[datetime]:
        """Yield every tick after an instant, in order."""
        for tick in CronSim(self.expression, instant.astimezone(self.zone)):
            due = tick.astimezone(UTC)
            # Begun within an hour that exists twice, CronSim first names times of its first pass.
            if due > instant:
                yield due

    def between(self, after: datetime, until: datetime, at_most: int) -> list[datetime]:
        """Return the ticks after one instant, up to and with another, `at_most` of them."""
        due = itertools.takewhile(lambda tick: tick <= until, self.after(after))
        return list(itertools.islice(due, at_most))


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not a time zone; expected a name such as 'Europe/Berlin' or 'UTC'."
        ) from None
