"""Among which items the next one of each user is looked for (recommendation)."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Int

from seqarena.errors import DataError


@dataclass(frozen=True)
class ItemLists:
    """Some items for each example; ragged."""

    offsets: Int[np.ndarray, "examples_plus_1"]
    """Items of example i are `items[offsets[i]:offsets[i + 1]]`."""
    items: Int[np.ndarray, "listed"]

    def __post_init__(self) -> None:
        if len(self.items) != int(self.offsets[-1]):
            raise DataError(
                f"{len(self.items)} listed items, but the offsets end at {self.offsets[-1]}."
            )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, row: int) -> Int[np.ndarray, "_"]:
        """Return the items of one example, without a copy."""
        return self.items[self.offsets[row] : self.offsets[row + 1]]

    def select(self, rows: Int[np.ndarray, "rows"]) -> "ItemLists":
        """Return the lists of `rows`, in that order."""
        return item_lists_of([self.of(int(row)) for row in rows])


def item_lists_of(lists: list[np.ndarray]) -> ItemLists:
    """Build the record from one array per example; each becomes sorted and free of repeats."""
    sets = [np.unique(each) for each in lists]
    return ItemLists(
        offsets=np.concatenate([[0], np.cumsum([len(each) for each in sets])]).astype(np.int64),
        items=np.concatenate([np.zeros(0), *sets]).astype(np.int64),
    )


@dataclass(frozen=True)
class Candidates:
    """What the next item of each example is ranked among; the item itself always belongs to it."""

    seen: ItemLists | None = None
    """Items that are left out of the ranking; None: none is."""
    negatives: ItemLists | None = None
    """The only items that are ranked beside the right one; None: all of the catalogue are."""

    def mask(
        self,
        rows: Int[np.ndarray, "batch"],
        right: Int[np.ndarray, "batch"],
        n_items: int,
    ) -> Bool[np.ndarray, "batch items"]:
        """Return which items are ranked for some examples, of which `right` is the next item."""
        mask = np.full((len(rows), n_items), self.negatives is None)
        for ranked, row in zip(mask, rows.tolist(), strict=True):
            if self.negatives is not None:
                ranked[self.negatives.of(row)] = True
            if self.seen is not None:
                ranked[self.seen.of(row)] = False
        mask[np.arange(len(rows)), right] = True
        return mask

    def select(self, rows: Int[np.ndarray, "rows"]) -> "Candidates":
        """Return the candidates of `rows`, in that order."""
        return Candidates(
            None if self.seen is None else self.seen.select(rows),
            None if self.negatives is None else self.negatives.select(rows),
        )


def ranked_among(candidates: Candidates, *, exclude_seen: bool, sampled: bool) -> Candidates:
    """Keep of what a source knows only what the protocol of a task uses.

    Raises:
        DataError: the protocol asks for sampled negatives, and the source has none.
    """
    if not exclude_seen:
        candidates = replace(candidates, seen=None)
    if not sampled:
        return replace(candidates, negatives=None)
    if candidates.negatives is None:
        raise DataError(
            "candidates: 'sampled' takes negatives that were published with the data, and this "
            "source has none; set candidates to 'all'."
        )
    return candidates


def refuse_unknown_items(candidates: Candidates, n_items: int, where: str) -> None:
    """Refuse a list that names an item outside the catalogue.

    Raises:
        DataError: with the first such example and item.
    """
    for name, lists in (("seen", candidates.seen), ("negatives", candidates.negatives)):
        if lists is None:
            continue
        for at in np.flatnonzero((lists.items < 0) | (lists.items >= n_items))[:1].tolist():
            row = int(np.searchsorted(lists.offsets, at, side="right")) - 1
            raise DataError(
                f"{where} row {row}: its {name} items name {lists.items[at]}, which is outside the "
                f"catalogue (0 to {n_items - 1})."
            )
