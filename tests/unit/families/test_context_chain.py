import math

import numpy as np
import pytest
import torch

from classical_scenes import a_chain, fit_plainly, random_tokens, tokens
from seqarena.batch import collate_all
from seqarena.errors import ConfigError, DataError, NotFittedError


def counted(*rows, order=1, n_symbols=2, **knobs):
    model = a_chain(order, n_symbols, **knobs)
    fit_plainly(model, tokens(*rows))
    return model


def test_a_chain_of_order_one_goes_from_symbol_to_symbol():
    # 0 is followed by 0, 1, 1 and 1 by 0, 0: transposing the matrix makes this fail.
    chain = counted([0, 0, 1, 0, 1, 0], smoothing="maximum_likelihood").context_chain()
    assert chain.contexts.tolist() == [[0], [1]]
    np.testing.assert_allclose(chain.transition, [[1 / 3, 2 / 3], [1, 0]])
    np.testing.assert_allclose(chain.stationary_distribution(), [0.6, 0.4])
    of_zero = -(math.log(1 / 3) / 3 + math.log(2 / 3) * 2 / 3)
    assert chain.entropy_rate() == pytest.approx(0.6 * of_zero)
    np.testing.assert_allclose(chain.hitting_times(1), [1.5, 0.0])
    assert chain.period() == 1
    assert chain.mixing_bounds().second_eigenvalue == pytest.approx(2 / 3)


@pytest.mark.parametrize("smoothing", ["kneser_ney", "witten_bell", "additive"])
def test_a_higher_order_goes_from_context_to_context_as_the_steps_are_scored(smoothing):
    data = random_tokens(60, n_symbols=3)
    model = a_chain(2, 3, smoothing=smoothing)
    fit_plainly(model, data)
    chain = model.context_chain()
    assert chain.contexts[5].tolist() == [1, 2]
    np.testing.assert_allclose(chain.transition.sum(axis=1), 1.0)
    for before, (old, new) in enumerate(chain.contexts.tolist()):
        for symbol in range(3):
            # In front of the context stands one more symbol: the start is far.
            steps = model.step_log_prob(collate_all(tokens([0, old, new, symbol])))
            after = chain.contexts.tolist().index([new, symbol])
            assert chain.transition[before, after] == pytest.approx(steps[0, 3].exp().item())
    shares = chain.symbol_distribution()
    np.testing.assert_allclose(shares.sum(), 1.0)
    # What enters is distributed like what is there.
    entering = [chain.transition[:, chain.contexts[:, 1] == s].sum(axis=1) for s in range(3)]
    np.testing.assert_allclose(np.stack(entering) @ chain.stationary_distribution(), shares)
    assert chain.mixing_time() >= chain.mixing_bounds().lower


def test_counts_that_fall_apart_are_refused_without_smoothing_and_answered_with_it():
    rows = [0, 0, 0], [1, 1, 1]
    with pytest.raises(DataError, match="2 closed classes"):
        counted(*rows, smoothing="maximum_likelihood").context_chain().stationary_distribution()
    smoothed = counted(*rows, smoothing="kneser_ney").context_chain()
    np.testing.assert_allclose(smoothed.stationary_distribution(), [0.5, 0.5])


def test_too_many_contexts_are_refused():
    model = counted([0, 1], order=4, n_symbols=6)
    with pytest.raises(ConfigError) as caught:
        model.context_chain()
    assert str(caught.value) == (
        "order: 4 over 6 symbols makes 1296 contexts; a stationary analysis takes at most 1024: "
        "lower the order."
    )


def test_a_chain_without_context_has_none_to_analyse():
    with pytest.raises(ConfigError) as caught:
        counted([0, 1], order=0).context_chain()
    assert str(caught.value) == "order: 0 has no context to go from and to; raise the order."


def test_a_chain_that_counted_nothing_has_no_long_run():
    with pytest.raises(NotFittedError):
        a_chain().context_chain()


def test_a_symbol_outside_the_alphabet_is_never_hit():
    with pytest.raises(DataError) as caught:
        counted([0, 1]).context_chain().hitting_times(2)
    assert str(caught.value) == "symbol 2 is outside the alphabet (0 to 1)."


def test_analysing_leaves_the_model_as_it_was():
    model = counted([0, 1, 1, 0], order=2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.context_chain()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_symbols_without_context_are_no_chain():
    with pytest.raises(ConfigError) as error:
        counted([0, 1], order=0, smoothing="additive").context_chain()
    assert str(error.value).endswith("order: 0 has no context to go from and to; raise the order.")
