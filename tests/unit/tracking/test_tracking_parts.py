import pytest

from seqarena.tracking.events import RunBegun, Writer
from seqarena.tracking.parts import (
    PARTS_TAG,
    Part,
    dump_parts,
    is_newer,
    load_parts,
    must_be_rebuilt,
    overall,
    replaces_run,
)

FIT = Part("j1", begun=100, shipped=5, status="FINISHED", ended=200)
SCORED = Part("j2", begun=300, shipped=5, status="FINISHED", ended=400)


def begun(part: str, journal: str, time: int) -> RunBegun:
    return RunBegun(time, journal, part, "key", "name", "dates", {}, Writer(1, 0.0, "h", "b"))


def test_parts_survive_the_tag() -> None:
    parts = {"fit": FIT, "evaluation": SCORED}
    assert load_parts({PARTS_TAG: dump_parts(parts)}) == parts
    assert load_parts({}) == {}


def test_equal_parts_give_equal_tags() -> None:
    one = {"fit": FIT, "evaluation": SCORED}
    assert dump_parts(one) == dump_parts(dict(reversed(one.items())))


def test_a_run_lasts_as_long_as_its_first_part() -> None:
    assert overall({"evaluation": SCORED, "fit": FIT}) == ("FINISHED", 200)


def test_a_running_first_part_is_a_running_run() -> None:
    running = Part("j1", begun=100)
    assert overall({"fit": running, "evaluation": SCORED}) == ("RUNNING", None)


def test_a_failed_part_fails_the_run_and_a_running_later_part_does_not_reopen_it() -> None:
    failed = Part("j2", begun=300, status="FAILED", ended=400)
    assert overall({"fit": FIT, "evaluation": failed}) == ("FAILED", 200)
    assert overall({"fit": FIT, "evaluation": Part("j2", begun=300)}) == ("FINISHED", 200)


@pytest.mark.parametrize(
    ("opening", "replaces", "newer", "rebuild"),
    [
        (begun("fit", "j1", 100), False, False, False),
        (begun("fit", "j9", 500), True, False, True),
        (begun("fit", "j9", 50), True, True, True),
        (begun("evaluation", "j2", 300), False, False, False),
        (begun("evaluation", "j9", 500), False, False, True),
        (begun("other", "j9", 500), False, False, False),
        (begun("other", "j9", 50), False, False, True),
    ],
)
def test_what_a_journal_means_for_a_stored_run(
    opening: RunBegun, replaces: bool, newer: bool, rebuild: bool
) -> None:
    parts = {"fit": FIT, "evaluation": SCORED}
    assert replaces_run(parts, opening) is replaces
    assert is_newer(parts, opening) is newer
    assert must_be_rebuilt(parts, [opening]) is rebuild


def test_a_stale_part_asks_for_a_rebuild() -> None:
    stale = Part("j2", begun=300, is_stale=True)
    journals = [begun("fit", "j1", 100), begun("evaluation", "j2", 300)]
    assert must_be_rebuilt({"fit": FIT, "evaluation": stale}, journals)
    assert not must_be_rebuilt({"fit": FIT, "evaluation": SCORED}, journals)
