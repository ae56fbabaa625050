import math

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import a_chain, fit_plainly, random_tokens, setting, tokens
from seqarena.batch import collate_all
from seqarena.errors import ConfigError, DataError, NotFittedError
from seqarena.families.markov_chain import MarkovChainConfig
from seqarena.fitting.protocols import StatisticsModel


def counted(*rows, order=1, n_symbols=3, **knobs):
    model = a_chain(order, n_symbols, **knobs)
    fit_plainly(model, tokens(*rows))
    return model


def test_each_row_of_counts_is_what_follows_a_symbol_and_not_what_precedes_it():
    # 0 is left twice, once to 1; transposing the counts makes this fail.
    model = counted([0, 1, 0, 2], smoothing="additive", pseudo_count=0.0)
    steps = model.step_log_prob(collate_all(tokens([0, 1, 0])))
    assert_close(steps.exp(), torch.tensor([[1.0, 0.5, 1.0]]).double())


def test_the_first_steps_are_predicted_from_the_start_symbol():
    model = counted([0, 1], [0, 2], [1, 1], order=2, smoothing="additive", pseudo_count=0.0)
    steps = model.step_log_prob(collate_all(tokens([0, 1], [1, 1])))
    assert_close(steps.exp(), torch.tensor([[2 / 3, 0.5], [1 / 3, 1.0]]).double())


def test_a_higher_order_sees_further_back():
    rows = [[0, 1, 0, 0, 1, 0, 0, 1, 0]]
    second = counted(*rows, order=2, n_symbols=2, smoothing="additive", pseudo_count=0.0)
    steps = second.step_log_prob(collate_all(tokens([0, 1, 0, 0, 1, 0])))
    assert_close(steps, torch.zeros(1, 6).double())


def test_context_steps_serve_as_context_and_count_as_nothing():
    data = tokens([0, 1, 2, 1], scored_from=[2])
    model = a_chain(smoothing="additive", pseudo_count=0.0)
    fit_plainly(model, data)
    assert model.counts.sum() == 2
    steps = model.step_log_prob(collate_all(tokens([1, 2, 1])))
    assert_close(steps.exp(), torch.tensor([[1 / 3, 1.0, 1.0]]).double())
    assert_close(model.log_prob(collate_all(data)), torch.zeros(1).double())


def test_before_counting_every_symbol_is_equally_probable():
    statistics = a_chain(2, 3).expect(collate_all(tokens([0, 1], [2])))
    assert_close(statistics.log_likelihood.item(), 3 * -math.log(3))


def test_statistics_carry_the_log_likelihood_of_what_they_count():
    data = tokens([0, 1, 2, 0], [1, 1], scored_from=[1, 0])
    model = a_chain(2)
    fit_plainly(model, data)
    batch = collate_all(data)
    assert_close(model.expect(batch).log_likelihood, model.log_prob(batch).sum())


def test_free_parameters_are_those_of_the_contexts_that_were_seen():
    # Contexts: start, 0, 1 (2 ends the row), each with two free probabilities.
    assert counted([0, 1, 2]).n_free_parameters() == 3 * 2
    every = counted(*[[a, b, 0] for a in range(3) for b in range(3)])
    assert every.n_free_parameters() == (3 - 1) + 3 * (3 - 1)


def test_a_state_dict_of_any_size_can_be_loaded_and_gives_the_same_probabilities():
    data = random_tokens(10, n_symbols=3)
    model, other = a_chain(3), a_chain(3)
    fit_plainly(model, data)
    fit_plainly(other, tokens([0, 0]))
    batch = collate_all(data)
    other.log_prob(batch)
    other.load_state_dict({name: value.clone() for name, value in model.state_dict().items()})
    assert torch.equal(other.step_log_prob(batch), model.step_log_prob(batch))
    assert set(model.state_dict()) == {"codes", "counts", "fitted"}


def test_a_chain_that_counted_nothing_refuses_to_answer():
    with pytest.raises(NotFittedError) as caught:
        a_chain().step_log_prob(collate_all(tokens([0])))
    assert str(caught.value) == (
        "Markov chain: not fitted; call fit, or load a fitted state dict, first."
    )


def test_a_symbol_outside_the_alphabet_is_named_with_its_sequence_and_step():
    with pytest.raises(DataError) as caught:
        a_chain().expect(collate_all(tokens([0, 1], [2, 2, 3])))
    assert str(caught.value) == (
        "sequence 1, step 2: symbol 3 is outside the alphabet (0 to 2); "
        "map unknown symbols to one inside."
    )


def test_an_order_too_high_for_the_alphabet_is_refused_when_built():
    with pytest.raises(ConfigError) as caught:
        a_chain(order=7, n_symbols=1000)
    assert str(caught.value) == "order: 7 is too high for 1000 symbols; take at most 5."


def test_it_is_fitted_exactly_by_one_pass():
    assert isinstance(a_chain(), StatisticsModel)
    assert a_chain().n_passes == 1


@pytest.mark.slow
def test_one_pass_under_the_trainer_is_the_plain_count(tmp_path):
    data = random_tokens(10, n_symbols=3)
    model, plain = a_chain(2), a_chain(2)
    report = model.fit(data, data, setting(tmp_path, batch_size=4))
    fit_plainly(plain, data)
    assert torch.equal(model.codes, plain.codes)
    assert torch.equal(model.counts, plain.counts)
    assert report.stop_reason == "exact"
    expected = -model.log_prob(collate_all(data)).sum().item() / data.n_steps
    assert report.valid_loss == pytest.approx(expected)


def test_it_says_what_it_cannot_do():
    config = MarkovChainConfig(kind="markov_chain")
    assert config.mechanism == "none"
    assert config.cannot("density", "tokens") is None
    assert config.cannot("classification", "frames") is None
    assert config.cannot("alignment", "tokens") == (
        "a Markov chain gives probabilities of sequences; it links none"
    )
    assert config.cannot("transduction", "tokens") == (
        "a Markov chain gives probabilities of sequences; it writes none"
    )
    assert config.cannot("density", "frames") == (
        "a Markov chain sees frames as codes, whose probability is no density of frames"
    )
