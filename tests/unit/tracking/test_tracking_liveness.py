import time
from dataclasses import replace
from pathlib import Path

import pytest

from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.liveness import is_gone, this_writer


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.begin(RunIdentity("k", "n", "e"))
    return journal


def now() -> int:
    return time.time_ns() // 1_000_000


def test_a_writer_is_there_as_long_as_it_holds_its_journal(journal: Journal) -> None:
    assert not is_gone(journal.path, this_writer(), now())
    journal.close()
    assert is_gone(journal.path, this_writer(), now())


def test_looking_does_not_keep_a_writer_out(journal: Journal) -> None:
    journal.close()
    assert is_gone(journal.path, this_writer(), now())
    journal.begin(RunIdentity("k", "n", "e"))
    assert not is_gone(journal.path, this_writer(), now())
    journal.close()


def test_a_process_does_not_outlive_a_reboot(journal: Journal) -> None:
    journal.close()
    assert is_gone(journal.path, replace(this_writer(), boot="another"), now())


def test_a_writer_elsewhere_is_gone_after_hours_of_silence(journal: Journal) -> None:
    journal.close()
    elsewhere = replace(this_writer(), boot="another", host="elsewhere")
    assert not is_gone(journal.path, elsewhere, now())
    assert is_gone(journal.path, elsewhere, now() - 7 * 3600 * 1000)
