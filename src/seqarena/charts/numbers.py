"""Numbers on axes and in texts: as many digits as mean something."""

import math

MISSING = "–"
_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def scaled(value: float | int | None) -> str:
    """Return `1.2 G`: three digits at most, with a decimal prefix."""
    if value is None:
        return MISSING
    for size, prefix in _PREFIXES:
        if value >= 0.9995 * size:
            return f"{value / size:.3g} {prefix}"
    return f"{value:.3g}"


def rounded(value: float | int, digits: int = 6) -> float:
    """Return the number with that many significant digits; what is not finite stays as it is."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else value


def place(value: float | int) -> str:
    """Return a position in a drawing [pixels], to a tenth."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
