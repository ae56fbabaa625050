"""What an output may not go on with: an early end, or a run of symbols that it holds already."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.networks.decoding import DecodingConfig


def allowed_log_prob(
    log_prob: Float[Tensor, "row symbols"],
    written: Int[Tensor, "row time"],
    end_symbol: int,
    decoding: DecodingConfig,
) -> Float[Tensor, "row symbols"]:
    """Return the log-probabilities, minus infinity where the settings forbid a symbol.

    What is left is not normalised again: an output keeps the probability that the model gives it.
    One that could go on with nothing at all may end, however short it is.
    """
    if decoding.forbids_nothing:
        return log_prob
    n_symbols = log_prob.shape[1]
    forbidden = repeating(written, decoding.no_repeat_ngram, n_symbols)
    if written.shape[1] < decoding.min_length:
        forbidden[:, end_symbol] = True
        forbidden[:, end_symbol] = ~forbidden.all(dim=1)
    return log_prob.masked_fill(forbidden, -torch.inf)


def repeating(
    written: Int[Tensor, "row time"], n: int, n_symbols: int
) -> Bool[Tensor, "row symbols"]:
    """Return which next symbols would end a run of `n` that was written before; n = 0: none.

    The end symbol is never among them, for it is written once.
    """
    n_rows, time = written.shape
    if n == 0 or time < n:
        return torch.zeros(n_rows, n_symbols, dtype=torch.bool, device=written.device)
    runs = written.unfold(1, n, 1)
    newest = written[:, time - n + 1 :]
    is_begun_again = (runs[..., :-1] == newest[:, None]).all(dim=2)
    counts = torch.zeros(n_rows, n_symbols, dtype=torch.int64, device=written.device)
    return counts.scatter_add(1, runs[..., -1], is_begun_again.long()) > 0
