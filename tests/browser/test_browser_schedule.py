"""The status page of a schedule in a browser, wide and narrow."""

from datetime import UTC, datetime, timedelta

import pytest

from seqarena.retraining.schedule.status import (
    RunStatus,
    SchedulerStatus,
    ScheduleStatus,
    TaskStatus,
)
from seqarena.retraining.schedule.webpage import webpage

pytestmark = pytest.mark.slow
HOSTILE = "</pre><script>document.title = 'taken'</script>" + "x" * 300


def run(hour: int, outcome: str, why: str, lines=(), notifications=(), **more) -> RunStatus:
    known = {"exit_code": 0, "seconds": 812.4, "late_seconds": 0.4, "stands_for": 1, **more}
    tick = f"2026-01-05T{hour:02}:30:00Z"
    return RunStatus(
        key=f"japanese_vowels@{tick}",
        task="japanese_vowels",
        tick=tick,
        outcome=outcome,
        why=why,
        lines=tuple(lines),
        notifications=tuple(notifications),
        **known,
    )


def status(written: datetime, state: str = "running") -> ScheduleStatus:
    going = run(4, "running", "", exit_code=None, seconds=75.0)
    last = run(3, "failed", f"exit code 1: {HOSTILE}", ["epoch 1", HOSTILE], exit_code=1)
    best = run(1, "succeeded", "version 4 promoted", ["version 4 promoted"], ["webhook: told"])
    late = run(2, "killed", "its process is gone", exit_code=None, seconds=None, stands_for=7)
    tasks = (
        TaskStatus(
            "japanese_vowels",
            "30 2 * * mon",
            "Europe/Berlin",
            "2026-01-12T01:30:00Z",
            "Mon 2026-01-12 02:30 CET",
            going,
            last,
        ),
        TaskStatus(
            "a_task_with_a_name_that_is_long_enough_to_wrap",
            "0 * * * *",
            "UTC",
            None,
            None,
            None,
            None,
        ),
    )
    scheduler = SchedulerStatus(state, 2.0, 4711, "trainer", "2026-01-01T08:00:00+00:00", "")
    return ScheduleStatus(
        f"{written:%Y-%m-%dT%H:%M:%SZ}", scheduler, tasks, (going, last, late, best)
    )


def page_of(age: timedelta = timedelta(0)) -> str:
    return webpage(status(datetime.now(UTC) - age), 15.0)


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(opened, width, scheme):
    page = opened(page_of(), width=width, scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [box.bounding_box() for box in page.locator("article, td, .pill").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes if box)


def test_what_a_command_printed_runs_nothing(opened):
    page = opened(page_of())
    assert page.title() == "seqarena: schedule"
    page.click("summary >> nth=0")
    assert "</pre><script>" in page.inner_text("pre >> nth=0")


def test_each_row_of_a_narrow_page_says_what_stands_in_it(opened):
    page = opened(page_of(), width=390)
    label = "getComputedStyle(document.querySelectorAll('td.why')[1], '::before').content"
    assert page.evaluate(label) == '"Why"'
    assert not page.is_visible("td.why >> nth=0")  # of a run that is going on nothing is known yet


@pytest.mark.parametrize(("minutes", "is_shown"), [(0, False), (10, True)])
def test_a_page_that_is_not_written_any_more_says_so(opened, minutes, is_shown):
    page = opened(page_of(timedelta(minutes=minutes)))
    assert page.is_visible("#stale") == is_shown


def test_of_a_scheduler_that_stopped_an_old_page_is_no_surprise(opened):
    old = datetime.now(UTC) - timedelta(minutes=10)
    assert not opened(webpage(status(old, "stopped"), 15.0)).is_visible("#stale")


def test_it_can_be_read_without_seeing_it(opened):
    """Names, roles and contrast: text at least 4.5 to 1 against what it stands on."""
    for scheme in ("light", "dark"):
        page = opened(page_of(), scheme=scheme)
        assert page.get_by_role("heading", level=2).all_inner_texts() == ["Tasks", "Latest ticks"]
        assert page.get_by_role("columnheader").count() == 6
        ratios = page.evaluate(CONTRASTS)
        assert min(ratios.values()) >= 4.5, ratios


CONTRASTS = """() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parse(color).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((parse(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = {};
  for (const node of document.querySelectorAll("h1, h2, h3, p, dt, dd, th, td, .pill, .soft")) {
    const [one, other] = [getComputedStyle(node).color, behind(node)].map(light);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found[`${node.tagName}.${node.className}`] = ratio;
  }
  return found;
}"""
