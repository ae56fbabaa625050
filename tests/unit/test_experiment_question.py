import dataclasses

import pytest

from seqarena.errors import ConfigError
from seqarena.experiment.question import (
    QuestionConfig,
    digest_of_question,
    parse_asked,
    resolve,
)
from seqarena.metrics.metric import metrics_of_kind
from seqarena.schema import DataSchema

LAGGED = DataSchema("density", n_symbols=4)


@pytest.fixture
def raw():
    return {
        "seeds": [0, 1],
        "question": {},
        "tasks": {"lagged": {"kind": "density", "source": {"kind": "lagged_markov_source"}}},
        "families": {name: {"kind": "markov_chain", "order": 1} for name in "abc"},
        "experiments": {f"lagged-{name}": {"task": "lagged", "family": name} for name in "abc"},
    }


def asked(raw, **task):
    raw["question"] = {"tasks": {"lagged": task}} if task else {}
    suite, question = parse_asked(raw)
    return resolve(question, suite, "lagged", LAGGED)


def mistakes(raw, **question):
    with pytest.raises(ConfigError) as caught:
        parse_asked({**raw, "question": question})
    return caught.value.mistakes


def test_without_further_words_the_headline_of_every_pair_is_asked_for(raw):
    found = asked(raw)
    assert found.metric.name == "bits_per_step" and found.metric.unit == "bits"
    assert not found.metric.higher_is_better
    assert found.region is None
    assert found.pairs == (
        ("lagged-a", "lagged-b"),
        ("lagged-a", "lagged-c"),
        ("lagged-b", "lagged-c"),
    )


def test_a_baseline_meets_every_other_and_pairs_meet_as_they_are_named(raw):
    found = asked(raw, baseline="lagged-b", region=0.01)
    assert found.pairs == (("lagged-a", "lagged-b"), ("lagged-c", "lagged-b"))
    assert found.region == 0.01
    only = asked(raw, experiments=["lagged-c", "lagged-a"])
    assert only.pairs == (("lagged-c", "lagged-a"),)
    named = asked(raw, pairs=[["lagged-c", "lagged-b"]])
    assert named.pairs == (("lagged-c", "lagged-b"),)


def test_a_question_has_to_be_there(raw):
    del raw["question"]
    with pytest.raises(ConfigError) as caught:
        parse_asked(raw)
    assert caught.value.mistakes == [
        "question: missing; say what the comparison is to answer before anything runs, or write "
        "`question: {}` to ask for the headline metric of every task."
    ]


def test_every_mistake_of_the_question_and_of_the_rest_is_reported_at_once(raw):
    raw["seeds"] = [0, 0]
    assert mistakes(raw, confidence=1.5, n_draw=3) == [
        "seeds: got [0, 0]; expected different whole numbers from 0 up.",
        "question.confidence: got 1.5; input should be less than 1.",
        "question.n_draw: unknown; did you mean 'n_draws'?",
    ]


def test_strangers_are_named_with_the_nearest(raw):
    tasks = {
        "laged": {},
        "lagged": {
            "metric": "acuracy",
            "region": 0.01,
            "experiments": ["lagged-a", "lagged-d", "lagged-a"],
            "baseline": "lagged-b",
            "pairs": [["lagged-a", "lagged-a"]],
        },
    }
    assert mistakes(raw, tasks=tasks) == [
        "question.tasks.laged: there is no such task; did you mean 'lagged'?",
        "question.tasks.lagged.metric: 'acuracy' is not measured; expected one of "
        "'bits_per_step', 'nats_per_step', 'nats_per_step_of_sequences', 'perplexity'.",
        "question.tasks.lagged.experiments: 'lagged-d' is no experiment of this task; did you mean "
        "'lagged-c'?",
        "question.tasks.lagged.experiments: got ['lagged-a', 'lagged-d', 'lagged-a']; expected "
        "each name once.",
        "question.tasks.lagged.baseline: 'lagged-b' is none of the experiments that are compared; "
        "did you mean 'lagged-d'?",
        "question.tasks.lagged.pairs: a baseline is named too; leave out one of the two.",
        "question.tasks.lagged.pairs: an experiment is paired with itself; name two.",
    ]


def test_a_metric_of_the_kind_that_this_task_is_not_judged_by_is_refused_with_its_data(raw):
    raw["question"] = {"tasks": {"lagged": {"metric": "perplexity"}}}
    suite, question = parse_asked(raw)
    with pytest.raises(ConfigError) as caught:
        resolve(question, suite, "lagged", LAGGED)
    assert caught.value.mistakes == [
        "question.tasks.lagged.metric: 'perplexity' is not measured; expected one of "
        "'bits_per_step'."
    ]
    words = dataclasses.replace(LAGGED, symbol_unit="word")
    assert resolve(question, suite, "lagged", words).metric.name == "perplexity"


def test_the_hash_changes_with_all_that_is_asked_and_not_with_how_it_is_written(raw):
    def digest(**task):
        raw["question"] = {"tasks": {"lagged": task}} if task else {}
        suite, question = parse_asked(raw)
        return digest_of_question(question, [resolve(question, suite, "lagged", LAGGED)])

    assert digest() == digest(metric="bits_per_step")
    others = [digest(region=0.01), digest(region=0.02), digest(baseline="lagged-a")]
    assert len({digest(), *others}) == 4
    assert digest_of_question(QuestionConfig(confidence=0.9), []) != digest_of_question(
        QuestionConfig(), []
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("transduction", "bleu"),
        ("transduction", "phoneme_error_rate"),
        ("alignment", "alignment_f1"),
    ],
)
def test_the_metrics_of_a_kind_are_those_of_all_its_tasks(kind, name):
    assert name in metrics_of_kind(kind)
