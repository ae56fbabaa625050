import torch

from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.forbidden import allowed_log_prob, repeating

END = 3


def names(forbidden: torch.Tensor) -> list[list[int]]:
    return [line.nonzero().flatten().tolist() for line in forbidden]


def test_a_run_that_was_begun_again_may_not_be_finished_again():
    written = torch.tensor([[0, 1, 2, 0, 1], [0, 1, 0, 2, 0], [2, 2, 1, 1, 0]])
    assert names(repeating(written, 3, 4)) == [[2], [], []]
    assert names(repeating(written, 2, 4)) == [[2], [1, 2], []]
    assert names(repeating(written, 1, 4)) == [[0, 1, 2], [0, 1, 2], [0, 1, 2]]
    assert names(repeating(written, 0, 4)) == [[], [], []]


def test_a_run_longer_than_what_was_written_is_no_repetition():
    assert names(repeating(torch.tensor([[0, 0]]), 3, 4)) == [[]]
    assert names(repeating(torch.tensor([[0, 0, 0]]), 3, 4)) == [[0]]


def test_the_end_is_forbidden_before_the_shortest_length_and_free_from_it_on():
    even = torch.full((1, 4), 0.25).log()
    settings = DecodingConfig(min_length=2)
    short = allowed_log_prob(even, torch.tensor([[0]]), END, settings)
    assert short.exp().tolist() == [[0.25, 0.25, 0.25, 0.0]]
    enough = allowed_log_prob(even, torch.tensor([[0, 0]]), END, settings)
    assert torch.equal(enough, even)


def test_where_everything_is_forbidden_the_end_is_not():
    even = torch.full((2, 4), 0.25).log()
    settings = DecodingConfig(min_length=9, no_repeat_ngram=1)
    left = allowed_log_prob(even, torch.tensor([[0, 1, 2], [0, 1, 0]]), END, settings)
    assert left.exp().tolist() == [[0.0, 0.0, 0.0, 0.25], [0.0, 0.0, 0.25, 0.0]]
