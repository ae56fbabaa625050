"""Users and the items that they chose in order, split by leaving the last ones out.

The last item of a user is the test, the last but one validation, and all before them are training
(He et al. 2017, section 4.1; Kang & McAuley 2018, section IV.A). Validation and test sequences hold
what came before the item that is scored, so that the test of a user is predicted with the
validation item known.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.data.candidates import Candidates, ItemLists, item_lists_of
from seqarena.data.part import Part, Parts, three_parts
from seqarena.data.windows import scoring_windows
from seqarena.errors import DataError
from seqarena.sequences import Sequences, sequences_of

LEAST_ITEMS = 3
"""Items that a user must have: one to learn from, one to validate and one to test."""

History = Int[np.ndarray, "_"]


@dataclass(frozen=True)
class LeaveOneOut:
    """How histories are cut."""

    max_length: int
    """Most items before the one that is predicted."""
    fit_on_valid: bool = False
    """Whether the validation items are in training too."""


def leave_one_out(
    users: list[str],
    histories: list[History],
    cut: LeaveOneOut,
    negatives: ItemLists | None = None,
) -> Parts:
    """Return the three parts; of the test, also what each user had seen before.

    A training history longer than `max_length + 1` is cut into overlapping windows of that length,
    of which each item is scored once: so counts of orders up to half of that are exact, and no
    network reads more than `max_length` items at once. Items stand in the order of the test's rows
    for every user.

    Raises:
        DataError: a user has fewer than `LEAST_ITEMS` items.
    """
    for user, history in zip(users, histories, strict=True):
        if len(history) < LEAST_ITEMS:
            raise DataError(
                f"user {user}: {len(history)} items, at least {LEAST_ITEMS} are needed: one to "
                "learn from, one to validate and one to test; drop the user."
            )
    n_left_out = 1 if cut.fit_on_valid else 2
    train = _train([each[:-n_left_out] for each in histories], users, cut.max_length + 1)
    valid = _last_scored([each[:-1] for each in histories], users, cut.max_length + 1)
    test = _last_scored(histories, users, cut.max_length + 1)
    seen = item_lists_of([np.setdiff1d(each[:-1], each[-1:]) for each in histories])
    return three_parts(Part(train), Part(valid), Part(test, candidates=Candidates(seen, negatives)))


def _train(histories: list[History], users: list[str], window: int) -> Sequences:
    stride = max(1, window // 2)
    pieces = [
        (user, history[each.start : each.end], each.scored_from)
        for user, history in zip(users, histories, strict=True)
        for each in scoring_windows(len(history), window, stride)
    ]
    return sequences_of(
        [piece for _, piece, _ in pieces],
        scored_from=[scored_from for _, _, scored_from in pieces],
        ids=tuple(user for user, _, _ in pieces),
    )


def _last_scored(histories: list[History], users: list[str], window: int) -> Sequences:
    cut = [history[-window:] for history in histories]
    return sequences_of(cut, scored_from=[len(history) - 1 for history in cut], ids=tuple(users))


def k_core(
    users: Int[np.ndarray, "choices"], items: Int[np.ndarray, "choices"], least: int
) -> Int[np.ndarray, "kept"]:
    """Return which choices are left when users and items with fewer than `least` are dropped.

    Again and again, because a user's going takes choices from items.
    """
    kept = np.arange(len(users))
    while True:
        often = [
            np.bincount(each[kept], minlength=int(each.max(initial=0)) + 1)[each[kept]] >= least
            for each in (users, items)
        ]
        stays = often[0] & often[1]
        if stays.all():
            return kept
        kept = kept[stays]
