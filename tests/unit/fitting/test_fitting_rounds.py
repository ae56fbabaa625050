import numpy as np
import pytest

from seqarena.batch import sequences_of
from seqarena.fitting.loader import EvaluationLoader
from seqarena.fitting.rounds import SHARES_PER_ROUND, Rounds


class Watched(EvaluationLoader):
    """A loader that counts what was drawn from it."""

    def __iter__(self):
        self.n_drawn = 0
        for share in super().__iter__():
            self.n_drawn += 1
            yield share


def _loader(n_shares):
    return Watched({"valid": sequences_of([np.ones(3, dtype=int)] * n_shares)}, batch_size=1)


@pytest.mark.parametrize("n_shares", [1, 9, 10, 11, 30])
def test_rounds_hold_every_share_once_in_order(n_shares):
    loader = _loader(n_shares)
    rounds = [list(each) for each in Rounds(loader)]
    assert len(rounds) == len(Rounds(loader))
    assert {len(each) for each in rounds[:-1]} <= {SHARES_PER_ROUND}
    assert 1 <= len(rounds[-1]) <= SHARES_PER_ROUND
    rows = [share.batch.rows.tolist() for each in rounds for share in each]
    assert rows == [share.batch.rows.tolist() for share in loader]


def test_a_share_is_made_when_it_is_worked_on_and_not_before():
    loader = _loader(25)
    rounds = iter(Rounds(loader))
    first = next(rounds)
    next(first)
    assert loader.n_drawn == 1
    assert sum(1 for _ in first) == SHARES_PER_ROUND - 1
    next(next(rounds))
    assert loader.n_drawn == SHARES_PER_ROUND + 1
