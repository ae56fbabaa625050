import numpy as np
import pytest
import torch
from fitting_models import Notes, a_setting, documents, language_model

from seqarena.batch import sequences_of
from seqarena.errors import ResourceError
from seqarena.fitting.protocols import HardwareConfig, OptimiserConfig
from seqarena.fitting.streams import StreamLoader, cut_into_pieces, fit_stream_by_gradient

DATA = sequences_of([np.arange(7), 10 + np.arange(3), 20 + np.arange(9)])


def test_pieces_are_the_sequences_cut_without_a_copy():
    pieces, n_pieces = cut_into_pieces(DATA, 3)
    assert [pieces.sequence(row).tolist() for row in range(len(pieces))] == [
        [0, 1, 2],
        [3, 4, 5],
        [6],
        [10, 11, 12],
        [20, 21, 22],
        [23, 24, 25],
        [26, 27, 28],
    ]
    assert n_pieces.tolist() == [3, 1, 3]
    assert np.shares_memory(pieces.tokens, DATA.tokens)


def test_a_lane_goes_on_where_the_next_piece_of_its_sequence_comes():
    loader = StreamLoader(DATA, 3, 4, seed=0, epoch=lambda: 0)
    before = torch.tensor([0, 2, 3, 4])
    # The next piece; the first of another sequence; again that; a piece further on.
    assert loader.continues(torch.tensor([1, 3, 4, 6]), before).tolist() == [
        True,
        False,
        False,
        False,
    ]
    assert loader.continues(torch.tensor([1, 3]), before).tolist() == [True, False]


def test_the_order_of_the_lanes_is_that_of_the_epoch_in_which_the_first_share_is_drawn():
    data = sequences_of([np.arange(4 + n) for n in range(12)])
    epoch = [0]
    loader = StreamLoader(data, 3, 4, seed=0, epoch=lambda: epoch[0])

    def rows_of(shares):
        return [share.batch.rows.tolist() for share in shares]

    first = rows_of(loader)
    assert len(first) == len(loader)
    early = iter(loader)
    epoch[0] = 1
    second = rows_of(early)
    assert first != second == rows_of(loader)


def test_the_documents_of_validation_are_read_a_few_at_a_time_and_lanes_together(tmp_path):
    fits = []
    for most in (None, 2):
        model, notes, lanes, sizes = language_model(), Notes(), [], []
        objective, objective_from = model.objective, model.objective_from
        model.objective = lambda batch, proper=objective, sizes=sizes: (
            sizes.append(len(batch)) or proper(batch)
        )
        model.objective_from = lambda batch, *state, proper=objective_from, lanes=lanes: (
            lanes.append(len(batch)) or proper(batch, *state)
        )
        hardware = HardwareConfig(accelerator="cpu", max_sequences_per_pass=most)
        setting = a_setting(
            tmp_path / str(most), notes, hardware=hardware, batch_size=5, max_epochs=2
        )
        data = documents(10, 15), documents(7, 9, seed=1)
        fit_stream_by_gradient(model, OptimiserConfig(), 5, *data, setting)
        fits.append((model, notes, lanes, sizes))
    (whole, whole_notes, whole_lanes, _), (parts, notes, lanes, sizes) = fits
    assert lanes == whole_lanes
    # Batches of 5 and 2 after each of two epochs.
    assert sizes == 2 * [2, 2, 1, 2]
    torch.testing.assert_close(parts.state_dict(), whole.state_dict(), rtol=0, atol=0)
    assert notes.curve("valid/loss") == pytest.approx(whole_notes.curve("valid/loss"), rel=1e-6)


@pytest.mark.parametrize(
    ("at_work", "remedy"),
    [
        (
            "objective_from",
            "2 sequences, 3 steps each; lower training.batch_size (now 2) or the window of the"
            " task's source: a stream's lanes go on together, and fewer or shorter ones make other"
            " steps with other gradients, so another result.",
        ),
        (
            "objective",
            "2 sequences, 12 steps each; set hardware.max_sequences_per_pass to 1: batches stay"
            " what they are, and the result the same to rounding, in more passes.",
        ),
    ],
    ids=["training", "validation"],
)
def test_out_of_memory_in_a_stream_names_a_remedy_that_is_true_there(tmp_path, at_work, remedy):
    model, data = language_model(), sequences_of([np.arange(12) % 4] * 2)
    # More than any machine has: the allocator itself refuses.
    setattr(model, at_work, lambda *_: torch.empty(10**15))
    setting = a_setting(tmp_path, batch_size=2)
    with pytest.raises(ResourceError) as error:
        fit_stream_by_gradient(model, OptimiserConfig(), 3, data, data, setting)
    assert str(error.value) == f"fit: out of memory at a batch of {remedy}"
