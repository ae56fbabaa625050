"""Finding many whole numbers among many at once: one table, linear probing, no loop over keys."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

_EMPTY = -1
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
        # One empty slot at the end stops the last search.
        n_slots = max(2**n_bits, int(at[-1]) + 1 if len(keys) else 0) + 1
        slots = torch.full((n_slots,), _EMPTY, dtype=torch.long, device=keys.device)
        places = torch.zeros(n_slots, dtype=torch.int32, device=keys.device)
        slots.index_copy_(0, at, keys.index_select(0, order))
        places.index_copy_(0, at, order.int())
        return cls(slots, places, len(keys), n_bits)

    def find(self, wanted: Int[Tensor, "wanted"]) -> Int[Tensor, "wanted"]:
        """Return the place of each wanted number; `n_keys` where it is not there. O(wanted)."""
        at = _hash(wanted, self.n_bits)
        found, going = self._probe(wanted, at)
        places = going
        while len(places):
            at = at.index_select(0, going) + 1
            wanted = wanted.index_select(0, going)
            further, going = self._probe(wanted, at)
            found.index_copy_(0, places, further)
            places = places.index_select(0, going)
        return found

    def _probe(self, wanted: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
        """Look into one slot each; return what was found, and who must look further."""
        held = self.slots.index_select(0, at)
        is_hit = held == wanted
        found = self.places.index_select(0, at).where(is_hit, self.n_keys)
        return found, (~is_hit & (held != _EMPTY)).nonzero()[:, 0]

    @property
    def n_bytes(self) -> int:
        """Size of the table [bytes]."""
        return self.slots.nbytes + self.places.nbytes


def _hash(keys: Tensor, n_bits: int) -> Tensor:
    # The shift brings copies of the sign along: mask them off.
    hashes: Tensor = (keys * _MULTIPLIER >> (64 - n_bits)) & (2**n_bits - 1)
    return hashes
