from seqarena.tracking.delta import Progress, gather
from seqarena.tracking.events import (
    MetricLogged,
    NonFiniteMet,
    ParamsSet,
    RunEnded,
    RunResumed,
    TagsSet,
    Writer,
)

WRITER = Writer(1, 0.0, "h", "b")


def test_steps_that_a_resumed_fit_tells_again_are_kept_once() -> None:
    first = [MetricLogged(t, "loss", float(t), t) for t in range(4)]
    again = [MetricLogged(10 + t, "loss", float(t), t) for t in range(2, 6)]
    other = MetricLogged(20, "fresh", 1.0, 0)
    delta, _ = gather([*first, RunResumed(9, WRITER, 0), *again, other], Progress())
    assert delta.metrics == [*first, *again[2:], other]


def test_it_does_not_matter_where_a_stretch_is_cut() -> None:
    events = [
        MetricLogged(1, "loss", 1.0, 0),
        NonFiniteMet(2, "loss", "nan", 1),
        RunResumed(3, WRITER, 0),
        MetricLogged(4, "loss", 1.0, 0),
        NonFiniteMet(5, "loss", "inf", 2),
        MetricLogged(6, "loss", 0.5, 3),
    ]
    whole, end = gather(events, Progress())
    for cut in range(len(events) + 1):
        before, middle = gather(events[:cut], Progress())
        after, last = gather(events[cut:], middle)
        assert before.metrics + after.metrics == whole.metrics
        assert {**before.tags, **after.tags} == whole.tags
        assert last == end


def test_one_step_may_be_told_twice_by_one_process() -> None:
    twice = [MetricLogged(1, "loss", 1.0, 0), MetricLogged(2, "loss", 2.0, 0)]
    assert gather(twice, Progress())[0].metrics == twice


def test_non_finite_values_are_counted_in_a_tag() -> None:
    events = [NonFiniteMet(1, "train/loss", "nan", 12), NonFiniteMet(2, "train/loss", "inf", 13)]
    delta, _ = gather(events, Progress())
    assert delta.tags == {"seqarena.nonfinite.train/loss": "2 in all, first nan at step 12"}
    assert delta.metrics == []


def test_long_settings_are_no_params_but_named() -> None:
    delta, _ = gather([ParamsSet(1, {"a": "x" * 250, "b": "x" * 251})], Progress())
    assert delta.params == {"a": "x" * 250}
    assert delta.tags == {"seqarena.params_too_long": "b"}


def test_the_last_value_of_a_tag_counts_and_a_resumed_run_has_not_ended() -> None:
    events = [
        TagsSet(1, {"a": "1"}),
        TagsSet(2, {"a": "2"}),
        RunEnded(3, "FAILED", "cannot reach http://u:hunter2@h/x"),
    ]
    delta, progress = gather(events, Progress())
    assert delta.tags == {"a": "2", "seqarena.message": "cannot reach http://***@h/x"}
    assert progress.ended == events[2]
    assert gather([RunResumed(4, WRITER, 0)], progress)[1].ended is None
