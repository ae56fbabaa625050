"""Labels cut to a width, so that those that differ still do."""

from collections.abc import Callable, Sequence

Measure = Callable[[str], float]
"""Width of a text as it will be drawn [pixels]."""

# Shares of what is kept that stand before the cut: the middle goes first, or the end where only the
# middle tells two labels apart, or the beginning.
_BEFORE_THE_CUT = (0.5, 1.0, 0.0)


def shortened(labels: Sequence[str], width: float, measure: Measure) -> tuple[str, ...]:
    """Cut the labels that are wider than `width`, all in the same place, with an ellipsis there.

    Labels that differ stay different: where no place of the cut keeps them so, they are numbered.
    """
    names = dict.fromkeys(labels)
    for before in _BEFORE_THE_CUT:
        cut = {name: _cut(name, "…", before, width, measure) for name in names}
        if len(set(cut.values())) == len(names):
            break
    else:
        cut = {
            name: _cut(name, f"…{number}", 1.0, width, measure)
            for number, name in enumerate(names, 1)
        }
    return tuple(cut[label] for label in labels)


def _cut(name: str, mark: str, before: float, width: float, measure: Measure) -> str:
    whole = measure(name)
    if whole <= width:
        return name
    # Two characters more than an average one's width allows.
    kept = min(len(name) - 1, int(len(name) * width / whole) + 2)
    while kept > 0:
        head = -int(-kept * before // 1)
        label = name[:head] + mark + name[len(name) - kept + head :]
        if measure(label) <= width:
            return label
        kept -= 1
    return mark
