"""How well the hidden states of a known model can be told from its symbols."""

import numpy as np
from jaxtyping import Float, Int

from seqarena.data.sources.entropy import HiddenMarkov


def state_posteriors(
    model: HiddenMarkov, tokens: Int[np.ndarray, "sequences time"]
) -> Float[np.ndarray, "sequences time states"]:
    """Return p(state_t | the whole sequence) by the scaled forward-backward recursions.

    Rabiner (1989), section V.A, eqs. 90-92. Every sequence must be possible under the model.
    """
    emitted = model.emission.T[tokens]
    forward = np.empty_like(emitted)
    belief = np.broadcast_to(model.start, emitted[:, 0].shape)
    for step in range(tokens.shape[1]):
        forward[:, step] = _normalised(belief * emitted[:, step])
        belief = forward[:, step] @ model.transition
    backward = np.ones_like(emitted)
    for step in range(tokens.shape[1] - 2, -1, -1):
        ahead = (emitted[:, step + 1] * backward[:, step + 1]) @ model.transition.T
        backward[:, step] = _normalised(ahead)
    return _normalised(forward * backward)


def _normalised(weights: Float[np.ndarray, "*rest states"]) -> Float[np.ndarray, "*rest states"]:
    shares: np.ndarray = weights / weights.sum(axis=-1, keepdims=True)
    return shares
