"""Outputs under CTC, symbol by symbol: how likely is what an output begins with?

p(h ...), the probability that the output begins with the prefix h, is the sum over all alignments
of every output that does: Graves et al. (2006), section 3.2, after Graves (2008), section 7.5.
What divides it among the next symbols and the end makes CTC a model that writes from left to right,
as a decoder does; so one beam search serves both, and its hypotheses have their exact probability.
Gradients flow through all of it, and are 0 where nothing is possible.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from seqarena.networks.generation import Stepper, kept_examples

_LEAST = -1e4
"""Stands for minus infinity, from which no product could be divided again: e^-10000 is 0 in all
sums of 64 bits."""


class Prefixes(NamedTuple):
    """What is known of the prefixes; each row has one, and the rows of an example share its steps.

    Place t of a row holds the log-probability of all alignments of the first t steps that spell
    exactly the prefix.
    """

    log_probs: Float[Tensor, "batch time symbols"]
    """log p(symbol or blank) of each step, in 64 bits; 0 for the blank on padding."""
    mask: Bool[Tensor, "batch time"]
    ends_in_label: Float[Tensor, "row places"]
    """Of those alignments whose step t is the last label."""
    ends_in_blank: Float[Tensor, "row places"]
    last: Int[Tensor, "row"]
    """Last label of each prefix; the blank's number before there is one."""
    is_empty: bool
    """Whether nothing has been written; all prefixes have the same length."""


class PrefixStepper(Stepper[Prefixes]):
    """CTC as a decoder; the place of the blank among the symbols is that of the end.

    An output ends with its input, so that CTC needs no end symbol, and a decoder needs no blank.
    """

    def __init__(self, blank: int) -> None:
        self.blank = blank

    def begin(
        self, log_probs: Float[Tensor, "batch time symbols"], mask: Bool[Tensor, "batch time"]
    ) -> Prefixes:
        """Return the empty prefix of each example."""
        # Behind the last step come blanks, surely: so all that is known at the end stays true.
        blanks = torch.full_like(log_probs, _LEAST, dtype=torch.float64)
        blanks[..., self.blank] = 0.0
        steps = log_probs.double().clamp_min(_LEAST).where(mask[..., None], blanks)
        only_blanks = functional.pad(steps[..., self.blank].cumsum(dim=1), (1, 0))
        nothing = torch.full_like(only_blanks, -torch.inf)
        last = torch.full_like(mask[:, 0], self.blank, dtype=torch.int64)
        return Prefixes(steps, mask, nothing, only_blanks, last, is_empty=True)

    def advance(
        self, previous: Int[Tensor, "row"], memory: Prefixes
    ) -> tuple[Float[Tensor, "row symbols"], Prefixes]:
        """Return log p(h ...) of the prefixes h one symbol longer, and log p(h) for the end.

        Their softmax is p(next symbol | prefix): what they sum to is the prefix's own p(h ...).
        `previous` of the first call is not read. O(time · symbols) for each row.
        """
        if memory.is_empty:
            memory = memory._replace(is_empty=False)
        else:
            memory = self._extended(previous, memory)
        return self._next(memory), memory

    def select(self, memory: Prefixes, rows: Int[Tensor, "kept width"]) -> Prefixes:
        """Return the memory of some rows, those of one example side by side."""
        log_probs, mask, in_label, in_blank, last, is_empty = memory
        kept = kept_examples(rows, len(last), len(mask))
        if kept is not None:
            log_probs, mask = log_probs[kept], mask[kept]
        flat = rows.flatten()
        return Prefixes(log_probs, mask, in_label[flat], in_blank[flat], last[flat], is_empty)

    def _next(self, memory: Prefixes) -> Float[Tensor, "row symbols"]:
        n_examples, _, n_symbols = memory.log_probs.shape
        width = len(memory.last) // n_examples
        anything = torch.logaddexp(memory.ends_in_label, memory.ends_in_blank)
        symbols = torch.arange(n_symbols, device=anything.device)
        # The last label again is a new one only after a blank.
        repeats = (symbols == memory.last[:, None])[:, None]
        before = torch.where(repeats, memory.ends_in_blank[:, :-1, None], anything[:, :-1, None])
        steps = memory.log_probs.masked_fill(~memory.mask[..., None], -torch.inf)
        beside = before.view(n_examples, width, -1, n_symbols) + steps[:, None]
        longer = _flat_where_impossible(beside).logsumexp(dim=2).flatten(0, 1)
        longer = longer.where(symbols != self.blank, anything[:, -1:])
        # A beam's empty places hold prefixes that no alignment spells; what follows is no matter.
        return longer.masked_fill(longer.isneginf().all(dim=1, keepdim=True), 0.0)

    def _extended(self, symbols: Int[Tensor, "row"], memory: Prefixes) -> Prefixes:
        """Return the prefixes one symbol longer.

        in_label_t = (in_label_{t-1} + begun_t) p_t(symbol) is a cumulative sum once it is divided
        by the product of p_1, ..., p_t; in logarithms, and 64 bits, that loses nothing.
        """
        width = len(symbols) // len(memory.mask)
        steps = memory.log_probs.repeat_interleave(width, dim=0)
        in_label, in_blank = memory.ends_in_label[:, :-1], memory.ends_in_blank[:, :-1]
        repeats = (symbols == memory.last)[:, None]
        begun = torch.where(repeats, in_blank, torch.logaddexp(in_label, in_blank))
        own = steps.gather(2, symbols[:, None, None].expand(-1, steps.shape[1], 1))[..., 0]
        longer = _accumulated(begun, own)
        after = _accumulated(longer[:, :-1], steps[..., self.blank])
        return memory._replace(ends_in_label=longer, ends_in_blank=after, last=symbols)


def _accumulated(
    begun: Float[Tensor, "row time"], log_probs: Float[Tensor, "row time"]
) -> Float[Tensor, "row places"]:
    """Return log s_t of s_t = (s_{t-1} + begun_t) p_t from s_0 = 0, for t = 0, 1, ..."""
    products = functional.pad(log_probs.cumsum(dim=1), (1, 0))
    shares = _flat_where_impossible(begun - products[:, :-1])
    sums = shares.logcumsumexp(dim=1) + products[:, 1:]
    return _flat_where_impossible(functional.pad(sums, (1, 0), value=-torch.inf))


def _flat_where_impossible(log_values: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return the values, with a slope of 0 where they are minus infinity.

    The sum of nothing but zeros has a slope of no number in torch; what is impossible stays so.
    """
    if not log_values.requires_grad:
        return log_values
    return log_values.masked_fill(log_values.isneginf(), -torch.inf)
