"""The two ends of a tagger: each against plain sums, and against each other."""

from itertools import product

import pytest
import torch
from torch.testing import assert_close

from seqarena.errors import DataError
from seqarena.networks.tag_heads import ConditionalRandomField, SoftmaxHead, build_tag_head

K = 3
LENGTHS = [3, 1, 4]


@pytest.fixture
def mask():
    return torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def logits():
    return drawn(len(LENGTHS), max(LENGTHS), K)


@pytest.fixture
def tags(mask):
    draw = torch.Generator().manual_seed(2)
    return torch.randint(K, mask.shape, generator=draw).where(mask, 0)


@pytest.fixture
def field():
    made = ConditionalRandomField(K)
    for index, parameter in enumerate(made.parameters()):
        torch.nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(index))
    return made


def score(field, logits, path):
    """Add a path up, its end included."""
    moves = [field.transition[path[i], path[i + 1]] for i in range(len(path) - 1)]
    steps = [logits[i, tag] for i, tag in enumerate(path)]
    # Stored a tenth as large as they are read.
    chain = 10.0 * sum(moves, field.start[path[0]] + field.end[path[-1]])
    return sum(steps, chain).double()


def test_the_probability_of_tags_is_their_share_of_every_path(field, logits, mask, tags):
    found = field.log_prob(logits, tags, mask, 0.0)
    for row, n in enumerate(LENGTHS):
        paths = product(range(K), repeat=n)
        total = torch.stack([score(field, logits[row], path) for path in paths]).logsumexp(0)
        own = score(field, logits[row], tags[row, :n].tolist())
        assert_close(found[row].double(), own - total, atol=1e-5, rtol=1e-5)


def test_the_best_tags_are_the_path_with_the_highest_score(field, logits, mask):
    found = field.best_tags(logits, mask)
    for row, n in enumerate(LENGTHS):
        best = max(
            product(range(K), repeat=n), key=lambda path, row=row: score(field, logits[row], path)
        )
        assert tuple(found[row, :n].tolist()) == best
        assert found[row, n:].abs().sum() == 0


def test_the_probabilities_of_a_tag_are_the_gradient_of_the_partition(field, logits, mask, tags):
    wide = logits.double().requires_grad_()
    with torch.no_grad():
        found = field.tag_probs(logits, mask)
    own = torch.nn.functional.one_hot(tags, K).where(mask[..., None], 0)
    (gradient,) = torch.autograd.grad(field.log_prob(wide, tags, mask, 0.0).sum(), wide)
    assert_close(found, own - gradient)


@pytest.mark.parametrize("kind", ["softmax", "crf"])
def test_the_slope_of_a_tag_s_probability_is_what_a_small_change_of_the_scores_makes(
    kind, field, logits, mask
):
    head = field.double() if kind == "crf" else build_tag_head(kind, K)

    def of_real_steps(given):
        return head.tag_log_probs(given, mask)[mask]

    assert torch.autograd.gradcheck(of_real_steps, logits.double().requires_grad_())
    assert_close(
        head.tag_log_probs(logits, mask)[mask].double(),
        head.tag_probs(logits, mask)[mask].log().double(),
    )


@pytest.mark.parametrize("kind", ["softmax", "crf"])
def test_no_probability_has_a_slope_on_padding(kind, logits, mask):
    given = logits.masked_fill(~mask[..., None], 1e4).requires_grad_()
    build_tag_head(kind, K).tag_log_probs(given, mask)[mask].square().sum().backward()
    assert given.grad[~mask].abs().sum() == 0
    assert (given.grad[mask].isfinite()).all()
    assert given.grad[mask].abs().sum() > 0


def test_a_chain_whose_moves_score_nothing_is_a_softmax_of_each_step(logits, mask, tags):
    chain, steps = ConditionalRandomField(K), SoftmaxHead()
    assert_close(chain.log_prob(logits, tags, mask, 0.0), steps.log_prob(logits, tags, mask, 0.0))
    with torch.no_grad():
        assert_close(chain.tag_probs(logits, mask).float(), steps.tag_probs(logits, mask))
    assert torch.equal(chain.best_tags(logits, mask), steps.best_tags(logits, mask))


def test_the_gradient_of_a_chain_reaches_all_of_its_parameters(field, logits, mask, tags):
    field.log_prob(logits, tags, mask, 0.0).sum().backward()
    for name, parameter in field.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_16_bits_are_widened_before_paths_are_summed(field, logits, mask, tags):
    half = logits.bfloat16()
    assert_close(
        field.log_prob(half, tags, mask, 0.0), field.log_prob(half.float(), tags, mask, 0.0)
    )


def test_smoothing_moves_probability_from_each_tag_to_all_alike(logits, mask, tags):
    log_probs = logits.log_softmax(-1)
    own = 0.8 * log_probs.gather(2, tags[..., None])[..., 0] + 0.2 * log_probs.mean(-1)
    expected = own.where(mask, 0.0).sum(dim=1)
    assert_close(SoftmaxHead().log_prob(logits, tags, mask, 0.2), expected)


def test_a_chain_refuses_to_be_smoothed(logits, mask, tags):
    with pytest.raises(DataError) as caught:
        build_tag_head("crf", K).log_prob(logits, tags, mask, 0.1)
    assert str(caught.value) == "label smoothing of 0.1 came; a chain of tags has none."
