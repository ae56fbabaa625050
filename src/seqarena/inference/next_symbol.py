"""What follows a context in a chain of n-grams: the probability of every symbol at once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.ngram_tables import NgramTable, probability_of, walk
from seqarena.inference.ngrams import NgramCounts

Contexts = Int[Tensor, "batch order"]


@dataclass(frozen=True)
class Followers:
    """Which symbols were seen after each symbol, anywhere in a counted n-gram."""

    symbols: Int[Tensor, "pairs"]
    offsets: Int[Tensor, "_"]
    """Those after symbol s are `symbols[offsets[s]:offsets[s + 1]]`; the start symbol is the last
    s."""

    @classmethod
    def of(cls, ngrams: NgramCounts, n_symbols: int) -> "Followers":
        """Collect the pairs of neighbours. O(n-grams · order)."""
        size = n_symbols + 1
        rows = ngrams.symbols.long()
        pairs = torch.unique((rows[1:] * size + rows[:-1]).flatten())
        # The start symbol follows the filling before it, and nothing that could be asked about.
        pairs = pairs[pairs % size != n_symbols]
        counts = torch.bincount(pairs // size, minlength=size)
        return cls(pairs % size, torch.nn.functional.pad(counts.cumsum(dim=0), (1, 0)))

    def after(self, last: Int[Tensor, "batch"]) -> tuple[Int[Tensor, "_"], Int[Tensor, "_"]]:
        """Return the symbols that followed each of `last`, and the place in `last` of each."""
        first, end = self.offsets[last], self.offsets[last + 1]
        places = torch.repeat_interleave(torch.arange(len(last), device=last.device), end - first)
        within = torch.arange(len(places), device=last.device)
        before = torch.nn.functional.pad((end - first).cumsum(dim=0), (1, 0))[:-1]
        return self.symbols[first[places] + within - before[places]], places


def next_probs(
    tables: list[NgramTable], followers: Followers, contexts: Contexts, n_symbols: int
) -> Float[Tensor, "batch symbols"]:
    """Return p(symbol | context) of every symbol.

    A symbol that never followed the last one has what the shorter contexts pass down to its own
    frequency, one product for all of them; only those that did are looked up. O(batch · symbols +
    followers · order), and not a look-up for each symbol.

    Args:
        tables: as `tables_of` made them.
        followers: of the same n-grams.
        contexts: the last symbols of each sequence, the newest last, as many as the order.
        n_symbols: size of the alphabet, and the start symbol.
    """
    probs = _passed_down(tables, contexts, n_symbols)[:, None] * tables[0].probability[:n_symbols]
    if contexts.shape[1]:
        symbols, places = followers.after(contexts[:, -1])
        stream = torch.cat([contexts[places], symbols[:, None]], dim=1)
        seen = probability_of(tables, stream.flatten(), n_symbols)
        probs[places, symbols] = seen.view(stream.shape)[:, -1]
    return probs


def _passed_down(
    tables: list[NgramTable], contexts: Contexts, n_symbols: int
) -> Float[Tensor, "batch"]:
    """Return the share of each context that the frequency of a symbol by itself has."""
    # What stands after a context does not change the share that its shorter one has.
    stream = torch.nn.functional.pad(contexts, (0, 1))
    share = torch.ones(len(contexts), dtype=torch.float64, device=contexts.device)
    for length, (_, weight) in enumerate(walk(tables, stream.flatten(), n_symbols)):
        if length:
            share = share * weight.view(stream.shape)[:, -1]
    return share


def last_symbols(
    tokens: Int[Tensor, "batch time"],
    lengths: Int[Tensor, "batch places"],
    order: int,
    n_symbols: int,
) -> Int[Tensor, "batch places order"]:
    """Return the last `order` of the first `lengths` symbols, start symbols before the beginning.

    Args:
        tokens: the sequences.
        lengths: how many symbols stand before each place that is asked about.
        order: how many are wanted.
        n_symbols: the start symbol.
    """
    padded = torch.nn.functional.pad(tokens, (order, 0), value=n_symbols)
    at = lengths[..., None] + torch.arange(order, device=tokens.device)
    return padded.gather(1, at.flatten(1)).view(at.shape)


def distinct_rows(
    contexts: Int[Tensor, "places order"],
) -> tuple[Contexts, Int[Tensor, "places"]]:
    """Return each context once, and where each place's stands among them."""
    if not contexts.shape[1]:
        return contexts[:1], torch.zeros_like(contexts[:, :0].sum(dim=1))
    distinct, place = torch.unique(contexts, dim=0, return_inverse=True)
    return distinct, place
