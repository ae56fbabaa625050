"""Models of symbols that have not seen one step: a sum over all that could have stood there."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.attribution.influence.asking import with_inputs
from seqarena.batch import Batch
from seqarena.families.family import Predictive

MAX_SYMBOLS = 64
"""Largest alphabet over which the sum is taken: the model is asked about each symbol in the place
of each step."""
# Probabilities that are held at once: more take memory, and no less time.
_AT_ONCE = 2**21


def symbols_without(
    model: Predictive, example: Batch, n_symbols: int
) -> Iterator[Float[Tensor, "_ time symbols"]]:
    """Yield p(symbol | the steps before, but one) of every symbol, some removed steps at a time.

    With s the removed step it is, at step t behind it,

        sum over v of p(v | x_1..s-1, x_s+1..t-1) p(symbol | x_1..s-1, v, x_s+1..t-1),

    all of the model's own distribution: what stood before s and what came between s and t are
    known, the rest is not. Exact for any density of symbols, not only for chains; time · symbols
    readings of the sequence. No number, where the model calls all that is known impossible.

    Args:
        model: a density of symbols.
        example: a batch of one.
        n_symbols: size of its alphabet.
    """
    n_steps = int(example.lengths[0])
    size = max(1, _AT_ONCE // (n_steps * n_symbols**2))
    for begin in range(0, n_steps, size):
        steps = torch.arange(begin, min(begin + size, n_steps))
        variants = _every_symbol(example, steps, n_symbols)
        said = model.predictive_log_prob(variants)[:, :n_steps].double().cpu()
        own = said.gather(2, _tokens(variants)[:, :n_steps, None].cpu())[:, :, 0]
        shape = (len(steps), n_symbols, n_steps)
        weight = _share_before(own.view(shape))
        yield (weight[..., None] * said.exp().view(*shape, -1)).sum(dim=1)


def log_prob_without(
    log_prob: Callable[[Batch], Float[Tensor, "batch"]], example: Batch, n_symbols: int
) -> Float[Tensor, "time"]:
    """Return log p(x without one step), for each step [nats]: log of the sum over its symbol.

    Args:
        log_prob: log p of whole sequences.
        example: a batch of one.
        n_symbols: size of its alphabet.
    """
    n_steps = int(example.lengths[0])
    size = max(1, _AT_ONCE // (n_steps * n_symbols))
    parts = [
        log_prob(_every_symbol(example, steps, n_symbols)).view(-1, n_symbols).logsumexp(dim=1)
        for steps in torch.split(torch.arange(n_steps), size)
    ]
    return torch.cat(parts)


def _every_symbol(example: Batch, steps: Int[Tensor, "steps"], n_symbols: int) -> Batch:
    """Put every symbol in the place of each of these steps, one step after the other."""
    tokens = _tokens(example).repeat(len(steps) * n_symbols, 1)
    rows = torch.arange(len(tokens))
    tokens[rows, steps.repeat_interleave(n_symbols)] = rows % n_symbols
    return with_inputs(example, tokens.cpu().numpy())


def _share_before(own: Float[Tensor, "steps symbols time"]) -> Float[Tensor, "steps symbols time"]:
    """Return, at each step, how probable each symbol is given all that is known before that.

    The factors before the removed step are the same for all symbols, and cancel.
    """
    before = torch.nn.functional.pad(own.cumsum(dim=2)[:, :, :-1], (1, 0))
    return before.softmax(dim=1)


def _tokens(batch: Batch) -> Tensor:
    return batch.tokens if batch.tokens is not None else torch.empty(0)
