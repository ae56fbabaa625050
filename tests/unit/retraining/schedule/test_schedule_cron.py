"""Ticks against brute force over every minute, where clocks are set forward and back."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from seqarena.retraining.schedule.cron import Cron

BERLIN = "Europe/Berlin"
FORWARD = datetime(2026, 3, 28, 12, tzinfo=UTC)  # clocks go from 2 to 3 on the 29th
BACK = datetime(2026, 10, 24, 12, tzinfo=UTC)  # and from 3 to 2 on the 25th
DAYS = 2


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ticks(expression: str, zone: str, start: datetime) -> list[datetime]:
    return Cron.of(expression, zone).between(start, start + timedelta(days=DAYS), 10_000)


def by_what_passes(zone: str, start: datetime, matches) -> list[datetime]:
    """Every real minute that the clock on the wall shows as a matching one."""
    minutes = (start + timedelta(minutes=n) for n in range(1, DAYS * 24 * 60 + 1))
    return [minute for minute in minutes if matches(minute.astimezone(ZoneInfo(zone)))]


def by_the_wall(zone: str, start: datetime, matches) -> list[datetime]:
    """Every matching minute of the calendar, once: the first, or the first that exists."""
    found = []
    wall = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    for _ in range(DAYS * 24 * 60 + 120):
        wall += timedelta(minutes=1)
        if matches(wall):
            real = wall.replace(tzinfo=ZoneInfo(zone))
            while real.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
                wall += timedelta(minutes=1)
                real = wall.replace(tzinfo=ZoneInfo(zone))
            found.append(real.astimezone(UTC))
    return sorted({each for each in found if start < each <= start + timedelta(days=DAYS)})


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        (BERLIN, FORWARD),
        (BERLIN, BACK),
        ("America/New_York", datetime(2026, 3, 7, 20, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 10, 31, 20, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 5, tzinfo=UTC)),  # by half an hour
        ("UTC", BACK),
    ],
)
def test_hours_that_pass_and_hours_on_the_wall_are_kept_apart(zone, start):
    assert ticks("*/20 * * * *", zone, start) == by_what_passes(
        zone, start, lambda local: local.minute % 20 == 0
    )
    assert ticks("15,45 1-3 * * *", zone, start) == by_the_wall(
        zone, start, lambda wall: wall.minute in (15, 45) and 1 <= wall.hour <= 3
    )


def test_a_time_that_does_not_exist_is_due_when_the_clock_goes_on():
    assert ticks("30 2 * * *", BERLIN, FORWARD)[:2] == [
        at("2026-03-29T01:00Z"),
        at("2026-03-30T00:30Z"),
    ]


def test_a_time_that_exists_twice_is_due_the_first_time():
    assert ticks("30 2 * * *", BERLIN, BACK) == [at("2026-10-25T00:30Z"), at("2026-10-26T01:30Z")]


def test_asked_within_the_second_pass_of_an_hour_the_first_is_over():
    second_pass = at("2026-10-25T01:15Z")
    assert Cron.of("30 2 * * *", BERLIN).next_after(second_pass) == at("2026-10-26T01:30Z")


@pytest.mark.parametrize("expression", ["30 2 * * *", "*/7 * * * *", "0,30 1-3 * * *"])
@pytest.mark.parametrize("start", [FORWARD, BACK])
def test_each_tick_is_later_than_the_one_that_it_is_asked_from(expression, start):
    cron, tick, found = Cron.of(expression, BERLIN), start, [start]
    while tick < start + timedelta(days=DAYS):
        tick = cron.next_after(tick)
        found.append(tick)
    assert all(one < other for one, other in pairwise(found))
    assert found[1:] == list(islice(cron.after(start), len(found) - 1))


def test_days_of_the_week_and_of_the_month_are_those_of_a_crontab():
    assert Cron.of("0 0 * * 0", "UTC").next_after(at("2026-01-01T00:00Z")) == at(
        "2026-01-04T00:00Z"
    )
    # Where both are named, either is enough: Friday the 2nd comes before the 13th.
    assert Cron.of("0 0 13 * fri", "UTC").next_after(at("2026-01-01T00:00Z")) == at(
        "2026-01-02T00:00Z"
    )


@pytest.mark.parametrize(
    ("expression", "zone", "message"),
    [
        (
            "61 2 * * *",
            "UTC",
            "'61 2 * * *' is not a cron expression (bad minute); expected minute, hour, day of "
            "month, month and day of week, such as '30 2 * * mon'.",
        ),
        ("0 0 30 2 *", "UTC", "is not a cron expression (bad day-of-month)"),
        ("0 0 * * *", "Europe/Bärlin", "'Europe/Bärlin' is not a time zone; expected a name"),
        ("0 0 * * *", "../etc/passwd", "'../etc/passwd' is not a time zone; expected a name"),
    ],
)
def test_what_cannot_be_read_is_refused(expression, zone, message):
    with pytest.raises(ValueError) as refused:
        Cron.of(expression, zone)
    assert message in str(refused.value)
