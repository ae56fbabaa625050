import pytest

from seqarena.retraining.ledger import append, read_ledger
from seqarena.retraining.standing import answer_to, standing_of

INPUTS = {"data": "a"}
OTHER = {"data": "b"}


@pytest.fixture
def told(tmp_path):
    def tell(*events):
        for event, facts in events:
            append(tmp_path / "ledger.jsonl", event, facts)
        return standing_of(read_ledger(tmp_path / "ledger.jsonl"))

    return tell


FIRST = [
    ("begun", {"inputs": INPUTS}),
    ("approved", {"decision": "0001", "inputs": INPUTS}),
    ("promoted", {"decision": "0001", "version": "1", "inputs": INPUTS}),
]


def test_an_empty_ledger_stands_for_nothing(told):
    standing = told()
    assert (standing.champion, standing.answered, standing.n_decisions) == (None, (), 0)


def test_what_was_promoted_serves_and_is_settled(told):
    standing = told(*FIRST)
    assert (standing.champion, standing.decision, standing.pending) == ("1", "0001", None)
    assert standing.champion_inputs == INPUTS
    assert answer_to(standing, INPUTS).event == "promoted"
    assert standing.n_decisions == 1


def test_what_was_approved_and_not_promoted_is_pending(told):
    standing = told(*FIRST[:2])
    assert (standing.pending.event, standing.champion) == ("approved", None)


def test_a_begin_without_an_end_is_unfinished(told):
    assert told(*FIRST[:1]).unfinished.event == "begun"
    assert told(("failed", {"why": "x"})).unfinished is None


def test_a_failure_settles_nothing(told):
    standing = told(*FIRST, ("begun", {"inputs": OTHER}), ("failed", {"inputs": OTHER}))
    assert answer_to(standing, OTHER) is None


def test_a_rejection_settles_and_the_champion_stays(told):
    standing = told(*FIRST, ("rejected", {"decision": "0002", "inputs": OTHER}))
    assert (standing.champion, answer_to(standing, OTHER).event) == ("1", "rejected")
    assert standing.champion_inputs == INPUTS
    assert standing.n_decisions == 2


def test_a_source_that_cannot_be_looked_at_settles_nothing(told):
    standing = told(*FIRST, ("refused", {"why": "gone", "inputs": None}))
    assert [entry.event for entry in standing.answered] == ["promoted"]
    assert standing.n_decisions == 1


def test_after_a_rollback_the_earlier_inputs_are_the_champions(told):
    second = ("promoted", {"decision": "0002", "version": "2", "inputs": OTHER})
    back = ("rolled_back", {"version": "1", "previous": "2", "decision": "0001"})
    standing = told(*FIRST, second, back)
    assert (standing.champion, standing.champion_inputs) == ("1", INPUTS)
    assert answer_to(standing, OTHER).event == "promoted"


def test_what_was_rejected_is_judged_again_beside_another_champion(told):
    rejected = ("rejected", {"decision": "0002", "inputs": OTHER})
    third = {"data": "c"}
    second = ("promoted", {"decision": "0003", "version": "2", "inputs": third})
    standing = told(*FIRST, rejected, second)
    assert answer_to(standing, OTHER) is None
    assert answer_to(standing, INPUTS).number == 3


def test_what_is_settled_waits_for_its_commit_and_a_refusal_does_not(told):
    assert told(*FIRST).uncommitted.event == "promoted"
    assert told(("committed", {"commit": "c"})).uncommitted is None
    assert told(("refused", {"inputs": OTHER, "why": "x"})).uncommitted is None
