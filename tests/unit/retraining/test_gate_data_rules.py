import pytest

from seqarena.retraining.gate.data_rules import (
    enough_kept,
    enough_new,
    few_duplicates,
    same_labels,
    same_policy,
    same_schema,
)
from seqarena.retraining.gate.settings import DataRules
from seqarena.schema import DataSchema

RULES = DataRules()
SCHEMA = DataSchema("classification", dim=12, n_classes=9, max_length=29).as_dict()


def test_longer_sequences_and_larger_alphabets_are_the_same_kind_of_data():
    assert same_schema(SCHEMA, {**SCHEMA, "max_length": 40, "n_classes": 10}).result == "passed"


def test_frames_of_another_width_are_not_and_are_named():
    verdict = same_schema(SCHEMA, {**SCHEMA, "dim": 13})
    assert (verdict.result, verdict.words) == ("failed", "changed: dim was 12, is 13.")


def test_another_split_rule_is_another_test_policy():
    before, after = {"split": "hash", "seed": 0}, {"split": "hash", "seed": 1}
    assert same_policy(before, before, RULES).result == "passed"
    verdict = same_policy(before, after, RULES)
    assert verdict.result == "failed"
    assert "seed was 0, is 1" in verdict.words
    allowed = same_policy(before, after, DataRules(same_test_policy=False))
    assert allowed.result == "not applicable"


def test_a_label_never_seen_is_refused_unless_allowed():
    verdict = same_labels(("a", "b"), ("a", "b", "c"), RULES)
    assert (verdict.result, verdict.words) == ("failed", "never seen: 'c'.")
    assert same_labels(("a", "b"), ("a", "b", "c"), DataRules(new_labels="allow")).result == (
        "passed"
    )


def test_a_label_that_is_gone_is_refused():
    verdict = same_labels(("a", "b"), ("a",), DataRules(new_labels="allow"))
    assert (verdict.result, verdict.words) == ("failed", "gone: 'b'.")


def test_an_update_without_a_new_example_is_refused():
    assert enough_new(0, 100, True, RULES).result == "failed"
    assert enough_new(1, 101, True, RULES).result == "passed"


def test_new_examples_are_asked_for_only_where_data_changed():
    assert enough_new(0, 100, False, RULES).result == "not applicable"


@pytest.mark.parametrize(("n_kept", "result"), [(89, "failed"), (90, "passed")])
def test_a_source_that_shrank_is_taken_for_truncated(n_kept, result):
    assert enough_kept(n_kept, 100, DataRules(min_kept_share=0.9)).result == result


@pytest.mark.parametrize(("n_copies", "result"), [(20, "passed"), (21, "failed")])
def test_copies_among_what_came_are_counted(n_copies, result):
    assert few_duplicates(n_copies, 100, RULES).result == result


def test_nothing_that_came_has_no_copies():
    assert few_duplicates(0, 0, RULES).result == "not applicable"
