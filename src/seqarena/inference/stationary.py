"""What a finite Markov chain does in the long run: where it stays, how soon it forgets.

Functions of a transition matrix, row = from, every row summing to 1. Sources: Norris (1997),
*Markov Chains*; Levin & Peres (2017), *Markov Chains and Mixing Times*; Cover & Thomas (2006),
*Elements of Information Theory*.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from seqarena.errors import DataError

Transition = Float[np.ndarray, "states states"]


def closed_class(transition: Transition) -> Bool[np.ndarray, "states"]:
    """Return the states among which the chain ends and stays, where these are one class.

    All other states are transient. Norris (1997), section 1.2.

    Raises:
        DataError: there are several such classes: where the chain ends depends on where it starts.
    """
    # A third of a second to import, and most fits never ask.
    from scipy.sparse.csgraph import connected_components

    edges = transition > 0
    n_classes, member = connected_components(edges, connection="strong")
    is_open = np.zeros(n_classes, dtype=bool)
    tails, heads = np.nonzero(edges)
    is_open[member[tails[member[tails] != member[heads]]]] = True
    closed = np.flatnonzero(~is_open)
    if len(closed) > 1:
        first, second = (int(np.flatnonzero(member == one)[0]) for one in closed[:2])
        raise DataError(
            f"the chain has {len(closed)} closed classes (one holds state {first}, another state "
            f"{second}): what it does in the long run depends on where it starts; smooth its "
            "probabilities, or look at one class alone."
        )
    is_closed: np.ndarray = member == closed[0]
    return is_closed


def period(transition: Transition) -> int:
    """Return the period of the closed class: 1 for a chain that forgets its phase.

    The greatest common divisor of level(from) + 1 - level(to) over all edges, level the distance
    from any one state: Denardo (1977). O(states²).

    Raises:
        DataError: there are several closed classes.
    """
    from scipy.sparse.csgraph import dijkstra

    inside = np.flatnonzero(closed_class(transition))
    edges = transition[np.ix_(inside, inside)] > 0
    level = dijkstra(edges, unweighted=True, indices=0).astype(np.int64)
    tails, heads = np.nonzero(edges)
    return int(np.gcd.reduce(level[tails] + 1 - level[heads]))


def stationary_distribution(transition: Transition) -> Float[np.ndarray, "states"]:
    """Return the only distribution that a step does not change; 0 for transient states.

    A linear system: the balance of every state but one, and that all sum to 1. O(states³). Also
    right for periodic chains, where it is the share of time spent. Norris (1997), theorem 1.7.7.

    Raises:
        DataError: there are several closed classes, so that it is not unique.
    """
    inside = np.flatnonzero(closed_class(transition))
    balance = transition[np.ix_(inside, inside)].T - np.eye(len(inside))
    balance[-1] = 1.0
    wanted = np.zeros(len(inside))
    wanted[-1] = 1.0
    distribution = np.zeros(len(transition))
    # Rounding may leave a share of nothing a little below it.
    distribution[inside] = np.linalg.solve(balance, wanted).clip(min=0.0)
    distribution /= distribution.sum()
    return distribution


def entropy_rate(transition: Transition) -> float:
    """Return the entropy of the next state given the present one, in the long run [nats per step].

    Cover & Thomas (2006), theorem 4.2.4. Divide by log 2 for bits.

    Raises:
        DataError: there are several closed classes.
    """
    from scipy.special import entr

    return float(stationary_distribution(transition) @ entr(transition).sum(axis=1))


def mixing_time(transition: Transition, distance: float = 0.25) -> int:
    """Return after how many steps the start is forgotten, whatever it was.

    Exactly: the least t with max over starts of the total-variation distance between P^t and the
    stationary distribution at most `distance`. Levin & Peres (2017), section 4.5. The distance
    never grows, so powers are doubled and then halved: O(states³ · log t).

    Raises:
        DataError: there are several closed classes, the chain is periodic and never forgets, or it
            takes more than 2^40 steps.
    """
    stationary = stationary_distribution(transition)
    if (phases := period(transition)) > 1:
        raise DataError(
            f"the chain has period {phases}: it never forgets the phase in which it started, so it "
            "has no mixing time; smooth its probabilities."
        )

    def is_far(power: np.ndarray) -> bool:
        return bool(np.abs(power - stationary).sum(axis=1).max() / 2 > distance)

    if not is_far(np.eye(len(transition))):
        return 0
    powers = [transition]
    while is_far(powers[-1]):
        if len(powers) > 40:
            raise DataError("the chain takes more than 2^40 steps to forget its start.")
        powers.append(_product(powers[-1], powers[-1]))
    # The largest t that is still far, bit by bit.
    steps, power = 0, np.eye(len(transition))
    for bit in range(len(powers) - 2, -1, -1):
        further = _product(power, powers[bit])
        if is_far(further):
            steps, power = steps + 2**bit, further
    return steps + 1


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Multiply, and undo the rounding that would grow from power to power."""
    product: np.ndarray = left @ right
    product /= product.sum(axis=1, keepdims=True)
    return product


@dataclass(frozen=True)
class MixingBounds:
    """What the second eigenvalue says about the mixing time."""

    second_eigenvalue: float
    """Largest modulus of an eigenvalue besides the one 1."""
    lower: float
    """No fewer steps than these."""
    upper: float | None
    """No more; None where the chain is not reversible or has transient states."""


def mixing_bounds(transition: Transition, distance: float = 0.25) -> MixingBounds:
    """Return bounds of `mixing_time` from the spectral gap 1 - |second eigenvalue|.

    (1/gap - 1) log(1 / (2 distance)) and, for reversible chains, log(1 / (distance · smallest
    stationary share)) / gap: Levin & Peres (2017), theorems 12.4 and 12.5. A periodic chain has gap
    0, and its lower bound is infinite. O(states³).

    Raises:
        DataError: there are several closed classes.
    """
    stationary = stationary_distribution(transition)
    eigenvalues = np.linalg.eigvals(transition)
    others = np.delete(eigenvalues, np.abs(eigenvalues - 1.0).argmin())
    second = min(1.0, float(np.abs(others).max(initial=0.0)))
    if period(transition) > 1:
        return MixingBounds(1.0, math.inf, None)
    gap = 1.0 - second
    flow = stationary[:, None] * transition
    upper = None
    if stationary.min() > 0 and np.allclose(flow, flow.T, rtol=1e-9, atol=1e-15):
        upper = math.log(1 / (distance * stationary.min())) / gap
    return MixingBounds(second, (1 / gap - 1) * math.log(1 / (2 * distance)), upper)


def hitting_times(
    transition: Transition, target: Bool[np.ndarray, "states"]
) -> Float[np.ndarray, "states"]:
    """Return the expected number of steps from each state until the chain is in `target`.

    0 in the target; infinite from where it may be missed for ever. The least solution of h = 1 +
    P h outside the target: Norris (1997), theorem 1.3.5. O(states³).
    """
    can_reach = _reaching(transition > 0, target)
    # From here a step of positive probability, outside the target, leads to where it is missed.
    before = (transition > 0) & ~target[:, None]
    may_miss = _reaching(before, ~can_reach) if not can_reach.all() else ~can_reach
    times: np.ndarray = np.where(target, 0.0, np.inf)
    inside = np.flatnonzero(~may_miss & ~target)
    matrix = np.eye(len(inside)) - transition[np.ix_(inside, inside)]
    times[inside] = np.linalg.solve(matrix, np.ones(len(inside)))
    return times


def _reaching(edges: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return the states from which some path leads to the goal, the goal included."""
    reached: np.ndarray = goal.copy()
    n_before = -1
    while n_before != (n_before := int(reached.sum())):
        reached = reached | edges[:, reached].any(axis=1)
    return reached
