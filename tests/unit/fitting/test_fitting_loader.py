import numpy as np
import pytest
from fitting_models import symbols

from seqarena.batch import sequences_of
from seqarena.fitting import loader
from seqarena.fitting.loader import EvaluationLoader, TrainingLoader, cost_lengths


@pytest.fixture
def as_rank(monkeypatch):
    def be(rank, n_ranks):
        monkeypatch.setattr(loader, "rank", lambda: rank)
        monkeypatch.setattr(loader, "n_processes", lambda: n_ranks)

    return be


@pytest.mark.parametrize("n_examples", [1, 8, 11, 37])
def test_the_processes_together_see_every_example_once_in_equally_many_steps(as_rank, n_examples):
    sequences, seen, n_steps = symbols(n_examples), [], set()
    for rank in range(3):
        as_rank(rank, 3)
        shares = list(TrainingLoader(sequences, 8, seed=0, epoch=lambda: 0))
        n_steps.add(len(shares))
        seen += [row for share in shares if share.counts for row in share.batch.rows.tolist()]
    assert sorted(seen) == list(range(n_examples))
    assert n_steps == {-(-n_examples // 8)}


def test_a_process_without_an_example_gets_a_stand_in_that_does_not_count(as_rank):
    as_rank(1, 2)
    (share,) = TrainingLoader(symbols(1), 8, seed=0, epoch=lambda: 0)
    assert not share.counts
    assert len(share.batch) == 1
    assert (share.n_real, share.n_padded) == (0, 0)


@pytest.mark.parametrize(("n_examples", "n_passes"), [(1, 1), (8, 2), (11, 2), (37, 2)])
def test_a_large_share_is_cut_into_equally_many_passes_on_every_process(
    as_rank, n_examples, n_passes
):
    sequences, seen = symbols(n_examples), []
    for rank in range(3):
        as_rank(rank, 3)
        training = TrainingLoader(sequences, 8, seed=0, epoch=lambda: 0, max_per_pass=2)
        shares = list(training)
        n_steps = -(-n_examples // 8)
        assert (training.n_batches, training.n_passes) == (n_steps, n_passes)
        assert len(training) == len(shares)
        assert [share.completes for share in shares] == n_steps * [*(n_passes - 1) * [False], True]
        assert max(len(share.batch) for share in shares) <= 2
        seen += [row for share in shares if share.counts for row in share.batch.rows.tolist()]
    assert sorted(seen) == list(range(n_examples))


def test_the_order_is_that_of_the_epoch_in_which_the_first_share_is_drawn():
    epoch = [0]
    training = TrainingLoader(symbols(40), 8, seed=0, epoch=lambda: epoch[0])

    def rows_of(shares):
        return [share.batch.rows.tolist() for share in shares]

    first = rows_of(training)
    early = iter(training)
    epoch[0] = 1
    second = rows_of(early)
    assert first != second
    assert second == rows_of(training)


def test_every_split_is_evaluated_shortest_first():
    sequences = sequences_of([np.zeros(length, dtype=int) for length in (5, 1, 3)])
    shares = list(EvaluationLoader({"valid": sequences, "train": sequences}, batch_size=2))
    assert [(share.split, share.batch.rows.tolist()) for share in shares] == [
        ("valid", [1, 2]),
        ("valid", [0]),
        ("train", [1, 2]),
        ("train", [0]),
    ]


@pytest.mark.parametrize("n_ranks", [1, 3])
def test_an_evaluation_holds_no_more_sequences_at_once_than_it_may(as_rank, n_ranks):
    splits, seen, n_steps = {"valid": symbols(11), "train": symbols(18)}, [], set()
    for rank in range(n_ranks):
        as_rank(rank, n_ranks)
        evaluation = EvaluationLoader(splits, batch_size=8, max_per_pass=2)
        shares = list(evaluation)
        assert len(evaluation) == len(shares)
        n_steps.add(len(shares))
        assert max(len(share.batch) for share in shares) <= 2
        seen += [
            (share.split, row)
            for share in shares
            if share.counts
            for row in share.batch.rows.tolist()
        ]
    # Shares of at most 8 and 3, of 8, 8 and 2; of at most 3 and 1, of 3, 3 and 1.
    assert n_steps == {4 + 2 + 4 + 4 + 1 if n_ranks == 1 else 2 + 1 + 2 + 2 + 1}
    assert sorted(seen) == sorted(
        (name, row) for name in splits for row in range(len(splits[name]))
    )


def test_the_steps_of_the_targets_are_counted_too():
    target = sequences_of([np.zeros(length, dtype=int) for length in (2, 6)])
    sequences = sequences_of([np.zeros(length, dtype=int) for length in (3, 4)], target=target)
    assert cost_lengths(sequences).tolist() == [5, 10]
    (share,) = EvaluationLoader({"valid": sequences}, batch_size=2)
    assert (share.n_real, share.n_padded) == (15, 2 * 4 + 2 * 6)
