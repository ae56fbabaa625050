"""Which tasks make a scale: those that differ in their size alone."""

from dataclasses import replace

from seqarena.data.manifest import Manifest, Provenance, SplitRecord
from seqarena.experiment.baselines import baseline_of
from seqarena.experiment.scales import scales_of
from seqarena.experiment.suite import parse_suite
from seqarena.families.catalogue import parse_family
from seqarena.schema import DataSchema


def task(n_train=100, length=64, **training):
    draw = {"n_train": n_train, "length": length}
    return {
        "kind": "density",
        "source": {"kind": "hidden_markov_source", "draw": draw},
        "training": {"batch_size": 16, **training},
    }


def suite(**tasks):
    return parse_suite(
        {
            "seeds": [0],
            "tasks": tasks,
            "families": {"hmm": {"kind": "hidden_markov"}},
            "experiments": {f"{name}-hmm": {"task": name, "family": "hmm"} for name in tasks},
        }
    )


def manifest(name, n_train, length=64, test="same"):
    record = SplitRecord(n_train, 1, 1, "hash", "file")
    splits = {"train": record, "test": replace(record, content_sha256=test)}
    schema = DataSchema("density", n_symbols=8, max_length=length)
    return Manifest(name, schema, Provenance("", "", ""), splits)


def test_tasks_of_several_training_sizes_are_a_scale_from_the_smallest():
    found = scales_of(
        suite(large=task(300), small=task(100)),
        {"large": manifest("large", 300), "small": manifest("small", 100)},
    )
    (scale,) = found
    assert (scale.name, scale.has_same_test) == ("scaling-training-size", True)
    assert [(p.task, p.size) for p in scale.points] == [("small", 100.0), ("large", 300.0)]


def test_lengths_are_a_scale_of_their_own_and_their_tests_differ():
    found = scales_of(
        suite(short=task(length=32), long=task(length=128)),
        {"short": manifest("short", 100, 32, "a"), "long": manifest("long", 100, 128, "b")},
    )
    (scale,) = found
    assert (scale.name, scale.has_same_test) == ("scaling-sequence-length", False)
    assert [point.size for point in scale.points] == [32.0, 128.0]


def test_tasks_that_differ_in_anything_else_are_none():
    both = {"one": manifest("one", 100), "other": manifest("other", 300)}
    assert scales_of(suite(one=task(100), other=task(300, max_epochs=99)), both) == ()
    assert scales_of(suite(one=task(100), other=task(300, length=32)), both) == ()
    assert scales_of(suite(one=task(100)), both) == ()


def test_yardsticks_are_named_by_the_kind_of_task():
    def name(task, **family):
        return baseline_of(parse_family(family, "families.x"), task)

    assert name("density", kind="markov_chain", order=0) == "unigram"
    assert name("recommendation", kind="markov_chain", order=0) == "popularity"
    assert name("density", kind="markov_chain", order=3) == "n-gram"
    assert name("classification", kind="markov_chain", order=1) == ""
    assert name("classification", kind="most_frequent_class") == "majority class"
    assert name("tagging", kind="most_frequent_tag") == "most frequent tag"
    assert name("density", kind="lstm", model_dim=8) == ""
