"""Which of several results nothing else beats in both cost and quality."""

from collections.abc import Sequence


def front_of(
    costs: Sequence[float], scores: Sequence[float], *, higher_is_better: bool
) -> tuple[int, ...]:
    """Return the places of what no other reaches as cheaply and as well, the cheapest first.

    Of equals in both, all are on the front.
    """
    sign = -1.0 if higher_is_better else 1.0
    losses = [sign * score for score in scores]
    order = sorted(range(len(costs)), key=lambda place: (costs[place], losses[place]))
    front: list[int] = []
    for place in order:
        last = front[-1] if front else None
        is_equal = last is not None and (costs[place], losses[place]) == (costs[last], losses[last])
        if last is None or losses[place] < losses[last] or is_equal:
            front.append(place)
    return tuple(front)


def staircase(
    costs: Sequence[float], scores: Sequence[float], front: Sequence[int]
) -> tuple[tuple[float, float], ...]:
    """Return the corners of the line along a front: what each cost can buy."""
    corners: list[tuple[float, float]] = []
    for place in front:
        if corners:
            corners.append((costs[place], corners[-1][1]))
        corners.append((costs[place], scores[place]))
    return tuple(corners)
