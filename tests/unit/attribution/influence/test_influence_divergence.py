import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from seqarena.attribution.diagnostics.divergence import row_divergence
from seqarena.attribution.influence.divergence import jensen_shannon_bits


def bits(p, q):
    return jensen_shannon_bits(torch.tensor(p).log(), torch.tensor(q).log())


def test_sure_choices_are_a_whole_bit_apart_or_none():
    for dtype in (torch.float32, torch.float64):
        one, other = torch.eye(3, dtype=dtype)[:2].log()
        assert jensen_shannon_bits(one, other).tolist() == 1.0
        assert jensen_shannon_bits(one, one).tolist() == 0.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9).filter(lambda row: sum(row) > 0.1))
def test_equal_distributions_are_exactly_nothing_apart(row):
    p = (torch.tensor(row) / sum(row)).log()
    apart = jensen_shannon_bits(p, p.clone())
    assert apart.item() == 0.0
    assert not np.signbit(apart.item())


@given(st.integers(0, 2**31))
def test_it_is_what_scipy_says_and_symmetric(seed):
    draw = np.random.default_rng(seed)
    p, q = draw.dirichlet(np.full(6, 0.3), size=2)
    p[draw.random(6) < 0.3] = 0
    p = p / p.sum() if p.sum() else np.eye(6)[0]
    expected = jensenshannon(p, q, 2) ** 2
    np.testing.assert_allclose(bits(p, q).item(), expected, atol=1e-12)
    assert bits(q, p).item() == bits(p, q).item()


def test_the_smallest_numbers_make_no_nan():
    tiny = 5e-324
    found = bits([1.0, tiny, 0.0], [tiny, 1.0, 0.0])
    assert found.item() == 1.0


def test_shapes_are_broadcast():
    found = jensen_shannon_bits(torch.eye(2).log(), torch.eye(2)[:1].log())
    assert found.tolist() == [0.0, 1.0]


@given(st.integers(0, 2**31))
def test_it_is_the_divergence_of_the_rows_of_maps(seed):
    p, q = np.random.default_rng(seed).dirichlet(np.full(5, 0.3), (2, 4))
    p[0], q[0] = np.eye(5)[:2]
    p[1], q[1] = np.eye(5)[0], np.full(5, 0.2)
    p[2] = q[2]
    np.testing.assert_allclose(bits(p, q), row_divergence(p, q), atol=1e-12)
