"""Finding many whole numbers among many at once: one table, linear probing, no loop over keys."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

_EMPTY = -1
# Slots that are looked into at once where the first is another key's: most clusters are shorter.
_WINDOW = 8
# 2**64 divided by the golden ratio, as a signed number: Knuth (1998), section 6.4.
_MULTIPLIER = -7046029254386353131


@dataclass(frozen=True)
class HashedIndex:
    """Where each of `n_keys` different keys stands; up to half of the table is filled."""

    slots: Int[Tensor, "slots"]
    """The key in each slot; -1 where there is none."""
    places: Int[Tensor, "slots"]
    """Place of the key in the list that the index was made of."""
    n_keys: int
    n_bits: int

    @classmethod
    def of(cls, keys: Int[Tensor, "keys"]) -> "HashedIndex":
        """Index different keys, none of them negative.

        Laid out in the order of their hashes, key i goes to slot max(hash_i, slot of the one before
        + 1), which is i + max over j <= i of (hash_j - j): a running maximum.
        """
        n_bits = max(1, (2 * len(keys)).bit_length())
        hashes, order = torch.sort(_hash(keys, n_bits).int())
        ranks = torch.arange(len(keys), device=keys.device)
        at = ranks + (hashes - ranks).cummax(dim=0).values if len(keys) else ranks
        # Empty slots at the end stop the last search.
        n_slots = max(2**n_bits, int(at[-1]) + 1 if len(keys) else 0) + _WINDOW
        slots = torch.full((n_slots,), _EMPTY, dtype=torch.long, device=keys.device)
        places = torch.zeros(n_slots, dtype=torch.int32, device=keys.device)
        slots.index_copy_(0, at, keys.index_select(0, order))
        places.index_copy_(0, at, order.int())
        return cls(slots, places, len(keys), n_bits)

    def find(self, wanted: Int[Tensor, "wanted"]) -> Int[Tensor, "wanted"]:
        """Return the place of each wanted number; `n_keys` where it is not there. O(wanted)."""
        found = torch.full_like(wanted, self.n_keys, dtype=torch.int32)
        at, places = self.search(wanted)
        return found.index_copy_(0, at, places)

    def search(
        self, wanted: Int[Tensor, "wanted"]
    ) -> tuple[Int[Tensor, "found"], Int[Tensor, "found"]]:
        """Return which of the wanted numbers are there, in any order, and their places."""
        at = _hash(wanted, self.n_bits)
        held = self.slots.index_select(0, at)
        hits = _true(held == wanted)
        found = [(hits, self.places.index_select(0, at.index_select(0, hits)))]
        going = _true((held != wanted) & (held != _EMPTY))
        at = at.index_select(0, going).add_(1)
        windows = self.slots.unfold(0, _WINDOW, 1)
        while len(going):
            held = windows.index_select(0, at)
            is_hit = held == wanted.index_select(0, going)[:, None]
            hits = _true(is_hit.flatten())
            rows, offset = hits // _WINDOW, hits % _WINDOW
            places = self.places.index_select(0, at.index_select(0, rows).add_(offset))
            found.append((going.index_select(0, rows), places))
            # Eight truth values are one number, which is 0 if none is true.
            is_over = is_hit.logical_or_(held == _EMPTY).view(torch.long)[:, 0]
            left = _true(is_over == 0)
            going = going.index_select(0, left)
            at = at.index_select(0, left).add_(_WINDOW)
        which, places = (torch.cat(parts) for parts in zip(*found, strict=True))
        return which, places

    @property
    def n_bytes(self) -> int:
        """Size of the table [bytes]."""
        return self.slots.nbytes + self.places.nbytes


def _hash(keys: Tensor, n_bits: int) -> Tensor:
    # The shift brings copies of the sign along: mask them off.
    hashes: Tensor = (keys * _MULTIPLIER >> (64 - n_bits)) & (2**n_bits - 1)
    return hashes


def _true(claims: Tensor) -> Tensor:
    """Return where the claims are true; numpy guesses no branches, and is up to 6 times faster."""
    return torch.from_numpy(np.flatnonzero(claims.cpu().numpy())).to(claims.device)
