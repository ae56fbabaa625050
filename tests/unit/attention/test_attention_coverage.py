import torch
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from seqarena.attention.additive_score import AdditiveScore
from seqarena.attention.coverage import CoverageAttention
from seqarena.attention.weighted_sum import WeightedSum

# The last sequence holds no key at all.
KEYS = torch.tensor([[True] * 5, [True, True, True, False, False], [False] * 5])


def scene():
    query, key = torch.randn(3, 4, 6).double(), torch.randn(3, 5, 2).double()
    return CoverageAttention(query_dim=6, key_dim=2, score_dim=7).double(), query, key


def test_each_query_sees_the_sum_of_the_weights_before_it():
    mechanism, query, key = scene()
    context, weights = mechanism(query, key, KEYS[:, None])
    w, u, c, v = (
        layer.weight
        for layer in (
            mechanism.of_query,
            mechanism.of_key,
            mechanism.of_coverage,
            mechanism.direction,
        )
    )
    for row, n_keys in ((0, 5), (1, 3)):
        covered = torch.zeros(n_keys).double()
        for i in range(4):
            energies = [
                v[0]
                @ torch.tanh(
                    w @ query[row, i]
                    + u @ key[row, j]
                    + mechanism.of_key.bias
                    + c[:, 0] * covered[j]
                )
                for j in range(n_keys)
            ]
            expected = torch.stack(energies).softmax(0)
            assert_close(weights[row, 0, i, :n_keys], expected)
            assert_close(context[row, i], expected @ key[row, :n_keys])
            covered = covered + expected
    assert weights[1, :, :, 3:].abs().max() == 0
    assert weights[2].abs().max() == 0
    assert context[2].abs().max() == 0


def test_what_never_minds_the_coverage_is_additive_attention():
    mechanism, query, key = scene()
    torch.nn.init.zeros_(mechanism.of_coverage.weight)
    plain = WeightedSum(AdditiveScore(6, 2, 7), 2).double()
    state = {name: value for name, value in mechanism.state_dict().items() if "cover" not in name}
    plain.score.load_state_dict(state)
    for ours, theirs in zip(
        mechanism(query, key, KEYS[:, None]), plain(query, key, KEYS[:, None]), strict=True
    ):
        assert_close(ours, theirs)


def test_a_decoder_that_avoids_what_it_has_covered_goes_round_all_keys():
    mechanism = CoverageAttention(query_dim=1, key_dim=3, score_dim=1)
    with torch.no_grad():
        mechanism.of_key.weight.copy_(torch.tensor([[0.02, 0.01, 0.0]]))
        mechanism.of_key.bias.zero_()
        mechanism.of_coverage.weight.fill_(-0.1)
        mechanism.direction.weight.fill_(1000.0)
    keys = torch.eye(3)[None]
    _, weights = mechanism(torch.zeros(1, 3, 1), keys, torch.ones(1, 1, 3, dtype=torch.bool))
    assert weights[0, 0].argmax(dim=1).tolist() == [0, 1, 2]


def test_both_paths_and_queries_one_by_one_agree():
    mechanism, query, key = scene()
    expected, weights = mechanism(query, key, KEYS[:, None])
    assert_close(mechanism.context(query, key, KEYS[:, None]), expected)
    prepared, covered = mechanism.prepared(key), torch.zeros(3, 1, 5).double()
    for i in range(4):
        step = query[:, i : i + 1]
        context, looked = mechanism.look_again(step, prepared, KEYS[:, None], covered)
        assert_close(context, expected[:, i : i + 1])
        assert_close(looked, weights[:, 0, i : i + 1])
        covered = covered + looked


def test_its_products_are_what_torch_counts():
    mechanism, query, key = scene()
    with FlopCounterMode(display=False) as counter:
        mechanism.context(query, key, KEYS[:, None])
    # Beside the products: two sums and a tanh for each number of a pair.
    assert mechanism.flops(3, 4, 5) - 3 * (3 * 4 * 5 * 7) == counter.get_total_flops()
