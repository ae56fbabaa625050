import json

import pytest

from seqarena.errors import ArtifactError
from seqarena.retraining.ledger import START, append, read_ledger


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "reviews" / "ledger.jsonl"
    append(path, "begun", {"inputs": {"data": "a"}})
    append(path, "approved", {"decision": "0001-a"})
    append(path, "promoted", {"decision": "0001-a", "version": "1"})
    return path


def test_what_was_appended_is_read_back_in_order_each_chained_to_the_last(ledger):
    entries = read_ledger(ledger)
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.event for entry in entries] == ["begun", "approved", "promoted"]
    assert [entry.previous for entry in entries] == [START, entries[0].sha256, entries[1].sha256]
    assert entries[2].facts == {"decision": "0001-a", "version": "1"}


def test_a_ledger_that_is_not_there_is_empty(tmp_path):
    assert read_ledger(tmp_path / "ledger.jsonl") == []


def altered(ledger, number, old, new):
    lines = ledger.read_text().splitlines(keepends=True)
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    ledger.write_text("".join(lines))


def test_an_altered_fact_shows_in_its_own_line(ledger):
    altered(ledger, 3, '"version": "1"', '"version": "7"')
    with pytest.raises(ArtifactError, match=r"ledger.jsonl, line 3: does not follow from the line"):
        read_ledger(ledger)


def test_a_line_that_was_taken_out_shows_in_the_next(ledger):
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text(lines[0] + lines[2])
    with pytest.raises(ArtifactError, match=r"line 2: does not follow"):
        read_ledger(ledger)


def test_a_line_that_was_altered_and_sealed_again_shows_in_the_next(ledger, tmp_path):
    other = tmp_path / "other.jsonl"
    append(other, "begun", {"inputs": {"data": "b"}})
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text(other.read_text() + lines[1] + lines[2])
    with pytest.raises(ArtifactError, match=r"line 2: does not follow"):
        read_ledger(ledger)


def test_nothing_is_added_to_a_broken_ledger(ledger):
    altered(ledger, 1, '"a"', '"b"')
    before = ledger.read_bytes()
    with pytest.raises(ArtifactError):
        append(ledger, "begun", {})
    assert ledger.read_bytes() == before


def test_what_a_crash_left_of_a_line_is_cut_off_by_the_next(ledger):
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + b'{"number": 4, "event": "rej')
    assert len(read_ledger(ledger)) == 3
    append(ledger, "rejected", {"why": "worse"})
    assert ledger.read_bytes().startswith(whole)
    assert [entry.event for entry in read_ledger(ledger)][-1] == "rejected"


def test_an_unknown_event_is_refused(ledger):
    line = json.loads(ledger.read_text().splitlines()[0])
    ledger.write_text(json.dumps({**line, "event": "dreamt"}) + "\n")
    with pytest.raises(ArtifactError, match="line 1: 'dreamt' is no event"):
        read_ledger(ledger)


def test_a_line_that_is_not_json_is_named(ledger):
    ledger.write_text(ledger.read_text() + "words\n")
    with pytest.raises(ArtifactError, match="line 4: is no entry of a ledger"):
        read_ledger(ledger)
