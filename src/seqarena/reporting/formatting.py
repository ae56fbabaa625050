"""Numbers as a reader wants them: as many digits as mean something."""

from seqarena.charts.numbers import MISSING as MISSING
from seqarena.charts.numbers import scaled as scaled
from seqarena.reporting.cells import TaskFacts
from seqarena.reporting.published import Beside
from seqarena.significance.seeds import Interval

BESIDE = ("figure", "published", "here", "outcome", "experiment", "known by", "remark")
"""What `beside` tells, in its order."""

_DUPLICATES = {"count": " (kept)", "drop": " (taken out of the earlier split)"}


def measured(interval: Interval | None, digits: int = 3, *, is_infinite: bool = False) -> str:
    """Return `0.912 ± 0.012`; `∞` for an infinite result, a dash for none."""
    if interval is None:
        return "∞" if is_infinite else MISSING
    return f"{interval.mean:.{digits}f}{_spread(interval, digits)}"


def signed(value: float | None, digits: int = 3) -> str:
    """Return `+0.036`; `0.000` without a sign for what rounds to nothing."""
    if value is None:
        return MISSING
    is_nothing = abs(value) < 0.5 * 10**-digits
    return f"{0.0:.{digits}f}" if is_nothing else f"{value:+.{digits}f}"


def plain(value: float | None, digits: int = 3) -> str:
    """Return `0.036`, or a dash."""
    return MISSING if value is None else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    """Return `12.5 %`, or a dash."""
    return MISSING if value is None else f"{100 * value:.1f} %"


def ends(low: float | None, high: float | None) -> str:
    """Return `0.150 to 0.201`, or a dash."""
    return MISSING if low is None or high is None else f"{low:.3f} to {high:.3f}"


def probability(value: float | None) -> str:
    """Return `0.012`; `< 0.001` for less."""
    if value is None:
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def count(value: int | None) -> str:
    """Return `12,345`."""
    return MISSING if value is None else f"{value:,}"


def seconds(value: float | None) -> str:
    """Return `0.03 s`, `4.2 s`, `75 s` or `12 min`."""
    if value is None:
        return MISSING
    if value < 0.005:
        return "< 0.01 s"
    if value < 0.995:
        return f"{value:.2f} s"
    if value < 9.95:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 600 else f"{value / 60:.0f} min"


def prepared(task: TaskFacts) -> str:
    """Return how large the splits are, and what preparing them left out or found; "" if untold.

    A count of 0 is not told.
    """
    if not task.sizes:
        return ""
    sizes = ", ".join(f"{split} {count(n)}" for split, n in task.sizes.items())
    found = [
        f"{name.replace('_', ' ')} {count(n)}{_DUPLICATES.get(task.duplicates, '')}"
        if name == "duplicates_across_splits"
        else f"{name.replace('_', ' ')} {count(n)}"
        for name, n in task.counts.items()
        if n
    ]
    counted = f" Counted in preparing them: {', '.join(found)}." if found else ""
    return f"Sequences: {sizes}.{counted}"


def beside(each: Beside) -> tuple[str, ...]:
    """Return a published figure and what stands here, as `BESIDE` names them."""
    figure = each.figure
    return (
        f"{figure.name} ({each.metric})",
        f"{figure.value:.5g}",
        MISSING if each.found is None else f"{each.found:.5g}",
        each.outcome,
        each.experiment,
        f"{figure.certainty}: {figure.reference}",
        each.remark,
    )


def _spread(interval: Interval, digits: int) -> str:
    half = interval.half_width
    if half is None:
        return ""
    if half == 0:
        return " ± 0"
    least = 10**-digits
    return f" ± {half:.{digits}f}" if half >= least / 2 else f" ± <{least:.{digits}f}"
