"""Rules that look at the challenger alone: enough examples, cost, latency, calibration."""

from dataclasses import dataclass

from seqarena.retraining.gate.settings import GateConfig
from seqarena.retraining.gate.verdict import Verdict, judged, not_applicable


@dataclass(frozen=True)
class Cost:
    """What a fit is, and what it took; None where nobody knows."""

    n_parameters: int | None
    training_flops: float | None
    fit_seconds: float | None
    latency_ms: float | None
    """Median over single examples [ms]."""


def enough_examples(n_examples: int, rules: GateConfig) -> Verdict:
    """Pass when there are as many test examples as `min_test_examples`."""
    least = rules.min_test_examples
    return judged(
        "test examples",
        n_examples >= least,
        f"{n_examples} that neither model was fitted to; at least {least}.",
        n_examples=n_examples,
        least=least,
    )


def cost_limits(cost: Cost, rules: GateConfig) -> list[Verdict]:
    """Return a verdict for each limit: parameters, FLOPs, seconds of the fit, latency."""
    return [
        _limit("parameters", cost.n_parameters, rules.max_parameters, ""),
        _limit("training FLOPs", cost.training_flops, rules.max_training_flops, ""),
        _limit("fit seconds", cost.fit_seconds, rules.max_fit_seconds, " s"),
        _limit("latency", cost.latency_ms, rules.max_latency_ms, " ms an example"),
    ]


def calibration_limit(error: float | None, rules: GateConfig) -> Verdict:
    """Pass when the expected calibration error is not above `max_calibration_error`."""
    return _limit("calibration", error, rules.max_calibration_error, "")


def calibration_loss(error: float | None, of_champion: float | None, rules: GateConfig) -> Verdict:
    """Pass when the calibration error is not too much above the champion's."""
    rule, most = "calibration beside the champion", rules.max_calibration_loss
    if error is None or of_champion is None:
        return not_applicable(rule, "needs a classifier, and a champion to compare it with.")
    if most is None:
        return not_applicable(rule, f"{error:.4f}, champion {of_champion:.4f}; no limit is set.")
    loss = error - of_champion
    return judged(
        rule,
        loss <= most,
        f"{error:.4f}, champion {of_champion:.4f}: {loss:+.4f}; at most {most:+g}.",
        error=error,
        of_champion=of_champion,
        most=most,
    )


def _limit(rule: str, value: float | int | None, most: float | int | None, unit: str) -> Verdict:
    if value is None:
        why = "was not measured for this family or task"
        return not_applicable(rule, f"{why}." if most is None else f"{why}; the limit is {most:g}.")
    if most is None:
        return not_applicable(rule, f"{value:,.6g}{unit}; no limit is set.")
    words = f"{value:,.6g}{unit}; at most {most:,.6g}."
    return judged(rule, value <= most, words, value=value, most=most)
