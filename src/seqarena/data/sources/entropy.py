"""How uncertain the next symbol of a known process is: the floor of every density model [nats]."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class HiddenMarkov:
    """A hidden Markov model over symbols, started from its stationary distribution."""

    start: Float[np.ndarray, "states"]
    transition: Float[np.ndarray, "states states"]
    """p(to | from), the row is `from`."""
    emission: Float[np.ndarray, "states symbols"]


def entropy(probs: Float[np.ndarray, "... n"]) -> Float[np.ndarray, "..."]:
    """Return the Shannon entropy over the last axis [nats]; 0 log 0 is 0."""
    # Imported here: most who read settings ask for no entropy.
    from scipy.special import xlogy

    plogp: np.ndarray = xlogy(probs, probs)
    return np.asarray(-plogp.sum(axis=-1))


def stationary(transition: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n"]:
    """Return the distribution that a chain of one recurrent class keeps: p = p P, sum p = 1."""
    n = len(transition)
    equations = np.vstack([transition.T - np.eye(n), np.ones(n)])
    solution, *_ = np.linalg.lstsq(equations, np.append(np.zeros(n), 1.0), rcond=None)
    positive = np.clip(solution, 0, None)
    probs: np.ndarray = positive / positive.sum()
    return probs


def markov_entropy_rate(
    context_probs: Float[np.ndarray, "contexts"], next_probs: Float[np.ndarray, "contexts symbols"]
) -> float:
    """Return the entropy rate of a Markov source: the mean over contexts of H(next | context).

    Cover & Thomas (2006), Elements of Information Theory, theorem 4.2.4.
    """
    return float(context_probs @ entropy(next_probs))


def next_probs(
    model: HiddenMarkov, tokens: Int[np.ndarray, "sequences time"]
) -> Float[np.ndarray, "sequences time symbols"]:
    """Return p(x_t | x_1..t-1) of each step by the scaled forward recursion (Rabiner 1989)."""
    belief = np.broadcast_to(model.start, (len(tokens), len(model.start)))
    predicted = np.empty((*tokens.shape, model.emission.shape[1]))
    for step in range(tokens.shape[1]):
        predicted[:, step] = belief @ model.emission
        joint = belief * model.emission[:, tokens[:, step]].T
        # A sequence that the model cannot emit has no belief to normalise.
        total = joint.sum(axis=1, keepdims=True)
        belief = np.divide(joint, total, where=total > 0, out=np.zeros_like(joint))
        belief = belief @ model.transition
    return predicted


def hidden_entropy_bracket(model: HiddenMarkov, n: int) -> tuple[float, float]:
    """Return H(X_n | X_1..n-1, S_1) and H(X_n | X_1..n-1): they close in on the entropy rate.

    Exact, by listing all `n_symbols ** n` sequences. Cover & Thomas (2006), theorem 4.5.1.
    """
    upper = _block_entropy(model, n) - _block_entropy(model, n - 1)
    known_start = [
        HiddenMarkov(row, model.transition, model.emission) for row in np.eye(len(model.start))
    ]
    lower = sum(
        float(weight) * (_block_entropy(each, n) - _block_entropy(each, n - 1))
        for weight, each in zip(model.start, known_start, strict=True)
    )
    return float(lower), upper


def _block_entropy(model: HiddenMarkov, n: int) -> float:
    """Return H(X_1, ..., X_n)."""
    if n == 0:
        return 0.0
    alpha = model.start[None, :, None] * model.emission[None]
    for _ in range(n - 1):
        reached = np.einsum("psx,st->pxt", alpha, model.transition)
        reached = reached.reshape(-1, len(model.start))
        alpha = reached[:, :, None] * model.emission[None]
    return float(entropy(alpha.sum(axis=1).ravel()))
