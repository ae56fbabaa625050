import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import (
    an_hmm,
    fit_plainly,
    random_frames,
    random_hmm,
    random_tokens,
    set_hmm,
    setting,
    tokens,
)
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError, NotFittedError, SeqarenaWarning
from seqarena.families.hidden_markov import HiddenMarkovConfig
from seqarena.families.hidden_markov_start import count_path, equal_parts
from seqarena.families.hidden_markov_topology import allowed_moves
from seqarena.fitting.protocols import StatisticsModel


def test_a_path_that_is_known_is_counted_in_its_direction():
    # The states spell themselves: 0 is left twice, once to 1.
    model = set_hmm(
        an_hmm(3, 3, pseudo_count=0.0), [0.4, 0.3, 0.3], np.full((3, 3), 1 / 3), np.eye(3)
    )
    fit_plainly(model, tokens([0, 1, 0, 2]))
    assert_close(model.log_transition.exp()[0], torch.tensor([0.0, 0.5, 0.5]).double())
    assert_close(model.log_start.exp(), torch.tensor([1.0, 0.0, 0.0]).double())


def test_a_state_that_was_never_left_keeps_its_row():
    model = set_hmm(
        an_hmm(3, 3, pseudo_count=0.0), [0.4, 0.3, 0.3], np.full((3, 3), 1 / 3), np.eye(3)
    )
    fit_plainly(model, tokens([0, 1, 0, 2]))
    assert_close(model.log_transition.exp()[2], torch.full((3,), 1 / 3).double())


def test_left_to_right_starts_in_the_first_state_and_moves_by_one():
    can_start, can_move = allowed_moves(3, "left_to_right")
    assert can_start.tolist() == [True, False, False]
    assert can_move.int().tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 1]]


def test_equal_parts_cut_each_sequence_into_its_states():
    assert equal_parts(tokens([0] * 6, [0] * 2), 3).tolist() == [0, 0, 1, 1, 2, 2, 0, 1]


def test_a_known_path_is_counted_within_sequences_and_not_across_them():
    starts, moves = count_path(torch.tensor([0, 1, 0, 2, 1, 1]), np.array([0, 4, 6]), 3)
    assert starts.tolist() == [1, 1, 0]
    assert moves.tolist() == [[0, 1, 1], [1, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize("dim", [None, 2])
def test_forbidden_moves_stay_exactly_zero(dim):
    data = random_tokens(9) if dim is None else random_frames(9, dim)
    model = an_hmm(3, n_symbols=4 if dim is None else None, dim=dim, topology="left_to_right")
    model.initialise(data, data, seed=0)
    fit_plainly(model, data, 3)
    assert (model.log_transition.exp() > 0).tolist() == allowed_moves(3, "left_to_right")[
        1
    ].tolist()
    assert_close(model.log_start.exp(), torch.tensor([1.0, 0.0, 0.0]).double())


def test_every_allowed_move_is_possible_at_the_start_even_if_no_first_guess_makes_it():
    data = tokens([0], [1])
    model = an_hmm(3, 2, topology="left_to_right", pseudo_count=0.0)
    model.initialise(data, data, seed=0)
    assert (model.log_transition.exp() > 0).tolist() == allowed_moves(3, "left_to_right")[
        1
    ].tolist()
    assert model.emission.log_emission.isfinite().all()


def test_the_free_parameters_of_each_topology_and_emission():
    # Starts 2, moves 3 · 2, symbols 3 · 3.
    assert an_hmm(3, 4).n_free_parameters() == 2 + 6 + 9
    # No start to choose; two rows with one choice each; 3 · (2 means + 2 variances).
    assert an_hmm(3, dim=2, topology="left_to_right").n_free_parameters() == 0 + 2 + 12
    # 3 · (2 means + 3 covariances).
    assert an_hmm(3, dim=2, covariance="full").n_free_parameters() == 2 + 6 + 15


def test_two_clusters_in_time_are_found_as_states():
    rows = [
        np.repeat([[0.0], [9.0]], 5, axis=0) + np.random.default_rng(0).normal(size=(10, 1))
    ] * 4
    data = sequences_of(rows)
    model = an_hmm(2, dim=1)
    model.initialise(data, data, seed=0)
    fit_plainly(model, data, 5)
    path = model.decode(collate_all(data))
    assert (path[:, :5] == path[0, 0]).all()
    assert (path[:, 5:] == 1 - path[0, 0]).all()


def test_native_maps_are_the_posteriors_of_the_states():
    model, batch = random_hmm(3, 4), collate_all(random_tokens(5))
    (one,) = model.native_maps(batch)
    assert (one.name, one.kind) == ("states", "posterior")
    assert one.values.shape == (5, 1, batch.mask.shape[1], 3)
    assert one.values.dtype == torch.float32
    assert_close(one.values.sum(dim=3)[:, 0], batch.mask.float())
    assert torch.equal(one.row_mask, batch.mask)
    assert one.column_mask.all()


def test_scores_count_scored_steps_only_and_fitting_looks_at_all():
    rows = [[0, 1, 2, 1], [3, 0]]
    with_context, whole = tokens(*rows, scored_from=[2, 0]), tokens(*rows)
    model = random_hmm(3, 4)
    steps = model.step_log_prob(collate_all(whole))
    expected = torch.stack([steps[0, 2:].sum(), steps[1].sum()])
    assert_close(model.log_prob(collate_all(with_context)), expected)
    statistics = model.expect(collate_all(with_context))
    assert_close(statistics.log_likelihood, expected.sum())
    assert_close(statistics.transition, model.expect(collate_all(whole)).transition)


def test_the_same_seed_gives_the_same_start_and_another_seed_another():
    data = random_tokens(9)

    def start(seed):
        model = an_hmm(3, 4)
        state = torch.random.get_rng_state()
        model.initialise(data, data, seed)
        assert torch.equal(torch.random.get_rng_state(), state)
        return model.log_transition

    assert torch.equal(start(1), start(1))
    assert not torch.equal(start(1), start(2))


@pytest.mark.slow
def test_the_arithmetic_of_32_bits_agrees_to_its_precision():
    # More than `few_steps` takes on, which is in 64 bits whatever the precision.
    data = tokens(np.random.default_rng(0).integers(0, 4, 6000))
    one, other = an_hmm(3, 4), an_hmm(3, 4, precision="float32")
    for model in (one, other):
        model.initialise(data, data, seed=3)
        fit_plainly(model, data)
    assert_close(other.log_transition.exp(), one.log_transition.exp(), rtol=1e-5, atol=1e-6)
    assert not torch.equal(other.log_transition, one.log_transition)


def test_a_saved_model_answers_bit_for_bit():
    data = random_frames(6)
    model, other = an_hmm(2, dim=2), an_hmm(2, dim=2)
    model.initialise(data, data, seed=0)
    fit_plainly(model, data, 2)
    other.load_state_dict(model.state_dict())
    batch = collate_all(data)
    assert torch.equal(other.step_log_prob(batch), model.step_log_prob(batch))


@pytest.mark.slow
def test_a_fit_under_the_trainer_climbs_and_reports(tmp_path):
    data = random_tokens(12)
    model = an_hmm(2, 4)
    report = model.fit(data, data, setting(tmp_path, max_em_epochs=5, em_tolerance=0.0))
    assert report.n_epochs == 5
    assert report.n_parameters == model.n_free_parameters()
    loss = -model.log_prob(collate_all(data)).sum().item() / data.n_steps
    assert report.valid_loss == pytest.approx(loss)
    assert loss <= report.train_loss


def test_it_is_a_model_of_statistics_iterated_to_convergence():
    assert isinstance(an_hmm(2, 3), StatisticsModel)
    assert an_hmm(2, 3).n_passes is None


def test_an_unfitted_model_refuses_to_answer():
    batch = collate_all(tokens([0]))
    for question in ("step_log_prob", "log_prob", "state_probs", "decode", "native_maps"):
        with pytest.raises(NotFittedError) as caught:
            getattr(an_hmm(2, 3), question)(batch)
        assert str(caught.value) == (
            "hidden Markov model: not fitted; call fit, or load a fitted state dict, first."
        )


IMPOSSIBLE = (
    "sequence 1, step 1: 1 is impossible after what came before it: no path of the hidden "
    "Markov model explains it; use a pseudo_count above 0, another topology, or drop the sequence."
)


def stuck():
    """A model that repeats its first symbol for ever."""
    return set_hmm(an_hmm(2, 2, pseudo_count=0.0), [0.5, 0.5], np.eye(2), np.eye(2))


def test_a_sequence_that_no_path_explains_has_no_posterior_and_is_named():
    batch = collate_all(tokens([0, 0], [0, 1]))
    with pytest.raises(DataError) as caught:
        stuck().native_maps(batch)
    assert str(caught.value) == IMPOSSIBLE


def test_a_fit_cannot_begin_on_a_sequence_that_no_path_explains():
    model = stuck()
    model.fitted.fill_(False)
    with pytest.raises(DataError) as caught:
        model.expect(collate_all(tokens([0, 0], [0, 1])))
    assert str(caught.value) == IMPOSSIBLE


def test_of_a_fitted_model_an_impossible_sequence_is_infinitely_bad_and_counts_as_nothing():
    model = stuck()
    both, one = (
        model.expect(collate_all(rows)) for rows in (tokens([0, 0], [0, 1]), tokens([0, 0]))
    )
    assert both.log_likelihood == -torch.inf
    assert_close(both.transition, one.transition)
    assert_close(both.emission.counts, one.emission.counts)


def test_frames_that_are_not_finite_are_named():
    data = random_frames(3, shortest=4)
    batch = collate_all(data)
    batch.features[2, 3, 1] = torch.nan
    with pytest.raises(DataError) as caught:
        an_hmm(2, dim=2).expect(batch)
    assert str(caught.value) == (
        "sequence 2, step 3: dimension 1 is nan; frames must be finite: "
        "repair or drop the sequence."
    )


def test_training_frames_and_symbols_are_checked_before_anything_starts_from_them():
    frames = sequences_of([np.ones((2, 2)), np.array([[0.0, 1.0], [np.inf, 2.0]])])
    with pytest.raises(DataError) as caught:
        an_hmm(2, dim=2).initialise(frames, frames, seed=0)
    assert str(caught.value) == (
        "sequence 1, step 1: dimension 0 is inf; frames must be finite: "
        "repair or drop the sequence."
    )
    symbols = tokens([0, 1], [2, 1, 0])
    with pytest.raises(DataError) as caught:
        an_hmm(2, n_symbols=2).initialise(symbols, symbols, seed=0)
    assert str(caught.value) == (
        "sequence 1, step 0: symbol 2 is outside the alphabet (0 to 1); "
        "map unknown symbols to one inside."
    )


@pytest.mark.parametrize("symbol", [-1, 2])
def test_a_batch_with_a_symbol_outside_the_alphabet_is_refused(symbol):
    batch = collate_all(tokens([0, 1], [1, symbol, 0]))
    with pytest.raises(DataError) as caught:
        an_hmm(2, n_symbols=2).expect(batch)
    assert str(caught.value) == (
        f"sequence 1, step 1: symbol {symbol} is outside the alphabet (0 to 1); "
        "map unknown symbols to one inside."
    )


def test_a_second_fit_begins_anew():
    data = random_tokens(9)
    model, fresh = an_hmm(2, 4), an_hmm(2, 4)
    model.initialise(data, data, seed=0)
    fit_plainly(model, data, 2)
    for one in (model, fresh):
        one.initialise(data, data, seed=1)
    assert not model.fitted
    assert torch.equal(model.log_transition, fresh.log_transition)


def test_huge_but_finite_frames_are_not_mistaken_for_infinite_ones():
    batch = collate_all(sequences_of([np.full((2, 1), 3e38)]))
    assert batch.features.sum().isinf()
    assert an_hmm(1, dim=1).emission.values(batch) is batch.features


def test_a_dimension_that_never_varies_is_refused():
    data = sequences_of([np.array([[0.0, 7.0], [1.0, 7.0]])])
    with pytest.raises(DataError) as caught:
        an_hmm(2, dim=2).initialise(data, data, seed=0)
    assert str(caught.value) == (
        "dimension 1 of the training frames is 7 at every step: its variance is 0 and a covariance "
        "with it is singular; drop the dimension."
    )


def test_more_states_than_different_frames_are_a_warning_and_the_surplus_share_them():
    data = sequences_of([np.array([[0.0], [1.0], [0.0]] * 4)])
    model = an_hmm(3, dim=1)
    with pytest.warns(SeqarenaWarning) as caught:
        model.initialise(data, data, seed=0)
    assert [str(one.message) for one in caught] == [
        "n_states: 3 asked for, but there are only 2 different frames to start from; 2 start at "
        "one of them each, the surplus (1) share these frames with them at random, and may stay "
        "their copies. Take at most 2 to be rid of them."
    ]
    assert model.emission.mean[:, 0].tolist() == [0.0, 1.0, 0.0]
    objectives = fit_plainly(model, data, 4)
    assert min(np.diff(objectives)) > -1e-9


def test_it_says_what_it_cannot_do():
    def cannot(emission, *task):
        return HiddenMarkovConfig(kind="hidden_markov", emission=emission).cannot(*task)

    assert cannot("auto", "density", "tokens") is None
    assert cannot("auto", "classification", "frames") is None
    assert cannot("auto", "alignment", "tokens") == (
        "its states are no words of another sequence; family aligner has model: hmm"
    )
    assert cannot("auto", "transduction", "tokens") == (
        "a hidden Markov model gives probabilities of sequences; it writes none"
    )
    assert cannot("gaussian", "density", "tokens") == (
        "emission: gaussian needs frames, and the input is tokens; set emission: auto"
    )
    assert cannot("categorical", "density", "frames") == (
        "emission: categorical needs tokens, and the input is frames; set emission: auto"
    )
