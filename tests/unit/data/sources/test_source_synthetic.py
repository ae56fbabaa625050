import numpy as np
import pytest

from seqarena.data.sources.hidden_markov import HiddenMarkovSourceConfig, draw_hidden_markov
from seqarena.data.sources.lagged_markov import (
    LaggedMarkovSourceConfig,
    context_distribution,
    draw_lagged_markov,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.synthetic import DrawConfig, draw_from
from seqarena.data.splits import Split
from seqarena.errors import DataError

DRAW = DrawConfig(n_train=20, n_valid=5, n_test=8, length=24, scored_from=6)


def _hidden(seed: int = 0) -> SourceData:
    draw = DRAW.model_copy(update={"seed": seed})
    return draw_hidden_markov(
        HiddenMarkovSourceConfig(kind="hidden_markov_source", n_monte_carlo=100, draw=draw)
    )


def _lagged(seed: int = 0) -> SourceData:
    draw = DRAW.model_copy(update={"seed": seed})
    return draw_lagged_markov(LaggedMarkovSourceConfig(kind="lagged_markov_source", draw=draw))


@pytest.mark.parametrize("draw", [_hidden, _lagged])
def test_sizes_lengths_and_context_are_as_asked(draw) -> None:
    source = draw()
    sizes = [len(part.sequences) for part in source.parts.values()]
    assert sizes == [20, 5, 8]
    assert all((part.sequences.lengths == 24).all() for part in source.parts.values())
    assert source.parts[Split.TRAIN].sequences.scored_from is None
    assert source.parts[Split.VALID].sequences.scored_from.tolist() == [6] * 5
    assert source.parts[Split.TEST].sequences.n_scored.tolist() == [18] * 8


@pytest.mark.parametrize("draw", [_hidden, _lagged])
def test_the_seed_decides_and_the_splits_differ(draw) -> None:
    first, again, other = draw(), draw(), draw(1)
    values = [each.parts[Split.TRAIN].sequences.values for each in (first, again, other)]
    assert np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])
    valid = first.parts[Split.VALID].sequences.values
    assert not np.array_equal(valid, values[0][: len(valid)])


def test_draws_follow_their_row_and_never_land_on_the_impossible() -> None:
    probs = np.tile([0.0, 0.3, 0.0, 0.7, 0.0], (20_000, 1))
    drawn = draw_from(probs, np.random.default_rng(0))
    assert set(drawn.tolist()) == {1, 3}
    assert abs((drawn == 1).mean() - 0.3) < 0.01


def test_a_chain_that_never_settles_is_refused() -> None:
    # 0 and 1 in turn, from an uneven start: a copy of what stood two steps ago.
    kernel = np.zeros((2, 2, 2))
    kernel[:, 0, 1] = kernel[:, 1, 0] = 1.0
    kernel[0, 0] = [0.0, 1.0]
    settled = context_distribution(kernel, 2)
    assert np.allclose(settled.reshape(2, 2), [[0, 0.5], [0.5, 0]])
    kernel = np.zeros((3, 3, 3))
    for near in range(3):
        kernel[:, near, (near + 1) % 3 if near else 1 + near] = 1.0
    kernel[:, 1] = [[0.5, 0.0, 0.5]] * 3
    kernel[:, 2] = [[0.0, 1.0, 0.0]] * 3
    kernel[:, 0] = [[0.0, 1.0, 0.0]] * 3
    with pytest.raises(DataError) as error:
        context_distribution(kernel, 2)
    assert str(error.value) == (
        "lagged_markov_source: no stationary distribution after 10000 iterations; lower "
        "copy_probability or raise concentration."
    )
