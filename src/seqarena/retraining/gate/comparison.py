"""Rules that set the challenger beside the champion, on the same examples."""

from collections.abc import Iterable
from dataclasses import dataclass

from seqarena.retraining.gate.settings import GateConfig
from seqarena.retraining.gate.verdict import Verdict, judged, not_applicable


@dataclass(frozen=True)
class Gain:
    """By how much the challenger is better, on examples that both answered.

    None stands for what is infinite, or not known.
    """

    metric: str
    unit: str
    challenger: float | None
    champion: float | None
    gain: float | None
    """Above 0 where the challenger is better, whichever way the metric points."""
    low: float | None
    high: float | None
    """Ends of the interval of the gain, over examples."""
    p_value: float | None
    """Chance of a gain as far from 0 if it were a toss who said what."""
    n_examples: int
    why_unknown: str = ""
    """Why there is no interval."""


@dataclass(frozen=True)
class SliceScore:
    """Both models on the examples of one slice; None stands for what is infinite."""

    name: str
    n_examples: int
    challenger: float | None
    champion: float | None
    gain: float | None
    """Above 0 where the challenger is better."""


def improvement(gain: Gain | None, rules: GateConfig) -> Verdict:
    """Pass when the whole interval of the gain lies above `min_gain`: a win by noise is none.

    A bound of 0 or more asks for significance besides: with few examples an interval alone is too
    narrow.
    """
    rule = "improvement"
    if gain is None:
        return not_applicable(rule, "there is no champion to be better than.")
    if gain.low is None or gain.high is None or gain.p_value is None or gain.gain is None:
        passed = gain.champion is None and gain.challenger is not None
        return judged(rule, passed, f"{_scores(gain)}. {gain.why_unknown}")
    is_certain = rules.min_gain < 0 or gain.p_value <= 1 - rules.confidence
    words = (
        f"{_scores(gain)}: gain {gain.gain:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] (p = "
        f"{gain.p_value:.2g}) over {gain.n_examples} examples; all of the {rules.confidence:.0%} "
        f"interval must lie above {rules.min_gain:+g}."
    )
    numbers = {"gain": gain.gain, "low": gain.low, "high": gain.high, "p_value": gain.p_value}
    passed = gain.low > rules.min_gain and is_certain
    return judged(rule, passed, words, n_examples=gain.n_examples, **numbers)


def slice_losses(slices: Iterable[SliceScore], rules: GateConfig) -> list[Verdict]:
    """Return a verdict for each slice: none may lose more than `max_slice_loss`."""
    return [_slice_loss(each, rules) for each in slices] or [
        not_applicable("slices", "there is no champion, or no example that both can be judged on.")
    ]


def _slice_loss(score: SliceScore, rules: GateConfig) -> Verdict:
    rule, most = f"slice {score.name}", rules.max_slice_loss
    change = "infinitely" if score.gain is None else f"{score.gain:+.4f}"
    words = (
        f"{_shown(score.challenger)}, champion {_shown(score.champion)}: {change} over "
        f"{score.n_examples} examples"
    )
    if most is None:
        return not_applicable(rule, f"{words}; no limit is set.")
    if score.n_examples < rules.min_slice_examples:
        return not_applicable(
            rule, f"{words}; fewer than {rules.min_slice_examples} judge nothing."
        )
    passed = score.challenger is not None if score.gain is None else score.gain >= -most
    numbers = {} if score.gain is None else {"gain": score.gain}
    words = f"{words}; a loss of at most {most:g}."
    return judged(rule, passed, words, n_examples=score.n_examples, **numbers)


def _scores(gain: Gain) -> str:
    return f"{gain.metric} {_shown(gain.challenger)}, champion {_shown(gain.champion)}"


def _shown(score: float | None) -> str:
    return "infinite" if score is None else f"{score:.4f}"
